# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run: how the cost of a hit grows. Files of no server, 1 KiB each, before the epoll
# server, to which goes what is passed on (a connection's first call, one each five seconds);
# of them up to 65536 have bytes of their own, the others share those. Guard 2 is off, since
# there is no inode behind such a file. MTU 9000.
fake_size=1024
scale_files=${BENCH_SCALE_FILES:-10 100 1000 10000 100000 1000000}
warmup=${BENCH_WARMUP:-5000}
scale_connections=${BENCH_SCALE_CONNECTIONS:-1 10 100 1000 2500}

# scaled FILES: the programs with so many files, at d4.
scaled() {
	local blocks=$(($1 < 65536 ? $1 : 65536))
	helper fake "$bin/accel" --device d4 --client 10.77.4.2 --fake "$1" --fake-size $fake_size \
		--blocks $blocks --flows 16384
}

# read_fake OPTION...
read_fake() {
	counted fake client --server 10.77.4.1 --fake --size $fake_size --pid "$epoll_pid" \
		--warmup "$warmup" "$@"
}

scale_files() {
	local n round
	for n in $scale_files; do
		note "scale: $n files"
		scaled "$n" || return
		tell fake flush >"$work/flush"
		for ((round = 1; round <= rounds; round++)); do
			cell part=scale row=files -- read_fake --files "$n" --depth 1
			cell part=scale row=files -- read_fake --files "$n" --depth 32
		done
		cell part=memory files="$n" -- jq -c -s add "$work/flush" <(tell fake show)
		dismiss fake
	done
}

# The same client, and a TC program that sends 1 KiB whatever was asked.
scale_floor() {
	local round
	note "scale: the floor"
	for ((round = 1; round <= rounds; round++)); do
		helper floor "$bin/floor" --device d3 --fake --size $fake_size || return
		cell part=scale row=floor -- client --server 10.77.3.1 --fake --any --size $fake_size \
			--files 1000 --warmup "$warmup"
		dismiss floor
	done
}

scale_connections() {
	local n round
	scaled 1000 || return
	for n in $scale_connections; do
		note "scale: $n connections"
		for ((round = 1; round <= rounds; round++)); do
			cell part=scale row=connections -- read_fake --files 1000 --connections "$n"
			cell part=scale row=epoll_connections -- client --server 10.77.4.1 --port 2052 \
				--fake --size $fake_size --files 1000 --warmup "$warmup" \
				--pid "$direct_pid" --connections "$n"
		done
	done
	dismiss fake
}

# Versions move while files are read whose versions do not.
one_storm() {
	read_fake --files 1000 --ms 1000 >"$work/storm" &
	local pid=$! bumps
	sleep 0.3
	bumps=$(tell fake storm "$1")
	wait $pid && jq -c --argjson bumps "$bumps" '. + $bumps' "$work/storm"
}

scale_storm() {
	local round
	scaled 1000 || return
	note "scale: changes of other files"
	for ((round = 1; round <= rounds; round++)); do
		cell part=scale row=calm -- read_fake --files 1000 --ms 1000
		cell part=scale row=storm -- one_storm "${BENCH_STORM:-1000000}"
	done
	dismiss fake
}

scale() {
	world_mtu 9000
	helper epoll "$bin/epoll" --port 2049 --fake-size $fake_size &&
		helper direct "$bin/epoll" --port 2052 --fake-size $fake_size || return
	scale_files && scale_floor && scale_connections && scale_storm
	dismiss epoll
	dismiss direct
}

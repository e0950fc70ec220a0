# SPDX-License-Identifier: GPL-2.0-only
# Limits under real clients, on a guest's own exact clock (--icount): a rate is what came in
# so many guest seconds. limits.sh [long]: all rates of the table, 10 s each, and fairness;
# without, what the table is about in a minute.
# tests/lab/run --kernel 6.12 --icount --timeout 3000 tests/lab/t/limits.sh long
mode=${1:-short} mega=1048576
seconds=4 table=$OUT/table.md
[ "$mode" = long ] && seconds=10

limit() { nfsaccelctl limit set "$@" >/dev/null || lab_fail "limit set $*"; }
unlimited() { nfsaccelctl limit del "$@" >/dev/null || lab_fail "limit del $*"; }

row() { printf '| %s | %s | %s | %s %% |\n' "$@" | tee -a "$table"; }

# within WANT GOT: 5 % off at most; GOT may be empty, where what measures failed.
within() { [ "${2:-0}" -gt 0 ] && [ $(($2 * 100)) -ge $(($1 * 95)) ] && [ $(($2 * 100)) -le $(($1 * 105)) ]; }

# compare DESC WANT GOT
compare() {
	row "$1" "$2" "$3" "$(awk -v w="$2" -v g="$3" 'BEGIN { printf "%+.1f", (g - w) * 100 / w }')"
	lab_check "$1: $3, wanted $2" within "$2" "$3"
}

# load FIELD OPTION...: FIELD of nfsaccel-bench over all files. The clock runs on while the
# machine waits for the host's disk, so nobody here may be impatient.
load() {
	local field=$1 url
	url=$(lab_url f)
	shift
	lab_client nfsaccel-bench --json --duration ${duration:-$seconds} --warmup 1 --timeout 900 "$@" "$url" |
		jq "$field | if type == \"number\" then round else . end"
}

# reads DESC: operations and bytes by libnfs, one connection and eight.
reads() {
	local rate connections ops="50 500" bytes="1 10" duration=10 # waiting costs nothing here
	[ "$mode" = long ] && ops="50 500 5000" bytes="1 10 100"
	for rate in $ops; do
		limit 10.9.1.2 ops="$rate"
		for connections in 1 8; do
			compare "$1, ops=$rate, connections: $connections" "$rate" \
				"$(load .ops_per_second --read-size 4k --connections $connections)"
		done
	done
	duration=
	for rate in $bytes; do
		limit 10.9.1.2 read="${rate}M"
		for connections in 1 8; do
			# a reply of 64 KiB is a large part of a second's worth of 1 MB
			compare "$1, read=${rate}M, connections: $connections" $((rate * mega)) \
				"$(load .bytes_per_second --read-size $((rate > 1 ? 64 : 8))k \
					--connections $connections)"
		done
	done
	unlimited 10.9.1.2
}

# written VERSION BYTES FILES MOUNT-OPTION...: bytes a second, after a tenth of it as warm-up.
written() {
	local bytes=$2 n=$3 i start pids=()
	lab_mount "$1" /mnt/w "$4" || return
	lab_client dd if=/dev/zero of=/mnt/w/w0 bs=64k count=$((bytes / 10 / 65536)) conv=fsync status=none
	start=${EPOCHREALTIME/./}
	for ((i = 0; i < n; i++)); do
		dd if=/dev/zero of=/mnt/w/w$i bs=64k count=$((bytes / 65536 / n)) conv=fsync \
			status=none &
		pids+=($!)
	done
	wait "${pids[@]}"
	echo $((bytes / 65536 / n * n * 65536 * 1000000 / (${EPOCHREALTIME/./} - start)))
	lab_umount /mnt/w
}

# read_direct VERSION: READs of 4 KiB a second by the kernel's client. dd's own time does not
# contain the opening.
read_direct() {
	head -c 8M /dev/urandom >$LAB_EXPORT/big
	lab_mount "$1" /mnt/w proto=tcp || return
	LC_ALL=C dd if=/mnt/w/big of=/dev/null bs=4k iflag=direct 2>&1 |
		awk '/copied/ { for (i = 1; i < NF; i++) if ($(i + 1) == "s,") printf "%.0f\n", 2048 / $i }'
	lab_umount /mnt/w
}

writes() {
	local rate rates="1 10"
	[ "$mode" = long ] && rates="1 10 100"
	for rate in $rates; do
		limit 10.9.1.2 write="${rate}M"
		compare "NFSv3, write=${rate}M, connections: 1" $((rate * mega)) \
			"$(written 3 $((rate * mega * seconds)) 1 proto=tcp)"
		compare "NFSv4.2, write=${rate}M, connections: 1" $((rate * mega)) \
			"$(written 4.2 $((rate * mega * seconds)) 1 proto=tcp)"
		compare "NFSv3, write=${rate}M, connections: 8" $((rate * mega)) \
			"$(written 3 $((rate * mega * seconds)) 8 nconnect=8)"
	done
	unlimited 10.9.1.2
}

# p99 of a client that reads alone, or beside a greedy one.
beside() {
	local greedy=
	if [ "$1" = greedy ]; then
		LAB_CLIENT=2 lab_client nfsaccel-bench --json --connections 8 --depth 4 \
			--duration $((seconds + 4)) "$(lab_url f)" >"$OUT/greedy" &
		greedy=$!
		sleep 1
	fi
	load .latency_ns.p99 --read-size 4k
	[ -z "$greedy" ] || wait "$greedy"
}

fairness() {
	local alone crowded fair
	alone=$(beside nobody)
	crowded=$(beside greedy)
	limit 10.9.2.2 ops=200
	fair=$(beside greedy)
	unlimited 10.9.2.2
	printf '| p99 | ns |\n|---|---:|\n| alone | %s |\n| beside a greedy client | %s |\n| beside it, limited to 200/s | %s |\n' \
		"$alone" "$crowded" "$fair" | tee "$OUT/fairness.md"
	lab_check "a limited greedy client is felt less" test "$fair" -lt "$crowded"
	[ "$mode" = long ] || return
	lab_check "p99 within 1.5 times p99 alone" test $((fair * 2)) -le $((alone * 3))
}

# A policy changes while the client reads.
live() {
	local from to bench
	limit 10.9.1.2 ops=100
	lab_client nfsaccel-bench --json --read-size 4k --duration 9 "$(lab_url f)" >"$OUT/live" &
	bench=$!
	sleep 4
	limit 10.9.1.2 ops=1000
	sleep 1
	from=$(answered)
	sleep 2
	to=$(answered)
	compare "ops=1000 a second after 100, live" 1000 $(((to - from) / 2))
	wait $bench
	lab_check "nothing was reset" test "$(jq .reconnects "$OUT/live")" = 0
	unlimited 10.9.1.2
}

answered() { echo $(($(lab_stat hits) + $(lab_nfsd_ops read))); }

root_of() { tc qdisc show dev "$1" | awk '/ root / { print $2; exit }'; }

# An administrator's qdisc stays, and there calls beyond the limit are dropped.
policed() {
	local got
	tc qdisc replace dev lab2 root handle 77: pfifo limit 1000
	LAB_CLIENT=2
	limit 10.9.2.2 ops=100
	lab_wait 60 grep -q "lab2: the administrator's qdisc pfifo" "$OUT/nfsacceld.log"
	lab_check "said: the administrator's qdisc stays" \
		grep -q "lab2: the administrator's qdisc pfifo" "$OUT/nfsacceld.log"
	got=$(load .ops_per_second --read-size 4k --connections 4)
	row "policed, ops=100, connections: 4" 100 "$got" "-"
	lab_check "policed: $got is not beyond 100" test "$got" -le 105
	lab_check "policed: something gets through" test "$got" -ge 1
	lab_check "policed: by dropping" test "$(lab_stat limit_dropped)" -gt 0
	unlimited 10.9.2.2
	LAB_CLIENT=1
}

dropped_at() { tc -s qdisc show dev "$1" | awk '/^qdisc fq/ { here = 1; next } /^qdisc/ { here = 0 }
	here && match($0, /dropped [0-9]+/) { n += substr($0, RSTART + 8, RLENGTH - 8) } END { print n + 0 }'; }

LAB_FS=tmpfs LAB_CLIENTS=2 lab_server_up
lab_client nfsaccel-bench --prepare-only --files 20 --file-size 64k --files-dir f "$(lab_url)" ||
	lab_fail "cannot make files"
sleep 40
printf '| what | limit | measured | off |\n|---|---:|---:|---:|\n' >"$table"

qdisc=$(root_of lab1)
lab_accel_up --set cache.max_packets=48
sleep 5
lab_check "no rules: the qdisc is as it was" test "$(root_of lab1)" = "$qdisc"
hits=$(lab_stat hits)
reads hits
lab_check "hits were among them" test "$(lab_stat hits)" -gt "$hits"
lab_check "fq on the device" test "$(root_of lab1)" = fq
live
writes
[ "$mode" = long ] && fairness
lab_check "nothing was lost at the qdisc" test "$(dropped_at lab1)" = 0
policed
lab_check "nfsacceld stops" lab_accel_down
lab_check "the qdisc is the kernel's again" test "$(root_of lab1)" = "$qdisc"
lab_check "the administrator's qdisc is still there" test "$(root_of lab2)" = pfifo

# The limiter alone.
lab_accel_up --set cache.max_file=1K
sleep 5
if [ "$mode" = long ]; then
	reads misses
fi
limit 10.9.1.2 ops=500
compare "NFSv4.2, ops=500, connections: 1" 500 "$(read_direct 4.2)"
compare "NFSv3, nothing cached, ops=500, connections: 1" 500 \
	"$(load .ops_per_second --read-size 4k)"
lab_check "nothing was answered" test "$(lab_stat hits)" = 0
lab_check "nfsacceld stops again" lab_accel_down
lab_check "again the kernel's qdisc" test "$(root_of lab1)" = "$qdisc"
lab_done

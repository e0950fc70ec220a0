# SPDX-License-Identifier: GPL-2.0-only
# Many cells of one icount boot: what a call costs, client, network and server together, in
# instructions: the median at depth 1, and the mean where one call waits for the other. Leaves
# $OUT/cells.json, an array of {client, load, size, depth, mtu, row, ns, hits}; hits of calls, in
# percent. Needs direct in /mnt/with.
#
# plain		nfsacceld is not running
# hit		with nfsaccel as it comes: what max_packets = auto takes for too long goes to nfsd
# limits	the same, and the client has limits that it never reaches
# thrifty	hit with eager = no: the mix, when it has been decided that it does not pay, and one cell
#		where it does
# nocache	nfsacceld runs, and nothing may be cached
calls=${1:-400} warm=700 files=20
report=$LAB_RUN/cells
depths="1 8 32" sizes="1k 4k 16k 64k"

# result LOAD SIZE DEPTH CALLS MEAN P50: a line into $report; hits since $before of CALLS, and why
# calls were not: counters that are more by at least a twentieth of CALLS.
result() {
	local now=null ns=$5
	[ "$3" != 1 ] || ns=$6
	[ "$row" = plain ] || now=$(lab_stats)
	jq -nc --arg load "$1" --arg size "$2" --arg row "$row" --arg client "$client" --argjson calls "$4" \
		--argjson before "$before" --argjson now "$now" \
		"{client: \$client, load: \$load, size: \$size, depth: $3, mtu: $mtu, row: \$row,
		  ns: ($ns | round),
		  hits: (\$now | if . then 100 * ((.hits // 0) - (\$before.hits // 0)) / \$calls | floor
			 else null end),
		  why: (\$now // {} | with_entries(select(.key | test(\"^(miss|pass)_\")) |
			.value -= (\$before[.key] // 0) | select(.value * 20 >= \$calls)))}" >>"$report"
}

mark() {
	before=null
	[ "$row" = plain ] || before=$(lab_stats)
}

# by_libnfs LOAD SIZE DEPTH OPTION...: a new connection, which is left alone once it has read in
# vain for long enough.
by_libnfs() {
	local load=$1 size=$2 depth=$3 out
	shift 3
	mark
	out=$(lab_client nfsaccel-bench --json --files-dir "files$size" --read-size "$size" \
		--depth "$depth" --warmup-reads $warm --reads "$calls" "$@" "$(lab_url)") ||
		lab_fail "$client $load $size depth $depth: fails"
	result "$load" "$size" "$depth" $((warm + calls)) "$(jq '1e9 / .ops_per_second' <<<"$out")" \
		"$(jq .latency_ns.p50 <<<"$out")"
}

# by_kernel LOAD SIZE DEPTH CALLS OPTION...: the mount's one connection.
by_kernel() {
	local load=$1 size=$2 depth=$3 calls=$4 out
	shift 4
	mark
	out=$(/mnt/with/direct --size "$size" --depth "$depth" --warmup $((calls / 4)) --calls "$calls" \
		"$@" "/mnt/$mtu/files$size"/*) || lab_fail "$client $load $size: fails"
	result "$load" "$size" "$depth" $((calls * 5 / 4)) "$(jq '.ns / .calls' <<<"$out")" \
		"$(jq .p50_ns <<<"$out")"
}

# settle: mounts from before nfsacceld's start are found, and what was left alone is looked at again.
settle() {
	for mtu in 1500 9000; do
		for _ in 1 2 3; do
			/mnt/with/direct --calls 200 /mnt/$mtu/files4k/* >/dev/null
			sleep 5
		done
	done
}

# on MTU: its client
on() { LAB_CLIENT=$(($1 == 1500 ? 1 : 2)); }

# cells ROW
cells() {
	row=$1
	for mtu in 1500 9000; do
		on $mtu
		for size in $sizes; do
			for depth in $depths; do
				client=libnfs by_libnfs READ "$size" "$depth"
				client=kernel by_kernel READ "$size" "$depth" $calls
			done
		done
		client=libnfs by_libnfs mix 4k 8 --mix getattr=26,lookup=24,read=18,access=11
		client=kernel by_kernel READ 1m 1 32
		client=kernel by_kernel WRITE 1m 1 32 --write
	done
}

thrifty() {
	row=thrifty
	for mtu in 1500 9000; do
		on $mtu
		client=libnfs by_libnfs READ 1k 1
		client=libnfs warm=4000 by_libnfs mix 4k 8 --mix getattr=26,lookup=24,read=18,access=11
	done
}

LAB_FS=tmpfs LAB_CLIENTS=1 lab_server_up
LAB_MTU=9000 LAB_CLIENT=2 lab_client true
for size in $sizes 1m; do
	[ "$size" != 1m ] || files=4
	lab_client nfsaccel-bench --prepare-only --files $files --file-size "$size" \
		--files-dir "files$size" "$(lab_url)" || lab_fail "cannot make files"
done
# A file that was changed a moment ago is not cached yet; idle time costs nothing here.
sync
sleep 40
for mtu in 1500 9000; do
	on $mtu
	lab_check "a mount at MTU $mtu" lab_mount 3 /mnt/$mtu
done

cells plain
lab_accel_up --set cache.max_packets=auto
settle
cells hit
for n in 1 2; do
	lab_check "limits of client $n" nfsaccelctl limit set "10.9.$n.2" ops=100000000
done
settle
cells limits
lab_check "nfsacceld stops" lab_accel_down
lab_accel_up --set cache.max_packets=auto --set cache.eager=no
settle
thrifty
lab_check "nfsacceld stops" lab_accel_down
lab_accel_up --set cache.max_file=512
settle
cells nocache
lab_check "nfsacceld stops" lab_accel_down

jq -s . "$report" >"$OUT/cells.json"
# At greater depths some pass for want of room in the client's window.
share() {
	jq "[.[] | select(.row == \"$1\" and .load == \"READ\" and .size == \"1k\" and .depth == 1).hits] | min" \
		"$OUT/cells.json"
}
lab_check "READs of a file of one packet are hits" test "$(share hit)" -ge 90
lab_check "and with eager = no" test "$(share thrifty)" -ge 80
lab_check "and with limits" test "$(share limits)" -ge 90
lab_check "no hits where nothing is cached" test "$(jq '[.[] | select(.row == "nocache").hits] | max' "$OUT/cells.json")" = 0
lab_done

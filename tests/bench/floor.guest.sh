# SPDX-License-Identifier: GPL-2.0-only
# A READ answered by nfsd, from the cache, and by a TC program that does nothing but send a
# reply of that size (native/floor.bpf.c): the same client and boot, in guest instructions. The
# client (native/client.c) does as little as a client can. Leaves $OUT/floor.json. Needs client
# and floor in /mnt/with.
#
# mtu1500, mtu9000	a veth pair: nfsd's reply crosses it as one skb, whatever its size
# wire			MTU 1500, the server's device without TSO, the client's with GRO: packets as
#			on a wire, and put together by the client as most cards' drivers have it
#
# ..._program is what the TC programs themselves took of a READ, replies sent included.
ms=100 files=20
progs=/mnt/with
report={}

put() { report=$(jq --arg key "$1" --argjson value "$2" '.[$key] = $value' <<<"$report"); }

# programs NAMES: ns and runs of the programs of these names so far
programs() {
	bpftool -j prog | jq -r --arg names "$1" '[.[] | select(.name as $n | $names | split(" ") | any(. == $n))] |
		"\(map(.run_time_ns // 0) | add // 0) \(map(.run_cnt // 0) | add // 0)"'
}

# measure KEY SIZE OPTION...: the median under KEY; with counted=NAME also KEY_program.
measure() {
	local key=$1 size=$2 result before after
	shift 2
	result=$(lab_client $progs/client --server "$LAB_SERVER" --size "$size" --files $files --ms $ms \
		--warmup 1000 "$@") || lab_fail "$key: the client fails"
	put "$key" "$(jq .p50_ns <<<"$result")"
	lab_note "$key $(jq -c . <<<"$result")"
	[ "$counted" ] || return 0
	sysctl -q kernel.bpf_stats_enabled=1
	before=$(programs "$counted")
	result=$(lab_client $progs/client --server "$LAB_SERVER" --size "$size" --files $files --ms $ms \
		--warmup 0 "$@") || lab_fail "$key: the client fails"
	after=$(programs "$counted")
	sysctl -q kernel.bpf_stats_enabled=0
	# counting costs some 60 a run
	put "${key}_program" "$(jq -n --arg before "$before" --arg after "$after" \
		--argjson reads "$(jq .reads <<<"$result")" \
		'[$before, $after | split(" ") | map(tonumber)] |
		 ((.[1][0] - .[0][0]) - 60 * (.[1][1] - .[0][1])) / $reads | round')"
}

# on KIND: LAB_CLIENT and device of that network
on() {
	case $1 in
	mtu1500) LAB_CLIENT=1 ;;
	mtu9000) LAB_CLIENT=2 ;;
	wire) LAB_CLIENT=3 ;;
	esac
}

each() { # each WHAT OPTION...
	local what=$1 kind size
	shift
	for kind in mtu1500 mtu9000 wire; do
		on $kind
		for size in 1024 4096; do
			[ $kind$size != wire1024 ] || continue
			if [ "$what" = floor ]; then
				floor_up $size
			fi
			measure read$((size / 1024))k_${kind}_$what $size "$@"
			if [ "$what" = floor ]; then
				floor_down
			fi
		done
	done
}

floor_up() {
	mkfifo "$LAB_RUN/floor.end"
	$progs/floor --device lab$LAB_CLIENT --server "$LAB_SERVER" --path "$LAB_EXPORT" --size "$1" \
		<"$LAB_RUN/floor.end" >"$LAB_RUN/floor.log" &
	floor=$!
	exec 9>"$LAB_RUN/floor.end"
	lab_wait 60 grep -qs ready "$LAB_RUN/floor.log" || lab_fail "the floor is not ready"
}
floor_down() {
	exec 9>&-
	wait $floor || lab_fail "the floor fails"
	rm "$LAB_RUN/floor.end" "$LAB_RUN/floor.log"
}

LAB_CLIENTS=1 lab_server_up
LAB_MTU=9000 LAB_CLIENT=2 lab_client true
LAB_CLIENT=3 lab_client true
lab_check "packets as on a wire" eval "ethtool -K lab3 tso off && LAB_CLIENT=3 lab_client ethtool -K eth0 gro on" >/dev/null
for size in 1024 4096; do
	lab_files d$size $files $size
done
sync
sleep 40
asked=(--ask "$LAB_SERVER" --path "$LAB_EXPORT")

counted=
each plain "${asked[@]}"
counted="floor_in"
each floor --fake --any
lab_accel_up
sleep 5
counted="na_ingress"
hits=$(lab_stat hits)
each hit "${asked[@]}"
lab_check "there were hits" test "$(lab_stat hits)" -gt $((hits + 2000))
lab_check "nfsacceld stops" lab_accel_down
jq . <<<"$report" >"$OUT/floor.json"
lab_done

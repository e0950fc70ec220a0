# SPDX-License-Identifier: GPL-2.0-only
# How soon losses are repaired, and that what is only late is not sent again: libnfs at a round
# trip of 10 ms, hits beside plain nfsd (client 2, whose device has not our filters) in the same
# boot. On demand, with --icount: a round trip costs nothing there. recovery.sh [READS]
# Latency is a READ's, so one percent of lost packets shows from p99 on. $OUT/recovery.md
reads=${1:-20000}

# name | netem, both ways | connections:depth
cells='
loss-1     | delay 5ms loss 1%        | 4:1
loss-4     | delay 5ms loss 1%        | 4:4
loss-16    | delay 5ms loss 1%        | 4:16
reorder-1  | delay 5ms reorder 25% 50%| 4:1
reorder-4  | delay 5ms reorder 25% 50%| 4:4
reorder-16 | delay 5ms reorder 25% 50%| 4:16
'

# Of client N: timeouts, data it and the server sent again, what it says came twice; ours.
tallies() {
	local -x LAB_CLIENT=$1
	echo "$(lab_tcp TCPTimeouts) $(lab_tcp RetransSegs)" \
		"$(LAB_CLIENT=local lab_tcp TCPTimeouts) $(LAB_CLIENT=local lab_tcp RetransSegs)" \
		"$(($(lab_tcp TCPDSACKOldSent) + $(lab_tcp TCPDSACKOfoSent)))" \
		"$(lab_stat resends) $(lab_stat hits)"
}
# side N CELL CONNECTIONS DEPTH: a row of the table; $again: replies sent again by us.
side() {
	local before after i json d=()
	read -ra before <<<"$(tallies "$1")"
	json=$(LAB_CLIENT=$1 lab_client nfsaccel-bench --files-dir b --reads "$reads" --warmup-reads 2000 \
		--connections "$3" --depth "$4" --timeout 120 --json "$(lab_url)") || return
	read -ra after <<<"$(tallies "$1")"
	for i in "${!before[@]}"; do
		d+=($((after[i] - before[i])))
	done
	again=${d[5]}
	jq -r --arg cell "$2" --arg who "$([ "$1" = 1 ] && echo hits || echo plain)" --arg d "${d[*]}" '
		def ms: . / 1e5 | round / 10;
		($d | split(" ")) as $d | .latency_ns |
		[$cell, $who, (.p50, .p90, .p99, .["p99.9"], .max | ms), "\($d[0])+\($d[2])",
			"\($d[1])+\($d[3])", $d[5], $d[4], $d[6]] | "| " + (map(tostring) | join(" | ")) + " |"
		' <<<"$json" | tee -a "$OUT/recovery.md" >&2
}

modprobe sch_netem
lab_server_up
lab_accel_up --set network.devices=lab1
for n in 1 2; do
	ip link set lab$n gso_max_segs 1 && LAB_CLIENT=$n lab_client ip link set eth0 gso_max_segs 1
done
lab_check "files" lab_client nfsaccel-bench --prepare-only --files-dir b --files 40 "$(lab_url)"
sleep 20 # nfsd keeps files open that were written
cat >"$OUT/recovery.md" <<-HEAD
	| cell | | p50 ms | p90 | p99 | p99.9 | longest | timeouts, client + server | sent again, client + server | by us | came twice | hits |
	|---|---|---:|---:|---:|---:|---:|---|---|---:|---:|---:|
HEAD
while IFS='|' read -r name netem load; do
	read -r name <<<"$name"
	[ -n "$name" ] || continue
	IFS=: read -r connections depth <<<"${load// /}"
	for n in 2 1; do
		# shellcheck disable=SC2086
		tc qdisc replace dev lab$n root netem $netem seed 1 &&
			LAB_CLIENT=$n lab_client tc qdisc replace dev eth0 root netem $netem seed 1 ||
			lab_fail "$name: no netem"
		lab_check "$name, client $n" side $n "$name" "$connections" "$depth"
	done
	case $name in
	# of what comes twice, nfsd sends some: its own resends depend on how it is cut short
	reorder*) lab_check "$name: next to nothing that was only late was sent again by us ($again)" \
		test "$again" -le $((reads / 100)) ;;
	esac
done <<<"$cells"
lab_check "there were hits" test "$(lab_stat hits)" -gt 0
lab_note "$(lab_stats)"
lab_done

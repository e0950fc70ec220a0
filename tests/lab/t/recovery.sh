# SPDX-License-Identifier: GPL-2.0-only
# How soon losses are repaired, and that what is only late is not sent again: libnfs at a round
# trip of 10 ms, hits beside plain nfsd (client 2, whose device has not our filters) in the same
# boot. On demand, with --icount: a round trip costs nothing there. recovery.sh [READS [CELL...]]
# Latency is a READ's, so one percent of lost packets shows from p99 on. Medians of LAB_ROUNDS,
# each with another seed and new connections: of one round, what a sender took for reordering
# early decides (plain nfsd beside plain nfsd had 10.3 and 15.5 ms). $OUT/recovery.md
reads=${1:-4000}
shift $(($# > 0))
wanted=("$@") rounds=${LAB_ROUNDS:-9}

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
# side N CONNECTIONS DEPTH FILE: a round's figures, a line in FILE.
side() {
	local before after i json line
	read -ra before <<<"$(tallies "$1")"
	json=$(LAB_CLIENT=$1 lab_client nfsaccel-bench --files-dir b --reads "$reads" --warmup-reads 500 \
		--connections "$2" --depth "$3" --timeout 120 --json "$(lab_url)") || return
	read -ra after <<<"$(tallies "$1")"
	line=$(jq -r '.latency_ns | "\(.p50) \(.p90) \(.p99) \(.max)"' <<<"$json")
	for i in "${!before[@]}"; do
		line+=" $((after[i] - before[i]))"
	done
	echo "$line" >>"$4"
}
# row CELL WHO FILE: the medians of its times, in ms, with least and most; sums of the rest.
row() {
	python3 - "$@" <<-'END'
		import statistics, sys
		cell, who, path = sys.argv[1:]
		rounds = [[int(x) for x in line.split()] for line in open(path)]
		columns = list(zip(*rounds))
		def ms(v):
		    v = [x / 1e6 for x in v]
		    return "%.1f (%.1f-%.1f)" % (statistics.median(v), min(v), max(v))
		n = [sum(c) for c in columns[4:]]
		row = [cell, who] + [ms(c) for c in columns[:4]]
		row += ["%d+%d" % (n[0], n[2]), "%d+%d" % (n[1], n[3]), n[5], n[4], n[6]]
		print("| " + " | ".join(map(str, row)) + " |")
	END
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
	| cell | | p50 ms, median of $rounds (from-to) | p90 | p99 | longest | timeouts, client + server | sent again, client + server | by us | came twice | hits |
	|---|---|---:|---:|---:|---:|---|---|---:|---:|---:|
HEAD
while IFS='|' read -r name netem load; do
	read -r name <<<"$name"
	[ -n "$name" ] && [[ ${#wanted[@]} -eq 0 || " ${wanted[*]} " == *" $name "* ]] || continue
	IFS=: read -r connections depth <<<"${load// /}"
	rm -f $LAB_RUN/side.*
	again=$(lab_stat resends)
	for ((r = 1; r <= rounds; r++)); do
		for n in $((r % 2 + 1)) $((2 - r % 2)); do
			# shellcheck disable=SC2086
			tc qdisc replace dev lab$n root netem $netem seed $r &&
				LAB_CLIENT=$n lab_client tc qdisc replace dev eth0 root netem $netem seed $r ||
				lab_fail "$name: no netem"
			lab_check "$name, client $n, round $r" side $n "$connections" "$depth" $LAB_RUN/side.$n
		done
	done
	{ row "$name" plain $LAB_RUN/side.2 && row "$name" hits $LAB_RUN/side.1; } |
		tee -a "$OUT/recovery.md" >&2
	again=$(($(lab_stat resends) - again))
	case $name in
	# of what comes twice, nfsd sends some: its own resends depend on how it is cut short
	reorder*) lab_check "$name: next to nothing that was only late was sent again by us ($again)" \
		test "$again" -le $((reads * rounds / 100)) ;;
	esac
done <<<"$cells"
lab_note "$(lab_stats)"
[ ${#wanted[@]} -gt 0 ] || lab_check "there were hits" test "$(lab_stat hits)" -gt 0
lab_done

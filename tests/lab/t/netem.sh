# SPDX-License-Identifier: GPL-2.0-only
# Real stacks in bad networks, every byte checked. netem.sh [short|long [CELL...]]; --with tests/lab/raw
#
# Client 1's device has our filters, client 2's has not: plain nfsd in the same boot, for the
# same work under the same netem with the same seed. `short` reads through each cell marked *
# once; `long` takes all cells (or those named) and compares times, into $OUT/netem.md: medians
# of LAB_ROUNDS, each with LAB_WORK times a cell's passes, or one retransmission timer decides.
mode=${1:-short}
shift $(($# > 0))
files=30 rounds=${LAB_ROUNDS:-9} factor=1
[ "$mode" = short ] || factor=${LAB_WORK:-8}
handles=/run/handles device=${LAB_DEVICE:-lab1}

# name | netem towards: both, server, client | netem | setup | load
#
# setup: mtu=N, offload=off (sizes of single packets, so that netem's loss is one packet's),
# offload=none (nor checksums), gro=on, sack=0, timestamps=0, ecn=1, rmem=BYTES (the client's buffer).
# load: libnfs:CONNECTIONS:DEPTH:PASSES, kernel:NCONNECT:THREADS:PASSES
cells='
*clean           | -      | -                                     | -                         | libnfs:2:4:8
 clean-kernel    | -      | -                                     | -                         | kernel:1:4:4
 loss-0.1        | both   | delay 1ms loss 0.1%                   | offload=off               | libnfs:2:4:8
 loss-0.1-kernel | both   | delay 1ms loss 0.1%                   | offload=off               | kernel:1:4:4
 loss-1-server   | server | delay 1ms loss 1%                     | offload=off               | libnfs:2:4:8
*loss-1-client   | client | delay 1ms loss 1%                     | offload=off               | libnfs:2:4:8
 loss-1          | both   | delay 1ms loss 1%                     | offload=off               | libnfs:2:4:8
 loss-1-depth-1  | both   | delay 1ms loss 1%                     | offload=off               | libnfs:1:1:4
 loss-1-offload  | both   | delay 1ms loss 1%                     | -                         | libnfs:2:4:8
 loss-1-kernel   | both   | delay 1ms loss 1%                     | offload=off               | kernel:1:4:4
 loss-1-nosack   | both   | delay 1ms loss 1%                     | offload=off sack=0        | libnfs:2:4:8
 loss-1-nostamps | both   | delay 1ms loss 1%                     | offload=off timestamps=0  | libnfs:2:4:8
 loss-1-neither  | both   | delay 1ms loss 1%                     | offload=off timestamps=0 sack=0 | libnfs:2:4:8
*loss-5          | both   | delay 1ms loss 5%                     | offload=off               | libnfs:2:4:4
 loss-5-kernel   | both   | delay 1ms loss 5%                     | offload=off               | kernel:1:4:1
 loss-1-9000     | both   | delay 1ms loss 1%                     | mtu=9000 offload=off      | libnfs:2:4:8
 reorder         | both   | delay 5ms reorder 25% 50%             | offload=off               | libnfs:2:4:8
*reorder-kernel  | both   | delay 5ms reorder 25% 50%             | offload=off               | kernel:1:4:6
 reorder-gro     | both   | delay 5ms reorder 25% 50%             | gro=on                    | libnfs:2:4:8
 duplicate       | both   | delay 1ms duplicate 5%                | offload=off               | libnfs:2:4:8
*duplicate-kernel| both   | delay 1ms duplicate 5%                | -                         | kernel:1:4:6
 corrupt         | both   | delay 1ms corrupt 1%                  | -                         | libnfs:2:4:8
*corrupt-kernel  | both   | delay 1ms corrupt 1%                  | offload=none              | kernel:1:4:6
 jitter          | both   | delay 25ms 25ms                       | offload=off               | libnfs:2:8:4
 jitter-kernel   | both   | delay 25ms 25ms                       | offload=off               | kernel:2:8:2
 rate-10m        | both   | delay 1ms rate 10mbit                 | offload=off               | libnfs:2:4:4
 rate-2m-short   | both   | delay 5ms rate 2mbit limit 20         | offload=off               | libnfs:2:8:4
 rate-10m-kernel | both   | delay 1ms rate 10mbit                 | offload=off               | kernel:2:8:2
*all             | both   | delay 3ms 2ms loss 1% duplicate 2% corrupt 0.5% reorder 10% 50% | offload=off | libnfs:2:4:4
 all-kernel      | both   | delay 3ms 2ms loss 1% duplicate 2% corrupt 0.5% reorder 10% 50% | offload=off | kernel:2:8:4
 ecn             | both   | delay 1ms rate 10mbit limit 30 loss 5% ecn | offload=off ecn=1    | libnfs:2:4:4
 mtu-9000        | -      | -                                     | mtu=9000                  | libnfs:2:4:8
 offload-none    | -      | -                                     | offload=none              | libnfs:2:4:8
 gro             | -      | -                                     | gro=on                    | libnfs:2:16:8
 small-buffer    | both   | delay 1ms                             | rmem=8192                 | libnfs:2:4:4
*small-buffer-loss | both | delay 1ms loss 1%                     | offload=off rmem=8192     | libnfs:2:4:4
 small-kernel    | both   | delay 1ms                             | rmem=8192                 | kernel:1:4:6
 nconnect-4      | both   | delay 1ms loss 1%                     | offload=off               | kernel:4:8:4
 nconnect-16     | both   | delay 1ms loss 1%                     | offload=off               | kernel:16:16:4
*connections-64  | both   | delay 1ms loss 0.1%                   | -                         | libnfs:64:1:8
'

ns() { LAB_CLIENT=$1 lab_client "${@:2}"; }

# offloads N SETTING...: at both ends of client N's link.
offloads() {
	ethtool -K "lab$1" "${@:2}" && ns "$1" ethtool -K eth0 "${@:2}"
}
# setting N NAME VALUE: one word of a cell's setup. gso_max_segs: ethtool's gso and tso leave
# TCP making trains, which netem would lose as one.
setting() {
	case $2=$3 in
	mtu=*) ip link set "lab$1" mtu "$3" && ns "$1" ip link set eth0 mtu "$3" ;;
	offload=on)
		ip link set "lab$1" gso_max_segs 65535 && ns "$1" ip link set eth0 gso_max_segs 65535 &&
			offloads "$1" tx on rx on gso on tso on sg on
		;;
	offload=off) ip link set "lab$1" gso_max_segs 1 && ns "$1" ip link set eth0 gso_max_segs 1 ;;
	offload=none) offloads "$1" tx off rx off gso off tso off sg off ;;
	gro=*) offloads "$1" gro "$3" ;;
	sack=* | timestamps=* | ecn=*) ns "$1" sysctl -qw "net.ipv4.tcp_$2=$3" ;;
	rmem=*) ns "$1" sysctl -qw "net.ipv4.tcp_rmem=4096 $3 $3" ;;
	*) lab_fail "no setting $2=$3" ;;
	esac
} >/dev/null
setup() {
	local n word
	for n in 1 2; do
		for word in mtu=1500 offload=on gro=off sack=1 timestamps=1 ecn=2 rmem=131072 "$@"; do
			[ "$word" = - ] || setting $n "${word%%=*}" "${word#*=}" || return
		done
	done
}
# impair DIRECTION NETEM SEED; "impair -" ends it.
impair() {
	local n
	for n in 1 2; do
		tc qdisc del dev lab$n root 2>/dev/null
		ns $n tc qdisc del dev eth0 root 2>/dev/null
		# shellcheck disable=SC2086
		case $1 in both | client) tc qdisc add dev lab$n root netem $2 seed "$3" || return ;; esac
		# shellcheck disable=SC2086
		case $1 in both | server) ns $n tc qdisc add dev eth0 root netem $2 seed "$3" || return ;; esac
	done
}

# work N LOAD: client N reads; JSON to stdout.
work() {
	local kind a b c
	IFS=: read -r kind a b c <<<"$2"
	case $kind in
	libnfs)
		ns "$1" nfsaccel-verify --pattern 5 --files $files --max-size 24k --count 8k --json --timeout 300 \
			--use-handles $handles --connections "$a" --depth "$b" --passes $((c * factor)) "$(lab_url p)"
		;;
	kernel) ns "$1" timeout 300 python3 /mnt/with/direct.py "/mnt/$1/p" $LAB_EXPORT/p "$b" $((c * factor)) ;;
	esac
}
# The kernel's client: mounted before the network is impaired, to save time.
prepare() {
	local n
	[[ $1 != kernel:* ]] && return
	for n in 1 2; do
		LAB_CLIENT=$n lab_mount 3 /mnt/$n "nconnect=$(cut -d: -f2 <<<"$1")" || return
	done
}
finish() {
	local n
	for n in 1 2; do
		! mountpoint -q /mnt/$n || lab_umount /mnt/$n || return
	done
}

# Counters that say what a round went through: of the client, the server, and ours.
tallies() {
	echo "$(LAB_CLIENT=$1 lab_tcp TCPTimeouts) $(LAB_CLIENT=$1 lab_tcp RetransSegs)" \
		"$(LAB_CLIENT=local lab_tcp TCPTimeouts) $(LAB_CLIENT=local lab_tcp RetransSegs)" \
		"$(nfsaccelctl stats --json | jq -r '.counters | "\(.resends) \(.hits)"')"
}
# round N LOAD FILE: seconds and what was counted meanwhile, a line in FILE.
round() {
	local before after json i line
	read -ra before <<<"$(tallies "$1")"
	json=$(work "$1" "$2") || {
		lab_note "client $1: $json; $(lab_stats)"
		return 1
	}
	[ "$(jq '.reconnects // 0' <<<"$json")" = 0 ] || lab_not lab_note "reconnected: $json" || return
	read -ra after <<<"$(tallies "$1")"
	line=$(jq -r '"\(.seconds) \(.reads)"' <<<"$json")
	for i in "${!before[@]}"; do
		line+=" $((after[i] - before[i]))"
	done
	echo "$line" >>"$3"
}
# Seconds of a file of rounds: median, least and most; and the sums of all columns.
summary() {
	sort -n "$1" | awk '
		{ s[NR] = $1; for (i = 2; i <= NF; i++) sum[i] += $i; n = NF }
		END {
			m = NR % 2 ? s[(NR + 1) / 2] : (s[NR / 2] + s[NR / 2 + 1]) / 2
			printf "%.3f %.3f %.3f", m, s[1], s[NR]
			for (i = 2; i <= n; i++) printf " %d", sum[i]
			print ""
		}'
}
report() {
	local p a
	read -ra p <<<"$(summary $LAB_RUN/plain)"
	read -ra a <<<"$(summary $LAB_RUN/ours)"
	awk -v name="$1" -v p="${p[*]}" -v a="${a[*]}" 'BEGIN {
		split(p, P, " "); split(a, A, " ")
		printf "| %s | %.2f (%.2f-%.2f) | %.2f (%.2f-%.2f) | %.2f | %.0f %% | %d+%d / %d+%d | %d+%d / %d+%d | %d |\n",
			name, P[1], P[2], P[3], A[1], A[2], A[3], A[1] / P[1], 100 * A[10] / A[4],
			P[5], P[7], A[5], A[7], P[6], P[8], A[6], A[8], A[9]
	}' | tee -a "$OUT/netem.md" >&2
}

# cell NAME DIRECTION NETEM LOAD SETUP...
cell() {
	local name=$1 direction=$2 netem=$3 load=$4 r n=1 order="1 2"
	shift 4
	rm -f $LAB_RUN/plain $LAB_RUN/ours
	lab_check "$name: set up" setup "$@" && lab_check "$name: prepared" prepare "$load" || return
	# what is cached is for a minute
	[ "$mode" = short ] || work 1 "$load" >/dev/null
	[ "$mode" = short ] || n=$rounds
	for ((r = 1; r <= n; r++)); do
		impair "$direction" "$netem" $r || lab_fail "$name: no netem"
		if [ "$mode" = long ]; then
			for side in $order; do
				if [ "$side" = 2 ]; then
					lab_check "$name: plain, round $r" round 2 "$load" $LAB_RUN/plain
				else
					lab_check "$name: round $r" round 1 "$load" $LAB_RUN/ours
				fi || break 2
			done
			order="${order#* } ${order% *}"
		else
			lab_check "$name: every byte" round 1 "$load" $LAB_RUN/ours || break
		fi
	done
	impair -
	lab_check "$name: ended" finish
	[ "$mode" = short ] || report "$name"
	lab_note "$name: $(lab_stats | jq -c '{hits, resends, lost_in, lost_out, dropped, pass_recovery, pass_csum}')"
}

chosen() {
	if [ ${#wanted[@]} -gt 0 ]; then
		[[ " ${wanted[*]} " == *" $1 "* ]]
	else
		[ "$mode" = long ] || [ "$2" = "*" ]
	fi
}

wanted=("$@")
modprobe sch_netem
lab_server_up
nfsaccel-verify --pattern 5 --files $files --max-size 24k --make $LAB_EXPORT/p
lab_accel_up --set network.devices="$device"
lab_check "handles" lab_client nfsaccel-verify --pattern 5 --files $files --max-size 24k --quiet \
	--save-handles $handles "$(lab_url p)"
if [ "$mode" = long ]; then
	cat >"$OUT/netem.md" <<-HEAD
		| cell | plain nfsd s, median (of $rounds, from-to) | with nfsaccel s | ratio | hits | timeouts client+server, plain / ours | retransmissions, plain / ours | resends |
		|---|---|---|---:|---:|---|---|---:|
	HEAD
fi
while IFS='|' read -r name direction netem setup load; do
	read -r name <<<"$name"
	[ -n "$name" ] || continue
	star=${name%%[!*]*} name=${name#\*}
	chosen "$name" "$star" || continue
	read -r direction <<<"$direction"
	read -r netem <<<"$netem"
	read -r load <<<"$load"
	# shellcheck disable=SC2086
	cell "$name" "$direction" "$netem" "$load" $setup
done <<<"$cells"

impair both "delay 1ms loss 1%" 1
lab_tally python3 /mnt/with/slow.py $LAB_SERVER $LAB_EXPORT/p client1
impair -
[ "$device" != lab1 ] || lab_check "there were hits" test "$(lab_stat hits)" -gt 0
lab_check "no connection was reset by us" test "$(lab_stat flows_reset)" -eq 0
lab_check "nor by the server" test "$(lab_stat resets_by_server)" -eq 0
lab_note "$(lab_stats)"
lab_done

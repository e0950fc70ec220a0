# SPDX-License-Identifier: GPL-2.0-only
# What a server goes through, under load: no wrong byte, no error, no hang; nothing stays
# behind. life.sh [ROUNDS [EVENT...]]; --with build/tests/lab/life (make lab-life)
#
# EVENT: idle (nothing happens), server (nfs-server restarts), link (down and up), device (new
# ones), kill, upgrade (to another map ABI), stop, reboot. With ROUNDS, what plain nfsd knows, too,
# comes over it first. No round begins after LAB_LIMIT seconds.
# How long the longest READ and the longest event took is told in $OUT/life.md, not judged: who
# waits for minutes hangs. With --icount the host's load does not count.
rounds=${1:-}
shift $(($# > 0))
events=("$@")
[ ${#events[@]} -gt 0 ] || events=(server link device upgrade)
verify=(nfsaccel-verify --pattern 5 --files 40 --max-size 24k --json)
other=4321 # NA_ABI of /mnt/with/other, see tests/lab/Makefile.inc

# libnfs on two connections and the kernel's client on two; the delay keeps the load low, for it
# shares the processors with the verifier. A server that forgets what it acknowledged is found out
# by those who ask again: libnfs does not by itself.
load_start() {
	echo 0 >/run/go
	lab_client "${verify[@]}" --random --timeout 120 --resend 20 --connections 2 --depth 2 --duration 100000 \
		--use-handles /run/handles "$(lab_url p)" >/run/libnfs.json &
	libnfs=$!
	lab_client python3 /mnt/with/direct.py /mnt/m/p $LAB_EXPORT/p 4 /run/go >/run/kernel.json &
	kernel=$!
}
# load_end DESC: READs that are out must come to an end, and all must have been right.
load_end() {
	rm /run/go
	kill -TERM "$(pgrep -P $libnfs)"
	lab_check "$1: every byte, no error (libnfs)" wait $libnfs
	lab_check "$1: every byte, no error (kernel)" wait $kernel
}
# Is no connection of the load left, libnfs's either, that waits for its timer, longer each time?
awake() {
	! { ss -Htni state established dst 10.9.1.2 && lab_client ss -Htni state established; } |
		grep -q "backoff:"
}
# Each thread of the kernel's load reads on.
reads_on() {
	local until=$(($(cat /run/go) + 2))
	{ lab_wait 150 eval "[ \"\$(cat /run/go)\" -gt $until ]" && lab_wait 150 awake; } || {
		autopsy
		return 1
	}
}
# What may tell where READs got stuck.
autopsy() {
	{
		date
		ss -tnim
		lab_client ss -tnim
		nfsaccelctl stats --json
		bpftool -j map dump pinned /sys/fs/bpf/nfsaccel/maps/na_flows
		cat /proc/fs/nfsd/pool_stats
		timeout 20 tcpdump -nn -i lab1 -c 300 -S
	} >>"$OUT/autopsy" 2>&1
}
# Programs, maps, links and filters of ours.
leftovers() {
	local dev
	ls -A /sys/fs/bpf
	for dev in /sys/class/net/*; do
		tc filter show dev "${dev##*/}" ingress
		tc filter show dev "${dev##*/}" egress
	done
	bpftool -j prog | jq -r '.[] | select((.name // "") | startswith("na_")).name'
	bpftool -j map | jq -r '.[] | select((.name // "") | startswith("na_")).name'
}
nothing_left() { [ -z "$(leftovers 2>&1)" ]; }
attached() {
	nfsaccelctl status --json | jq -e --arg d "$1" 'any(.devices[]; .name == $d and .attached)' >/dev/null
}
abi() { nfsaccelctl version --json | jq .abi; }

# ---- the events, of round $1

event_idle() { sleep 1; }
event_server() { lab_server_restart; }
event_link() {
	ip link set lab1 down && sleep 1 && ip link set lab1 up
}
# A link that was not there at the start, with a VLAN on it where the kernel has them.
event_device() {
	local n=$((10 + $1)) status=0
	lab_client_up $n && { [ "$plain" ] || lab_wait 60 attached lab$n; } &&
		LAB_CLIENT=$n lab_client "${verify[@]}" --use-handles /run/handles --passes 2 \
			"$(lab_url p)" >/dev/null || status=1
	if modprobe -q 8021q; then
		ip link add link lab$n name lab$n.5 type vlan id 5 &&
			ip addr add 10.9.$((100 + n)).1/24 dev lab$n.5 && ip link set lab$n.5 up &&
			{ [ "$plain" ] || lab_wait 60 attached lab$n.5; } || status=1
	fi
	ip netns del client$n
	return $status
}
event_kill() {
	lab_accel_kill
	reads_on && lab_accel_up && [ "$(nfsaccelctl status --json | jq .taken_over)" = true ]
}
# Killed, and the next one has another idea of the maps: it must undo what the first left.
event_upgrade() {
	local was
	was=$(abi)
	lab_accel_kill
	if [ "$was" = $other ]; then
		lab_accel_up && [ "$(abi)" != $other ]
	else
		PATH=/mnt/with/other:$PATH lab_accel_up && [ "$(abi)" = $other ]
	fi
}
event_stop() {
	lab_accel_down && lab_wait 30 nothing_left && reads_on && lab_accel_up
}
# What the power takes away when it fails.
forget() {
	local dev
	lab_accel_kill
	for dev in /sys/class/net/*; do
		tc qdisc del dev "${dev##*/}" clsact 2>/dev/null
		bpftool net detach tcx_ingress dev "${dev##*/}" 2>/dev/null
		bpftool net detach tcx_egress dev "${dev##*/}" 2>/dev/null
	done
	rm -r /sys/fs/bpf/nfsaccel
}
# As if the power had failed: nothing of the server's state is left, and it tells nobody.
event_reboot() {
	ip link set lab1 down
	[ "$plain" ] || forget
	lab_server_down
	ss -K sport = 2049 >/dev/null
	sleep 2
	ip link set lab1 up
	lab_server_start && lab_server_answers && { [ "$plain" ] || lab_accel_up; }
}

# ---- rounds of them

# some EVENT ROUNDS
some() {
	local r start took longest=0
	load_start
	lab_check "$1$plain: reads before" reads_on
	for ((r = 1; r <= $2 && SECONDS < ${LAB_LIMIT:-999999}; r++)); do
		start=${EPOCHREALTIME/./}
		lab_check "$1$plain: round $r" "event_$1" $r || break
		took=$(((${EPOCHREALTIME/./} - start) / 1000))
		[ $took -le $longest ] || longest=$took
		lab_check "$1$plain: reads on" reads_on || break
	done
	load_end "$1$plain"
	echo "| $1$plain | $((r - 1)) | $(jq .longest /run/libnfs.json) | $(jq .longest /run/kernel.json) | $((longest / 1000)).$((longest / 100 % 10)) |" |
		tee -a "$OUT/life.md" >&2
}

lab_server_up
nfsaccel-verify --pattern 5 --files 40 --max-size 24k --make $LAB_EXPORT/p
modprobe sch_netem
lab_check "handles" lab_client "${verify[@]}" --save-handles /run/handles "$(lab_url p)" >/dev/null
lab_check "mounted" lab_mount 3 /mnt/m nconnect=2
tc qdisc add dev lab1 root netem delay 10ms
lab_client tc qdisc add dev eth0 root netem delay 10ms
echo "| event | rounds | longest READ, s, libnfs | kernel | longest event, s |
|---|---:|---:|---:|---:|" >"$OUT/life.md"
plain=" (plain nfsd)"
for event in "${events[@]}"; do
	case $event in idle | server | link | device | reboot) [ -z "$rounds" ] || some "$event" "$rounds" ;; esac
done
plain=""
lab_accel_up
for event in "${events[@]}"; do
	case $event in
	server | link) some "$event" "${rounds:-2}" ;;
	*) some "$event" "${rounds:-1}" ;;
	esac
done
lab_note "$(lab_stats)"
lab_check "stopped" lab_accel_down
lab_check "nothing is left" lab_wait 30 nothing_left
lab_check "umount" lab_umount /mnt/m
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# Under load: loss and reordering, a killed and restarted daemon, stop, start, nfs-server
# restart. Bytes right, nothing hangs, no client sees an error, nothing stays behind.
verify=(nfsaccel-verify --pattern 5 --files 60 --max-size 24k --random --json --timeout 60)

# load_start [OPTION...]: a load of libnfs on three connections and one of the kernel's
# client on two.
load_start() {
	lab_client "${verify[@]}" --connections 3 --depth 8 --duration 500 "$@" \
		--use-handles /run/handles "$(lab_url p)" >/run/load.json &
	load=$!
	: >/run/go
	while [ -e /run/go ]; do
		echo 1 >/proc/sys/vm/drop_caches
		diff -r /mnt/m/p $LAB_EXPORT/p || exit
	done &
	kernel_load=$!
}

# load_end DESC: ends both, which must have read on to the end, and right.
load_end() {
	rm /run/go
	kill -TERM "$(pgrep -P $load)"
	lab_check "$1: every byte" wait $load
	lab_check "$1: every byte (kernel)" wait $kernel_load
	lab_note "$1: $(cat /run/load.json)"
}
reads() { echo $(($(lab_nfsd_ops read) + $(hits))); }
# Without the daemon, from what it left pinned.
hits() {
	bpftool -j map lookup pinned /sys/fs/bpf/nfsaccel/maps/na_counters key 0 0 0 0 |
		jq '[.formatted.values[].value.n] | add'
}
# more DESC CMD...: CMD, a number, grows while the load runs.
more() {
	local desc=$1 before
	shift
	before=$("$@")
	lab_check "$desc" lab_wait 30 eval "[ \$($*) -gt $((before + 20)) ]"
}
# Programs, maps and links of ours, also those that nothing pins or attaches any more.
leftovers() {
	ls -A /sys/fs/bpf
	tc filter show dev lab1 ingress
	tc filter show dev lab1 egress
	tc filter show dev lo ingress
	bpftool -j prog | jq -r '.[] | select((.name // "") | startswith("na_")).name'
	bpftool -j map | jq -r '.[] | select((.name // "") | startswith("na_")).name'
}
nothing_left() { [ -z "$(leftovers)" ] || lab_not leftovers; }

lab_server_up
nfsaccel-verify --pattern 5 --files 60 --max-size 24k --make $LAB_EXPORT/p
lab_accel_up
lab_check "handles" lab_client "${verify[@]}" --save-handles /run/handles "$(lab_url p)"
LAB_CLIENT=2 lab_check "kernel mount" lab_mount 3 /mnt/m nconnect=2

# The last READs of a load are those that nothing coming later gets going again.
short_loads() {
	local n
	for n in {1..12}; do
		lab_client "${verify[@]}" --connections 4 --depth 8 --duration 1 --quiet \
			--use-handles /run/handles "$(lab_url p)" || return
	done
}
modprobe sch_netem
netem="root netem delay 1ms loss 3%"
lab_check "loss" eval "lab_client tc qdisc add dev eth0 $netem && tc qdisc add dev lab1 $netem"
lab_check "short loads with loss" short_loads
netem="root netem delay 3ms 1ms loss 1% reorder 25% 50%"
lab_check "loss and reordering" eval "lab_client tc qdisc change dev eth0 $netem &&
	tc qdisc change dev lab1 $netem"
load_start
more "hits with loss" hits
sleep 12
load_end "loss and reordering"
lab_check "no loss any more" eval "lab_client tc qdisc del dev eth0 root && tc qdisc del dev lab1 root"

load_start
more "hits under load" hits
lab_check "killed" lab_accel_kill
more "hits go on without the daemon" hits
lab_accel_up
lab_check "what it left was taken over" test "$(nfsaccelctl status --json | jq .taken_over)" = true
more "hits go on with the next one" lab_stat hits
lab_check "stopped under load" lab_accel_down
lab_check "nothing is left" lab_wait 5 nothing_left
more "nfsd answers all" lab_nfsd_ops read
lab_accel_up
more "hits on connections that were there before" lab_stat hits
load_end "kill, restart, stop, start"
lab_note "$(lab_stats)"

# Flushing its export cache, a plain nfsd before 6.12 loses calls that wait for mountd;
# the kernel's client asks again after a minute.
load_start --resend 20
more "hits before nfs-server restarts" lab_stat hits
lab_check "nfs-server restarted" lab_server_restart
more "hits after nfs-server restarted" lab_stat hits
load_end "nfs-server restart"

lab_note "$(lab_stats)"
lab_check "stopped" lab_accel_down
lab_check "nothing is left in the end" lab_wait 5 nothing_left
lab_check "umount" lab_umount /mnt/m
lab_done

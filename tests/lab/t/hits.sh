# SPDX-License-Identifier: GPL-2.0-only
# Cold misses, then hits: sizes, offsets, counts, depths, connections, address families,
# MTUs, offloads, lo, libnfs and the kernel's client. hits.sh
files=60
verify=(nfsaccel-verify --pattern 7 --files "$files" --max-size 64k --timeout 30 --json)
handles=/run/handles
server4=$LAB_SERVER

# verified DESC SHARE OPTION...: READs of which on a quiet host at least SHARE % are hits.
verified() {
	local desc=$1 share=$2
	shift 2
	lab_check "$desc: every byte" lab_measure lab_client "${verify[@]}" "$@" "$(lab_url p)" || return
	lab_check "$desc: hits and nfsd's READs add up" lab_agree
	# no share is asked for: on a slow host what was filled is forgotten before it is read again
	[ "$share" -eq 0 ] || lab_check "$desc: some are hits" test "$LAB_HITS" -gt 0
	lab_note "$desc: $(lab_sent) READs, $LAB_HITS hits (quiet host: $share %), $LAB_NFSD by nfsd"
}

# again SHARE OPTION...: after a pass over whole files, as blocks are filled by whole READs
# only, and what was filled is forgotten after a minute.
again() {
	verified "$1, whole files" 0
	verified "$@"
}

lab_server_up
for LAB_CLIENT in 2 3; do
	LAB_MTU=$((LAB_CLIENT == 3 ? 9000 : 1500)) lab_client_up $LAB_CLIENT
done
LAB_CLIENT=1
"${verify[@]}" --make $LAB_EXPORT/p

# Mounts of both address families that are there before the start are answered, too, over the
# connections they have.
mkdir $LAB_EXPORT/before
for n in {1..20}; do head -c $((n * 200)) /dev/urandom >$LAB_EXPORT/before/$n; done
ports() {
	for LAB_CLIENT in 2 3; do lab_client ss -Htn state established "dport = :2049"; done |
		awk '{ print $3 }' | sort
}
read_before() {
	echo 1 >/proc/sys/vm/drop_caches
	diff -r $LAB_EXPORT/before "$1"
}
answered() { lab_measure read_before "$1" && [ "$LAB_HITS" -gt 0 ]; }
lab_check "mounted before the start" eval "LAB_PATH=$LAB_EXPORT/before LAB_CLIENT=2 lab_mount 3 /mnt/2 &&
	LAB_PATH=$LAB_EXPORT/before LAB_CLIENT=3 LAB_SERVER=$LAB_SERVER6 lab_mount 3 /mnt/3"
lab_check "read before the start" eval "read_before /mnt/2 && read_before /mnt/3"
before=$(ports)

# Whole files of 64 KiB in packets of 1500 bytes.
lab_accel_up --set cache.max_packets=48

for LAB_CLIENT in 2 3; do
	lab_check "a mount from before the start is answered ($LAB_CLIENT)" lab_wait 180 answered /mnt/$LAB_CLIENT
done
lab_check "over the connection it has" test "$(ports)" = "$before"
lab_check "umount" eval "lab_umount /mnt/2 && lab_umount /mnt/3"
LAB_CLIENT=1

lab_check "cold: every byte" lab_measure lab_client "${verify[@]}" --save-handles $handles "$(lab_url p)"
lab_check "cold: nfsd sees each file" test "$LAB_NFSD" -ge $files
lab_check "cold: hits and nfsd's READs add up" lab_agree
verify+=(--use-handles "$handles")

verify[4]=30 # up to 4 KiB
verified "warm, depth 1" 99 --passes 20
# What is promised of one READ at a time. Asked again: a slow host may have forgotten what was
# filled before it is read.
served() { lab_measure lab_client "${verify[@]}" --passes 20 "$(lab_url p)" && lab_share 99; }
lab_check "warm, depth 1: 99 % are hits" lab_wait 180 served
lab_check "warm, depth 1: nfsd agrees" lab_agree
# What mountd says on account of a mount, voids nothing that is known of permission.
epochs=$(lab_stat epochs) same=$(lab_stat answers_same)
lab_check "another client mounts" eval "LAB_CLIENT=2 lab_mount 3 /mnt/2 && lab_umount /mnt/2"
lab_check "nfsd was told of it" test "$(lab_stat answers_same)" -gt "$same"
lab_check "no permission was forgotten" test "$(lab_stat epochs)" -eq "$epochs"
verify[4]=$files
verified "warm, up to 64 KiB" 90 --passes 3
verified "sweep, depth 8" 1 --sweep --depth 8
again "random, depth 1" 97 --random
verified "random, depth 32" 1 --random --depth 32
verified "4 connections, depth 32" 1 --random --depth 32 --connections 4
verified "odd counts, corked" 1 --count 4093 --depth 4 --cork

LAB_CLIENT=local
again "lo" 80 --random --count 8000 --passes 2
again "lo, depth 8" 1 --random --count 1000 --depth 8 --passes 2
LAB_SERVER=$LAB_SERVER6
again "IPv6 over lo" 80 --random --count 8000 --passes 2
LAB_CLIENT=1
again "IPv6" 90 --random --passes 2
verified "IPv6, depth 8" 1 --random --depth 8
LAB_SERVER=$server4 LAB_CLIENT=3
again "MTU 9000" 90 --random --count 20000 --passes 2
verified "MTU 9000, depth 8" 1 --random --count 4000 --depth 8

LAB_CLIENT=2
off="tx off rx off gro off gso off tso off sg off"
lab_check "offloads off" eval "ethtool -K lab2 $off && lab_client ethtool -K eth0 $off" >/dev/null
again "offloads off" 90 --random --passes 2
verified "offloads off, depth 8" 1 --random --depth 8
LAB_CLIENT=1

# The kernel's client, over four connections; dropping the page cache leaves the server's inodes alone.
kernel_pass() {
	local before
	before=$(lab_mount_reads /mnt/m)
	echo 1 >/proc/sys/vm/drop_caches
	lab_check "$1: every byte" lab_measure diff -r /mnt/m/p $LAB_EXPORT/p || return
	sent=$(($(lab_mount_reads /mnt/m) - before))
	lab_check "$1: hits and nfsd's READs add up" lab_agree $sent
	lab_note "$1: $sent READs, $LAB_HITS hits, $LAB_NFSD by nfsd"
}
connections() { lab_client ss -Htn state established "dport = :2049" | wc -l; }
lab_check "kernel mount" lab_mount 3 /mnt/m nconnect=4
kernel_pass "kernel, cold"
lab_check "four connections" test "$(connections)" -eq 4
kernel_pass "kernel, second"
# Asked again: the minute of all that was filled may end between two passes.
kernel_hits() { kernel_pass "kernel, again" && [ "$LAB_HITS" -gt 0 ]; }
lab_check "kernel: some are hits" lab_wait 180 kernel_hits

for LAB_CLIENT in local 1 2 3; do
	lab_check "no checksum was wrong ($LAB_CLIENT)" test "$(lab_tcp InCsumErrors)" = 0
	lab_note "$LAB_CLIENT: $(lab_tcp TCPTimeouts) timeouts, $(lab_tcp RetransSegs) retransmissions"
done
lab_note "$(lab_stats)"
lab_done

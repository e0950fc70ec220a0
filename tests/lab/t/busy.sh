# SPDX-License-Identifier: GPL-2.0-only
# Many READs out at once, MTU 1500: libnfs and the kernel's client, 32 and 128 of them. Every
# byte is compared; the shares of hits are reported. busy.sh [TIMES]; --with tests/lab/raw
# TIMES as many READs as in make check tell what it is like once windows have grown.
times=${1:-1}
verify=(nfsaccel-verify --pattern 7 --files 48 --max-size 4k --timeout 60 --json)
handles=/run/handles

# why DESC READS: what was counted since the last time, that may say why READs were passed.
counted={}
why() {
	local now
	now=$(lab_stats)
	lab_note "$1: $2 READs, $((100 * LAB_HITS / $2)) % hits, $LAB_NFSD by nfsd; $(jq -nc \
		--argjson was "$counted" --argjson now "$now" '$now | with_entries(.value -= ($was[.key] // 0) |
		select(.value > 0 and (.key | test("^(pass|miss)_|resends|lost|epochs|flushes|epochs|bumps"))))')"
	counted=$now
}
# verified DESC OPTION...
verified() {
	local desc=$1
	shift
	lab_check "$desc: every byte" lab_measure lab_client "${verify[@]}" "$@" "$(lab_url p)" || return
	lab_check "$desc: some are hits" test "$LAB_HITS" -gt 0
	why "$desc" "$(lab_sent)"
}

lab_server_up
"${verify[@]}" --make $LAB_EXPORT/p
lab_accel_up
lab_check "cold: every byte" lab_measure lab_client "${verify[@]}" --save-handles $handles "$(lab_url p)"
verify+=(--use-handles "$handles")
counted=$(lab_stats)
for depth in 32 128; do
	verified "depth $depth" --passes $((times * depth / 2)) --depth $depth
	verified "depth $depth, corked" --passes $((times * depth / 2)) --depth $depth --cork
done
# Clients with 6.1 keep to some 70 KB for want of a round trip, and 128 replies are 120 KB.
rmem=$(lab_client sysctl -n net.ipv4.tcp_rmem)
lab_check "larger buffers" lab_client sysctl -qw net.ipv4.tcp_rmem="4096 524288 6291456"
verified "depth 128, buffer of 512 KiB" --passes $((times * 64)) --depth 128
lab_check "as it was" lab_client sysctl -qw net.ipv4.tcp_rmem="$rmem"
verified "4 connections of 32" --passes $((times * 32)) --depth 32 --connections 4

lab_check "kernel mount" lab_mount 3 /mnt/m
counted=$(lab_stats)
lab_check "kernel, cold: every byte" lab_client python3 /mnt/with/direct.py /mnt/m/p $LAB_EXPORT/p 4 1
for threads in 32 128; do
	before=$(lab_mount_reads /mnt/m)
	lab_check "kernel, $threads readers: every byte" lab_measure lab_client \
		python3 /mnt/with/direct.py /mnt/m/p $LAB_EXPORT/p $threads $((times * threads / 4)) || continue
	sent=$(($(lab_mount_reads /mnt/m) - before))
	lab_check "kernel, $threads readers: some are hits" test "$LAB_HITS" -gt 0
	why "kernel, $threads readers" "$sent"
done
lab_check "READs that end in the next segment are put together" test "$(lab_stat joined)" -gt 0
lab_note "$(lab_tcp TCPTimeouts) timeouts, $(lab_tcp RetransSegs) retransmissions"
lab_note "$(lab_stats)"
lab_done

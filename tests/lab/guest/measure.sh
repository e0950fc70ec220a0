# SPDX-License-Identifier: GPL-2.0-only
# What came of READs: from the cache, by nfsd, and do the two add up?

# lab_url [DIR] [ARGUMENTS]: of the export's directory DIR, for the libnfs clients.
lab_url() {
	local address=$LAB_SERVER
	case $address in *:*) address="[$address]" ;; esac
	echo "nfs://$address$LAB_EXPORT${1:+/$1}?version=3&nfsport=${LAB_NFS_PORT:-2049}&mountport=20048${2:+&$2}"
}

# lab_measure CMD...: runs CMD; what it printed is in LAB_JSON, how many READs were
# answered from the cache and by nfsd meanwhile in LAB_HITS and LAB_NFSD.
lab_measure() {
	local hits nfsd status=0
	hits=$(lab_stat hits)
	nfsd=$(lab_nfsd_ops read)
	LAB_JSON=$("$@") || status=$?
	LAB_HITS=$(($(lab_stat hits) - hits))
	LAB_NFSD=$(($(lab_nfsd_ops read) - nfsd))
	return $status
}

# lab_sent: READs that the measured CMD, an nfsaccel client with --json, sent.
lab_sent() { jq -e '.reads + .resent' <<<"$LAB_JSON"; }

# lab_agree [READS]: each READ was answered once, by one of the two.
lab_agree() {
	local sent=${1:-$(lab_sent)} lost=0
	# 6.1 counts calls without a lock (vs_count[]++): of many at once some are lost
	[ "$LAB_KERNEL" != 6.1 ] || lost=$((LAB_NFSD / 50))
	[ "$sent" -gt 0 ] && [ "$sent" -ge $((LAB_HITS + LAB_NFSD)) ] &&
		[ "$sent" -le $((LAB_HITS + LAB_NFSD + lost)) ] ||
		lab_not lab_note "$sent READs, but $LAB_HITS hits and $LAB_NFSD by nfsd"
}

# lab_share PERCENT [READS]: so many were hits.
lab_share() {
	local sent=${2:-$(lab_sent)}
	[ $((LAB_HITS * 100)) -ge $((sent * $1)) ] ||
		lab_not lab_note "$LAB_HITS hits of $sent READs; $(lab_stats)"
}

# lab_stats: all counters that are not 0, in a line.
lab_stats() { nfsaccelctl stats --json | jq -c '.counters | with_entries(select(.value > 0))'; }

# lab_skips: runs of hooks that the kernel skipped, says the kernel; without those of programs
# that only lose a fill (hooks.def.h). Names are cut to 15 characters.
lab_skips() {
	bpftool -j prog | jq '[.[] | select((.name // "") | startswith("na_")) |
		select(.name[:15] | IN("na_x_lookup", "na_e_splice_rea", "na_e_iter_read") | not) |
		.recursion_misses // 0] | add // 0'
}

# lab_mount_reads DIR: READs that the kernel's client sent for the mount on DIR.
lab_mount_reads() {
	awk -v dir="$1" '$1 == "device" { here = $5 == dir }
		here && $1 == "READ:" { print $3; found = 1 }
		END { exit !found }' /proc/self/mountstats
}

# lab_tcp NAME: a TCP counter of client LAB_CLIENT (local: of the server), as InCsumErrors.
lab_tcp() {
	lab_client cat /proc/net/snmp /proc/net/netstat | awk -v name="$1" '
		$1 != line { line = $1; n = split($0, names); next }
		{ for (i = 2; i <= n; i++) if (names[i] == name) value = $i }
		END { if (value == "") exit 1; print value }'
}

# lab_tally CMD...: a program that prints "ok - ..." and "not ok - ..." itself; it must say
# something and exit 0.
lab_tally() {
	local file=$LAB_RUN/tally status
	"$@" | tee "$file"
	status=${PIPESTATUS[0]}
	lab_passed=$((lab_passed + $(grep -c '^ok - ' "$file")))
	lab_failed=$((lab_failed + $(grep -c '^not ok - ' "$file")))
	[ "$status" -eq 0 ] && grep -q '^ok - ' "$file" || lab_check "$*" lab_not true
}

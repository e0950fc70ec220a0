# SPDX-License-Identifier: GPL-2.0-only
# Counters by client and by export: do they agree with what clients did, with nfsd's own
# counts and with each other? By version 3, and a kernel's mount by 4.2. clients.sh
reads=37 bytes=3000

# figures CLIENT: the client's object in `nfsaccelctl clients`.
figures() { nfsaccelctl --json clients | jq ".clients[] | select(.address == \"$1\")"; }

# got CLIENT FILTER: a figure of it, 0 where it is not known.
got() { figures "$1" | jq "$2" | grep . || echo 0; }

export_got() { nfsaccelctl --json exports | jq ".exports[] | select(.path == \"$LAB_EXPORT\") | $1"; }

nfsd_reads() { echo $(($(lab_nfsd_ops read) + $(lab_nfsd_ops v4:read) + $(lab_nfsd_ops v4:read_plus))); }

# equal DESC WANT GOT
equal() { lab_check "$1: $3, expected $2" test "$2" = "$3"; }

# read_files N: N READs of one whole file of $bytes each, every one on its own.
read_files() { lab_client nfsaccel-bench --json --files-dir f --read-size $bytes --reads "$1" --warmup-reads 1 "$(lab_url)" >/dev/null; }

lab_server_up
lab_client nfsaccel-bench --prepare-only --files 5 --file-size $bytes --files-dir f "$(lab_url)" ||
	lab_fail "cannot make files"
head -c 300000 /dev/urandom >$LAB_EXPORT/big
lab_accel_up --set stats.clients=64
known() { read_files 1 && [ "$(export_got .calls)" -gt 0 ]; }
lab_check "the export is known" lab_wait 120 known

for LAB_CLIENT in 1 2; do
	address=10.9.$LAB_CLIENT.2
	before=$(got $address '.ops.read + .hits') before_bytes=$(got $address '.read_bytes + .hit_bytes')
	before_export=$(export_got '.ops.read + .hits')
	nfsd=$(nfsd_reads) hits=$(lab_stat hits) mine=$(got $address .ops.read) mine_hits=$(got $address .hits)
	n=$((reads * LAB_CLIENT))
	lab_check "client $LAB_CLIENT reads" read_files $n
	equal "client $LAB_CLIENT: READs" $((n + 1)) $(($(got $address '.ops.read + .hits') - before))
	equal "client $LAB_CLIENT: bytes" $(((n + 1) * bytes)) \
		$(($(got $address '.read_bytes + .hit_bytes') - before_bytes))
	equal "client $LAB_CLIENT: as nfsd counts" $(($(nfsd_reads) - nfsd)) $(($(got $address .ops.read) - mine))
	equal "client $LAB_CLIENT: hits" $(($(lab_stat hits) - hits)) $(($(got $address .hits) - mine_hits))
	equal "client $LAB_CLIENT: the export's READs" $((n + 1)) \
		$(($(export_got '.ops.read + .hits') - before_export))
done

# What compounds of version 4.2 read and write: nfsd counts each operation.
LAB_CLIENT=1
nfsd_writes() { lab_nfsd_ops v4:write; }
# A READ_PLUS behind the end counts as what it asks for: that one is not sent.
through_mount() {
	dd if=/mnt/m/big of=/tmp/big iflag=direct bs=64k count=5 status=none && cmp $LAB_EXPORT/big /tmp/big &&
		dd if=/tmp/big of=/mnt/m/new oflag=direct bs=3000 status=none
}
lab_mount 4.2 /mnt/m
reads=$(got 10.9.1.2 .ops.read) writes=$(got 10.9.1.2 .ops.write)
read_bytes=$(got 10.9.1.2 .read_bytes) written=$(got 10.9.1.2 .written_bytes)
export_reads=$(export_got .ops.read) export_written=$(export_got .written_bytes)
nfsd=$(nfsd_reads) nfsd_written=$(nfsd_writes)
lab_check "4.2 reads and writes" through_mount
lab_check "in the file" cmp $LAB_EXPORT/big $LAB_EXPORT/new
nfsd=$(($(nfsd_reads) - nfsd)) nfsd_written=$(($(nfsd_writes) - nfsd_written))
lab_check "4.2: nfsd read $nfsd times, wrote $nfsd_written" test $nfsd -gt 0 -a $nfsd_written -gt 0
equal "4.2: READs as nfsd counts" $nfsd $(($(got 10.9.1.2 .ops.read) - reads))
equal "4.2: WRITEs as nfsd counts" $nfsd_written $(($(got 10.9.1.2 .ops.write) - writes))
equal "4.2: bytes read" 300000 $(($(got 10.9.1.2 .read_bytes) - read_bytes))
equal "4.2: bytes written" 300000 $(($(got 10.9.1.2 .written_bytes) - written))
equal "4.2: the export's READs" $nfsd $(($(export_got .ops.read) - export_reads))
equal "4.2: the export's bytes written" 300000 $(($(export_got .written_bytes) - export_written))
lab_check "4.2: LOOKUPs and the like" test "$(got 10.9.1.2 '.ops.open + .ops.lookup + .ops.getattr')" -gt 0
lab_umount /mnt/m
figures 10.9.1.2
nfsaccelctl exports
nfsaccelctl clients
lab_done

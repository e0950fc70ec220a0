# SPDX-License-Identifier: GPL-2.0-only
# Counters by client and by export: do they agree with what clients did, with nfsd's own
# counts and with each other? clients.sh
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
LAB_CLIENT=1
figures 10.9.1.2
nfsaccelctl exports
nfsaccelctl clients
lab_done

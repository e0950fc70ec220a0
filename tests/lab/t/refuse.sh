# SPDX-License-Identifier: GPL-2.0-only
# Who is refused by plain nfsd is refused with a warm cache, in the same words.
# refuse.sh; --with tests/lab/raw
lab_server_up
lab_client_up 0
lab_check "plain nfsd" python3 /mnt/with/refuse.py $LAB_SERVER $LAB_EXPORT /run/plain
lab_accel_up
lab_check "accelerated" python3 /mnt/with/refuse.py $LAB_SERVER $LAB_EXPORT /run/accelerated accelerated
while IFS=$'\t' read -r question plain accelerated; do
	lab_check "$question: $plain" test "$plain" = "$accelerated"
done < <(jq -r --slurpfile a /run/accelerated \
	'to_entries[] | [.key, .value, $a[0][.key]] | @tsv' /run/plain)

# The same by the other client, which saved its handles before.
mkdir $LAB_EXPORT/saved
nfsaccel-verify --pattern 3 --make $LAB_EXPORT/saved --files 20 --max-size 4k
verify="nfsaccel-verify --pattern 3 --files 20 --max-size 4k --use-handles /run/handles --quiet"
lab_check "handles saved" lab_client ${verify/--use/--save} "$(lab_url saved)"
lab_check "read by uid 1000" lab_measure lab_client ${verify/--quiet/--json} --passes 5 \
	--uid 1000 --gid 1000 "$(lab_url saved)"
lab_check "from the cache" test "$LAB_HITS" -gt 0
chmod 600 $LAB_EXPORT/saved/*
lab_check "uid 1000 is refused" lab_client $verify --uid 1000 --gid 1000 --expect EACCES "$(lab_url saved)"
lab_check "root is not" lab_client $verify "$(lab_url saved)"
chmod 640 $LAB_EXPORT/saved/*
chgrp 2000 $LAB_EXPORT/saved/*
lab_check "the group may read" lab_client $verify --passes 2 --uid 1000 --gid 1000 --groups 2000 "$(lab_url saved)"
lab_check "another group may not" lab_client $verify --uid 1000 --gid 1000 --groups 2001 \
	--expect EACCES "$(lab_url saved)"
lab_note "$(lab_stats)"
lab_done

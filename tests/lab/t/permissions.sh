# SPDX-License-Identifier: GPL-2.0-only
# Who may read what: thousands of READs against plain nfsd, reply by reply, cold, warm and
# right after changes of files and exports; and with every hit compared with nfsd's reply by
# the programs themselves. permissions.sh [SEED [ROUNDS]];
# --with tests/lab/raw --disks 2
lab_server_up
mkdir -p $LAB_EXPORT/sub $LAB_EXPORT/mnt
lab_fs_up xfs $LAB_EXPORT/mnt 2 || lab_fail "no second file system"
for dir in $LAB_EXPORT $LAB_EXPORT/mnt; do
	lab_check "noatime" mount -o remount,noatime $dir
done
lab_plain_port 2050
lab_accel_up
lab_tally python3 /mnt/with/permissions.py $LAB_SERVER $LAB_SERVER6 "${1:-2}" "${2:-8}" \
	$((${2:-8} / 4))
lab_alike
lab_note "$(lab_stats)"
lab_done

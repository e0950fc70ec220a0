# SPDX-License-Identifier: GPL-2.0-only
# Thousands of files, read and compared over a kernel NFSv3 mount, three times. tree.sh
lab_server_up
# A tree of real files of all kinds, up to what an image of a small system has.
mkdir $LAB_EXPORT/tree
tar -c -C / --exclude='*.pyc' usr/lib/python3.13 usr/share usr/include etc 2>/dev/null |
	tar -x -C $LAB_EXPORT/tree
files=$(find $LAB_EXPORT/tree -type f | wc -l)
lab_check "$files files" test "$files" -gt 2000
lab_accel_up
lab_check "mount" lab_mount 3 /mnt/m nconnect=2
for pass in 1 2 3; do
	echo 1 >/proc/sys/vm/drop_caches
	before=$(lab_mount_reads /mnt/m)
	lab_check "pass $pass: the trees are alike" lab_measure diff -r --no-dereference /mnt/m/tree $LAB_EXPORT/tree
	sent=$(($(lab_mount_reads /mnt/m) - before))
	lab_check "pass $pass: hits and nfsd's READs add up" lab_agree $sent
	lab_note "pass $pass: $sent READs, $LAB_HITS hits, $LAB_NFSD by nfsd"
done
# What is left to nfsd: files beyond max_file, and replies of more than four packets.
lab_check "pass 3: half of the READs are hits" lab_share 50 $sent
lab_note "$(lab_stats)"
lab_check "umount" lab_umount /mnt/m
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# Thousands of files, read and compared twice over a kernel NFSv3 mount. tree.sh
lab_server_up
# Real files of all kinds, what a small system has of them, and made ones.
for dir in usr/lib/python3.13 usr/share usr/lib/systemd etc; do
	mkdir -p "$LAB_EXPORT/tree/${dir//\//-}"
	tar -c -C /$dir . 2>/dev/null | tar -x -C "$LAB_EXPORT/tree/${dir//\//-}"
done
nfsaccel-verify --pattern 4 --files 1500 --max-size 6k --make $LAB_EXPORT/tree/made
files=$(find $LAB_EXPORT/tree -type f | wc -l)
lab_check "$files files" test "$files" -gt 3000
lab_accel_up
lab_check "mount" lab_mount 3 /mnt/m nconnect=2

# compare DIR: READs of DIR's second reading, and how many of them were hits, are added up.
reads=0 hits=0
compare() {
	local pass before sent
	for pass in first second; do
		echo 1 >/proc/sys/vm/drop_caches
		before=$(lab_mount_reads /mnt/m)
		lab_check "$1, $pass time: alike" lab_measure \
			diff -r --no-dereference "/mnt/m/tree/$1" "$LAB_EXPORT/tree/$1"
		sent=$(($(lab_mount_reads /mnt/m) - before))
		lab_check "$1, $pass time: hits and nfsd's READs add up" lab_agree $sent
		lab_note "$1, $pass time: $sent READs, $LAB_HITS hits, $LAB_NFSD by nfsd"
	done
	reads=$((reads + sent)) hits=$((hits + LAB_HITS))
}
# Twice in a row: what is cached is forgotten after a minute.
for dir in "$LAB_EXPORT"/tree/*; do
	compare "${dir##*/}"
done
# What is left to nfsd: files beyond max_file, and replies of more than four packets.
lab_check "$hits of $reads READs the second time are hits" test $((hits * 100)) -ge $((reads * 60))
lab_note "$(lab_stats)"
lab_check "umount" lab_umount /mnt/m
lab_done

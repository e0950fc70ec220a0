# SPDX-License-Identifier: GPL-2.0-only
# How often a file that a client changes under a write delegation keeps the times of before, on
# which the inode guard goes (torture.sh, must_hold); without delegations never.
# deleg_times.sh [SECONDS]; --with tests/lab/raw --disks 3
LAB_FS=tmpfs lab_server_up
disk=0
for fs in ext4 xfs btrfs tmpfs; do
	disk=$((disk + 1))
	lab_fs_up $fs /srv/$fs $disk || lab_fail "no $fs"
	lab_exports_line /srv/$fs >>/etc/exports
done
exportfs -ra
for fs in ext4 xfs btrfs tmpfs; do
	LAB_PATH=/srv/$fs lab_mount 4.2 /mnt/$fs noac,lookupcache=none,nosharecache ||
		lab_fail "no mount"
done
lab_tally python3 /mnt/with/deleg_times.py "${1:-20}" btrfs
lab_check "no more delegations" eval 'echo 0 >/proc/sys/fs/leases-enable'
lab_tally python3 /mnt/with/deleg_times.py "${1:-20}" ext4 xfs btrfs tmpfs
lab_done

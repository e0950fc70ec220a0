# SPDX-License-Identifier: GPL-2.0-only
# Attributes of hits are what GETATTR says, on four file systems; how far atime and used
# are behind. attributes.sh [LIFETIME]; --with tests/lab/raw --disks 4
lifetime=${1:-5}
lab_server_up
lab_check "xfs" lab_fs_up xfs /srv/xfs 2
lab_check "btrfs" lab_fs_up btrfs /srv/btrfs 3
lab_check "tmpfs" lab_fs_up tmpfs /srv/tmpfs
lab_check "compression" mount -o remount,compress /srv/btrfs
for dir in /srv/xfs /srv/btrfs /srv/tmpfs; do
	lab_exports_line $dir >>/etc/exports
done
exportfs -ra
lab_plain_port 2050
lab_accel_up --set cache.max_packets=48 --set cache.lifetime=${lifetime}s
lab_tally python3 /mnt/with/attributes.py $LAB_SERVER $lifetime \
	$LAB_EXPORT /srv/xfs /srv/btrfs /srv/tmpfs
lab_note "$(lab_stats)"
lab_done

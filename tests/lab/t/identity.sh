# SPDX-License-Identifier: GPL-2.0-only
# Which file is it? Reused inodes, hard links, exports of one file, file systems that follow
# on one another, snapshots, nfsd in two network namespaces. Most of it twice, with every hit
# compared with nfsd's reply by the programs themselves, then answered. identity.sh;
# --with tests/lab/raw --disks 4
lab_server_up
mkdir -p $LAB_EXPORT/sub /srv/bind /srv/swap
lab_check "bind mount" mount --bind $LAB_EXPORT/sub /srv/bind
lab_check "btrfs" lab_fs_up btrfs /srv/btrfs 2
lab_check "tmpfs" lab_fs_up tmpfs /srv/tmpfs
for dir in "$LAB_EXPORT/sub" "/srv/bind fsid=9" /srv/btrfs /srv/tmpfs; do
	# shellcheck disable=SC2086
	lab_exports_line $dir >>/etc/exports
done
exportfs -ra
for dir in $LAB_EXPORT /srv/bind /srv/btrfs; do
	lab_check "noatime" mount -o remount,noatime $dir
done
lab_plain_port 2050
lab_accel_up
first=$(lab_disk 3) second=$(lab_disk 4)
identity="python3 /mnt/with/identity.py $LAB_SERVER 10.9.9.2 $first $second"
tests="inode_reuse hard_links exports_of_one_file btrfs_snapshots tmpfs_holes"
lab_compared $identity $tests
lab_tally $identity $tests export_taken_away another_file_system

# Client 9 becomes a server: files of its own at the paths that matter, the rest is shared.
lab_client_up 9
cat >/run/second <<-END
	mount --make-rprivate / &&
	mount $first /srv/swap &&
	mount -t nfsd nfsd /proc/fs/nfsd &&
	mount -t tmpfs tmpfs /var/lib/nfs &&
	mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/sm && touch /var/lib/nfs/{etab,rmtab} &&
	exportfs -i -o rw,no_root_squash,insecure,no_subtree_check,fsid=5 10.9.0.0/16:/srv/swap &&
	rpc.mountd --no-nfs-version 4 && rpc.nfsd --no-nfs-version 4 2
END
lab_check "second nfsd" nsenter --net=/run/netns/client9 unshare --mount bash /run/second
lab_tally $identity second_nfsd
lab_note "$(lab_stats)"
lab_done

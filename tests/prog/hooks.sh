# SPDX-License-Identifier: GPL-2.0-only
# In a guest: the hooks' tests on every file system whose files may be cached.
# tests/lab/run --plain --disks 4 --with build/tests/prog/guest tests/prog/hooks.sh
lab_server_up
n=1 dirs="" # the first disk is the export's
for fs in ext4 xfs btrfs tmpfs; do
	[ $fs = tmpfs ] || n=$((n + 1))
	lab_fs_up $fs /mnt/$fs $n || lab_fail "no $fs"
	dirs+=" /mnt/$fs"
done
status=0
/mnt/with/answers_test $LAB_EXPORT || status=1
for test in probe hooks events; do
	/mnt/with/${test}_test $dirs || status=1
done
exit $status

# SPDX-License-Identifier: GPL-2.0-only
# What others use a file server for, over kernel mounts: fsx-like operations by two clients
# (LAB_FSX_SEED, LAB_FSX_ROUNDS), and git. Run by tests/lab/others, which packs the host's
# git into the directory given by --with.
lab_server_up
lab_accel_up
cp -a /mnt/with/root/. /
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' HOME=/root
mkdir $LAB_EXPORT/fsx
lab_check "mount of client 1" lab_mount 3 /mnt/one
LAB_CLIENT=2 lab_check "mount of client 2" lab_mount 3 /mnt/two

before=$(lab_stat hits)
lab_tally python3 /mnt/with/fsx.py "${LAB_FSX_SEED:-1}" "${LAB_FSX_ROUNDS:-4}" /mnt/one/fsx /mnt/two/fsx
lab_check "fsx had hits" test "$(lab_stat hits)" -gt "$before"
lab_note "fsx: $(($(lab_stat hits) - before)) hits"

# forget: what the clients have cached; the server's inodes stay.
forget() { echo 1 >/proc/sys/vm/drop_caches; }

before=$(lab_stat hits)
lab_check "clone" git clone -q --no-local /mnt/with/repository /mnt/one/clone
for pass in first second third; do
	forget
	lab_check "fsck, $pass time" git -C /mnt/two/clone fsck --full --strict
	lab_check "nothing is modified, $pass time" test -z "$(git -C /mnt/two/clone status --porcelain)"
done
lab_note "git: $(($(lab_stat hits) - before)) hits"

for dir in /mnt/one /mnt/two; do
	lab_check "umount $dir" lab_umount $dir
done
lab_note "$(lab_stats)"
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# What others use a file server for, over kernel mounts: fsx-like operations by two clients,
# git, a compiler. others.sh [SEED [ROUNDS]]; run by tests/lab/others, which packs git and
# gcc of the host into the directory given by --with.
lab_server_up
lab_plain_port 2050
lab_accel_up
cp -a /mnt/with/root/. /
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' HOME=/root
mkdir $LAB_EXPORT/fsx
lab_check "mount of client 1" lab_mount 3 /mnt/one
LAB_CLIENT=2 lab_check "mount of client 2" lab_mount 3 /mnt/two
LAB_CLIENT=3 LAB_NFS_PORT=2050 lab_check "mount of plain nfsd" lab_mount 3 /mnt/plain

before=$(lab_stat hits)
lab_tally python3 /mnt/with/fsx.py "${1:-1}" "${2:-10}" /mnt/one/fsx /mnt/two/fsx
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
sum_of() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
forget
lab_check "all files are as plain nfsd has them" test "$(sum_of /mnt/two/clone)" = "$(sum_of /mnt/plain/clone)"
lab_check "all files are as they are on disk" test "$(sum_of /mnt/one/clone)" = "$(sum_of $LAB_EXPORT/clone)"
lab_check "git had hits" test "$(lab_stat hits)" -gt "$before"
lab_note "git: $(($(lab_stat hits) - before)) hits"

# compile DIR OBJECTS: the model, which needs nothing but libc, and has it run.
compile() {
	mkdir -p "$2"
	(cd "$1" && for file in tests/model/[!f]*.c; do
		gcc -O1 -I. -c "$file" -o "$2/$(basename "$file" .c).o" || exit
	done) && gcc "$2"/*.o -o "$2/model" && "$2/model" --seeds 50 --jobs 1 >/dev/null
}
before=$(lab_stat hits)
lab_check "compiled on the server's disk" compile $LAB_EXPORT/clone /run/disk
for pass in first second; do
	forget
	mkdir -p /mnt/one/objects/$pass
	lab_check "compiled over NFS, $pass time" compile /mnt/two/clone /mnt/one/objects/$pass
	for object in /run/disk/*.o; do
		name=${object##*/}
		lab_check "$name is the same, $pass time" cmp "$object" "/mnt/one/objects/$pass/$name"
	done
done
lab_check "the compiler had hits" test "$(lab_stat hits)" -gt "$before"
lab_note "compiler: $(($(lab_stat hits) - before)) hits"
for dir in /mnt/one /mnt/two /mnt/plain; do
	lab_check "umount $dir" lab_umount $dir
done
lab_note "$(lab_stats)"
lab_done

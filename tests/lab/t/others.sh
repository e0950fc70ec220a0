# SPDX-License-Identifier: GPL-2.0-only
# What others use a file server for, over kernel mounts: fsx-like operations by two clients
# (LAB_FSX_SEED, LAB_FSX_ROUNDS), git, the operations of the Connectathon four groups,
# a compile; where the result is text, it must be what plain nfsd gives. others.sh [PART...];
# run by tests/lab/others, which packs the host's git and gcc into the directory of --with.
lab_server_up
lab_plain_port 2050
lab_accel_up
cp -a /mnt/with/root/. /
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' HOME=/root
mkdir "$LAB_EXPORT"/{fsx,accel,plain}
lab_check "mount of client 1" lab_mount 3 /mnt/one nosharecache
LAB_CLIENT=2 lab_check "mount of client 2" lab_mount 3 /mnt/two nosharecache

# Client 1's mounts for comparing: the accelerated one, and plain nfsd's on the same directory.
lab_check "mounts to compare" eval 'LAB_PATH=$LAB_EXPORT/accel lab_mount 3 /mnt/accel nosharecache &&
	LAB_NFS_PORT=2050 LAB_PATH=$LAB_EXPORT/plain lab_mount 3 /mnt/plain nosharecache'

# forget: what the clients have cached; the server's inodes stay.
forget() { echo 1 >/proc/sys/vm/drop_caches; }

# compare NAME CMD...: CMD is run in a directory of its own on both mounts, the second time a
# second time too, when the cache knows the files; it must print the same.
compare() {
	local name=$1 way
	shift
	for way in accel plain; do
		mkdir "/mnt/$way/$name"
		(cd "/mnt/$way/$name" && "$@") >"$OUT/$name.$way" 2>"$OUT/$name.$way.err" ||
			echo "exit status $?" >>"$OUT/$name.$way.err"
		lab_check "$name on $way: no error" test ! -s "$OUT/$name.$way.err" ||
			tail -3 "$OUT/$name.$way.err"
	done
	lab_check "$name: $(wc -l <"$OUT/$name.plain") lines, as by plain nfsd" \
		eval '[ -s "$OUT/$name.plain" ] && diff "$OUT/$name.plain" "$OUT/$name.accel"'
}

fsx() {
	lab_tally python3 /mnt/with/fsx.py "${LAB_FSX_SEED:-1}" "${LAB_FSX_ROUNDS:-4}" \
		/mnt/one/fsx /mnt/two/fsx
}

operations() {
	# a lock manager is the machine's, not a network's: over lo
	LAB_CLIENT=local LAB_PATH=$LAB_EXPORT/accel lab_mount 3 /mnt/local lock,nosharecache ||
		lab_fail "no mount with locks"
	compare operations python3 /mnt/with/mountops.py dir
	lab_check "locks by NLM" eval \
		'python3 /mnt/with/mountops.py /mnt/local/locks locks >"$OUT/locks.nlm"'
	lab_check "locks are granted and refused as without NLM" \
		eval 'grep "^locks" "$OUT/operations.plain" | diff - "$OUT/locks.nlm"'
	lab_umount /mnt/local
}

repository() {
	local pass
	lab_check "clone" git clone -q --no-local /mnt/with/repository /mnt/one/clone
	for pass in first second third; do
		forget
		lab_check "fsck, $pass time" git -C /mnt/two/clone fsck --full --strict
		lab_check "nothing is modified, $pass time" \
			test -z "$(git -C /mnt/two/clone status --porcelain)"
	done
}

# In the current directory: the simulator of this tree, and what it says of a seed.
build() {
	local file
	cp -a /mnt/with/source/. .
	for file in tests/model/*.c; do
		forget
		gcc -I. -c -o "${file%.c}.o" "$file"
	done
	gcc -static -o model tests/model/*.o
	cksum tests/model/*.o model
	forget
	./model --seeds 20 | sed "s/, [0-9]* seeds.s//"
}

[ $# -ne 0 ] || set -- operations build repository fsx
for part; do
	before=$(lab_stat hits)
	case $part in
	build) compare build build ;;
	*) $part ;;
	esac
	lab_check "$part had hits" test "$(lab_stat hits)" -gt "$before"
	lab_note "$part: $(($(lab_stat hits) - before)) hits, $SECONDS s"
done

for dir in /mnt/one /mnt/two /mnt/accel /mnt/plain; do
	lab_check "umount $dir" lab_umount $dir
done
lab_note "$(lab_stats)"
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# It steps down by itself: a mandatory hook that cannot be attached, one that the verifier refuses,
# memory that gets short. Nothing is answered then; connections, limits and statistics go on.
# stepdown.sh; --with build/tests/prog/deny
lab_server_up
nfsaccel-verify --pattern 9 --files 20 --make $LAB_EXPORT/p
verify=(nfsaccel-verify --pattern 9 --files 20 --json)
served() { lab_measure lab_client "${verify[@]}" --passes 8 "$(lab_url p)" && lab_share 50; }
none_served() { lab_measure lab_client "${verify[@]}" "$(lab_url p)" && [ "$LAB_HITS" -eq 0 ]; }
status() { nfsaccelctl --json status 2>/dev/null | jq -r "$1"; } # which is busy at times
maps() { status .maps_memory; }
available() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }
mount_reads() { lab_client sh -c 'for f in /mnt/m/p/*; do dd if=$f of=/dev/null iflag=direct bs=64k status=none || exit; done'; }
mounted() { lab_client ss -tnH state established dport = 2049 | awk '{ print $3 }' | sort; }
up() { lab_accel_up --set cache.memory=64M --set stats.clients=64 "$@"; }

# deny load|attach PROGRAM: the kernel will not have it, until allow.
deny() {
	/mnt/with/deny "$@" >/tmp/deny &
	denier=$!
	lab_wait 60 grep -q ready /tmp/deny || lab_fail "cannot have $2 denied"
}
allow() { kill "$denier"; wait "$denier"; }

held() { echo $(($(lab_stat limit_held) + $(lab_stat limit_dropped))); }
reads() { nfsaccelctl --json clients | jq '[.clients[] | select(.address == "10.9.1.2") | .ops.read + .hits] | add // 0'; }

# stands WHY: nothing is answered, for this reason, and all else is as before.
stands() {
	local held reads
	lab_check "$1: off" eval '[ "$(status .mode)" = off ]'
	lab_check "$1: status says so" eval "[[ \$(status .reason) == *'$2'* ]]"
	nfsaccelctl doctor >"$OUT/doctor"
	lab_check "$1: so does the doctor" grep -q "$2" "$OUT/doctor"
	reads=$(reads)
	lab_check "$1: every byte is right, none from the cache" none_served
	lab_check "$1: READs are counted by client" test "$(reads)" -ge $((reads + 20))
	lab_check "$1: the limit is there" eval 'nfsaccelctl limit list | grep -q 10.9.2.2'
	held=$(held)
	nfsaccelctl limit set 10.9.1.2 ops=10 # 20 READs are more than that
	lab_check "$1: every byte is right, slowly" none_served
	lab_check "$1: a limit holds back" test "$(held)" -gt "$held"
	nfsaccelctl limit del 10.9.1.2
	[ ! -e /mnt/m/p ] || lab_check "$1: the mount reads on, on its connection" eval 'mount_reads && [ "$before" = "$(mounted)" ]'
}

if [ "${1:-}" = long ]; then
	# No room at all for such a cache: no reason not to run.
	lab_accel_up --set cache.memory=64G
	lab_check "a cache that is too large is told" grep -q 'no memory for a cache of 64G' "$OUT/nfsacceld.log"
	lab_check "and nothing is answered" none_served
	lab_check "as status says" eval '[[ $(status .reason) == *"memory is short"* ]]'
	lab_accel_down
fi

deny attach na_l_setattr
up
allow
lab_check "a limit" nfsaccelctl limit set 10.9.2.2 ops=100000
stands "a hook is missing" "inode_setattr cannot be hooked"

# Half of what is left is to stay, then three fifths are taken.
lab_accel_kill
left=$(available) # the cache is there already
up --set cache.spare=$((left / 2))M
full=$(maps)
lab_check "hits" lab_wait 90 served 2>/dev/null
lab_check "a mount" lab_mount 3 /mnt/m
lab_check "that reads" eval 'mount_reads && mount_reads'
before=$(mounted)
mkdir -p /tmp/hog && mount -t tmpfs -o size=100% hog /tmp/hog
dd if=/dev/zero of=/tmp/hog/file bs=1M count=$((left * 3 / 5)) status=none
lab_check "short of memory" lab_wait 60 eval '[ "$(status .memory_short)" = true ]'
given_back() { local now && now=$(maps) && [ -n "$now" ] && [ "$now" -lt $((full - 50 * 1024 * 1024)) ]; }
lab_check "the maps have given it back" lab_wait 120 given_back
lab_check "it serves requests" lab_wait 60 eval '[ "$(status .mode)" = off ]'
stands "memory" "memory is short"

rm /tmp/hog/file
got_back() { [ "$(maps)" -gt $((full - 1024 * 1024)) ]; } # tables grow with what is in them
lab_check "memory is there again" lab_wait 120 eval '[ "$(status .memory_short)" = false ]'
lab_check "the maps have it back" lab_wait 60 got_back
lab_check "hits again" lab_wait 90 served 2>/dev/null
lab_check "the mount reads on the same connection" eval 'mount_reads && [ "$before" = "$(mounted)" ]'
lab_check "the limit is still there" eval 'nfsaccelctl limit list | grep -q 10.9.2.2'

# On a connection that had answers.
lab_accel_kill
deny load na_l_setattr
up
allow
lab_check "it took over" eval '[ "$(status .taken_over)" = true ]'
stands "a program is refused" "refused program na_l_setattr"
lab_umount /mnt/m
lab_accel_down
lab_check "nothing left" test -z "$(ls -A /sys/fs/bpf)"
lab_done

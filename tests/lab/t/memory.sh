# SPDX-License-Identifier: GPL-2.0-only
# Memory gets short: the cache gives way, all else stays, and it comes back. memory.sh
lab_server_up
nfsaccel-verify --pattern 9 --files 20 --make $LAB_EXPORT/p
verify=(nfsaccel-verify --pattern 9 --files 20 --json --passes 20)
served() { lab_measure lab_client "${verify[@]}" "$(lab_url p)" && lab_share 50; }
none_served() { lab_measure lab_client "${verify[@]}" "$(lab_url p)" && [ "$LAB_HITS" -eq 0 ]; }
status() { nfsaccelctl --json status 2>/dev/null | jq -r "$1"; } # which is busy at times
maps() { status .maps_memory; }
available() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }
mount_reads() { lab_client sh -c 'for f in /mnt/m/p/*; do dd if=$f of=/dev/null iflag=direct bs=64k status=none || exit; done'; }
mounted() { lab_client ss -tnH state established dport = 2049 | awk '{ print $3 }' | sort; }

# No room at all for such a cache: no reason not to run.
lab_accel_up --set cache.memory=64G
lab_check "a cache that is too large is told" grep -q 'no memory for a cache of 64G' "$OUT/nfsacceld.log"
lab_check "and nothing is answered" none_served
lab_check "as status says" eval '[[ $(status .reason) == *"memory is short"* ]]'
lab_accel_down

# Half of what is left beside the cache is to stay, then three fifths are taken.
left=$(($(available) - 64))
lab_accel_up --set cache.memory=64M --set cache.spare=$((left / 2))M
full=$(maps)
lab_check "hits" lab_wait 90 served 2>/dev/null
lab_check "a mount" lab_mount 3 /mnt/m
lab_check "that reads" eval 'mount_reads && mount_reads'
lab_check "a limit" nfsaccelctl limit set 10.9.2.2 ops=100000
before=$(mounted) hits=$(lab_stat hits)
mkdir -p /tmp/hog && mount -t tmpfs -o size=100% hog /tmp/hog
dd if=/dev/zero of=/tmp/hog/file bs=1M count=$((left * 3 / 5)) status=none
lab_check "short of memory" lab_wait 60 eval '[ "$(status .memory_short)" = true ]'
given_back() { local now && now=$(maps) && [ -n "$now" ] && [ "$now" -lt $((full - 50 * 1024 * 1024)) ]; }
lab_check "the maps have given it back" lab_wait 120 given_back
lab_check "off" lab_wait 60 eval '[ "$(status .mode)" = off ]'
nfsaccelctl doctor >"$OUT/doctor"
lab_check "the doctor says so" grep -q 'memory is short' "$OUT/doctor"
lab_check "every byte is right, none from the cache" none_served
lab_check "the mount still reads" mount_reads
lab_check "on the same connection" test "$before" = "$(mounted)"
lab_check "the limit is there" eval 'nfsaccelctl limit list | grep -q 10.9.2.2'
lab_check "counters went on" test "$(lab_stat hits)" -ge "$hits"

rm /tmp/hog/file
got_back() { [ "$(maps)" -gt $((full - 1024 * 1024)) ]; } # tables grow with what is in them
lab_check "memory is there again" lab_wait 120 eval '[ "$(status .memory_short)" = false ]'
lab_check "the maps have it back" lab_wait 60 got_back
lab_check "hits again" lab_wait 90 served 2>/dev/null
lab_check "the mount reads on the same connection" eval 'mount_reads && [ "$before" = "$(mounted)" ]'
lab_check "the limit is still there" eval 'nfsaccelctl limit list | grep -q 10.9.2.2'
lab_umount /mnt/m
lab_accel_down
lab_check "nothing left" test -z "$(ls -A /sys/fs/bpf)"
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# Under full preemption the kernel skips tracing programs. Provoked here: each skip is
# counted, flushes the cache and is reported, and no READ is stale meanwhile.
# skips.sh; --with tests/lab/raw

counter() { lab_stat recursion_misses; }
flushed() { lab_stat flushes; }
reported() { grep -c "the kernel skipped .* hook run" "$OUT/nfsacceld.log"; }
skips_seen() { [ "$(counter)" -gt "$before" ]; }
all_counted() { [ "$(counter)" -eq "$(lab_skips)" ]; }

mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
lab_server_up
lab_accel_up
lab_check "full preemption" eval 'echo full >/sys/kernel/debug/sched/preempt'
mkdir $LAB_EXPORT/t $LAB_EXPORT/storm
before=$(counter) flushes=$(flushed) hits=$(lab_stat hits)

: >/run/go
python3 /mnt/with/preempt.py $LAB_EXPORT/storm /run/go &
storm=$!
lab_client nfsaccel-torture --local $LAB_EXPORT/t --rounds 3 --depth 2 --timeout 120 "$(lab_url t)" &
torture=$!
lab_check "hook runs are skipped" lab_wait 120 skips_seen
lab_check "no READ is stale" wait $torture
rm /run/go
lab_check "the storm itself" wait $storm
lab_check "there were hits" test "$(lab_stat hits)" -gt "$hits"

# The daemon looks once a second.
lab_check "every skip is counted" lab_wait 30 all_counted
lab_check "and flushed the cache" test "$(flushed)" -gt "$flushes"
lab_check "and is reported" test "$(reported)" -gt 0
lab_note "$(($(counter) - before)) skips, $(($(flushed) - flushes)) flushes, $(reported) reports"
lab_note "$(lab_stats)"
lab_done

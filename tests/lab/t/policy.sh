# SPDX-License-Identifier: GPL-2.0-only
# nfsaccel.exports in force: nocache, maxfile, clients, exports that come later, a bad file,
# limits set at run time and taken back. policy.sh
policy=/etc/nfsaccel.exports
two=/srv/two

# reads [OPTION...]: five times over all files of the export that LAB_EXPORT names, right in
# every byte. The first 30 files have up to 4 KiB, the rest up to 64.
reads() {
	lab_measure lab_client nfsaccel-verify --pattern 7 --max-size 64k --json --passes 5 \
		--files 60 "$@" "$(lab_url p)"
}
# A new export is known to the daemon only after its first use.
served() { reads "$@" && [ "$LAB_HITS" -gt 0 ]; }
not_served() { reads "$@" && [ "$LAB_HITS" -eq 0 ] && lab_agree; }
cached_files() { nfsaccelctl --json status | jq -e .cache.files; }
says() { nfsaccelctl "${@:2}" 2>&1 | grep -qF -- "$1"; }
reload() { nfsaccelctl policy reload >/dev/null 2>&1; }
counted() { [ "$(lab_stat "$1")" -gt "$2" ]; }

lab_server_up
nfsaccel-verify --pattern 7 --files 60 --max-size 64k --make $LAB_EXPORT/p
echo "$LAB_EXPORT *(nocache)" >$policy
lab_accel_up --set cache.max_packets=48
lab_check "nocache: nothing is answered" not_served
lab_check "nocache: it is counted" counted refuse_policy 0
lab_check "nocache: nothing is cached" eval '[ "$(cached_files)" -eq 0 ]'

cat >$policy <<END
$LAB_EXPORT 10.9.2.0/24(nocache)  # client 2
* -maxfile=4k 10.9.0.0/16 10.9.1.2(maxfile=4095)
END
lab_check "reload" reload
lab_check "maxfile: small files are answered" lab_wait 60 served --files 30
lab_check "maxfile: all files" served
lab_check "maxfile: large ones are not cached" eval '[ "$(cached_files)" -le 30 ]'
LAB_CLIENT=2
lab_check "a client's nocache: not answered" not_served
LAB_CLIENT=1
lab_check "another client is" served --files 30

lab_check "help on the commands of a kind" says "limit del CLIENT" limit --help
lab_refuse "half a command is none" nfsaccelctl limit
echo "$LAB_EXPORT *(nocahe)" >$policy
lab_refuse "a bad file is refused" reload
lab_check "with its line and column" says "$policy:1:15: no option 'nocahe'" policy reload
lab_check "and the old policy stays" says "10.9.2.0/24(nocache)" policy show
lab_check "as it was" served --files 30
printf '%s *(cache)\n/srv/none *(nocache)\n' $LAB_EXPORT >$policy
kill -HUP "$LAB_ACCEL_PID"
lab_check "SIGHUP" lab_wait 20 says "/srv/none is not exported" policy show
lab_check "all is cached again" lab_wait 60 eval 'served && [ "$(cached_files)" -gt 30 ]'

# A change under the cache is told, with the file's number.
f=$LAB_EXPORT/p/$(cd $LAB_EXPORT/p && find . -type f -size -4k -size +0 -printf '%P\n' | sort | tail -n 1)
touched() { touch "$f" && reads && says "inode $(stat -c %i "$f")" events; }
lab_check "a change is told" lab_wait 60 touched
lab_check "a new policy's permissions, too" says "permissions are learnt anew" events

# What is cached, file by file, and forgotten.
top() { nfsaccelctl --json cache top --count 100 | jq -e "$1"; }
f=$LAB_EXPORT/p/$(cd $LAB_EXPORT/p && find . -type f -size -4k -size +0 -printf '%P\n' | sort | head -n 1)
of_f=".files | map(select(.inode == $(stat -c %i "$f")))"
lab_check "cache top" eval 'served && [ "$(top "$of_f | length")" = 1 ]'
lab_check "it was hit" eval '[ "$(top "($of_f)[0].hits")" -gt 0 ]'
lab_check "by name" says "$f" cache top --count 100
lab_check "exports" says "$LAB_EXPORT" exports
lab_check "cache pin" nfsaccelctl cache pin "$f"
lab_check "pinned" eval '[ "$(top "($of_f)[0].pinned")" = true ]'
lab_check "and nothing else" eval '[ "$(top "[.files[] | select(.pinned)] | length")" = 1 ]'
lab_refuse "twice" nfsaccelctl cache pin "$f" 2>/dev/null
lab_check "cache unpin" nfsaccelctl cache unpin "$f"
lab_check "unpinned" eval '[ "$(top "[.files[] | select(.pinned)] | length")" = 0 ]'
lab_check "cache flush --file" says "1 file(s) forgotten" cache flush --file "$f"
lab_check "it is gone" eval '[ "$(top "$of_f | length")" = 0 ]'
lab_check "others are not" eval '[ "$(cached_files)" -gt 10 ]'
lab_check "cache flush --export" nfsaccelctl cache flush --export $LAB_EXPORT
lab_check "all are gone" eval '[ "$(cached_files)" -eq 0 ]'
lab_refuse "no such export" nfsaccelctl cache flush --export /srv/none 2>/dev/null

# An export that comes while the daemon runs, with an entry that waits for it.
printf '%s *(cache)\n%s *(nocache)\n' $LAB_EXPORT $two >$policy
lab_check "reload" reload
lab_fs_up tmpfs $two
nfsaccel-verify --pattern 7 --files 60 --max-size 64k --make $two/p
lab_exports_line $two >>/etc/exports
exportfs -ra
lab_check "a new export: not answered" eval "LAB_EXPORT=$two not_served"
sleep 2
lab_check "nor when it is known" eval "LAB_EXPORT=$two not_served"
lab_check "the other is" lab_wait 60 served
echo "$two *(ttl=30s)" >$policy
lab_check "reload" reload
lab_check "the new export is answered" lab_wait 60 eval "LAB_EXPORT=$two served"

lab_check "limit set" nfsaccelctl limit set 10.9.1.2 in $two ops=2000 burst=1ms
lab_check "limit list" says "$two 10.9.1.2(ops=2000,burst=1ms)" limit list
lab_check "the client is held back" eval "LAB_EXPORT=$two lab_wait 60 eval 'reads && counted limit_held 0'"
lab_check "which is told, and of whom" lab_wait 30 says "10.9.1.2, $two: " events
lab_check "limit del" nfsaccelctl limit del 10.9.1.2 in $two
lab_refuse "twice" nfsaccelctl limit del 10.9.1.2 in $two 2>/dev/null
held=$(lab_stat limit_held)
lab_check "and it is free again" eval "LAB_EXPORT=$two reads"
lab_check "nothing more was held" test "$(lab_stat limit_held)" -eq "$held"
lab_check "limit set again" nfsaccelctl limit set 10.9.0.0/16 read=100M
lab_check "policy save" nfsaccelctl policy save
lab_check "saved" grep -qF '* 10.9.0.0/16(read=100M)' $policy.d/saved.exports
lab_check "from the file now" says "saved.exports:2" limit list
lab_accel_down
lab_check "fq is gone after the stop" eval '[ -z "$(tc qdisc show dev lab1 | grep fq)" ]'
lab_note "$(cat $policy.d/saved.exports)"
lab_done

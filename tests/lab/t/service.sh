# SPDX-License-Identifier: GPL-2.0-only
# The unit: start, hits, crash, restart, reload, a broken configuration, stop. service.sh; --systemd
lab_server_up
nfsaccel-verify --pattern 9 --files 20 --make $LAB_EXPORT/p
verify=(nfsaccel-verify --pattern 9 --files 20 --json --passes 20)
main_pid() { systemctl show -P MainPID nfsaccel; }
another_pid() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ]; }
# Right bytes, mostly from the cache: at once, or, after a takeover, when the hooks of the
# one before are gone; two of them at one READ fill nothing.
served() { lab_measure lab_client "${verify[@]}" "$(lab_url p)" && lab_share 80; }
hits() { lab_check "$1: hits, every byte right" lab_wait 60 served 2>/dev/null; }
nothing_left() {
	[ -z "$(ls -A /sys/fs/bpf; tc filter show dev lab1 ingress; tc filter show dev lab1 egress
		bpftool -j prog | jq -r '.[] | select((.name // "") | test("^na_(in|e)gress")).name')" ]
}

# get URL: the whole reply of the metrics' listener, or nothing if it does not listen there.
get() {
	bash -c 'exec 3<>"/dev/tcp/$1/9433" && printf "GET %s HTTP/1.0\r\nHost: $1\r\n\r\n" "$2" >&3 && cat <&3' \
		get "${2:-127.0.0.1}" "$1" 2>/dev/null
}
metric() { get /metrics | awk -v name="$1" '$1 == name { print $2 }'; }

printf '[metrics]\nlisten = 9433\nclients = 2\n[stats]\nclients = 64\n' >>/etc/nfsaccel.conf
lab_accel_up
lab_check "active" systemctl -q is-active nfsaccel
lab_check "with AppArmor on" grep -qx Y /sys/module/apparmor/parameters/enabled
lab_check "answering" eval '[ "$(nfsaccelctl --json status | jq -r .mode)" = answering ]'
lab_check "nobody else may ask" lab_not setpriv --reuid 65534 --regid 65534 --clear-groups \
	nfsaccelctl status 2>/dev/null
hits "started"

pid=$(main_pid)
lab_check "killed" lab_accel_kill
lab_check "started again" lab_wait 60 another_pid "$pid"
lab_check "ready again" lab_wait 120 lab_accel_ready
lab_check "with what the first one left" eval '[ "$(nfsaccelctl --json status | jq .taken_over)" = true ]'
hits "after a crash"

# A restart takes over: the mount's connection, answered on before, stays the same.
mounted() { lab_client ss -tnH state established dport = 2049 | awk '{ print $3 }' | sort; }
mount_reads() { lab_client sh -c 'for f in /mnt/m/p/*; do dd if=$f of=/dev/null iflag=direct bs=64k status=none || exit; done'; }
lab_check "a mount" lab_mount 3 /mnt/m
lab_check "it reads" eval 'mount_reads && mount_reads'
before=$(mounted) pid=$(main_pid)
lab_check "restarted" systemctl restart nfsaccel
lab_check "by another daemon" another_pid "$pid"
lab_check "which took over" eval '[ "$(nfsaccelctl --json status | jq .taken_over)" = true ]'
lab_check "it still reads" mount_reads
lab_check "on the same connection" test "$before" = "$(mounted)"
lab_check "reloaded" systemctl reload nfsaccel
hits "after a restart"

# The status page and the metrics of the confined service.
get / >"$OUT/page"
lab_check "the page" eval 'head -n 1 "$OUT/page" | grep -q " 200 " && grep -q "<title>nfsaccel" "$OUT/page"'
lab_check "asks nobody but this server" grep -q "^Content-Security-Policy: default-src 'none'" "$OUT/page"
get /status.json >"$OUT/status.json"
figures() { sed '1,/^\r$/d' "$OUT/status.json" | jq -e "$1" >/dev/null; }
lab_check "its figures" figures '.status.mode == "answering" and .stats.counters.hits > 0 and (.exports.exports[].path == "/srv/export")'
lab_check "the client, too" figures '.clients.clients[] | select(.address == "10.9.1.2") | .hits > 0'
lab_check "metrics" test "$(metric nfsaccel_hits_total)" = "$(lab_stat hits)"
lab_check "by client" test "$(metric 'nfsaccel_client_hits_total{client="10.9.1.2"}')" = "$(lab_stat hits)"
lab_check "answering, they say" test "$(metric 'nfsaccel_mode{mode="answering"}')" = 1
get /metrics >"$OUT/metrics"
lab_check "on loopback only" test -z "$(get / "$LAB_SERVER")"

lab_check "nfs-server restarts" lab_server_restart
hits "after nfs-server restarted"

cp /etc/nfsaccel.conf /tmp/conf
echo nonsense >>/etc/nfsaccel.conf
lab_refuse "a broken configuration" systemctl restart nfsaccel 2>/dev/null
lab_check "is not tried again, and leaves nothing" lab_wait 60 nothing_left
lab_check "the mount goes on" lab_wait 60 mount_reads
cp /tmp/conf /etc/nfsaccel.conf
systemctl reset-failed nfsaccel
lab_check "started once more" systemctl start nfsaccel
hits "after it was mended"

lab_check "stopped" lab_accel_down
lab_check "not failed" test "$(systemctl show -P Result nfsaccel)" = success
lab_check "nothing left" lab_wait 30 nothing_left
lab_check "nfsd goes on" lab_client "${verify[@]}" --quiet "$(lab_url p)"
lab_umount /mnt/m
cp /proc/self/attr/current "$OUT/lsm" 2>/dev/null
journalctl -u nfsaccel -u nfsaccel-cleanup --no-pager >"$OUT/journal"
lab_done

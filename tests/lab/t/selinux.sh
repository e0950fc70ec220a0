# SPDX-License-Identifier: GPL-2.0-only
# The unit under SELinux in enforcing mode; on demand, README.md says how. selinux.sh; --systemd
[ "$(getenforce 2>/dev/null)" = Permissive ] || lab_fail "SELinux is not on: see README.md"
# The image has no labels, and what ran before there were any keeps its domain.
setfiles -q /etc/selinux/default/contexts/files/file_contexts /usr /etc /var /srv /root
restorecon -R /run /dev 2>/dev/null
systemctl daemon-reexec
labelled() { [[ $(tr -d '\0' </proc/1/attr/current) == *:init_t:* ]]; }
lab_check "systemd is in its domain" lab_wait 60 labelled

lab_server_up
lab_accel_up
for n in 1 2 3 4 5 6 7 8; do head -c $((n * 2000)) /dev/urandom >$LAB_EXPORT/f$n; done
lab_check "a mount" lab_mount 3 /mnt/m

# As an administrator who logged in would do it, which this shell cannot.
cat >/run/admin <<'END'
ok() {
	local name=$1
	shift
	if "$@"; then echo "ok - $name"; else echo "not ok - $name"; fi
}
reads() {
	nsenter --net=/run/netns/client1 sh -c 'for f in /mnt/m/f*; do
		dd if=$f iflag=direct bs=64k status=none | cmp - "/srv/export/${f##*/}" || exit
	done'
}
hits() { nfsaccelctl --json stats | jq .counters.hits; }
more() {
	local n left=90
	n=$(hits)
	while reads && [ $left -gt 0 ]; do
		[ "$(hits)" -le "$n" ] || return 0
		left=$((left - 1))
		sleep 1
	done
	return 1
}
dmesg -C
ok "permissive: hits, every byte right" more
setenforce 1
ok "enforcing" test "$(getenforce)" = Enforcing
ok "hits" more
ok "restart" systemctl restart nfsaccel
echo "# nfsacceld: $(tr -d '\0' <"/proc/$(systemctl show -P MainPID nfsaccel)/attr/current")"
ok "hits after it" more
ok "a limit" nfsaccelctl limit set 10.9.2.2 ops=1000
ok "reload" systemctl reload nfsaccel
ok "names of cached files" nfsaccelctl cache top
ok "stop" systemctl stop nfsaccel
ok "nothing left" test -z "$(ls -A /sys/fs/bpf)"
ok "reads without it" reads
ok "start" systemctl start nfsaccel
ok "hits after a start" more
setenforce 0
dmesg | grep -a 'avc:' >/run/denied
ok "nothing of ours was denied" sh -c '! grep -a nfsaccel /run/denied'
END
lab_tally runcon -u unconfined_u -r unconfined_r -t unconfined_t -l s0-s0:c0.c1023 bash /run/admin
cp /run/denied "$OUT/"
lab_done

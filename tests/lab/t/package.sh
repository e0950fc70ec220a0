# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages: install, start, hits, upgrade, remove, purge. package.sh; --systemd
# --plain --with DIR, where DIR has the packages
lab_server_up
ls -1 / /etc /usr/sbin /lib/systemd/system /usr/share/doc /var/lib >/tmp/before
debs=/mnt/with
status() { nfsaccelctl --json status | jq -r "$1"; }
hits() { nfsaccelctl --json stats | jq .counters.hits; }
more_hits() { local n; n=$(hits) && read_all && [ "$(hits)" -gt "$n" ]; }
read_all() {
	lab_client sh -c 'for f in /mnt/m/f*; do
		dd if=$f iflag=direct bs=64k status=none | cmp - "/srv/export/${f##*/}" || exit
	done'
}
connection() { lab_client ss -tnH state established dport = 2049 | awk '{ print $3 }' | sort; }
main_pid() { systemctl show -P MainPID nfsaccel; }
nothing_runs() {
	[ -z "$(ls -A /sys/fs/bpf)" ] && [ -z "$(tc qdisc show | grep clsact)" ] &&
		[ -z "$(tc filter show dev lab1 ingress; tc filter show dev lab1 egress)" ]
}
# Names are looked for, not what dpkg remembers of the package or the clients of the lab.
traces() {
	find / -xdev -name '*nfsaccel*' -not -path '/mnt/*' -not -path '/lab/*' \
		-not -path '/usr/bin/nfsaccel-*' -not -path '/tmp/*' -not -path '/proc/*'
	find /run -name '*nfsaccel*'
	getent group nfsaccel
	ls -1 / /etc /usr/sbin /lib/systemd/system /usr/share/doc /var/lib | diff /tmp/before -
}

for n in 1 2 3 4 5 6 7 8; do
	dd if=/dev/urandom of="$LAB_EXPORT/f$n" bs=1000 count=$((n * 3)) status=none
done
lab_mount 3 /mnt/m || lab_fail "no mount"

lab_check "install" dpkg -i "$debs"/nfsaccel_*.deb
lab_check "installed" test "$(dpkg-query -W -f '${db:Status-Status}' nfsaccel)" = installed
lab_refuse "it does not start by itself" systemctl -q is-active nfsaccel
lab_check "group" getent group nfsaccel
lab_check "nfsacceld --check" nfsacceld --check
if [ "$(cut -d. -f1 /etc/debian_version)" = 12 ]; then
	lab_check "the clients' package" dpkg -i --force-overwrite "$debs"/nfsaccel-tools_*.deb
	lab_check "reads" lab_client nfsaccel-verify --against /srv/export --quiet "$(lab_url)"
fi

lab_check "start" systemctl start nfsaccel
lab_check "answering" eval '[ "$(status .mode)" = answering ]'
lab_check "hits on the mount that was there, every byte right" lab_wait 90 more_hits
lab_check "who may ask" lab_not setpriv --reuid 65534 --regid 65534 --clear-groups nfsaccelctl status 2>/dev/null
lab_check "a member of the group may" setpriv --reuid 65534 --regid nfsaccel --clear-groups nfsaccelctl status

dpkg-deb -R "$debs"/nfsaccel_*.deb /tmp/next
sed -i 's/^Version: .*/&+next/' /tmp/next/DEBIAN/control
dpkg-deb -Znone -b /tmp/next /tmp/next.deb >/dev/null
pid=$(main_pid) same=$(connection)
lab_check "upgrade" dpkg -i /tmp/next.deb
lab_check "new version" eval '[[ $(dpkg-query -W -f "\${Version}" nfsaccel) == *+next ]]'
lab_check "a new daemon" eval '[ "$(main_pid)" != 0 ] && [ "$(main_pid)" != $pid ]'
lab_check "which took over" eval '[ "$(status .taken_over)" = true ]'
lab_check "hits" lab_wait 90 more_hits
lab_check "on the same connection" eval '[ "$(connection)" = "$same" ]'

lab_check "remove" dpkg -r nfsaccel
lab_check "nothing runs" nothing_runs
lab_refuse "no service" systemctl -q is-active nfsaccel
lab_check "the configuration stays" test -e /etc/nfsaccel.conf
lab_check "the mount goes on" read_all

lab_check "install again" dpkg -i "$debs"/nfsaccel_*.deb
lab_check "start again" systemctl start nfsaccel
lab_check "hits again" lab_wait 90 more_hits
systemctl mask --runtime nfsaccel >/dev/null 2>&1
kill -KILL "$(main_pid)"
lab_check "purge after it was killed" dpkg -P nfsaccel
systemctl unmask --runtime nfsaccel >/dev/null 2>&1
[ "$(cut -d. -f1 /etc/debian_version)" != 12 ] || dpkg -P nfsaccel-tools
lab_check "nothing runs after that" nothing_runs
traces >"$OUT/traces"
lab_check "no trace" test ! -s "$OUT/traces"
lab_check "the mount goes on after that" lab_wait 60 read_all
lab_umount /mnt/m
journalctl --no-pager -u nfsaccel -u nfsaccel-cleanup >"$OUT/journal"
lab_done

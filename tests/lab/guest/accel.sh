# SPDX-License-Identifier: GPL-2.0-only
# nfsacceld in the guest.

# Under systemd and without ARG the installed service is used.
lab_accel_service() { [ "$LAB_SYSTEMD" = yes ] && [ -z "${lab_accel_pid:-}" ]; }

lab_accel_ready() { nfsaccelctl status >/dev/null 2>&1; }

# lab_accel_up [ARG...]: starts nfsacceld with ARG... and waits until it answers, as an
# administrator would but for replies of up to twelve packets, which are to be tested, too; the
# verifier alone can take half a minute under TCG.
# Its pid is then in LAB_ACCEL_PID, its messages are in $OUT/nfsacceld.log.
lab_accel_up() {
	[ -e /lab/has-nfsaccel ] || lab_fail "this guest has no nfsaccel (--plain?)"
	lab_accel_pid=""
	if [ "$LAB_SYSTEMD" = yes ] && [ $# -eq 0 ]; then
		systemctl start nfsaccel || {
			journalctl -u nfsaccel --no-pager -n 30 >&2
			lab_fail "nfsaccel.service does not start"
		}
		LAB_ACCEL_PID=$(systemctl show -P MainPID nfsaccel)
	else
		nfsacceld --set cache.max_packets=12 "$@" >>"$OUT/nfsacceld.log" 2>&1 &
		lab_accel_pid=$!
		LAB_ACCEL_PID=$lab_accel_pid
	fi
	local start=$SECONDS deadline=$((SECONDS + ${LAB_ACCEL_TIMEOUT:-600}))
	until lab_accel_ready; do
		if ! kill -0 "$LAB_ACCEL_PID" 2>/dev/null || [ $SECONDS -ge $deadline ]; then
			tail -n 30 "$OUT/nfsacceld.log" >&2 2>/dev/null
			lab_fail "nfsacceld is not ready"
		fi
		sleep 0.5
	done
	lab_note "nfsacceld ready after $((SECONDS - start)) s"
}

# lab_accel_down: stops it as an administrator would; its exit status is returned.
lab_accel_down() {
	if lab_accel_service; then
		systemctl stop nfsaccel
		return
	fi
	kill -TERM "$lab_accel_pid" 2>/dev/null
	wait "$lab_accel_pid"
}

# lab_accel_kill: kills it without a chance to clean up.
lab_accel_kill() {
	kill -KILL "$LAB_ACCEL_PID"
	lab_accel_service || wait "$LAB_ACCEL_PID" 2>/dev/null || :
}

# lab_shadow N: one in N hits is left to nfsd and compared; 0: none. Needs --with tests/lab/raw.
lab_shadow() { python3 /mnt/with/poke.py /sys/fs/bpf/nfsaccel/maps/na_ctl set 80 "$1"; } # na_ctl.shadow

# lab_alike: nothing that was compared so far differed.
lab_alike() {
	lab_check "nfsd's replies are what would have been sent" \
		test "$(lab_stat shadow_different)" -eq 0
	lab_check "and were compared" test "$(lab_stat shadow_same)" -gt 0
	lab_note "$(lab_stat shadow_same) replies compared"
}

# lab_compared CMD...: lab_tally CMD with every hit left to nfsd; its replies must be what would
# have been sent.
lab_compared() {
	lab_shadow 1
	lab_tally "$@"
	lab_shadow 0
	lab_alike
}

# lab_stat NAME: one counter of nfsaccel.
lab_stat() {
	nfsaccelctl stats --json |
		jq -e --arg name "$1" '.counters[$name] // error("no counter " + $name)'
}

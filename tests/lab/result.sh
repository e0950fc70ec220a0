# SPDX-License-Identifier: GPL-2.0-only
# Brings the guest's answer to the caller and judges it. Part of run.

# What a kernel says when it is not well.
complaints='WARNING: |BUG: |Oops|general protection fault|Kernel panic|kernel BUG at'
complaints+='|INFO: task .* blocked for more than|soft lockup|hard LOCKUP|detected stall'
complaints+='|self-detected stall|UBSAN:|KASAN:|refcount_t:|list_(add|del) corruption'
complaints+='|unregister_netdevice: waiting|possible circular locking|scheduling while atomic'

# Prints what FILE (the whole stream) has beyond the part shown live.
result_rest() {
	tail -c "+$(($(stat -c %s "$1") + 1))" "$2"
}

# kernel_complaints DMESG EXPECTED: lines which no expected regex covers.
kernel_complaints() {
	grep -E "$complaints" "$1" |
		grep -v -e 'Command line: ' -e 'Spectre V2 : WARNING: Unprivileged eBPF' |
		if [ -s "$2" ]; then grep -v -E -f "$2"; else cat; fi || :
}

result_bring() {
	local work=$1 file lines
	mkdir -p "$work/answer/out"
	if tar -x -C "$work/answer" -f "$work/live.result" 2>/dev/null &&
		[ -s "$work/answer/status" ]; then
		result=$(cat "$work/answer/status")
		result_rest "$work/live.stdout" "$work/answer/stdout"
		result_rest "$work/live.stderr" "$work/answer/stderr" >&2
	else
		result=125
		cp "$work/live.stdout" "$work/answer/stdout"
		cp "$work/live.stderr" "$work/answer/stderr"
		tr -d '\r' <"$work/console" >"$work/answer/dmesg" 2>/dev/null || :
		: >"$work/answer/expected"
		if [ "$timed_out" = yes ]; then
			result=124
			lab_say "no answer within $timeout s; last words of the console:"
		else
			lab_say "the guest died without an answer; last words:"
			cat "$work/qemu.log" >&2
		fi
		tail -n 40 "$work/answer/dmesg" >&2
		echo $result >"$work/answer/status"
	fi

	lines=$(kernel_complaints "$work/answer/dmesg" "$work/answer/expected")
	if [ -n "$lines" ]; then
		lab_say "the kernel complained (kernel $kernel):"
		head -n 20 <<<"$lines" >&2
		[ "$result" -ne 0 ] || result=1
	fi
	if [ -n "$out" ]; then
		cp -a "$work/answer/out/." "$out/"
		for file in stdout stderr dmesg status; do
			cp "$work/answer/$file" "$out/$file"
		done
		tr -d '\r' <"$work/console" >"$out/console" 2>/dev/null || :
	fi
}

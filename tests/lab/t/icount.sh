# SPDX-License-Identifier: GPL-2.0-only
# One guest instruction is one nanosecond: a loop takes the same time again and again.
loop() {
	local start=$EPOCHREALTIME n
	for ((n = 0; n < 20000; n++)); do :; done
	echo $((${EPOCHREALTIME/./} - ${start/./}))
}
loop >/dev/null
first=$(loop)
second=$(loop)
lab_note "$first and $second us"
lab_check "one CPU" test "$(nproc)" = 1
lab_check "repeats to 2 %" test $(((first - second) * (first - second) * 2500)) -lt $((first * first))
start=$EPOCHSECONDS
sleep 100
lab_check "idle time is skipped" test $((EPOCHSECONDS - start)) -ge 100
lab_done

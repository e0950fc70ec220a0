# SPDX-License-Identifier: GPL-2.0-only
# Two kernel warnings, one of them expected.
lab_expect_warning "expected\\+0x0"
for where in expected nowhere; do
	echo "WARNING: CPU: 0 PID: 1 at lab/selftest.c:1 $where+0x0/0x0" >/dev/kmsg
done
exit 0

# SPDX-License-Identifier: GPL-2.0-only
# In a guest: the TC programs' tests on this kernel, and that of fq, which hosts may lack.
# tc_veth_test, whole connections over a veth, runs if named: emulated it takes minutes, and
# t/hits.sh and its like do no less.
# tests/lab/run --plain --kernel K --with build/tests/prog/tc tests/prog/tc.sh [veth]
for test in /mnt/with/tc_*_test; do
	case $test in
	*veth*) [ "${1:-}" != veth ] || lab_check "${test##*/}" "$test" 400 ;;
	*) lab_check "${test##*/}" "$test" ;;
	esac
done
modprobe tun
lab_check qdisc_test /mnt/with/qdisc_test
lab_done

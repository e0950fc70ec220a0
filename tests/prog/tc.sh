# SPDX-License-Identifier: GPL-2.0-only
# In a guest: the TC programs' tests on this kernel. Emulated, a READ takes milliseconds.
# tests/lab/run --plain --kernel K --with build/tests/prog/tc tests/prog/tc.sh
for test in /mnt/with/tc_*_test; do
	case $test in
	*veth*) lab_check "${test##*/}" "$test" 400 ;;
	*) lab_check "${test##*/}" "$test" ;;
	esac
done
lab_done

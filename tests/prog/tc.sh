# SPDX-License-Identifier: GPL-2.0-only
# In a guest: the TC programs' tests on this kernel.
# tests/lab/run --plain --kernel K --with build/tests/prog/tc tests/prog/tc.sh
for test in /mnt/with/tc_*_test; do
	lab_check "${test##*/}" "$test"
done
lab_done

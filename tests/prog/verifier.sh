# SPDX-License-Identifier: GPL-2.0-only
# In a guest: the verifier's instruction counts on this kernel, held under the budget.
# tests/lab/run --plain --kernel K --with build/tests/prog/verify tests/prog/verifier.sh
for module in nfsd ext4 xfs btrfs; do
	modprobe -q $module || lab_note "no $module"
done
/mnt/with/verifier --hooks /mnt/with/budget.txt

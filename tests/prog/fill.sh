# SPDX-License-Identifier: GPL-2.0-only
# In a guest: the fill hook inside a real nfsd, LAB_FS (ext4) exported.
# tests/lab/run --plain --with build/tests/prog/guest tests/prog/fill.sh
lab_server_up
/mnt/with/fill_test "$LAB_SERVER" 20048 $LAB_EXPORT

# SPDX-License-Identifier: GPL-2.0-only
# Refusals of which no event tells: groups and exports that run out, a firewall's rule.
# expiry.sh; --with tests/lab/raw
lab_server_up
lab_check "noatime" mount -o remount,noatime $LAB_EXPORT
lab_plain_port 2050
lab_accel_up
lab_tally python3 /mnt/with/expiry.py $LAB_SERVER $LAB_EXPORT
lab_note "$(lab_stats)"
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# A change, by a local process or another client, is seen by the very next READ, and by
# READs that race with it. changes.sh [OPTION OF nfsacceld...]; --with tests/lab/raw
lab_server_up
lab_accel_up "$@"
lab_tally python3 /mnt/with/changes.py $LAB_SERVER $LAB_EXPORT
lab_tally python3 /mnt/with/storm.py $LAB_SERVER $LAB_EXPORT 15
lab_note "$(lab_stats)"
lab_done

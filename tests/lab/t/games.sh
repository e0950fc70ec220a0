# SPDX-License-Identifier: GPL-2.0-only
# Clients that lie, repeat themselves and stutter, against plain nfsd, reply by reply; on a
# good network, there also with every hit compared with nfsd's reply by the programs themselves,
# and on one that loses, doubles and reorders. games.sh [SEED [ROUNDS]];
# --with tests/lab/raw
lab_server_up
lab_check "noatime" mount -o remount,noatime $LAB_EXPORT
lab_plain_port 2050
lab_accel_up
games="python3 /mnt/with/games.py $LAB_SERVER $LAB_EXPORT"
lab_tally $games "${1:-1}" "${2:-24}"
lab_compared $games "${1:-1}0" $((${2:-24} / 4))
modprobe sch_netem
netem="root netem delay 1ms 1ms duplicate 20% loss 1% reorder 10% 50%"
lab_check "loss, doubles, reordering" eval "lab_client tc qdisc add dev eth0 $netem &&
	tc qdisc add dev lab1 $netem"
lab_tally $games "${1:-1}1" $((${2:-24} / 4))
nfsd_lives() { [ "$(pgrep -c nfsd)" -ge 8 ] && kill -0 "$LAB_ACCEL_PID"; }
lab_check "nfsd and nfsacceld live" nfsd_lives
lab_note "$(lab_stats)"
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# What rules cost, in one icount boot: instructions of client, network and server for a READ, the
# median at depth 1, else the mean. Leaves $OUT/limits.json, an array of {row, client, rules, ns}.
# limits.guest.sh [READS]. Needs direct and client in /mnt/with.
#
# hit		READs that are answered
# nocache	nothing may be cached, so connections are left alone
# v4		the kernel's client by NFSv4.2, of which nothing can be answered
#
# Rules are for others at first, and who reads may not feel that; then for who reads, who never
# reaches them.
reads=${1:-600} warm=700 files=20
progs=/mnt/with report=$LAB_RUN/limits other=/srv/other
for_others="none client here elsewhere whole" for_us="mine inside all three"

rule() { nfsaccelctl limit "$@" >/dev/null 2>&1 || lab_fail "limit $*"; }

# rules set|del NAME
rules() {
	local what=$1 many=
	[ "$what" = del ] || many=ops=100000000
	case $2 in
	none) ;;
	client) rule "$what" 10.9.7.2 $many ;;
	here) rule "$what" 10.9.7.2 in "$LAB_EXPORT" $many ;;
	elsewhere) rule "$what" 10.9.1.2 in $other $many ;;
	whole) rule "$what" '*' in $other ${many:+$many,shared} ;;
	mine) rule "$what" 10.9.1.2 $many ;;
	inside) rule "$what" 10.9.1.2 in "$LAB_EXPORT" $many ;;
	all) rule "$what" '*' in "$LAB_EXPORT" ${many:+$many,shared} ;;
	three) for each in mine inside all; do rules "$what" $each; done ;;
	esac
}

told() { # told CLIENT NS
	jq -nc "{row: \"$row\", client: \"$1\", rules: \"$rules\", ns: $2}" >>"$report"
	lab_note "$row $1 $rules $2"
}

least() { # least SIZE: the least possible client
	told "least $1" "$(lab_client $progs/client --server "$LAB_SERVER" --size "$1" --files $files \
		--ms 100 --warmup $warm --ask "$LAB_SERVER" --path "$LAB_EXPORT" | jq .p50_ns)"
}

libnfs() { # libnfs DEPTH FIELD
	told "libnfs depth $1" "$(lab_client nfsaccel-bench --json --files-dir d4096 --read-size 4k \
		--depth "$1" --reads "$reads" --warmup-reads $warm "$(lab_url)" | jq "$2 | round")"
}

kernel() { # kernel MOUNT
	told kernel "$($progs/direct --size 4096 --depth 1 --warmup $warm --calls "$reads" \
		"$1"/d4096/* | jq .p50_ns)"
}

cells() {
	least 1024
	least 4096
	libnfs 1 .latency_ns.p50
	libnfs 32 "1e9 / .ops_per_second"
	kernel /mnt/v3
}

# A connection without READs of NFSv3 is left alone after 2048 calls.
v4() {
	$progs/direct --size 4096 --depth 1 --warmup 1 --calls 2200 /mnt/v4/d4096/* >/dev/null
	kernel /mnt/v4
}

under() { # under ROW CMD: with all rules, one after the other
	local rules before
	row=$1
	for rules in $for_others $for_us; do
		rules set "$rules"
		sleep 5
		before=$(lab_stat hits)
		$2
		[ "$row" != hit ] ||
			lab_check "rules \"$rules\": answered" test "$(lab_stat hits)" -gt $((before + reads)) ||
			lab_note "$(lab_stats)"
		rules del "$rules"
	done
}

# Mounts from before nfsacceld's start are found.
settle() {
	for _ in 1 2 3; do
		$progs/direct --size 4096 --depth 1 --warmup 1 --calls 200 /mnt/v3/d4096/* >/dev/null
		sleep 5
	done
}

LAB_FS=tmpfs LAB_CLIENTS=1 lab_server_up
for size in 1024 4096; do
	lab_files d$size $files $size
done
sync
sleep 40 # what was changed a moment ago is not cached
lab_check "a mount" lab_mount 3 /mnt/v3
lab_check "a mount of v4.2" lab_mount 4.2 /mnt/v4
rules=none row=plain
cells
row=plain4 kernel /mnt/v4
lab_accel_up
settle
under hit cells
under v4 v4
lab_check "nfsacceld stops" lab_accel_down
lab_accel_up --set cache.max_file=512
settle
under nocache cells
lab_check "no hits where nothing is cached" test "$(lab_stat hits)" = 0
lab_check "nfsacceld stops" lab_accel_down
jq -s . "$report" >"$OUT/limits.json"
lab_done

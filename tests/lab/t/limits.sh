# SPDX-License-Identifier: GPL-2.0-only
# Limits under real clients, on a guest's own exact clock (--icount): a rate is what came in
# so many guest seconds. limits.sh [PART...]: short (the default, what tests/check runs), or some
# of hits, misses, writes, clients, live, policed, alone, queues, fairness, cost, soak; long: all
# but soak.
# tests/lab/run --kernel 6.12 --icount --mem 3072 --with tests/lab/raw --timeout 5000 --out DIR \
#	tests/lab/t/limits.sh long
# Writes at 100 MB/s put 1.1 GB onto a tmpfs, for which the usual guest is too small.
mega=1048576 seconds=10 table=$OUT/table.md
ops="50 500 5000" bytes="1 10 100" rates="1 10 100"

limit() { nfsaccelctl limit set "$@" >/dev/null || lab_fail "limit set $*"; }
unlimited() { nfsaccelctl limit del "$@" >/dev/null || lab_fail "limit del $*"; }

row() { printf '| %s | %s | %s | %s %% |\n' "$@" | tee -a "$table"; }

# within WANT GOT: 5 % off at most; GOT may be empty, where what measures failed.
within() { [ "${2:-0}" -gt 0 ] && [ $(($2 * 100)) -ge $(($1 * 95)) ] && [ $(($2 * 100)) -le $(($1 * 105)) ]; }

# compare DESC WANT CMD...: what CMD prints, within 5 %. It is asked again, twice at most: while
# the guest waits for the host's disk its clock runs on, and nothing is read meanwhile.
compare() {
	local desc=$1 want=$2 got try
	shift 2
	for try in 1 2 3; do
		got=$("$@")
		within "$want" "$got" && break
		lab_note "$desc: $got, not $want, attempt $try"
	done
	row "$desc" "$want" "$got" \
		"$(awk -v w="$want" -v g="$got" 'BEGIN { printf "%+.1f", (g - w) * 100 / w }')"
	lab_check "$desc: $got, wanted $want" within "$want" "$got"
}

# load FIELD OPTION...: FIELD of nfsaccel-bench over all files. The clock runs on while the
# machine waits for the host's disk, so nobody here may be impatient.
load() {
	local field=$1 url
	url=$(lab_url f)
	shift
	lab_client nfsaccel-bench --json --duration $seconds --warmup 1 --timeout 900 "$@" "$url" |
		jq "$field | if type == \"number\" then round else . end"
}

# reads DESC: operations and bytes by libnfs, one connection and eight.
reads() {
	local rate connections
	for rate in $ops; do
		limit 10.9.1.2 ops="$rate"
		for connections in 1 8; do
			compare "$1, ops=$rate, connections: $connections" "$rate" \
				load .ops_per_second --read-size 4k --connections $connections
		done
	done
	for rate in $bytes; do
		limit 10.9.1.2 read="${rate}M"
		for connections in 1 8; do
			# a reply of 64 KiB is a large part of a second's worth of 1 MB
			compare "$1, read=${rate}M, connections: $connections" $((rate * mega)) \
				load .bytes_per_second --read-size $((rate > 1 ? 64 : 8))k \
				--connections $connections
		done
	done
	unlimited 10.9.1.2
}

hits() {
	local before
	before=$(lab_stat hits)
	reads hits
	lab_check "hits were among them" test "$(lab_stat hits)" -gt "$before"
}

# The limiter alone: nothing is answered.
misses() {
	local before
	nfsaccelctl mode off >/dev/null || lab_fail "mode off"
	before=$(lab_stat hits)
	reads misses
	lab_check "nothing was answered" test "$(lab_stat hits)" = "$before"
	nfsaccelctl mode answer >/dev/null
}

# written VERSION BYTES FILES MOUNT-OPTION...: bytes a second, after a tenth of it as warm-up.
written() {
	local bytes=$2 n=$3 i start pids=()
	lab_mount "$1" /mnt/w "$4" || return
	lab_client dd if=/dev/zero of=/mnt/w/w0 bs=64k count=$((bytes / 10 / 65536)) conv=fsync status=none
	start=${EPOCHREALTIME/./}
	for ((i = 0; i < n; i++)); do
		dd if=/dev/zero of=/mnt/w/w$i bs=64k count=$((bytes / 65536 / n)) conv=fsync \
			status=none &
		pids+=($!)
	done
	wait "${pids[@]}"
	echo $((bytes / 65536 / n * n * 65536 * 1000000 / (${EPOCHREALTIME/./} - start)))
	lab_umount /mnt/w
}

# direct VERSION OPERAND...: what dd tells, in bytes a second; its time has no open in it.
direct() {
	local version=$1
	shift
	lab_mount "$version" /mnt/w proto=tcp || return
	LC_ALL=C lab_client dd "$@" 2>&1 |
		awk '/copied/ { for (i = 1; i < NF; i++) if ($(i + 1) == "s,") printf "%.0f\n", $1 / $i }'
	lab_umount /mnt/w
}

writes() {
	local rate
	for rate in $rates; do
		limit 10.9.1.2 write="${rate}M"
		compare "NFSv3, write=${rate}M, connections: 1" $((rate * mega)) \
			written 3 $((rate * mega * seconds)) 1 proto=tcp
		compare "NFSv4.2, write=${rate}M, connections: 1" $((rate * mega)) \
			written 4.2 $((rate * mega * seconds)) 1 proto=tcp
		[ "$parts" != short ] || continue
		compare "NFSv3, write=${rate}M, connections: 8" $((rate * mega)) \
			written 3 $((rate * mega * seconds)) 8 nconnect=8
		compare "NFSv3 O_DIRECT, write=${rate}M, connections: 1" $((rate * mega)) \
			direct 3 if=/dev/zero of=/mnt/w/w0 bs=64k oflag=direct \
			count=$((rate * seconds * 16))
	done
	unlimited 10.9.1.2
}

# READs of 4 KiB a second by the kernel's client, which may have two under way.
read_direct() {
	local got
	[ -s $LAB_EXPORT/big ] || head -c 8M /dev/urandom >$LAB_EXPORT/big
	got=$(direct "$1" if=/mnt/w/big of=/dev/null bs=4k iflag=direct count=$((500 * seconds)))
	echo $((got / 4096))
}

# both OPTION...: operations a second of two clients together.
both() {
	local two first
	LAB_CLIENT=2 load .ops_per_second "$@" >"$OUT/two" &
	two=$!
	first=$(load .ops_per_second "$@")
	wait $two
	echo $((first + $(cat "$OUT/two")))
}

# Whom a limit is for.
clients() {
	limit fd09:0:0:1::2 ops=500
	compare "IPv6, ops=500" 500 eval \
		'LAB_SERVER=$LAB_SERVER6 load .ops_per_second --read-size 4k'
	unlimited fd09:0:0:1::2
	limit 10.9.0.0/16 ops=500,shared
	compare "a subnet shares ops=500, 2 clients" 500 both --read-size 4k
	unlimited 10.9.0.0/16
	limit 10.9.0.0/16 ops=500,each
	compare "a subnet, each ops=500, 2 clients" 1000 both --read-size 4k
	unlimited 10.9.0.0/16
	limit '*' in $LAB_EXPORT ops=500,shared
	compare "an export ops=500, 2 clients" 500 both --read-size 4k
	unlimited '*' in $LAB_EXPORT
	limit 10.9.1.2 in $LAB_EXPORT ops=500
	compare "a client in an export ops=500" 500 load .ops_per_second --read-size 4k
	unlimited 10.9.1.2 in $LAB_EXPORT
	limit 10.9.1.2 ops=500
	compare "NFSv4.2 READs, ops=500" 500 read_direct 4.2
	unlimited 10.9.1.2
}

# p99 of a client that reads alone, or beside one that takes what it gets with OPTION...
beside() {
	local greedy=
	if [ $# -gt 0 ]; then
		LAB_CLIENT=2 lab_client nfsaccel-bench --json --connections 8 --depth 4 "$@" \
			--duration $((seconds + 4)) --timeout 900 "$(lab_url f)" >"$OUT/greedy" &
		greedy=$!
		sleep 1
	fi
	load .latency_ns.p99 --read-size 4k
	[ -z "$greedy" ] || wait "$greedy"
}

# Both clients are programs on the server's one CPU. So a READ that comes while one of the other
# client's is served waits for that, limits or not: at 200 a second this happens to 3 of 100, and
# p99 is the sum of the two. At these rates it happens to less than one.
fairness() {
	local alone crowded rate fair
	seconds=3
	alone=$(beside)
	crowded=$(beside --read-size 64k)
	printf '| p99 | ns | times |\n|---|---:|---:|\n| alone | %s | 1 |\n| beside a greedy client | %s | %s |\n' \
		"$alone" "$crowded" "$(times "$crowded" "$alone")" | tee "$OUT/fairness.md"
	for rate in "ops=50 --read-size 64k" "read=3M --read-size 64k" "ops=50 --read-size 4k"; do
		limit 10.9.2.2 "${rate%% *}"
		# shellcheck disable=SC2086
		fair=$(beside ${rate#* })
		printf '| beside it, limited to %s | %s | %s |\n' "$rate" "$fair" \
			"$(times "$fair" "$alone")" | tee -a "$OUT/fairness.md"
		lab_check "a limited greedy client is felt less" test "$fair" -lt "$crowded"
		lab_check "p99 within 1.5 times p99 alone" test $((fair * 2)) -le $((alone * 3))
	done
	unlimited 10.9.2.2
}

times() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# A policy changes while the client reads.
live() {
	local bench
	limit 10.9.1.2 ops=20
	lab_client nfsaccel-bench --json --read-size 4k --duration 60 "$(lab_url f)" >"$OUT/live" &
	bench=$!
	sleep 4
	limit 10.9.1.2 ops=200
	sleep 1
	compare "ops=200 a second after 20, live" 200 answered
	limit 10.9.1.2 ops=50
	sleep 1
	compare "ops=50 a second after 200, live" 50 answered
	wait $bench
	lab_check "nothing was reset" test "$(jq .reconnects "$OUT/live")" = 0
	unlimited 10.9.1.2
}

# READs a second that somebody answers, by the guest's clock.
answered() {
	local from start
	from=$(reads_done)
	start=${EPOCHREALTIME/./}
	sleep 4
	echo $((($(reads_done) - from) * 1000000 / (${EPOCHREALTIME/./} - start)))
}

reads_done() { echo $(($(lab_stat hits) + $(lab_nfsd_ops read))); }

root_of() { tc qdisc show dev "$1" | awk '/ root / { print $2; exit }'; }
root_is() { [ "$(root_of "$1")" = "$2" ]; }

# An administrator's qdisc stays, and there calls beyond the limit are dropped.
policed() {
	local got
	tc qdisc replace dev lab2 root handle 77: pfifo limit 1000
	LAB_CLIENT=2
	limit 10.9.2.2 ops=100
	lab_wait 60 grep -q "lab2: the administrator's qdisc pfifo" "$OUT/nfsacceld.log"
	lab_check "said: the administrator's qdisc stays" \
		grep -q "lab2: the administrator's qdisc pfifo" "$OUT/nfsacceld.log"
	got=$(load .ops_per_second --read-size 4k --connections 4)
	row "policed, ops=100, connections: 4" 100 "$got" "-"
	lab_check "policed: $got is not beyond 100" test "$got" -le 105
	lab_check "policed: something gets through" test "$got" -ge 1
	lab_check "policed: by dropping" test "$(lab_stat limit_dropped)" -gt 0
	unlimited 10.9.2.2
	LAB_CLIENT=1
	policed=lab2
}

dropped_at() { tc -s qdisc show dev "$1" | awk '/^qdisc fq/ { here = 1; next } /^qdisc/ { here = 0 }
	here && match($0, /dropped [0-9]+/) { n += substr($0, RSTART + 8, RLENGTH - 8) } END { print n + 0 }'; }

# fq comes with the first limited client, and goes with the last limit.
comes_and_goes() {
	limit 10.9.1.2 ops=500
	sleep 2
	lab_check "nobody limited came by: no fq" root_is lab1 "$qdisc"
	compare "hits, ops=500, connections: 8" 500 \
		load .ops_per_second --read-size 4k --connections 8
	lab_check "fq on the device" root_is lab1 fq
	lab_check "none where no limited client is" root_is lab2 "$qdisc"
	lab_check "nothing was lost at the qdisc" test "$(dropped_at lab1)" = 0
	unlimited 10.9.1.2
	lab_check "the last limit takes it away" lab_wait 60 root_is lab1 "$qdisc"
}

# Client 9 is behind a device with four queues, which has mq by default.
queues() {
	modprobe tun
	ip netns add client9
	python3 /mnt/with/wire.py tap9 4 client9 >"$OUT/wire" &
	wire=$!
	lab_wait 60 grep -q ready "$OUT/wire"
	ip -batch - <<-IP || lab_fail "no tap9"
		addr add 10.9.9.1/24 dev tap9
		link set tap9 up
	IP
	ip -n client9 -batch - <<-IP || lab_fail "no client 9"
		addr add 10.9.9.2/24 dev eth0
		link set lo up
		link set eth0 up
		route add default via 10.9.9.1
	IP
	lab_wait 60 grep -q "tap9: attached" "$OUT/nfsacceld.log"
	LAB_CLIENT=9
	lab_check "the kernel's mq" root_is tap9 mq
	lab_check "untouched" fq_leaves 0
	limit 10.9.9.2 ops=200
	compare "a device with 4 queues, ops=200, connections: 8" 200 \
		load .ops_per_second --read-size 4k --connections 8
	lab_check "mq with fq below" root_is tap9 mq
	lab_check "fq on each queue" fq_leaves 4
	lab_check "replies left by more than one of them" test "$(fq_used)" -gt 1
	lab_check "nothing was lost there" test "$(dropped_at tap9)" = 0
	unlimited 10.9.9.2
	lab_check "with the last limit they go" lab_wait 60 fq_leaves 0
	lab_check "the kernel's mq is back" root_is tap9 mq
	LAB_CLIENT=1
	kill $wire
}

fq_leaves() { [ "$(tc qdisc show dev tap9 | grep -c '^qdisc fq ')" = "$1" ]; }
fq_used() { tc -s qdisc show dev tap9 | awk '/^qdisc/ { fq = $2 == "fq" } fq && /Sent/ && $4 > 10 { n++ } END { print n + 0 }'; }

# costs NAME: the p50 of a READ that no limit is for into $last, and a row of the table. Beside
# "no limits", the first, it says what a limit for others costs: guest instructions.
costs() {
	last=$(load .latency_ns.p50 --read-size 4k)
	first=${first:-$last}
	printf '| %s | %s | %s %% |\n' "$1" "$last" \
		"$(awk -v a="$last" -v b="$first" 'BEGIN { printf "%+.1f", (a - b) * 100 / b }')" |
		tee -a "$OUT/cost.md"
}

cheap() { costs "$1" && lab_check "$1: at most 1 % more" test $((last * 100)) -le $((first * 101)); }

cost() {
	local q first=
	seconds=2
	printf '| READ of 4 KiB, hits, p50 | ns | over no limits |\n|---|---:|---:|\n' >"$OUT/cost.md"
	costs "no limits"
	limit 10.9.2.2 ops=100
	cheap "a limit for another client"
	unlimited 10.9.2.2
	limit 10.9.2.2 in $LAB_EXPORT ops=100
	cheap "a limit for another client in this export"
	unlimited 10.9.2.2 in $LAB_EXPORT
	# only here each call has to be looked at
	limit '*' in /srv/other ops=100,shared
	costs "a limit for another export as a whole"
	unlimited '*' in /srv/other
	# what a limited client on the same device costs the others
	for q in pfifo_fast fq_codel "fq flow_limit 20000 nopacing"; do
		# shellcheck disable=SC2086
		tc qdisc replace dev lab1 root handle 77: $q
		costs "qdisc ${q%% *}, no limits"
		tc qdisc del dev lab1 root
	done
}

# The limiter alone, and the cache alone.
alone() {
	local before
	nfsaccelctl mode off >/dev/null || lab_fail "mode off"
	before=$(lab_stat hits)
	limit 10.9.1.2 ops=500
	compare "cache off: NFSv4.2, ops=500, connections: 1" 500 read_direct 4.2
	compare "cache off: NFSv3, ops=500, connections: 1" 500 load .ops_per_second --read-size 4k
	lab_check "nothing was answered" test "$(lab_stat hits)" = "$before"
	unlimited 10.9.1.2
	nfsaccelctl mode answer >/dev/null
	held=$(lab_stat limit_held)
	answers() { load .ops_per_second --read-size 4k >/dev/null; [ "$(lab_stat hits)" -gt "$before" ]; }
	lab_check "limits off: the cache answers" lab_wait 120 answers
	lab_check "and nothing is held" test "$(lab_stat limit_held)" = "$held"
}

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$LAB_ACCEL_PID/status"; }

# An hour of two limited clients, while policies change. Exports expire in it, too.
soak() {
	local minute pids=() before
	seconds=3600
	limit 10.9.1.2 ops=50
	limit 10.9.2.2 read=256k
	load . --read-size 4k >"$OUT/soak1" &
	pids+=($!)
	LAB_CLIENT=2 load . --read-size 4k --connections 8 >"$OUT/soak2" &
	pids+=($!)
	for ((minute = 1; minute < 60; minute++)); do
		sleep 60
		[ $minute != 2 ] || before=$(rss)
		limit 10.9.0.0/16 ops=$((1000 * minute))
		unlimited 10.9.0.0/16
		[ $((minute % 10)) != 0 ] || lab_note "minute $minute, $(rss) KiB, $(lab_stats)"
	done
	wait "${pids[@]}"
	compare "an hour, ops=50, 1 connection" 50 jq '.ops_per_second | round' "$OUT/soak1"
	compare "an hour, read=256k, 8 connections" 262144 \
		jq '.bytes_per_second | round' "$OUT/soak2"
	lab_check "nothing was reset" test "$(jq -s 'map(.reconnects) | add' "$OUT/soak1" "$OUT/soak2")" = 0
	lab_check "nfsacceld did not grow ($before KiB, $(rss) now)" test "$(rss)" -le $((before + 1024))
	unlimited 10.9.1.2
	unlimited 10.9.2.2
}

LAB_FS=${LAB_FS:-tmpfs} LAB_CLIENTS=2 lab_server_up
lab_client nfsaccel-bench --prepare-only --files 20 --file-size 64k --files-dir f "$(lab_url)" ||
	lab_fail "cannot make files"
sleep 40
printf '| what | limit | measured | off |\n|---|---:|---:|---:|\n' >"$table"

qdisc=$(root_of lab1) policed=
lab_accel_up --set cache.max_packets=48
sleep 5
lab_check "no rules: the qdisc is as it was" root_is lab1 "$qdisc"
parts=${*:-short}
case $parts in
short)
	seconds=4 ops="" bytes=10 rates=10
	comes_and_goes
	hits
	writes
	live
	alone
	policed
	;;
long)
	comes_and_goes
	for part in cost fairness hits misses writes clients live alone queues policed; do
		seconds=10
		$part
	done
	;;
*)
	for part in "$@"; do
		seconds=10
		$part
	done
	;;
esac
lab_check "nothing was lost at the qdisc" test "$(dropped_at lab1)" = 0
lab_note "$(lab_stats)"
lab_check "nfsacceld stops" lab_accel_down
lab_check "the qdisc is the kernel's again" root_is lab1 "$qdisc"
[ -z "$policed" ] || lab_check "the administrator's qdisc is still there" root_is lab2 pfifo
lab_done

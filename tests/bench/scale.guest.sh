# SPDX-License-Identifier: GPL-2.0-only
# How what nfsaccel gives and costs depends on its memory, on clients, and on changes: READs of
# 4 KiB by the kernel's client with O_DIRECT at MTU 9000 in one icount boot, in instructions (client,
# network and server). Files and connections in larger numbers are native/scale.sh's. Leaves
# $OUT/scale.json. Needs direct in /mnt/with. One mount for all: each new one voids permissions.
#	scale.guest.sh [FILES [READS]]
# budget	cache.memory against FILES (2,000, 8 MiB) that are read by chance
# warm		as the cache fills
# clients	that read the same 100 files at the same time
# change	a local writer's system calls: files that are cached, not cached, without nfsacceld
# storm		READs of 100 files while another 100 are rewritten all the time
# flush		READs right after everything was voided
files=${1:-2000} reads=${2:-2000} size=4k
result={}
ulimit -n 4096

# add LIST NAME=NUMBER...
add() {
	local list=$1 pairs=()
	shift
	for pair; do
		pairs+=(--argjson "${pair%%=*}" "${pair#*=}")
	done
	result=$(jq --arg list "$list" "${pairs[@]}" \
		'.[$list] += [$ARGS.named | del(.list)]' <<<"$result")
	lab_note "$(cut -d' ' -f1 /proc/uptime) s: $list $*"
}

# read_by CLIENT DIR CALLS [OPTION...]
read_by() {
	local client=$1 dir=$2 calls=$3
	shift 3
	/mnt/with/direct --size $size --calls "$calls" "$@" /mnt/"$client/$dir"/*
}

# measured DIR CALLS [OPTION...]: ns, p50 and share of hits of a run of client 1
measured() {
	lab_measure read_by 1 "$@" || lab_fail "$*: reading fails"
	ns=$(jq '.ns / .calls | round' <<<"$LAB_JSON") p50=$(jq .p50_ns <<<"$LAB_JSON")
	hits=$((LAB_HITS * 100 / (LAB_HITS + LAB_NFSD)))
}

# settle CLIENTS: until the connection of each is answered, as those from before nfsacceld's start
# must be found, and what read in vain is left alone for a while.
settle() {
	local c before
	for ((c = 1; c <= $1; c++)); do
		for _ in {1..20}; do
			before=$(lab_stat hits)
			read_by $c some 200 >/dev/null
			[ $(($(lab_stat hits) - before)) -lt 50 ] || continue 2
			sleep 5
		done
		lab_fail "client $c gets no hits: $(lab_stats)"
	done
}

# write_cost DIR: instructions of a system call that writes a byte, over all files of DIR
cat >"$LAB_RUN/write.py" <<'PYTHON'
import os, sys, time
held = [os.open(f.path, os.O_WRONLY) for f in os.scandir(sys.argv[1])]
took = []
for n in range(20):
    start = time.monotonic_ns()
    for fd in held:
        os.pwrite(fd, b"x", 0)
    took.append((time.monotonic_ns() - start) // len(held))
print(sorted(took)[len(took) // 2])
PYTHON

# rewritten over and over, until it is told to end
cat >"$LAB_RUN/storm.py" <<'PYTHON'
import os, sys, time
names = [f.path for f in os.scandir(sys.argv[1])]
done = 0
while not os.path.exists(sys.argv[2]):
    for name in names:
        with open(name, "r+b") as file:
            file.write(b"y")
        done += 1
    time.sleep(0.002)
print(done)
PYTHON

LAB_FS=tmpfs LAB_MTU=9000 LAB_CLIENTS=16 lab_server_up
mounted=16
for ((c = 1; c <= mounted; c++)); do
	LAB_CLIENT=$c lab_check "client $c mounts" lab_mount 3 /mnt/$c
done
python3 - $LAB_EXPORT $files <<'PYTHON'
import os, sys
for name, count in ("all", int(sys.argv[2])), ("some", 100), ("others", 100):
    os.mkdir(os.path.join(sys.argv[1], name))
    for n in range(count):
        with open(os.path.join(sys.argv[1], name, "%04d" % n), "wb") as file:
            file.write(os.urandom(4096))
PYTHON
sleep 40 # what was written a moment ago is not cached yet; idle time is skipped

read_by 1 all $reads >/dev/null
add plain ns="$(read_by 1 all $reads | jq '.ns / .calls | round')" \
	write_ns="$(python3 "$LAB_RUN/write.py" $LAB_EXPORT/others)"

for memory in 1M 2M 4M 8M 16M; do
	lab_accel_up --set cache.memory=$memory
	settle 1
	measured all $((3 * reads))
	measured all $reads --seed 1
	status=$(nfsaccelctl --json status)
	add budget memory="$(numfmt --from=iec $memory)" ns="$ns" hits="$hits" \
		cached="$(jq .cache.cached_bytes <<<"$status")" maps="$(jq .maps_memory <<<"$status")"
	lab_check "nfsacceld stops" lab_accel_down
done

lab_accel_up
settle 1
for ((i = 1; i <= 10; i++)); do
	measured all $((reads / 4)) --seed "$i"
	add warm reads=$((i * reads / 4)) ns="$ns" hits="$hits"
done
lab_note "$(lab_stats)"

settle $mounted
for n in 1 2 4 8 16; do
	before=$(lab_stat hits) readers=()
	for ((c = 1; c <= n; c++)); do
		read_by $c some $((4 * reads / n)) >"$LAB_RUN/c$c" &
		readers+=($!)
	done
	wait "${readers[@]}"
	# each says how long all of them took together for its own calls
	add clients clients=$n hits=$(($(lab_stat hits) - before)) \
		ns="$(for ((c = 1; c <= n; c++)); do cat "$LAB_RUN/c$c"; done |
			jq -s '(map(.ns) | max) / (map(.calls) | add) | round')"
done

add change write_ns="$(python3 "$LAB_RUN/write.py" $LAB_EXPORT/others)" cached=0
sleep 40
measured others $reads
add change write_ns="$(python3 "$LAB_RUN/write.py" $LAB_EXPORT/others)" cached=1
measured some $reads # permissions have expired meanwhile
measured some $reads
add storm ns="$ns" p50="$p50" hits="$hits" changes=0
python3 "$LAB_RUN/storm.py" $LAB_EXPORT/others "$LAB_RUN/enough" >"$LAB_RUN/changes" &
storm=$!
measured some $reads
touch "$LAB_RUN/enough"
wait $storm
add storm ns="$ns" p50="$p50" hits="$hits" changes="$(cat "$LAB_RUN/changes")"
lab_check "everything is voided" nfsaccelctl cache flush
for ((i = 1; i <= 4; i++)); do
	measured some 250 --seed "$i"
	add flush reads=$((i * 250)) ns="$ns" hits="$hits"
done

jq --arg kernel "$(uname -r)" --argjson files "$files" '.kernel = $kernel | .files = $files' <<<"$result" >"$OUT/scale.json"
lab_check "with room for all, most are hits" jq -e '.budget[-1].hits >= 80' "$OUT/scale.json"
lab_check "with little, some are" jq -e '.budget | all(.hits > 0)' "$OUT/scale.json"
lab_check "each number of clients has hits" jq -e '.clients | all(.hits > 0)' "$OUT/scale.json"
lab_done

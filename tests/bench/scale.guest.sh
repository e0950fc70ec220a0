# SPDX-License-Identifier: GPL-2.0-only
# How what nfsaccel gives and costs depends on its memory, on clients, and on changes: READs of
# 4 KiB by libnfs at MTU 9000 in one icount boot, in instructions (client, network and server).
# Files and connections in larger numbers are native/scale.sh's. Leaves $OUT/scale.json.
# budget	cache.memory against 2,000 files (8 MiB) that are read by chance
# warm		as the cache fills: 500 READs after 500, each time a new connection
# clients	that read the same 100 files at the same time
# change	a local writer's system calls: files that are cached, not cached, without nfsacceld
# storm		READs of 100 files while another 100 are rewritten all the time
# flush		READs right after everything was voided
files=2000 size=4k reads=3000
result={}

# add LIST NAME=NUMBER...
add() {
	local list=$1 pairs=()
	shift
	for pair; do
		pairs+=(--argjson "${pair%%=*}" "${pair#*=}")
	done
	result=$(jq --arg list "$list" "${pairs[@]}" \
		'.[$list] += [$ARGS.named | del(.list)]' <<<"$result")
	lab_note "$list $*"
}

# bench CLIENT OPTION...
bench() {
	local client=$1
	shift
	LAB_CLIENT=$client lab_client nfsaccel-bench --json --read-size $size "$@" "$(lab_url)"
}

# measured OPTION...: ns and share of hits of a run of client 1 (and LAB_JSON)
measured() {
	lab_measure bench 1 "$@" || lab_fail "nfsaccel-bench fails"
	ns=$(jq '1e9 / .ops_per_second | round' <<<"$LAB_JSON")
	hits=$((LAB_HITS * 100 / (LAB_HITS + LAB_NFSD)))
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

LAB_FS=tmpfs LAB_MTU=9000 LAB_CLIENTS=1 lab_server_up
export LAB_MTU=9000
bench 1 --prepare-only --files $files --file-size $size --files-dir all || lab_fail "no files"
for dir in some others; do
	bench 1 --prepare-only --files 100 --file-size $size --files-dir $dir || lab_fail "no files"
done
sync
sleep 40 # what was written a moment ago is not cached yet; idle time is skipped

plain=$(jq '1e9 / .ops_per_second | round' < <(bench 1 --files-dir all --files $files --reads $reads))
add plain ns="$plain" write_ns="$(python3 "$LAB_RUN/write.py" $LAB_EXPORT/others)"
sleep 40

for memory in 1M 2M 4M 8M 16M 64M; do
	lab_accel_up --set cache.memory=$memory
	sleep 2
	measured --files-dir all --files $files --reads $((4 * reads))
	measured --files-dir all --files $files --reads $reads
	status=$(nfsaccelctl --json status)
	add budget memory="$(numfmt --from=iec $memory)" ns="$ns" hits="$hits" \
		cached="$(jq .cache.cached_bytes <<<"$status")" maps="$(jq .maps_memory <<<"$status")"
	lab_check "nfsacceld stops" lab_accel_down
done

lab_accel_up
sleep 2
for ((i = 1; i <= 20; i++)); do
	measured --files-dir all --files $files --reads 500
	add warm reads=$((i * 500)) ns="$ns" hits="$hits"
done

measured --files-dir some --files 100 --reads 1000 --warmup-reads 2000
for n in 1 2 4 8 16; do
	for ((c = 1; c <= n; c++)); do
		# each client must have been seen allowed by nfsd
		bench $c --files-dir some --files 100 --reads 1500 >/dev/null || lab_fail "client $c"
	done
	before=$(lab_stat hits)
	for ((c = 1; c <= n; c++)); do
		bench $c --files-dir some --files 100 --duration 0.3 >"$LAB_RUN/c$c" &
	done
	wait_for=$(jobs -p)
	# shellcheck disable=SC2086
	wait $wait_for
	add clients clients=$n hits=$(($(lab_stat hits) - before)) \
		ns="$(for ((c = 1; c <= n; c++)); do cat "$LAB_RUN/c$c"; done |
			jq -s '1e9 / (map(.ops_per_second) | add) | round')"
done

add change write_ns="$(python3 "$LAB_RUN/write.py" $LAB_EXPORT/others)" cached=0
sleep 40
measured --files-dir others --files 100 --reads 2000
add change write_ns="$(python3 "$LAB_RUN/write.py" $LAB_EXPORT/others)" cached=1
measured --files-dir some --files 100 --reads 1000
add storm ns="$ns" p50="$(jq .latency_ns.p50 <<<"$LAB_JSON")" hits="$hits" changes=0
python3 "$LAB_RUN/storm.py" $LAB_EXPORT/others "$LAB_RUN/enough" >"$LAB_RUN/changes" &
storm=$!
measured --files-dir some --files 100 --reads 1000
touch "$LAB_RUN/enough"
wait $storm
add storm ns="$ns" p50="$(jq .latency_ns.p50 <<<"$LAB_JSON")" hits="$hits" changes="$(cat "$LAB_RUN/changes")"
for ((i = 1; i <= 4; i++)); do
	[ $i -gt 1 ] || lab_check "everything is voided" nfsaccelctl cache flush
	measured --files-dir some --files 100 --reads 250
	add flush reads=$((i * 250)) ns="$ns" hits="$hits"
done

jq --arg kernel "$(uname -r)" '.kernel = $kernel' <<<"$result" >"$OUT/scale.json"
lab_check "with room for all, all are hits" jq -e '.budget[-1].hits >= 95' "$OUT/scale.json"
lab_check "with little, some are" jq -e '.budget[1].hits > 0' "$OUT/scale.json"
lab_check "each number of clients has hits" jq -e '.clients | all(.hits > 0)' "$OUT/scale.json"
lab_done

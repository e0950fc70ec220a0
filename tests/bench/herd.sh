# SPDX-License-Identifier: GPL-2.0-only
# In one icount boot: N kernel clients start at once and read the same tree of small files, as
# machines do that boot or import the same modules. Leaves $OUT/herd.json.
#	LAB_MTU=1500 tests/lab/run --kernel 6.12 --icount --timeout 3000 --out DIR \
#		tests/bench/herd.sh [N [FILES]]
# One vCPU carries clients, network and server: what one saves the others get. The time of nfsd
# is its threads', with what the network does while they send, up to the client. Each wave begins
# with cold client caches; the server's pages are in memory.
# fresh		as plain; it fills what clients know of names and attributes, which they keep
# plain		nfsacceld is not running
# first		nothing cached: each client's first READ of a file goes to nfsd, which must allow it
# again		the same clients once more, at once
# counted	the same, and the kernel counts what the programs take, which costs time itself
clients=${1:-8} files=${2:-2000} dirs=20
LAB_FS=tmpfs LAB_CLIENTS=$clients lab_server_up

# DIR FIFO READY: reads all files below DIR; bytes and a checksum of them. Says that it is READY
# and begins when it gets a byte: idle time is skipped here, so there is no waiting by the clock.
cat >"$LAB_RUN/reader.py" <<'PYTHON'
import os, sys, zlib
top, go, ready = sys.argv[1:]
open(ready, "w").close()
os.read(os.open(go, os.O_RDWR), 1)
total = check = 0
for dir, names, files in os.walk(top):
    names.sort()
    for name in sorted(files):
        with open(os.path.join(dir, name), "rb") as file:
            data = file.read()
        total += len(data)
        check = zlib.crc32(data, check)
print(total, check)
PYTHON

python3 - "$LAB_EXPORT/tree" "$files" $dirs <<'PYTHON'
import os, random, sys
top, files, dirs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
dice = random.Random(7)
for n in range(files):
    dir = os.path.join(top, "d%02d" % (n % dirs))
    os.makedirs(dir, exist_ok=True)
    with open(os.path.join(dir, "f%04d" % n), "wb") as file:
        file.write(dice.randbytes(dice.randint(200, 8000)))
PYTHON

for ((n = 1; n <= clients; n++)); do
	LAB_CLIENT=$n lab_check "client $n mounts" lab_mount 3 /mnt/$n
done

# CPU time of nfsd's threads, in ns.
nfsd_ns() {
	local stats=() pid
	for pid in $(pidof nfsd); do
		stats+=("/proc/$pid/schedstat")
	done
	cat "${stats[@]}" | awk '{ n += $1 } END { printf "%.0f", n }'
}

# CPU time of all our programs, in ns; counting takes some 60 of each run.
programs_ns() {
	bpftool -j prog | jq '[.[] | select((.name // "") | startswith("na_")) |
		(.run_time_ns // 0) - 60 * (.run_cnt // 0)] | add // 0'
}

# All calls nfsd got.
nfsd_calls() { awk '$1 == "rpc" { print $2 }' /proc/net/rpc/nfsd; }

# herd NAME: a wave, into $report.
herd() {
	local name=$1 n start took ns calls reads programs=null hits=0 good=0 readers=()
	echo 1 >/proc/sys/vm/drop_caches
	mkfifo "$LAB_RUN/go"
	exec {go}<>"$LAB_RUN/go"
	for ((n = 1; n <= clients; n++)); do
		python3 "$LAB_RUN/reader.py" /mnt/$n/tree "$LAB_RUN/go" "$LAB_RUN/ready.$n" \
			>"$LAB_RUN/read.$n" &
		readers+=($!)
	done
	for ((n = 1; n <= clients; n++)); do
		lab_wait 300 test -e "$LAB_RUN/ready.$n" || lab_fail "$name: client $n does not start"
		rm "$LAB_RUN/ready.$n"
	done
	case $name in
	fresh | plain) ;;
	counted) sysctl -q kernel.bpf_stats_enabled=1 && programs=$(programs_ns) ;;&
	*) hits=$(lab_stat hits) ;;
	esac
	ns=$(nfsd_ns) calls=$(nfsd_calls) reads=$(lab_nfsd_ops read)
	start=${EPOCHREALTIME/./}
	printf "%*s" "$clients" "" >&"$go"
	wait "${readers[@]}"
	took=$((${EPOCHREALTIME/./} - start))
	ns=$(($(nfsd_ns) - ns)) calls=$(($(nfsd_calls) - calls)) reads=$(($(lab_nfsd_ops read) - reads))
	case $name in
	fresh | plain) ;;
	counted) programs=$(($(programs_ns) - programs)) && sysctl -q kernel.bpf_stats_enabled=0 ;;&
	*) hits=$(($(lab_stat hits) - hits)) ;;
	esac
	exec {go}>&-
	rm "$LAB_RUN/go"
	for ((n = 1; n <= clients; n++)); do
		[ "$(cat "$LAB_RUN/read.$n")" != "$want" ] || good=$((good + 1))
		rm "$LAB_RUN/read.$n"
	done
	lab_check "$name: every client read every byte" test $good -eq "$clients"
	report=$(jq --arg name "$name" --argjson us $took --argjson ns "$ns" --argjson calls "$calls" \
		--argjson reads "$reads" --argjson hits "$hits" --argjson programs "$programs" \
		'. + [{wave: $name, seconds: ($us / 1e6), nfsd_cpu_seconds: ($ns / 1e9),
			programs_cpu_seconds: ($programs | if . then . / 1e9 else . end),
			nfsd_calls: $calls, nfsd_reads: $reads, hits: $hits}]' <<<"$report")
	lab_note "$(jq -c '.[-1]' <<<"$report")"
}

report=[]
want=$(python3 "$LAB_RUN/reader.py" $LAB_EXPORT/tree /dev/zero /dev/null)
for name in fresh plain plain; do
	herd $name
done
lab_accel_up --set cache.memory=64M
# what was written a moment ago is not cached yet
sleep 40
for name in first again again counted; do
	herd $name
done
lab_note "$(lab_stats)"
lab_check "nearly all READs of the later waves are hits" \
	jq -e '[.[] | select(.wave | IN("again", "counted"))] | all(.[]; .hits > 9 * .nfsd_reads)' <<<"$report"
jq --argjson clients "$clients" --argjson files "$files" --arg kernel "$(uname -r)" \
	--argjson mtu "${LAB_MTU:-1500}" '{kernel: $kernel, clients: $clients, files: $files,
		mtu: $mtu, waves: .}' <<<"$report" >"$OUT/herd.json"
lab_done

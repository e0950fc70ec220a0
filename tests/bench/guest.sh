# SPDX-License-Identifier: GPL-2.0-only
# READ latency in one icount boot, where a guest nanosecond is a guest instruction: client,
# network, server and BPF programs all run on the one CPU. Leaves $OUT/bench.json.
#
# plain      nfsacceld is not running
# hit        every READ is answered from the cache
# nocache    nfsacceld runs, everything is attached, the very same files are read, and none
#            may be cached: cache.max_file is 1 KiB, the files are 4 KiB
# ..._first  the same, a new connection's first 200 READs
# writers    the same as nocache, but none may be cached as all are open for writing
reads=${1:-3000} warm=1000 files=100

# What else this CPU had to do appears in the mean, and hardly in the median.
median() { jq .latency_ns.p50; }

# read_files KEY DIR SIZE WHO: the median under KEY; WHO must have done the READs.
read_files() {
	local key=$1 dir=$2 size=$3 who=$4 nfsd sent result
	nfsd=$(lab_nfsd_ops read)
	result=$(lab_client nfsaccel-bench --json --files-dir "$dir" --read-size "$size" \
		--reads "$reads" --warmup-reads "$warm" "$(lab_url)") ||
		lab_fail "$key: nfsaccel-bench fails"
	nfsd=$(($(lab_nfsd_ops read) - nfsd))
	sent=$((reads + warm))
	case $who in
	nfsd) lab_check "$key: nfsd did all $sent READs" test "$nfsd" -eq "$sent" ;;
	# The mount itself makes nfsd look at its exports anew: once more for each file.
	cache) lab_check "$key: nfsd did $nfsd of $sent READs" \
		test "$nfsd" -le $((files + sent / 100)) ;;
	esac
	report=$(jq --arg key "$key" --argjson value "$(median <<<"$result")" \
		'.[$key] = $value' <<<"$report")
	lab_note "$key $(jq -c '.latency_ns | [.min, .p50, .mean, .p99]' <<<"$result")"
}

hold_open() {
	python3 -c 'import os, signal, sys
held = [open(file.path, "r+b") for file in os.scandir(sys.argv[1])]
print(len(held), flush=True)
signal.pause()' "$1" >"$LAB_RUN/held" &
	holder=$!
	lab_wait 30 test -s "$LAB_RUN/held" || lab_fail "cannot open $1 for writing"
}

LAB_CLIENTS=1 lab_server_up
report={}
lab_check "the JIT is on" test "$(cat /proc/sys/net/core/bpf_jit_enable)" = 1
for size in 1k 4k 16k; do
	lab_client nfsaccel-bench --prepare-only --files $files --file-size $size \
		--files-dir files$size "$(lab_url)" || lab_fail "cannot make files"
done
# A file that was changed a moment ago is not cached yet; idle time costs nothing here.
sync
sleep 40

for size in 1k 4k; do
	read_files read${size}_plain files$size $size nfsd
done
LAB_MTU=9000 LAB_CLIENT=2 lab_client true
LAB_CLIENT=2 read_files read16k_mtu9000_plain files16k 16k nfsd
LAB_CLIENT=2 read_files read4k_mtu9000_plain files4k 4k nfsd

lab_accel_up
sleep 5
for size in 1k 4k; do
	read_files read${size}_hit files$size $size cache
done
LAB_CLIENT=2 read_files read16k_mtu9000_hit files16k 16k cache
LAB_CLIENT=2 read_files read4k_mtu9000_hit files4k 4k cache
# A connection that reads in vain is left alone after 256 READs, for seconds at a time. What it
# costs until then, and for as many READs each time it is looked at again, is measured apart.
warm=4000
hold_open "$LAB_EXPORT/files4k"
sleep 5
read_files read4k_writers files4k 4k nfsd
kill $holder
lab_check "nfsacceld stops" lab_accel_down

lab_accel_up --set cache.max_file=1K
sleep 5
reads=200 warm=1 read_files read4k_nocache_first files4k 4k nfsd
read_files read4k_nocache files4k 4k nfsd
lab_check "nothing was answered" test "$(lab_stat hits)" = 0
lab_check "nfsacceld stops" lab_accel_down

# nothing is left behind that costs anything
warm=1000
read_files read4k_plain_again files4k 4k nfsd
jq . <<<"$report" >"$OUT/bench.json"
lab_done

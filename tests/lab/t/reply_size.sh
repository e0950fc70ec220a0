# SPDX-License-Identifier: GPL-2.0-only
# What READs of ever more packets cost, answered by nfsd and from the cache: instructions of
# client, network and server, median, in $OUT/reply_size.md. With --icount; the limit behind
# `max_packets = auto` (na_auto_packets()) is read off it. reply_size.sh [READS]
reads=${1:-400} files=10
sizes="3k 4k 5600 7k 8k 10k 12k 16k 24k 32k"

# measure LINK: "SIZE MEDIAN" for each size, over that client's link.
measure() {
	local size
	for size in $sizes; do
		echo "$size" "$(LAB_CLIENT=$1 lab_client nfsaccel-bench --json --files-dir "files$size" \
			--read-size "$size" --reads "$reads" --warmup-reads $((reads / 2)) "$(lab_url)" |
			jq .latency_ns.p50)"
	done
}

# table MTU LINK
table() {
	paste "$LAB_RUN/plain$2" "$LAB_RUN/hit$2" | awk -v mtu="$1" '
		{ n = $1 ~ /k$/ ? $1 * 1024 : $1 + 0
		  printf "| %d | %s | %d | %d | %d | %.0f %% |\n", mtu, $1,
			int((n + 132 + mtu - 53) / (mtu - 52)), $2, $4, 100 * $4 / $2 }'
}

LAB_CLIENTS=1 lab_server_up
for size in $sizes; do
	lab_client nfsaccel-bench --prepare-only --files $files --file-size "$size" \
		--files-dir "files$size" "$(lab_url)" || lab_fail "cannot make files"
done
LAB_MTU=9000 LAB_CLIENT=2 lab_client true
sync
sleep 40 # what was changed a moment ago is not cached
for link in 1 2; do
	measure $link >"$LAB_RUN/plain$link"
done
lab_accel_up --set cache.max_packets=48
sleep 5
for link in 1 2; do
	measure $link >"$LAB_RUN/hit$link"
done
lab_check "there were hits" test "$(lab_stat hits)" -gt 0
{
	echo "| MTU | READ | packets | nfsd | cache | of nfsd |"
	echo "|---:|---:|---:|---:|---:|---:|"
	table 1500 1
	table 9000 2
} | tee "$OUT/reply_size.md" >&2
lab_done

# SPDX-License-Identifier: GPL-2.0-only
# More connections, users and files than the tables hold, and files that come and go: what
# does not fit passes, and nothing breaks. pressure.sh; --with tests/lab/raw
verify=(nfsaccel-verify --pattern 5 --json --timeout 120)
max=16 # connections

lab_server_up
"${verify[@]}" --files 300 --max-size 32k --make $LAB_EXPORT/many
"${verify[@]}" --files 20 --max-size 4k --make $LAB_EXPORT/few
# The smallest cache there is: some 200 blocks of 4 KiB.
lab_accel_up --set network.connections=$max --set cache.memory=1M --set cache.credentials=16 \
	--set cache.authorizations=64
lab_tally python3 /mnt/with/pressure.py $LAB_SERVER $LAB_EXPORT/few client1 100 100

tracked() { nfsaccelctl status --json | jq .connections.tracked; }
lab_check "those that are gone make room" lab_wait 120 eval '[ "$(tracked)" -lt 4 ]'

# Files that are written, renamed over and removed beside those that are read.
churn() {
	local n=0
	mkdir -p $LAB_EXPORT/churn
	while [ -e /run/go ]; do
		n=$((n + 1))
		echo $n >$LAB_EXPORT/churn/new
		mv $LAB_EXPORT/churn/new $LAB_EXPORT/churn/$((n % 50))
		rm -f $LAB_EXPORT/churn/$(((n + 25) % 50))
		[ $((n % 20)) -ne 0 ] || nfsaccelctl cache flush >/dev/null
	done
}
: >/run/go
churn &
churn=$!
lab_check "more files than fit, 4 connections: every byte" lab_client "${verify[@]}" --files 300 \
	--max-size 32k --count 16k --connections 4 --depth 4 --passes 3 "$(lab_url many)"
lab_check "more connections than fit, 64: every byte" lab_client "${verify[@]}" --files 20 \
	--max-size 4k --connections 64 --depth 4 --passes 40 "$(lab_url few)"
rm /run/go
wait $churn
lab_check "few files, few connections: every byte" lab_measure lab_client "${verify[@]}" --files 20 \
	--max-size 4k --passes 40 "$(lab_url few)"
lab_check "hits and nfsd's READs add up" lab_agree
lab_check "entries gave way" test $(($(lab_stat evicted) + $(lab_stat refuse_space))) -gt 0
lab_check "connections found no place" test "$(lab_stat flow_full)" -gt 0
fits() { nfsaccelctl status --json | jq -e '.cache.files <= .cache.files_max' >/dev/null; }
lab_check "no more files than there is room for" fits
lab_check "none was reset" test "$(lab_stat flows_reset)" -eq 0
lab_note "$(lab_stats)"
lab_check "stopped" lab_accel_down
lab_done

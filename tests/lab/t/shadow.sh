# SPDX-License-Identifier: GPL-2.0-only
# Modes and shadow checking: observe touches nothing and compares all; a wrong byte in the
# cache, put there on purpose, is found by nfsd's reply, and answering ends. shadow.sh
maps=/sys/fs/bpf/nfsaccel/maps
handles=/run/handles
verify=(nfsaccel-verify --pattern 5 --files 30 --max-size 20k --timeout 60 --json)
poke() { python3 "/mnt/with/poke.py" "$@"; }
status() { nfsaccelctl status --json | jq -r ".$1"; }
at_least() { [ "$(lab_stat "$1")" -ge "$2" ]; }
mode_is() { [ "$(status mode)" = "$1" ]; }

lab_server_up
lab_client true
"${verify[@]}" --make "$LAB_EXPORT/p"
lab_client "${verify[@]}" --save-handles $handles "$(lab_url p)" >/dev/null
verify+=(--use-handles "$handles")
read_all() { lab_measure lab_client "${verify[@]}" "$@" "$(lab_url p)"; }

lab_accel_up --set daemon.mode=observe --set stats.clients=64
lab_check "observing" mode_is observing
lab_check "every byte" read_all --passes 5
lab_check "and again, eight at once" read_all --passes 5 --depth 8
lab_check "nothing was answered" test "$(lab_stat hits)" = 0
lab_check "no packet was touched" test "$(lab_stat flows_spliced) $(lab_stat translated_in) $(lab_stat translated_out)" = "0 0 0"
lab_check "much was compared" at_least shadow_same 100
lab_check "and all of it equal" test "$(lab_stat shadow_different)" = 0
lab_check "nothing was missed" test "$(lab_stat shadow_asked)" = $(($(lab_stat shadow_same) + $(lab_stat shadow_moved)))
lab_check "what nfsd took is told" at_least shadow_nfsd_ns 100
lab_note "observed: $(lab_stats)"

# The same by client and export: in the JSON, in the columns while observing, and when asked for.
client=$(nfsaccelctl clients --json | jq -c '.clients[] | select(.address == "10.9.1.2")')
lab_check "all of it was this client's" test "$(jq -c '[.misses.shadow, .same, .different]' <<<"$client")" = \
	"[$(lab_stat shadow_asked),$(lab_stat shadow_same),0]"
lab_check "with the time nfsd took" test "$(jq .same_ns <<<"$client")" -gt 0
columns() { nfsaccelctl "$@" | awk -v row="$name" '
	/WOULD/ { for (i = 1; i <= NF; i++) at[$i] = i } $0 ~ row { print $(at["WOULD"]), $(at["SAME"]), $(at["DIFFER"]), $(at["SAVED"]) }'; }
seen="$(jq -r '"\(.misses.shadow) \(.same) 0 [1-9]"' <<<"$client")"
name=10.9.1.2
lab_check "clients shows it" eval '[[ "$(columns clients)" =~ ^$seen ]]'
lab_check "sorted by it, too" eval '[[ "$(columns clients --observed --sort saved)" =~ ^$seen ]]'
name=$LAB_EXPORT
# what came before the daemon knew of the export is nobody's
lab_check "exports shows it" eval '[[ "$(columns exports)" =~ ^[1-9][0-9]*\ [1-9][0-9]*\ 0\ [1-9] ]]'
nfsaccelctl clients
nfsaccelctl exports
nfsaccelctl doctor

# A fault, while observing: told, and the next one too. Blocks begin behind NA_SLAB_LEAD.
poke $maps/na_slabs flip 4096 64
lab_check "the bytes are nfsd's" read_all
lab_check "the fault is found" lab_wait 60 at_least shadow_different 1
lab_check "and told" lab_wait 60 eval 'status "events[].text" | grep -q "shadow check: the file.s bytes differ"'
lab_check "still observing" mode_is observing

lab_check "answer" nfsaccelctl mode answer
lab_check "answering" lab_wait 60 mode_is answering
lab_refuse "other columns" eval 'nfsaccelctl exports | grep -q WOULD'
lab_check "unless asked for" eval 'nfsaccelctl exports --observed | grep -q WOULD'
lab_check "warm" read_all --passes 3
lab_check "hits" test "$(lab_stat hits)" -ge 30

# A fault, while answering, on connections that live by what was answered. Every hit is
# left to nfsd first, so that the client never sees a wrong byte.
lab_client "${verify[@]}" --duration 15 --connections 2 "$(lab_url p)" >"$OUT/load.json" &
load=$!
before=$(lab_stat hits)
lab_wait 60 eval 'at_least hits $((before + 20))' || lab_fail "no hits under load"
lab_shadow 1
sleep 1
poke $maps/na_slabs flip 4096 64
lab_check "answering ends" lab_wait 60 mode_is off
lab_check "the reason is told" eval 'status reason | grep -q "shadow check found"'
lab_check "the load goes on, every byte right" wait $load
lab_check "its connections were reset" at_least flows_reset 1
before=$(lab_stat hits)
lab_check "right bytes" read_all
lab_check "nothing is answered" test "$(lab_stat hits)" = "$before"
sleep 12 # the daemon looks at hooks and devices again, and leaves it at that
lab_check "still off" mode_is off

lab_shadow 0
lab_check "the administrator goes on" nfsaccelctl mode answer
lab_check "answering again" lab_wait 60 mode_is answering
lab_check "right bytes again" read_all --passes 4
lab_check "hits again" test "$(lab_stat hits)" -gt "$before"
lab_check "off" nfsaccelctl mode off
lab_check "right bytes, off" read_all
lab_check "stops" lab_accel_down
lab_done

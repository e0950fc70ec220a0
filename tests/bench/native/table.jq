# SPDX-License-Identifier: GPL-2.0-only
# native.json as text.
def fixed($n): if . == null then "-" else
	(. * pow(10; $n) | round) as $v | ($v / pow(10; $n) | floor | tostring) as $whole
	| if $n == 0 then $whole
	  else $whole + "." + (($v % pow(10; $n)) | tostring | ("000" + .)[-$n:]) end end;
def us: if . == null then "-" else . / 1000 | fixed(1) end;
def rate: if . == null then "-" else 1e6 / . | fixed(0) end;
def line: "| " + join(" | ") + " |";
def head: line, ("|" + (map(if . == "row" then "---|" else "---:|" end) | add));
def share: if . then "\(.median | fixed(1)) %" else "-" end;
def kib: . / 1024 | tostring;
def verdict($ok): if . == null then "not measured" elif $ok then "met" else "missed" end;

"`\(.host.command)`: kernel \(.host.kernel), \(.host.cpu), \(.host.ncpu) CPUs of which one is used; load average at the start \(.host.load); nfs-ganesha \(.host.ganesha); congestion control \(.host.congestion); commit \(.host.commit), \(.host.date); \(.host.rounds) rounds of \(.host.ms) ms, all cells in turn.",
"",
"Ratios of this run, 4 KiB unless said otherwise:",
"",
(["row", "MTU", "ratio", "target", ""] | head),
(.headline.hit_by_floor[] | ["p50 of a hit by the floor, \(.size | kib) KiB", (.mtu | tostring), (.ratio | fixed(2)), "at most \(.target)", (.ratio | verdict(. <= 1.15))],
	["the same, of each the best round", (.mtu | tostring), (.best | fixed(2)), "at most \(.target)", (.best | verdict(. <= 1.15))] | line),
(.headline.depth32[] | . as $d
	| (["READs a CPU second by the epoll server's, depth 32", (.mtu | tostring), (.by_epoll | fixed(2)), "at least \(.epoll_target)", (.by_epoll | verdict(. >= $d.epoll_target))] | line),
	  (["the same, of each the best round", (.mtu | tostring), (.by_epoll_best | fixed(2)), "at least \(.epoll_target)", (.by_epoll_best | verdict(. >= $d.epoll_target))] | line),
	  (["the same, client with GRO", (.mtu | tostring), (.by_epoll_gro | fixed(2)), "at least \(.epoll_target)", (.by_epoll_gro | verdict(. >= $d.epoll_target))] | line),
	  (["READs a CPU second by ganesha's, depth 32", (.mtu | tostring), (.by_ganesha | fixed(2)), "at least 3", (.by_ganesha | verdict(. >= 3))] | line)),
"",
"Median of the rounds, lowest and highest in brackets. CPU: of client, network and server together, for one READ; at full load of the one CPU its inverse is the rate, and unlike the rate it does not depend on what else the machine does.",
"",
(["row", "MTU", "KiB", "depth", "p50 us", "p99 us", "READs/s", "CPU us", "of it client", "hits"] | head),
(.rows[] | [.row, (.mtu | tostring), (.size | kib), (.depth | tostring),
	"\(.p50_ns.median | us) [\(.p50_ns.min | us), \(.p50_ns.max | us)]", (.p99_ns.median | us),
	(.ops.median | fixed(0)), "\(.cpu_ns.median | us) [\(.cpu_ns.min | us), \(.cpu_ns.max | us)]",
	(.client_cpu_ns.median | us), (.hit_share | share)] | line),
(if (.libnfs | length) == 0 then empty else "",
"A user's client: libnfs (`nfsaccel-bench`), 4 KiB.",
"",
(["row", "MTU", "depth", "p50 us", "READs/s", "CPU us"] | head),
(.libnfs[] | [.row, (.mtu | tostring), (.depth | tostring),
	"\(.p50_ns.median | us) [\(.p50_ns.min | us), \(.p50_ns.max | us)]",
	(.ops.median | fixed(0)), "\(.cpu_ns.median | us) [\(.cpu_ns.min | us), \(.cpu_ns.max | us)]"] | line) end),
(if (.programs | length) == 0 then empty else "",
"What both TC programs take for a hit by the kernel's own statistics, which cost time themselves.",
"",
(["row", "MTU", "KiB", "depth", "runs", "us"] | head),
(.programs[] | ["programs", .mtu, (.size | kib), (.depth | tostring), (.runs_per_hit | fixed(1)), (.ns_per_hit | us)] | line) end),
(if .pieces == null then empty else "",
"Pieces, ns: medians of single runs by BPF_PROG_TEST_RUN, each with another file of 1 KiB (or connection), less an empty program's. Each stage holds those to its left up to the permission and all checks but guard 2; guard 2's read of an inode, building (1 KiB into a packet) and a full checksum over 1 KiB (not needed on veth) stand alone; a hit is all of na_ingress with one packet sent by way of na_egress. The tables of 100,000 files and more do not fit the processor's caches, which is what the look-ups then wait for.",
"",
(["row", "cached files", "parse", "RPC", "lookup", "authorize", "guard 2", "build", "checksum", "hit"] | head),
(.pieces.stages[] | ["stages", .files, .parse, .rpc, .lookup, .authorize, .guard2, .build, .csum, .hit] | map(tostring) | line),
(.pieces.verified | ["verifier's instructions", "", .parse, .rpc, .lookup, .authorize, .guard2, .build, .csum, .hit] | map(tostring) | line),
"",
(["row", "connections", "hit"] | head),
(.pieces.connections[] | ["connections", .connections, .hit] | map(tostring) | line),
"",
"Translating an ACK of a spliced connection: in \(.cost.ack_translated_in) ns, out \(.cost.ack_translated_out) ns; another port's packet \(.cost.pass_other_port) ns (an empty program's time is in these). Instructions the verifier walks: \(.verifier | to_entries | map("\(.key) \(.value)") | join(", "))." end),
(if (.scale | length) == 0 then empty else "",
"Scale: hits of 1 KiB at MTU 9000, depth 1 unless said otherwise. `epoll` is the epoll server with as many connections. The client's own cost grows with connections, too; and where each is idle for longer than a delayed acknowledgement waits (40 ms, so from some 1,500 connections on), every reply gets an acknowledgement of its own, and that a release ACK: the last column has those for each hit. Calm and storm: alone, and while the versions of other files move as fast as one process on the same CPU moves them.",
"",
(["row", "files", "connections", "depth", "p50 us", "p99 us", "CPU us", "hits", "release ACKs"] | head),
(.scale[] | [.row, (.files | tostring), (.connections | tostring), (.depth | tostring), (.p50_ns.median | us),
	(.p99_ns.median | us), "\(.cpu_ns.median | us) [\(.cpu_ns.min | us), \(.cpu_ns.max | us)]", (.hit_share | share), (.acks_a_hit | if . then .median | fixed(2) else "-" end)] | line),
"",
"Memory and filling: maps made for so many files with one block of 4 KiB each (at most 65536 blocks), whose size depends on the cache; how long the harness, not nfsd, took to fill it through system calls; how long voiding all of it took.",
"",
(["row", "files", "MiB", "bytes a file", "filled in ms", "voided in us"] | head),
(.memory[] | ["memory", (.files | tostring), (.cache_bytes / 1048576 | fixed(1)), (.cache_bytes / .files | fixed(0)),
	(.fill_ns / 1e6 | fixed(1)), (.flush_ns | us)] | line) end)

# SPDX-License-Identifier: GPL-2.0-only
# The cells, one object a measurement, to medians with their spread.
def median: sort | .[(length / 2) | floor];
def spread: {median: median, min: min, max: max};
def cpu: .client_cpu_ns + .server_cpu_ns;
def gather(f): map(f) | spread;

def merged:
	{mtu: ((.[0].mtu // 9000) | tonumber), row: .[0].row, size: .[0].size, depth: .[0].depth, files: .[0].files,
	 connections: .[0].connections, rounds: length,
	 p50_ns: gather(.p50_ns), p99_ns: gather(.p99_ns), ops: gather(.ops),
	 client_cpu_ns: gather(.client_cpu_ns), server_cpu_ns: gather(.server_cpu_ns),
	 cpu_ns: gather(cpu)}
	+ if .[0].counters then {hits: gather(.counters.hits // 0), hit_share: gather(.hit_share),
		acks_a_hit: gather((.counters.release_acks // 0) / (.counters.hits // 1))} else {} end;

def part($name): map(select(.part == $name));
def table($name): part($name) | group_by([.mtu, .size, .depth, .connections, .files, .row]) | map(merged);

# b's figure by a's, of the cells that are alike but for the row.
def ratio($cells; $a; $b; $mtu; $size; $depth; f):
	[$cells[] | select(.mtu == $mtu and .size == $size and .depth == $depth)]
	| (map(select(.row == $a)) | .[0]) as $x | (map(select(.row == $b)) | .[0]) as $y
	| if $x and $y then ($y | f) / ($x | f) * 1000 | round / 1000 else null end;

table("rows") as $rows
| {
	host: $host[0],
	headline: {
		hit_by_floor: [(1500, 9000) as $mtu | (1024, 4096) as $size
			| {mtu: $mtu, size: $size, target: 1.15,
			   ratio: ratio($rows; "floor"; "accel"; $mtu; $size; 1; .p50_ns.median),
			   best: ratio($rows; "floor"; "accel"; $mtu; $size; 1; .p50_ns.min)}],
		depth32: [(1500, 9000) as $mtu
			| {mtu: $mtu, size: 4096,
			   by_epoll: ratio($rows; "accel"; "epoll"; $mtu; 4096; 32; .cpu_ns.median),
			   by_epoll_gro: ratio($rows; "accel_gro"; "epoll"; $mtu; 4096; 32; .cpu_ns.median),
			   by_epoll_best: ratio($rows; "accel"; "epoll"; $mtu; 4096; 32; .cpu_ns.min),
			   epoll_target: (if $mtu == 9000 then 1.2 else 1 end),
			   by_ganesha: ratio($rows; "accel"; "ganesha"; $mtu; 4096; 32; .cpu_ns.median),
			   ganesha_target: 3}]
	},
	rows: $rows,
	libnfs: table("libnfs"),
	programs: part("programs"),
	pieces: (part("pieces")[0]), cost: (part("cost")[0]), verifier: (part("verifier")[0] | del(.part)?),
	scale: table("scale"),
	memory: (part("memory") | map({files: (.files | tonumber), fill_ns, flush_ns, map_bytes, cache_bytes}))
}

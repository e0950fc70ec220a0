# SPDX-License-Identifier: GPL-2.0-only
# The head of report.md: what it was made with, and what the project promises.
def percent($a; $b): if $a and $b then "\($a * 1000 / $b | round / 10) %" else "-" end;
def rows: [["4 KiB, hit", "read4k_plain", "read4k_hit"],
	["4 KiB, nothing fits the cache", "read4k_plain", "read4k_nocache"],
	["4 KiB, nothing fits, first 200 READs", "read4k_plain", "read4k_nocache_first"],
	["4 KiB, all open for writing", "read4k_plain", "read4k_writers"],
	["4 KiB, nfsacceld stopped again", "read4k_plain", "read4k_plain_again"],
	["4 KiB, MTU 9000, hit", "read4k_mtu9000_plain", "read4k_mtu9000_hit"],
	["1 KiB, hit", "read1k_plain", "read1k_hit"],
	["16 KiB, MTU 9000, hit", "read16k_mtu9000_plain", "read16k_mtu9000_hit"]];

"# nfsaccel \(.about.commit), report of \(.about.date)",
"",
"`\(.about.command)`; guests' kernels \(.about.guests | to_entries | map(.value) | join(", ") | if . == "" then "-" else . end); QEMU \(.about.qemu); host \(.about.host); clang \(.about.clang), libbpf \(.about.libbpf), libnfs \(.about.libnfs). Measured: \(if .about.parts == "" then "nothing in the lab" else .about.parts end).",
"",
(if .lab == {} then empty else
"| kernel | READ, depth 1, median | plain nfsd | with nfsaccel | of plain |",
"|---|---|---:|---:|---:|",
(.lab | to_entries[] | .key as $kernel | .value as $v | rows[] |
	select($v[.[1]] and $v[.[2]]) |
	"| \($kernel) | \(.[0]) | \($v[.[1]]) | \($v[.[2]]) | \(percent($v[.[2]]; $v[.[1]])) |"),
"",
"Guest instructions, client included: QEMU with `-icount shift=0`, one vCPU. The medians are off by less than 0.4 %. Compare within one kernel only.",
"" end)

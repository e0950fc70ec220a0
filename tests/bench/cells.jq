# SPDX-License-Identifier: GPL-2.0-only
# cells.json as the rows of a table, one for each cell: what plain nfsd takes, and the others'
# percentages of it. Wants the kernel's name as $kernel.
def percent($of): if . then "\(. * 1000 / $of | round / 10) %" else "-" end;
group_by([.client, .load, .size, .depth, .mtu]) |
map((map({(.row): .}) | add) as $rows | .[0] + {rows: $rows}) |
sort_by([.client != "libnfs", .load != "READ", .load, (.size | if endswith("m") then 9999 else rtrimstr("k") | tonumber end), .mtu, .depth]) |
.[] | select(.rows.plain) | .rows.plain.ns as $plain |
"| \($kernel) | \(.client) | \(.load) | \(.size) | \(.mtu) | \(.depth) | \($plain) | \(
	.rows.hit.ns | percent($plain)) | \(if .rows.hit.hits == null then "-" else .rows.hit.hits end) | \(
	.rows.limits.ns | percent($plain)) | \(.rows.thrifty.ns | percent($plain)) | \(.rows.nocache.ns | percent($plain)) |"

# SPDX-License-Identifier: GPL-2.0-only
# The lab's kernels: adds to each one's floor.json the ratios, as .rows; and the headline.
# What the client and the network cost is the floor less what its program took; where nfsd's
# reply and the cache's reach the client in as many packets, the rest is the server's.
def ratio(a; b): if a and b then (a * 1000 / b | round / 10) else null end;
def row($f; $name; $same):
	$f["\($name)_plain"] as $plain | $f["\($name)_hit"] as $hit | $f["\($name)_floor"] as $floor |
	{name: $name, plain: $plain, hit: $hit, floor: $floor,
	 hit_of_plain: ratio($hit; $plain), hit_of_floor: ratio($hit; $floor),
	 floor_of_plain: ratio($floor; $plain),
	 hit_program: $f["\($name)_hit_program"], floor_program: $f["\($name)_floor_program"]} |
	if $same and $floor then
		(.floor - .floor_program) as $client |
		. + {client: $client, server_plain: (.plain - $client), server_hit: (.hit - $client)} |
		. + {server_hit_of_plain: ratio(.server_hit; .server_plain)}
	else . end;
with_entries(.value |= if .floor then . as $k | .rows = [
	row($k.floor; "read1k_mtu1500"; true), row($k.floor; "read4k_mtu1500"; false),
	row($k.floor; "read1k_mtu9000"; true), row($k.floor; "read4k_mtu9000"; true),
	row($k.floor; "read4k_wire"; false)] else . end) |
{lab: ., headline: with_entries(.value |= {
	read4k_hit_of_plain: ratio(.read4k_hit; .read4k_plain),
	read4k_nocache_of_plain: ratio(.read4k_nocache; .read4k_plain)} +
	([.rows[]? | {("\(.name)_hit_of_floor"): .hit_of_floor}] | add // {}) +
	{read4k_server_hit_of_plain: (first(.rows[]? | select(.name == "read4k_mtu9000") |
		.server_hit_of_plain) // null)})}

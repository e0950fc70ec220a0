# SPDX-License-Identifier: GPL-2.0-only
# All parts as report.json, and the headline: ratios within one run, null where not measured.
def ratio($a; $b): if $a and $b and $b != 0 then $a / $b * 1000 | round / 1000 else null end;
def median: sort | .[(length / 2) | floor];
def wave($name; f): [.waves[] | select(.wave == $name) | f] | median;
def share($name; f): ratio(wave($name; f); wave("plain"; f));

$lab[0] as $lab | $herd[0] as $herd | $scale[0] as $scale | $native[0] as $native |
{about: $about,
 headline: {
	lab: $lab.headline,
	herd: [$herd[] | {mtu, clients, files,
		time_of_plain: share("again"; .seconds),
		first_time_of_plain: share("first"; .seconds),
		nfsd_cpu_of_plain: share("again"; .nfsd_cpu_seconds),
		nfsd_calls_of_plain: share("again"; .nfsd_calls),
		nfsd_and_programs_cpu_of_plain:
			ratio(wave("counted"; .nfsd_cpu_seconds + .programs_cpu_seconds);
				wave("plain"; .nfsd_cpu_seconds))}],
	scale: ($scale[0] // null | if . then {
		bytes_a_cached_byte: ([.budget[] | select(.cached > 0.8 * .memory) | ratio(.memory; .cached)] | min),
		clients16_of_1: ratio((.clients[] | select(.clients == 16)).ns; (.clients[] | select(.clients == 1)).ns),
		write_cached_of_plain: ratio((.change[] | select(.cached == 1)).write_ns; .plain[0].write_ns),
		read_in_storm_p50: ratio(.storm[1].p50; .storm[0].p50)} else null end),
	native: ($native[0].headline // null)},
 lab: $lab.lab, herd: $herd, scale: ($scale[0] // null), native: ($native[0] // null)}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a segment costs in the TC programs, as JSON: the median of BPF_PROG_TEST_RUN's own
 * clock, in ns. The connection's state is written anew before each run, so that every run
 * does the same; all of it is hot in the cache. Of a reply of several packets all but the
 * last are really sent, over veth, and that is counted too.
 * usage: cost [RUNS]
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/prog/scene.h"

#define MANY  100000u
#define JUMBO 8948u

static struct tc tc;
static struct scene s;
static __u8 call[1024], bytes[FRAME_MAX];
static __u32 runs = 5000, took[MANY];

static const struct scene_setup at = {
	.ts = true, .client = 1000000, .server = 5000000, .din = 1000, .dout = 100000};

static int compare(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return (x > y) - (x < y);
}

/* The median over all runs of a frame of which each must end in `act`. */
static __u32 median(const struct bpf_program *prog, const struct frame *f, int act)
{
	__u32 len = frame_build(f, bytes), i;

	for (i = 0; i < runs; i++) {
		struct na_flow *flow = &s.f;

		/* what the answer before took: an entry's pin is no part of what is measured */
		if (bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_flows), &flow->key, flow,
					BPF_ANY) ||
		    tc_run(&tc, prog, bytes, len, &s.run) || s.run.act != act) {
			fprintf(stderr, "cost: act %d, not %d\n", s.run.act, act);
			exit(1);
		}
		took[i] = s.run.ns;
	}
	qsort(took, runs, sizeof(took[0]), compare);
	return took[runs / 2];
}

static __u32 cost_of_hit(__u32 size, __u32 mss)
{
	struct scene_file file;
	struct frame in;
	__u32 ns;

	scene_begin(&s, &tc, &at);
	scene_file(&s, &file, size);
	s.f.mss = mss;
	/* the server knows the client's window: no ACK of its own need go on */
	s.f.s_edge_told = s.f.s_high + (SCENE_WIN << SCENE_SHIFT);
	s.f.s_edge_last = s.f.s_edge_told;
	s.f.c_edge += SCENE_DATA;
	in = scene_from_client(&s, call, scene_call(&file, 1, 0, size, call));
	ns = median(tc.skel->progs.na_ingress, &in, 7 /* TC_ACT_REDIRECT */);
	scene_forget(&s, &file);
	return ns;
}

static void print_hits(const char *name, __u32 mss)
{
	static const __u32 sizes[] = {1024, 4096, 16384};
	size_t i;

	printf(" \"%s\": {", name);
	for (i = 0; i < COUNT(sizes); i++)
		printf("%s\"%u\": %u", i ? ", " : "", sizes[i], cost_of_hit(sizes[i], mss));
	printf("},\n");
}

static void print_passes(void)
{
	const struct bpf_program *in = tc.skel->progs.na_ingress, *out = tc.skel->progs.na_egress;
	struct scene_file file;
	struct frame read, other;
	struct na_flow spliced;

	scene_begin(&s, &tc, &at);
	scene_file(&s, &file, 4096);
	read = scene_from_client(&s, call, scene_call(&file, 1, 0, 4096, call));
	other = read;
	other.to_port = 2050;
	printf(" \"pass_other_port\": %u,\n", median(in, &other, -1));
	other = read;
	other.from_port++;
	printf(" \"pass_no_flow\": %u,\n", median(in, &other, -1));
	other = scene_from_client(&s, NULL, 0);
	printf(" \"ack_translated_in\": %u,\n", median(in, &other, -1));
	other = scene_from_server(&s, NULL, 0);
	printf(" \"ack_translated_out\": %u,\n", median(out, &other, -1));
	spliced = s.f;
	s.f.last_alive -= tc_defaults.alive_ns + 1;
	printf(" \"read_passed\": %u,\n", median(in, &read, -1));
	s.f = spliced;
	scene_forget(&s, &file);
}

int main(int argc, char **argv)
{
	cpu_set_t one;
	struct utsname u;

	if (argc > 1)
		runs = (__u32)strtoul(argv[1], NULL, 10);
	if (argc > 2 || !runs || runs > MANY) {
		fprintf(stderr, "usage: cost [RUNS], at most %u\n", MANY);
		return 2;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (tc_open(&tc, &tc_defaults))
		return 1;
	/* nobody listens at the other end */
	close(tc.tap);
	tc.tap = -1;
	uname(&u);
	printf("{\"kernel\": \"%s\", \"runs\": %u, \"unit\": \"ns\",\n", u.release, runs);
	print_hits("hit_mtu1500", SCENE_MSS);
	print_hits("hit_mtu9000", JUMBO);
	print_passes();
	printf(" \"note\": \"median of BPF_PROG_TEST_RUN, all in cache\"}\n");
	tc_close(&tc);
	return 0;
}

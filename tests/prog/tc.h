/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TC programs, loaded without any hook, in a network namespace of the process's own:
 * na0 is the server's device, with na_egress, which finishes the packets that na_ingress
 * sends; na1 is its other end, where what na0 sends can be read. All of it ends with the
 * process.
 */
#ifndef TESTS_PROG_TC_H
#define TESTS_PROG_TC_H

#include "bpf/nfsaccel.skel.h" /* generated */
#include "nfsaccel/splice_state.h"
#include "tests/prog/frame.h"

#define TC_SLABS   2u
#define TC_ENTRIES 64u

struct tc_options {
	__u32 guards;
	__u32 max_packets;
	bool eager;
	__u64 alive_ns;
	__u32 tally_sets; /* 0: nobody counts by client */
};

extern const struct tc_options tc_defaults; /* no guard 2: there is no inode */

struct tc {
	struct nfsaccel_bpf *skel;
	int ifindex; /* na0 */
	int peer;    /* na1 */
	__u8 mac[6]; /* na0's */
	__u8 peer_mac[6];
	int tap; /* packet socket at na1 */
};

/* 0, or negative errno with the reason on stderr. */
int tc_open(struct tc *t, const struct tc_options *o);
void tc_close(struct tc *t);

/* Attaches the program to na0; 0 or negative errno. */
int tc_attach(struct tc *t, const struct bpf_program *prog, enum bpf_tc_attach_point point);

struct tc_run {
	int act;    /* TC_ACT_* */
	__u32 mark; /* before; and after */
	__u32 gso_size;
	__u64 tstamp;	/* after */
	__u32 priority; /* after */
	__u32 ns; /* how long it took, 0 if repeat was */
	__u32 len;
	__u8 data[FRAME_MAX];
};

/*
 * Runs the program on the len bytes of a frame; the rest of r is input and output. At most
 * about 3700 bytes: BPF_PROG_TEST_RUN makes the skb of one page. 0 or negative errno.
 */
int tc_run(struct tc *t, const struct bpf_program *prog, const __u8 *frame, __u32 len,
	   struct tc_run *r);

/*
 * The next TCP packet from port 2049 that na0 sent; its length, or 0 if there is none
 * (after a while, if one is awaited).
 */
__u32 tc_sent(struct tc *t, __u8 *frame, bool awaited);

struct tc_counts {
	__u64 n[NA_V_MAX];
};

void tc_counts(struct tc *t, struct tc_counts *c);

#endif

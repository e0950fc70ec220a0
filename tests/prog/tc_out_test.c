// SPDX-License-Identifier: GPL-2.0-only
/* The server's segments on a spliced connection, as the client gets to see them. */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "tests/prog/scene.h"

#define XID    0x2d2d0001u
#define SCALED (SCENE_WIN << SCENE_SHIFT)
#define RECORD 900u

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 call[1024], reply[SCENE_DATA], record[4096];
static __u32 call_len, reply_len;

static const struct scene_setup setups[] = {
	{.ts = true, .client = 1000000, .server = 5000000, .din = 4444, .dout = 55555},
	{.client = 0xffffffe0, .server = 0xfffffff0, .din = 100, .dout = 3},
	{.ip6 = true, .ts = true, .client = 0xffffff00, .server = 7, .din = 9, .dout = 0xfffffffb},
	{.ip6 = true, .client = 5, .server = 0xffffff80, .din = 0x80000000, .dout = 0x7fffffff},
};

static void begin(const struct scene_setup *at)
{
	__u32 i;

	scene_begin(&s, &tc, at);
	scene_file(&s, &file, 500);
	call_len = scene_call(&file, XID, 0, 500, call);
	reply_len = scene_reply(&file, XID, 0, 500, reply);
	for (i = 0; i < sizeof(record); i++)
		record[i] = (__u8)(i * 7);
	na_put_be32(record, 0x80000000u | (RECORD - 4));
}

static void for_each_setup(void (*test)(void))
{
	size_t i;

	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		test();
		scene_forget(&s, &file);
	}
}

/* A READ is answered; its reply is not acknowledged yet. */
static void answer(void)
{
	struct frame in = scene_from_client(&s, call, call_len);

	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_REDIRECT);
	assert_int_equal(scene_pins(&s, &file), 1);
}

/* The frame in client space: positions shifted, our timestamps. */
static struct frame translated(const struct frame *out)
{
	struct frame want = *out;

	want.seq += s.at.dout;
	want.ack += s.at.din;
	want.tsval = SCENE_TS;
	want.tsecr = 7000;
	return want;
}

static void data(void)
{
	struct frame out = scene_from_server(&s, record, RECORD), want = translated(&out);
	struct na_flow f;

	scene_egress(&s, &out);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, -1);
	scene_get(&s, &f);
	assert_int_equal(f.s_high, s.at.server - s.at.dout + RECORD);
	assert_int_equal(f.s_rec.next, f.s_high);
	assert_true(f.s_rec.sync);
}

static void test_data(void **state)
{
	(void)state;
	for_each_setup(data);
}

/* Records in odd pieces: the boundary is found again whatever the cuts. */
static void pieces(void)
{
	static const __u32 cuts[] = {1, 2, 3, 4, 5, 897, 898, 899};
	struct na_flow f;
	__u32 at, n;
	size_t i;

	for (i = 0; i < COUNT(cuts); i++) {
		scene_begin(&s, &tc, &s.at);
		for (at = 0; at < RECORD; at += n) {
			struct frame out, want;

			n = at ? RECORD - at : cuts[i];
			out = scene_from_server(&s, record + at, n);
			out.seq += at;
			want = translated(&out);
			scene_egress(&s, &out);
			scene_expect_on(&s, &want);
			scene_get(&s, &f);
			assert_true(f.s_rec.sync);
			assert_int_equal(f.s_rec.next == f.s_high && !f.s_rec.have, at > 0);
		}
		/* there a reply may be injected, not in the middle */
		answer();
		scene_get(&s, &f);
		assert_int_equal(f.fifo[f.head].rep_s, s.at.server - s.at.dout + RECORD);
		scene_begin(&s, &tc, &s.at);
		scene_forget(&s, &file);
		begin(&s.at);
	}
}

static void test_pieces(void **state)
{
	(void)state;
	for_each_setup(pieces);
}

/* A segment that never passed before one that did: nothing is known until it is told. */
static void hole(void)
{
	struct frame out = scene_from_server(&s, record, RECORD), want;
	struct na_flow f;

	out.seq += 100;
	want = translated(&out);
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, NA_V_LOST_OUT, 1, -1);
	scene_get(&s, &f);
	assert_false(f.s_rec.sync);
}

static void test_hole(void **state)
{
	(void)state;
	for_each_setup(hole);
}

/* What the server sends after an injection follows it, and the request stays unacknowledged. */
static void behind_injected(void)
{
	struct frame out = scene_from_server(&s, record, RECORD), want;

	answer();
	out = scene_from_server(&s, record, RECORD);
	want = translated(&out);
	want.seq += reply_len;
	want.tsecr = 7001;
	want.win = (__u16)((SCALED + call_len) >> SCENE_SHIFT);
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);

	/* the server acknowledges a later request: not to the client, before it has the reply */
	out.ack += 77;
	out.seq += RECORD;
	out.len = 100;
	na_put_be32(record, 0x80000000u | (100 - 4));
	want = translated(&out);
	want.data = out.data = record;
	want.seq += reply_len;
	want.ack -= 77;
	want.tsecr = 7001;
	want.win = (__u16)((SCALED + call_len + 77) >> SCENE_SHIFT);
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);
}

static void test_behind_injected(void **state)
{
	(void)state;
	for_each_setup(behind_injected);
}

/* The server resends bytes from before and behind an injected reply in one segment. */
static void spanning(void)
{
	struct frame out, want;
	static __u8 bytes[FRAME_MAX];
	__u32 len;

	out = scene_from_server(&s, record, RECORD);
	scene_egress(&s, &out);
	answer(); /* behind the record */
	out = scene_from_server(&s, record, RECORD);
	out.seq += RECORD;
	scene_egress(&s, &out);

	out = scene_from_server(&s, record, 2 * RECORD);
	want = translated(&out);
	want.len = RECORD;
	want.flags = TCP_ACK;
	want.tsecr = 7001;
	want.win = (__u16)((SCALED + call_len) >> SCENE_SHIFT);
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, NA_V_TRIMMED, 1, -1);

	/* a GSO packet cannot be cut: as if it was lost */
	len = frame_build(&out, bytes);
	s.run.gso_size = 1000;
	scene_run(&s, tc.skel->progs.na_egress, bytes, len);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_counts(&s, NA_V_DROPPED, 1, -1);
}

static void test_spanning(void **state)
{
	(void)state;
	for_each_setup(spanning);
}

/*
 * Blocks the server has, behind and around a consumed request: told only once that is
 * acknowledged, and until then a duplicate's alone.
 */
static void sacks(void)
{
	__u32 c = s.at.client, p = c - s.at.din;
	struct frame in, out, want;

	answer();
	out = scene_from_server(&s, NULL, 0);
	out.nsack = 2;
	out.sack[0][0] = p - 20; /* tells of a duplicate */
	out.sack[0][1] = p - 10;
	out.sack[1][0] = p + 10;
	out.sack[1][1] = p + 30;
	want = translated(&out);
	want.seq += reply_len;
	want.tsecr = 7001;
	want.win = (__u16)((SCALED + call_len) >> SCENE_SHIFT);
	want.nsack = 1;
	want.sack[0][0] = c - 20;
	want.sack[0][1] = c - 10;
	want.noptions = 8;
	memset(want.options, 1, 8);
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);

	in = scene_from_client(&s, NULL, 0);
	in.seq += call_len;
	in.ack += reply_len;
	scene_ingress(&s, &in);
	scene_drain(&s);
	scene_egress(&s, &out);
	want.ack += call_len;
	want.win = (__u16)(SCALED >> SCENE_SHIFT);
	want.nsack = 2;
	want.sack[0][0] += call_len; /* below all that is settled: no matter where */
	want.sack[0][1] += call_len;
	want.sack[1][0] = c + call_len + 10;
	want.sack[1][1] = c + call_len + 30;
	want.noptions = 0;
	scene_expect_on(&s, &want);
}

/* A duplicate above what the client may be told. */
static void sacked_copy(void)
{
	__u32 c = s.at.client, p = c - s.at.din;
	struct frame out, want;

	answer();
	out = scene_from_server(&s, NULL, 0);
	out.ack += 60;
	out.nsack = 1;
	out.sack[0][0] = p + 10;
	out.sack[0][1] = p + 30;
	want = translated(&out);
	want.seq += reply_len;
	want.tsecr = 7001;
	want.ack = c;
	want.nsack = 0;
	want.noptions = 12;
	memset(want.options, 1, 12);
	want.win = (__u16)((SCALED + call_len + 60) >> SCENE_SHIFT);
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);
}

static void test_sacks(void **state)
{
	(void)state;
	for_each_setup(sacks);
	for_each_setup(sacked_copy);
}

/* An acknowledgement that must not be told the client: it would look like a duplicate. */
static void clamped(void)
{
	struct frame out;
	struct na_flow f;

	answer();
	scene_get(&s, &f);
	out = scene_from_server(&s, NULL, 0);
	out.ack += 60;
	scene_egress(&s, &out);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_counts(&s, NA_V_DROPPED, 1, -1);
	scene_get(&s, &f);
	assert_int_equal(f.told, s.at.client);
	assert_int_equal(f.s_ack, s.at.client - s.at.din + 60);
	assert_int_equal(scene_pins(&s, &file), 1);
}

static void test_clamped(void **state)
{
	(void)state;
	for_each_setup(clamped);
}

/* The client's ports are used again: the old connection's state, pins and all, goes. */
static void reuse(void)
{
	struct frame syn, out;
	struct na_flow f;

	answer();
	syn = scene_from_client(&s, NULL, 0);
	syn.flags = TCP_SYN;
	syn.seq = 0x7e000000;
	scene_ingress(&s, &syn);
	scene_expect_on(&s, &syn);
	/* a challenge ACK of the old connection is no proof */
	out = scene_from_server(&s, NULL, 0);
	scene_egress(&s, &out);
	assert_int_equal(scene_pins(&s, &file), 1);

	out.flags = TCP_SYN | TCP_ACK;
	out.seq = 42;
	out.ack = syn.seq + 1;
	scene_egress(&s, &out);
	scene_expect_on(&s, &out);
	scene_expect_counts(&s, NA_V_FLOW_REPLACED, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 0);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_flows), &s.f.key, &f),
			 -ENOENT);
}

static void test_reuse(void **state)
{
	(void)state;
	for_each_setup(reuse);
}

/* Stopping: the server's reset lands at the client's own last ACK; then all is raw. */
static void reset(void)
{
	struct frame out, want;
	struct na_ctl ctl;

	scene_ctl(&s, &ctl, NULL);
	ctl.mode = NA_MODE_DYING;
	scene_ctl(&s, NULL, &ctl);
	out = scene_from_server(&s, NULL, 0);
	out.flags = TCP_RST | TCP_ACK;
	out.seq += 1000;
	want = translated(&out);
	want.seq = s.at.server;
	want.ack = s.at.client;
	scene_egress(&s, &out);
	scene_expect_on(&s, &want);

	out = scene_from_server(&s, record, RECORD);
	scene_egress(&s, &out);
	scene_expect_on(&s, &out);
	ctl.mode = NA_MODE_ANSWER;
	scene_ctl(&s, NULL, &ctl);
}

static void test_reset(void **state)
{
	(void)state;
	for_each_setup(reset);
}

/* Before the first answer nothing is written to. */
static void test_not_spliced(void **state)
{
	static const struct scene_setup plain[] = {
		{.ts = true, .client = 0xffffffff, .server = 1},
		{.ip6 = true, .client = 3, .server = 0x7fffffff},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(plain); i++) {
		struct frame out;

		begin(&plain[i]);
		out = scene_from_server(&s, record, RECORD);
		scene_egress(&s, &out);
		scene_expect_on(&s, &out);
		scene_expect_counts(&s, -1);
		scene_forget(&s, &file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),	 cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_hole),	 cmocka_unit_test(test_behind_injected),
		cmocka_unit_test(test_spanning), cmocka_unit_test(test_sacks),
		cmocka_unit_test(test_clamped),	 cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_reset),	 cmocka_unit_test(test_not_spliced),
	};

	return scene_run_tests(&tc, "tc_out", tests, COUNT(tests));
}

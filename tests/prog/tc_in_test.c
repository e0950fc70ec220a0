// SPDX-License-Identifier: GPL-2.0-only
/* The client's segments on a spliced connection, as the server's socket gets to see them. */
#include "tests/unit/check.h"

#include <linux/pkt_cls.h>
#include <string.h>

#include "nfsaccel/splice_loss.h"
#include "tests/prog/scene.h"

#define XID    0x1d1d0001u
#define OTHER  48u /* bytes of a record that is no READ */
#define SCALED (SCENE_WIN << SCENE_SHIFT)

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 call[4096], reply[SCENE_DATA], server_data[3500];
static __u32 call_len, reply_len;

static const struct scene_setup setups[] = {
	{.ts = true, .client = 1000000, .server = 5000000, .din = 4444, .dout = 55555},
	{.client = 0xffffffe0, .server = 0xfffffff0, .din = 100, .dout = 3},
	{.ip6 = true, .ts = true, .client = 0xffffff00, .server = 7, .din = 9, .dout = 0xfffffffb},
	{.ip6 = true, .client = 5, .server = 0xffffff80, .din = 0x80000000, .dout = 0x7fffffff},
};

/* A file of two packets. */
static void begin(const struct scene_setup *at)
{
	scene_begin(&s, &tc, at);
	scene_file(&s, &file, 2000);
	call_len = scene_call(&file, XID, 0, 2000, call);
	reply_len = scene_reply(&file, XID, 0, 2000, reply);
}

static void end(void)
{
	assert_int_equal(scene_pins(&s, &file), 0);
	scene_forget(&s, &file);
}

/* A record that is no READ. */
static void put_other(__u8 *at)
{
	memset(at, 0x5a, OTHER);
	na_put_be32(at, 0x80000000u | (OTHER - 4));
}

static void for_each_setup(void (*test)(void))
{
	size_t i;

	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		test();
		end();
	}
}

/* The reply's bytes from `from` on, in order; the last packet is the skb if `all` is it. */
static void expect_reply(__u32 from, bool all)
{
	__u32 at, n;

	for (at = from; at < reply_len; at += n) {
		bool last = reply_len - at <= SCENE_MSS;
		struct frame want;

		n = last ? reply_len - at : SCENE_MSS;
		want = scene_to_client(&s, reply + at, n);
		want.seq += at;
		want.flags = TCP_ACK | (last ? TCP_PSH : 0);
		want.win = (__u16)((SCALED + call_len) >> SCENE_SHIFT);
		if (last && all)
			scene_expect_skb(&s, &want);
		else
			scene_expect_sent(&s, &want);
	}
	scene_expect_silence(&s);
}

/* The READ is answered: consumed at s.at.client, injected at s.at.server. */
static void answer(void)
{
	struct frame in = scene_from_client(&s, call, call_len);

	scene_ingress(&s, &in);
	expect_reply(0, true);
	assert_int_equal(scene_pins(&s, &file), 1);
}

/* The client has all of it; the pin goes. */
static void settle(void)
{
	struct frame in = scene_from_client(&s, NULL, 0);

	in.seq += call_len;
	in.ack += reply_len;
	scene_ingress(&s, &in);
	scene_drain(&s); /* a bare ACK may have gone out */
	assert_int_equal(scene_pins(&s, &file), 0);
}

/* The server sends n bytes of its own, which go out behind what was injected. */
static void server_sends(__u32 n)
{
	struct frame out = scene_from_server(&s, server_data, n);

	na_put_be32(server_data, 0x80000000u | (n - 4));
	scene_egress(&s, &out);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_int_equal(na_get_be32(s.run.data + frame_tcp(&out) + 4), s.at.server + reply_len);
}

/* An ACK of what the server itself sent, and an edge that moved with it. */
static void ack_server(void)
{
	struct frame in = scene_from_client(&s, NULL, 0), want;

	s.f.s_high += 1000;
	s.f.s_rec.next += 1000;
	scene_put(&s);
	in.ack += 1000;
	want = in;
	want.seq -= s.at.din;
	want.ack -= s.at.dout;
	scene_ingress(&s, &in);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_TRANSLATED_IN, 1, -1);
}

static void test_ack(void **state)
{
	(void)state;
	for_each_setup(ack_server);
}

/* A record behind an answered READ moves up to where the READ was; odd sizes, too. */
static void data_behind(void)
{
	static __u8 data[OTHER + 3];
	__u32 extra;

	for (extra = 0; extra < 4; extra++) {
		struct frame in, want;

		begin(&s.at);
		answer();
		put_other(data);
		memset(data + OTHER, 0x77, extra); /* a mark that will be longer */
		in = scene_from_client(&s, data, OTHER + extra);
		in.seq += call_len;
		want = in;
		want.seq -= s.at.din + call_len;
		want.ack -= s.at.dout;
		/* half is kept free for replies, and what is injected counts as sent */
		want.win = (__u16)((SCALED - SCALED / 2) >> SCENE_SHIFT);
		scene_ingress(&s, &in);
		scene_expect_on(&s, &want);
		scene_expect_counts(&s, NA_V_PASS_NOTREAD, 1, NA_V_TRANSLATED_IN, 1, -1);
		assert_int_equal(scene_pins(&s, &file), 1);
		settle();
		if (extra < 3)
			scene_forget(&s, &file);
	}
}

static void test_data_behind(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		s.at = setups[i];
		data_behind();
		end();
	}
}

/*
 * The reply was sent a while ago, or none comes so soon: a repeat that comes sooner than any
 * can is a copy which the network made.
 */
static void reply_sent(bool soon)
{
	scene_get(&s, &s.f);
	s.f.fifo[s.f.head & (NA_FIFO - 1)].sent -= 10 * NA_COPY_USEC;
	if (soon)
		s.f.rtt = 1u << 30;
	scene_put(&s);
}

/* Part of the reply is acknowledged: the server, which never sent it, hears nothing. */
static void partly_acked(void)
{
	struct frame in;

	answer();
	in = scene_from_client(&s, NULL, 0);
	in.seq += call_len;
	in.ack += SCENE_MSS;
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_silence(&s);
	scene_expect_counts(&s, NA_V_SWALLOWED, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 1);

	/* the request comes again: what of the reply is missing does, too */
	reply_sent(false);
	in = scene_from_client(&s, call, call_len);
	in.ack += SCENE_MSS;
	scene_ingress(&s, &in);
	expect_reply(SCENE_MSS, true);
	scene_expect_counts(&s, NA_V_RESEND, 1, NA_V_PASS_UNSYNC, 1, NA_V_DROPPED, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 1);
	settle();
}

static void test_partly_acked(void **state)
{
	(void)state;
	for_each_setup(partly_acked);
}

/* The whole reply was lost. It is the same the second time, though the file is replaced. */
static void resent(void)
{
	struct na_entry e;
	struct frame in;

	answer();
	e = scene_entry(&s, &file);
	e.flush = 99;
	e.expires = 0;
	scene_set_entry(&s, &file, &e);
	reply_sent(false);
	in = scene_from_client(&s, call, call_len);
	scene_ingress(&s, &in);
	expect_reply(0, true);
	scene_expect_counts(&s, NA_V_RESEND, 1, NA_V_PASS_UNSYNC, 1, NA_V_DROPPED, 1, -1);
	settle();
}

static void test_resent(void **state)
{
	(void)state;
	for_each_setup(resent);
}

/* The request was doubled on its way: one reply is enough. */
static void copied(void)
{
	struct frame in = scene_from_client(&s, call, call_len);

	answer();
	reply_sent(true);
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_silence(&s);
	scene_expect_counts(&s, NA_V_PASS_UNSYNC, 1, NA_V_DROPPED, 1, -1);
	settle();
}

static void test_copied(void **state)
{
	(void)state;
	for_each_setup(copied);
}

/* A copy of a request that is settled: an old byte, so that the server acknowledges again. */
static void old_copy(void)
{
	struct frame in, want;

	answer();
	settle();
	in = scene_from_client(&s, call, call_len);
	in.ack += reply_len;
	scene_ingress(&s, &in);
	want = in;
	want.seq = s.at.client - s.at.din - 1;
	want.ack = s.at.server - s.at.dout;
	want.len = 1;
	want.flags = TCP_ACK;
	want.win = (__u16)((SCALED - SCALED / 2) >> SCENE_SHIFT);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_PASS_UNSYNC, 1, NA_V_TRANSLATED_IN, 1, NA_V_TRIMMED, 1, -1);
}

static void test_old_copy(void **state)
{
	(void)state;
	for_each_setup(old_copy);
}

static void keepalive(void)
{
	static const __u8 garbage[1] = {0xaa};
	struct frame in, want;
	__u32 n;

	answer();
	settle();
	for (n = 0; n < 2; n++) {
		in = scene_from_client(&s, garbage, n);
		in.seq += call_len - 1;
		in.ack += reply_len;
		in.flags = TCP_ACK;
		scene_ingress(&s, &in);
		want = in;
		want.seq = s.at.client - s.at.din - 1;
		want.ack = s.at.server - s.at.dout;
		want.win = (__u16)((SCALED - SCALED / 2) >> SCENE_SHIFT);
		scene_expect_on(&s, &want);
	}
}

static void test_keepalive(void **state)
{
	(void)state;
	for_each_setup(keepalive);
}

/* Bytes that passed and an answered READ come again in one segment: it is cut between. */
static void spanning(void)
{
	static __u8 both[4096], bytes[FRAME_MAX];
	struct frame in, want;
	__u32 len;

	s.f.flags |= NA_FLOW_SHAVE; /* READs were seen before */
	scene_put(&s);
	put_other(both);
	memcpy(both + OTHER, call, call_len);
	in = scene_from_client(&s, both, OTHER);
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	in = scene_from_client(&s, both + OTHER, call_len);
	in.seq += OTHER;
	scene_ingress(&s, &in);
	expect_reply(0, true); /* acknowledges what the server has, which is none of it */

	in = scene_from_client(&s, both, OTHER + call_len);
	want = in;
	want.seq -= s.at.din;
	want.ack -= s.at.dout;
	want.len = OTHER;
	want.flags = TCP_ACK;
	want.win = (__u16)((SCALED - SCALED / 2) >> SCENE_SHIFT);
	scene_ingress(&s, &in);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_PASS_UNSYNC, 1, NA_V_TRANSLATED_IN, 1, NA_V_TRIMMED, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 1);

	/* no right checksum is given to a part of what has none */
	len = frame_build(&in, bytes);
	bytes[len - 1] ^= 1;
	scene_run(&s, tc.skel->progs.na_ingress, bytes, len);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_silence(&s);
	assert_int_equal(scene_pins(&s, &file), 1);

	/* the server has it now, then the client has the reply */
	scene_get(&s, &s.f);
	s.f.s_ack += OTHER;
	s.f.s_edge += OTHER;
	scene_put(&s);
	s.at.client += OTHER;
	settle();
}

static void test_spanning(void **state)
{
	(void)state;
	for_each_setup(spanning);
}

/* A READ that also acknowledges server data: answered, and the server hears the rest. */
static void hit_with_news(void)
{
	struct frame in = scene_from_client(&s, call, call_len), want;

	s.f.s_high += 700;
	s.f.s_rec.next += 700;
	scene_put(&s);
	in.ack += 700;
	s.at.server += 700;
	scene_ingress(&s, &in);
	expect_reply(0, false);
	want = scene_from_client(&s, NULL, 0);
	want.seq -= s.at.din;
	want.ack -= s.at.dout;
	/* the edge stays: the server has more than it uses */
	want.win = (__u16)((SCALED / 2 - 700) >> SCENE_SHIFT);
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_HIT, 1, NA_V_HIT_BYTES, 2000, NA_V_BARE_ACK, 1,
			    NA_V_TRANSLATED_IN, 1, -1);
	settle();
}

static void test_hit_with_news(void **state)
{
	(void)state;
	for_each_setup(hit_with_news);
}

/* The reply is lost, what the server sent behind it has arrived. */
static void sacks(void)
{
	__u32 r = s.at.server + reply_len, q = s.at.server - s.at.dout;
	struct frame in, want;

	answer();
	server_sends(1000);
	in = scene_from_client(&s, NULL, 0);
	in.seq += call_len;
	in.nsack = 1;
	in.sack[0][0] = r;
	in.sack[0][1] = r + 1000;
	want = in;
	want.seq -= s.at.din + call_len;
	want.ack = q;
	want.win = (__u16)((SCALED - SCALED / 2) >> SCENE_SHIFT);
	/* to the server nothing is missing before it: the block begins at the ack */
	want.nsack = 0;
	want.noptions = 12;
	memset(want.options, 1, 12);
	scene_ingress(&s, &in);
	scene_expect_on(&s, &want);

	in.nsack = 2;
	in.sack[0][0] = r + 300;
	in.sack[0][1] = r + 400;
	in.sack[1][0] = r + 600;
	in.sack[1][1] = r + 1000;
	want.nsack = 2;
	want.noptions = 0;
	want.sack[0][0] = q + 300;
	want.sack[0][1] = q + 400;
	want.sack[1][0] = q + 600;
	want.sack[1][1] = q + 1000;
	scene_ingress(&s, &in);
	scene_expect_on(&s, &want);

	/* one block within the reply itself, which the server knows nothing of */
	in.sack[0][0] = s.at.server + 100;
	in.sack[0][1] = s.at.server + 200;
	want.nsack = 1;
	want.sack[0][0] = q + 600;
	want.sack[0][1] = q + 1000;
	want.noptions = 8;
	memset(want.options, 1, 8);
	scene_ingress(&s, &in);
	scene_expect_on(&s, &want);
	assert_int_equal(scene_pins(&s, &file), 1);
	settle();
}

static void test_sacks(void **state)
{
	(void)state;
	for_each_setup(sacks);
}

/* Three segments above a lost reply: it is sent at once, and the ACK goes on all the same. */
static void fast_resend(void)
{
	__u32 r = s.at.server + reply_len, q = s.at.server - s.at.dout, i;
	struct frame in, want;

	answer();
	for (i = 0; i < 2; i++) {
		struct frame out = scene_from_server(&s, server_data, 3000);

		na_put_be32(server_data, 0x80000000u | (3000 - 4));
		out.seq += i * 3000;
		scene_egress(&s, &out);
		assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	}
	in = scene_from_client(&s, NULL, 0);
	in.seq += call_len;
	in.nsack = 1;
	in.sack[0][0] = r + 100;
	in.sack[0][1] = r + 6000;
	scene_ingress(&s, &in);
	expect_reply(0, false);
	want = in;
	want.seq -= s.at.din + call_len;
	want.ack = q;
	want.win = (__u16)((SCALED - SCALED / 2) >> SCENE_SHIFT);
	want.sack[0][0] = q + 100;
	want.sack[0][1] = q + 6000;
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_RESEND, 1, NA_V_TRANSLATED_IN, 1, -1);
	/* not twice within a moment */
	scene_ingress(&s, &in);
	scene_expect_on(&s, &want);
	settle();
}

static void test_fast_resend(void **state)
{
	(void)state;
	for_each_setup(fast_resend);
}

/* The daemon is resetting: nothing of the client's gets through any more. */
static void dying(void)
{
	struct frame in = scene_from_client(&s, call, call_len);
	struct na_ctl ctl;

	scene_ctl(&s, &ctl, NULL);
	ctl.mode = NA_MODE_DYING;
	scene_ctl(&s, NULL, &ctl);
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_silence(&s);
	ctl.mode = NA_MODE_ANSWER;
	scene_ctl(&s, NULL, &ctl);
}

static void test_dying(void **state)
{
	(void)state;
	for_each_setup(dying);
}

/* A reset as answer to an acknowledgement of ours is exact for the server. */
static void reset(void)
{
	struct frame in = scene_from_client(&s, NULL, 0), want;

	answer();
	in.flags = TCP_RST;
	in.ack = 0;
	in.win = 0;
	scene_ingress(&s, &in);
	want = in;
	want.seq = s.at.client - s.at.din;
	want.ack = na_get_be32(s.run.data + frame_tcp(&in) + 8);
	scene_expect_on(&s, &want);
	scene_get(&s, &s.f);
	assert_true(s.f.flags & NA_FLOW_CLOSING);
	settle();
}

static void test_reset(void **state)
{
	(void)state;
	for_each_setup(reset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ack),	      cmocka_unit_test(test_data_behind),
		cmocka_unit_test(test_partly_acked),  cmocka_unit_test(test_resent),
		cmocka_unit_test(test_copied),	      cmocka_unit_test(test_old_copy),
		cmocka_unit_test(test_keepalive),     cmocka_unit_test(test_spanning),
		cmocka_unit_test(test_hit_with_news), cmocka_unit_test(test_sacks),
		cmocka_unit_test(test_fast_resend),   cmocka_unit_test(test_dying),
		cmocka_unit_test(test_reset),
	};

	return scene_run_tests(&tc, "tc_in", tests, COUNT(tests));
}

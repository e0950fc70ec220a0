// SPDX-License-Identifier: GPL-2.0-only
/* Marks: what of the server's own IP headers ours have, and who answers which flag of ECN. */
#include "tests/unit/check.h"

#include <linux/pkt_cls.h>
#include <string.h>

#include "nfsaccel/splice_loss.h"
#include "tests/prog/scene.h"

#define XID    0x3c3c0001u
#define SCALED (SCENE_WIN << SCENE_SHIFT)
#define RECORD 700u /* bytes of a record of the server's own */
#define DSCP   0xb8u
#define LABEL  0x54321u
#define ECT0   2u
#define CE     3u

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 call[1024], reply[SCENE_DATA], record[RECORD], bytes[FRAME_MAX];
static __u32 call_len, reply_len;

static const struct scene_setup setups[] = {
	{.ts = true, .client = 1000000, .server = 5000000, .din = 4444, .dout = 55555},
	{.ip6 = true, .ts = true, .client = 0xffffff00, .server = 7, .din = 9, .dout = 0xfffffffb},
};

/* A file of two packets, on a connection where ECN was negotiated, or not. */
static void begin(const struct scene_setup *at, bool ecn)
{
	scene_begin(&s, &tc, at);
	scene_file(&s, &file, 2000);
	call_len = scene_call(&file, XID, 0, 2000, call);
	reply_len = scene_reply(&file, XID, 0, 2000, reply);
	na_put_be32(record, 0x80000000u | (RECORD - 4));
	if (ecn)
		s.f.flags |= NA_FLOW_ECN;
	s.f.c_edge += SCENE_DATA; /* else the server is told all of it, and none is left for us */
	scene_put(&s);
}

static void end(void)
{
	scene_drain(&s);
	assert_int_equal(scene_pins(&s, &file), 0);
	scene_forget(&s, &file);
}

/* The server sends so many bytes of that record, or a bare ACK. */
static void server_says(__u8 tos, __u8 flags, __u32 len)
{
	struct frame out = scene_from_server(&s, record, len);

	out.tos = tos;
	out.label = s.at.ip6 ? LABEL : 0;
	out.flags |= flags;
	scene_egress(&s, &out);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	s.at.server += len;
}

/* The client has all that; only what the server itself sent is of interest to it. */
static void client_has(__u8 flags)
{
	struct frame in = scene_from_client(&s, NULL, 0);

	in.flags |= flags;
	scene_ingress(&s, &in);
}

/* The server's own data, marked like that, settled. */
static void marked(__u8 tos)
{
	server_says(tos, 0, RECORD);
	client_has(0);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
}

/* The reply leaves with these marks; `first` are flags of its first packet only. */
static void expect_reply(__u8 tos, __u8 flags, __u8 first, bool all)
{
	__u32 at, n;

	for (at = 0; at < reply_len; at += n) {
		bool last = reply_len - at <= SCENE_MSS;
		struct frame want;

		n = last ? reply_len - at : SCENE_MSS;
		want = scene_to_client(&s, reply + at, n);
		want.seq += at;
		want.tos = tos;
		want.label = s.at.ip6 ? LABEL : 0;
		want.flags = TCP_ACK | flags | (at ? 0 : first) | (last ? TCP_PSH : 0);
		want.win = (__u16)((SCALED + call_len) >> SCENE_SHIFT);
		if (last && all)
			scene_expect_skb(&s, &want);
		else
			scene_expect_sent(&s, &want);
	}
	scene_expect_silence(&s);
}

static void ask(__u8 flags)
{
	struct frame in = scene_from_client(&s, call, call_len);

	in.flags |= flags;
	scene_ingress(&s, &in);
}

/* The client has the reply, and is told that its request has come. */
static void settle(__u8 tos, __u8 in, __u8 out)
{
	struct frame want;

	scene_answered(&s, call_len, reply_len);
	client_has(in);
	want = scene_to_client(&s, NULL, 0);
	want.tos = tos;
	want.label = s.at.ip6 ? LABEL : 0;
	want.flags |= out;
	scene_expect_skb(&s, &want);
}

static __u32 flow_cwnd(void)
{
	struct na_flow f;

	scene_get(&s, &f);
	return f.cwnd;
}

/* New data like the server's; what is sent again, and bare ACKs, never are ECN-capable. */
static void test_marks(void **state)
{
	size_t i, ecn;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		for (ecn = 0; ecn < 2; ecn++) {
			begin(&setups[i], ecn);
			marked(DSCP | ECT0);
			server_says(DSCP, 0, 0); /* a bare ACK never is: that says nothing */
			ask(0);
			expect_reply(DSCP | (ecn ? ECT0 : 0), 0, 0, true);
			scene_get(&s, &s.f);
			s.f.fifo[s.f.head & (NA_FIFO - 1)].sent -= 10 * NA_COPY_USEC;
			scene_put(&s);
			ask(0); /* the reply is lost */
			expect_reply(DSCP, 0, 0, true);
			settle(DSCP, 0, 0);
			end();
		}
	}
}

/* The newest packets count, but what is sent again is not ECN-capable, which says nothing. */
static void test_marks_change(void **state)
{
	struct frame out;

	(void)state;
	begin(&setups[0], true);
	marked(DSCP | ECT0);
	out = scene_from_server(&s, record, RECORD);
	out.seq -= RECORD;
	out.tos = 0x20;
	scene_egress(&s, &out);
	ask(0);
	expect_reply(0x20 | ECT0, 0, 0, true);
	settle(0x20, 0, 0);
	marked(0); /* somebody turned ECN off */
	ask(0);
	expect_reply(0, 0, 0, true);
	settle(0, 0, 0);
	marked(CE); /* before us: it was another field when it was made */
	ask(0);
	expect_reply(ECT0, 0, 0, true);
	settle(0, 0, 0);
	end();
}

/* The client tells of a mark: half the allowance, and CWR once. */
static void test_ece(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i], true);
		marked(DSCP | ECT0);
		ask(TCP_ECE);
		expect_reply(DSCP | ECT0, 0, TCP_CWR, true);
		scene_expect_counts(&s, NA_V_HIT, 1, NA_V_HIT_BYTES, 2000, -1);
		assert_int_equal(flow_cwnd(), SCENE_CWND / 2);
		settle(DSCP, 0, 0);
		ask(0);
		expect_reply(DSCP | ECT0, 0, 0, true);
		/* in an ACK that only we want: the server need not hear of it */
		settle(DSCP, TCP_ECE, 0);
		scene_expect_counts(&s, NA_V_RELEASE_ACK, 1, NA_V_SWALLOWED, 1, -1);
		ask(TCP_ECE); /* the client did not hear yet */
		expect_reply(DSCP | ECT0, 0, TCP_CWR, true);
		settle(DSCP, 0, 0);
		end();
	}
}

/* The server hears of it, too, with the acknowledgement of its own data; and only then. */
static void test_ece_for_both(void **state)
{
	struct frame in;

	(void)state;
	begin(&setups[0], true);
	marked(DSCP | ECT0);
	server_says(DSCP | ECT0, 0, RECORD);
	in = scene_from_client(&s, call, call_len);
	in.flags |= TCP_ECE;
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_int_equal(s.run.len, frame_payload(&in));
	assert_int_equal(s.run.data[frame_tcp(&in) + 13], TCP_ACK | TCP_ECE);
	expect_reply(DSCP | ECT0, 0, TCP_CWR, false);
	scene_answered(&s, call_len, reply_len);
	client_has(0);
	scene_drain(&s);
	server_says(DSCP | ECT0, 0, RECORD);
	in = scene_from_client(&s, call, call_len);
	in.ack -= RECORD;
	in.flags |= TCP_ECE;
	scene_ingress(&s, &in);
	expect_reply(DSCP | ECT0, 0, TCP_CWR, true);
	s.at.server += reply_len;
	s.at.client += call_len;
	client_has(0);
	end();
}

/* The server says CWR itself: once is enough. */
static void test_cwr_of_the_server(void **state)
{
	(void)state;
	begin(&setups[0], true);
	s.f.flags |= NA_FLOW_CWR;
	scene_put(&s);
	server_says(ECT0, TCP_CWR, RECORD);
	client_has(0);
	ask(0);
	expect_reply(ECT0, 0, 0, true);
	settle(0, 0, 0);
	end();
}

/* The server waits for CWR: whatever the client gets says so. */
static void test_echo(void **state)
{
	(void)state;
	begin(&setups[1], true);
	server_says(DSCP | ECT0, TCP_ECE, RECORD);
	client_has(0);
	ask(0);
	expect_reply(DSCP | ECT0, TCP_ECE, 0, true);
	settle(DSCP, 0, TCP_ECE);
	server_says(DSCP, 0, 0);
	ask(0);
	expect_reply(DSCP | ECT0, 0, 0, true);
	settle(DSCP, 0, 0);
	end();
}

static void expect_passed(void)
{
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	scene_expect_silence(&s);
	tc_counts(&tc, &s.before);
}

/* What only the server's socket can answer, and flags whose meaning is another. */
static void test_passed(void **state)
{
	struct frame in;
	__u32 len;

	(void)state;
	begin(&setups[0], true);
	marked(ECT0);
	in = scene_from_client(&s, call, call_len);
	in.tos = CE;
	scene_ingress(&s, &in);
	expect_passed();
	end();

	begin(&setups[0], true);
	ask(TCP_CWR);
	expect_passed();
	end();

	begin(&setups[0], true); /* accurate ECN's bit */
	in = scene_from_client(&s, call, call_len);
	len = frame_build(&in, bytes);
	bytes[frame_tcp(&in) + 12] |= 1;
	frame_sum(&in, bytes, len);
	scene_run(&s, tc.skel->progs.na_ingress, bytes, len);
	expect_passed();
	end();

	begin(&setups[0], false);
	ask(TCP_ECE);
	expect_passed();
	assert_int_equal(flow_cwnd(), SCENE_CWND);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),	       cmocka_unit_test(test_marks_change),
		cmocka_unit_test(test_ece),	       cmocka_unit_test(test_ece_for_both),
		cmocka_unit_test(test_cwr_of_the_server), cmocka_unit_test(test_echo),
		cmocka_unit_test(test_passed),
	};

	return scene_run_tests(&tc, "tc_ecn", tests, COUNT(tests));
}

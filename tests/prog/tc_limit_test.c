// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits in the TC programs: departure times (skb->tstamp) as the bucket's arithmetic says,
 * for what nfsd sends and for answers from the cache; what is dropped, and what is not. Real
 * time runs on between two runs, so a time is known within what passed around them; rates
 * are so low, and debts so long, that a machine that is busy for seconds does not matter.
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "tests/prog/limit_scene.h"

/* n exchanges' worth more. */
static void owe(int n)
{
	while (n--)
		exchange(60, 100);
}

static void ops(const struct scene_setup *at, bool followed)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 2},
				   .backlog = 30 * SEC};
	__u64 from, to, sixth, next, took;
	struct na_bucket b;

	begin(at, &l);
	if (!followed)
		unfollow();
	from = clock_now();
	assert_int_equal(exchange(100, 100), 0);
	to = clock_now();
	assert_int_equal(exchange(100, 3000), 0);
	owe(3);
	sixth = exchange(60, 100);
	assert_time(sixth, from + 4 * SEC, to + 4 * SEC);
	next = exchange(60, 100);
	assert_int_equal(next, sixth + SEC);
	/* part of a reply, and a retransmission: nothing new to pay, but nothing overtakes */
	s.at.server -= 50;
	assert_int_equal(server_says(reply, 50), next);
	b = only_bucket();
	assert_int_equal(b.taken[NA_LIMIT_OPS], 7);
	assert_int_equal(b.taken[NA_LIMIT_READ], 3000 - NA_READ3_HEAD);
	assert_int_equal(b.taken[NA_LIMIT_WRITE], 0);
	/* of the third a second at most, of the seventh five */
	took = 5 * (clock_now() - from);
	assert_in_range(b.waited, took < 15 * SEC ? 15 * SEC - took : 0, 15 * SEC);
	assert_int_equal(b.dropped, 0);
}

static void test_ops(void **state)
{
	(void)state;
	ops(&plain, true);
	ops(&plain, false);
	ops(&six, true);
	ops(&six, false);
}

/* Several replies in a segment, and one that is cut anywhere, its mark too. */
static void test_split(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 30 * SEC};
	__u64 first, at;
	__u32 cut;

	(void)state;
	for (cut = 1; cut < 100; cut += cut < 6 ? 1 : 31) {
		begin(&plain, &l);
		unfollow();
		assert_int_equal(exchange(100, 100), 0);
		first = exchange(100, 100);
		other_reply(100);
		memcpy(reply + 100, reply, 100);
		memcpy(reply + 200, reply, 100);
		at = server_says(reply, 200 + cut);
		/* the mark says where a record ends: it counts when it is there */
		assert_int_equal(at, first + (cut < 4 ? 2 : 3) * SEC);
		at = server_says(reply + 200 + cut, 100 - cut);
		assert_int_equal(at, first + 3 * SEC);
	}
}

static void test_read_bytes(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_READ] = {.rate = 1000, .burst = 1000},
				   .backlog = 30 * SEC};
	__u64 from, to, at;

	(void)state;
	begin(&plain, &l);
	from = clock_now();
	assert_int_equal(exchange(100, NA_READ3_HEAD + 1000), 0);
	to = clock_now();
	at = exchange(100, NA_READ3_HEAD + 2000);
	assert_time(at, from + 2 * SEC, to + 2 * SEC);
	/* heads cost nothing */
	assert_int_equal(exchange(100, NA_READ3_HEAD), at);
	assert_int_equal(exchange(100, 60), at);
	assert_int_equal(exchange(3000, NA_READ3_HEAD + 1), at + MS);
}

/* What is written holds back the acknowledgements, too. */
static void test_write_bytes(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_WRITE] = {.rate = 1000, .burst = 1000},
				   .backlog = 30 * SEC};
	__u64 from, to, at;

	(void)state;
	begin(&plain, &l);
	from = clock_now();
	assert_int_equal(exchange(NA_LIMIT_CALL_HEAD + 1000, 100), 0);
	to = clock_now();
	assert_int_equal(server_says(NULL, 0), 0);
	assert_int_equal(client_says(call, other_call(NA_LIMIT_CALL_HEAD + 2500)), TC_ACT_UNSPEC);
	at = server_says(NULL, 0);
	assert_time(at, from + 2500 * MS, to + 2500 * MS);
	assert_int_equal(s.run.priority, 0);
	assert_int_equal(server_says(reply, other_reply(100)), at);
	/* the same once more: a retransmission */
	s.at.client -= 500;
	assert_int_equal(client_says(call, 500), TC_ACT_UNSPEC);
	assert_int_equal(server_says(NULL, 0), at);
	/* a call in two segments */
	other_call(NA_LIMIT_CALL_HEAD + 1000);
	assert_int_equal(client_says(call, 150), TC_ACT_UNSPEC);
	assert_int_equal(server_says(NULL, 0), at);
	assert_int_equal(client_says(call + 150, NA_LIMIT_CALL_HEAD + 850), TC_ACT_UNSPEC);
	assert_int_equal(server_says(NULL, 0), at + SEC);
}

/* While replies wait, acknowledgements overtake them; a reset does not wait at all. */
static void test_ack(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 30 * SEC};
	struct frame f;
	__u64 at;

	(void)state;
	begin(&plain, &l);
	assert_int_equal(exchange(100, 100), 0);
	assert_int_equal(server_says(NULL, 0), 0);
	assert_int_equal(s.run.priority, 0);
	owe(4);
	at = exchange(100, 100);
	assert_true(at > clock_now());
	assert_int_equal(s.run.priority, 0);
	assert_int_equal(server_says(NULL, 0), 0);
	assert_int_equal(s.run.priority, 7);
	f = scene_from_server(&s, NULL, 0);
	f.flags = TCP_RST | TCP_ACK;
	scene_egress(&s, &f);
	assert_int_equal(s.run.tstamp, 0);
	assert_int_equal(s.run.priority, 0);
	begin(&plain, &l);
	owe(5);
	at = exchange(100, 100);
	f = scene_from_server(&s, NULL, 0);
	f.flags = TCP_FIN | TCP_ACK;
	scene_egress(&s, &f);
	assert_int_equal(s.run.tstamp, at);
}

/* Answers from the cache cost what nfsd's do. */
static void test_hits(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .rate[NA_LIMIT_READ] = {.rate = 8, .burst = 40},
				   .backlog = 30 * SEC};
	struct scene_file file;
	__u64 from, to, at;
	struct na_flow f;
	__u32 i;

	(void)state;
	begin(&plain, &l);
	scene_file(&s, &file, 40);
	from = clock_now();
	for (i = 0; i < 2; i++) {
		to = clock_now();
		client_says(call, scene_call(&file, XID + i, 0, 40, call));
		assert_int_equal(s.run.act, TC_ACT_REDIRECT);
		s.at.client += scene_call(&file, XID, 0, 40, call);
		s.at.server += scene_reply(&file, XID, 0, 40, reply);
		scene_drain(&s);
		if (!i) {
			assert_int_equal(s.run.tstamp, 0);
			to = clock_now();
		} else {
			assert_time(s.run.tstamp, from + 5 * SEC, to + 5 * SEC);
			scene_expect_counts(&s, NA_V_HIT, 1, NA_V_HIT_BYTES, 40, NA_V_LIMIT_HELD, 1,
					    -1);
		}
	}
	at = s.run.tstamp;
	/* what nfsd says after that stays behind */
	scene_get(&s, &f);
	s.at.din = f.din;
	s.at.dout = f.dout;
	assert_int_equal(exchange(100, NA_READ3_HEAD + 8), at + SEC);
	/* more than 100 ms: an answer would not be acknowledged in time */
	client_says(call, scene_call(&file, XID + 9, 0, 40, call));
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	scene_expect_counts(&s, NA_V_PASS_LIMIT, 1, NA_V_TRANSLATED_IN, 1, -1);
	scene_forget(&s, &file);
}

/* The only bucket's debt becomes this. */
static void owes(__u64 debt)
{
	struct na_bucket b;
	__u32 i;

	for (i = 0; i < NA_BUCKETS; i++) {
		b = bucket(i);
		if (!b.key.id)
			continue;
		b.tat[NA_LIMIT_OPS] = clock_now() + debt;
		put(tc.skel->maps.na_buckets, &i, &b);
	}
}

/* Beyond the backlog calls are dropped, acknowledgements never; and it ends with the debt. */
static void test_backlog(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 20 * SEC};
	struct na_bucket b;

	(void)state;
	begin(&plain, &l);
	unfollow();
	owe(1);
	owes(30 * SEC);
	other_call(100);
	assert_int_equal(client_says(call, 100), TC_ACT_SHOT);
	scene_expect_counts(&s, NA_V_LIMIT_DROPPED, 1, -1);
	b = only_bucket();
	assert_int_equal(b.dropped, 1);
	assert_int_equal(client_says(NULL, 0), TC_ACT_UNSPEC);
	owes(19 * SEC);
	assert_int_equal(client_says(call, 100), TC_ACT_UNSPEC);
}

static void police(struct na_limit *l)
{
	begin(&plain, l);
	if (!(l->flags & NA_LIMIT_POLICE)) {
		__u32 ifindex = (__u32)tc.ifindex, one = 1;

		put(tc.skel->maps.na_unshaped, &ifindex, &one);
	}
	assert_int_equal(exchange(100, 100), 0);
	owes(0);
	assert_int_equal(exchange(100, NA_READ3_HEAD + 60), 0);
	other_call(100);
	assert_int_equal(client_says(call, 100), TC_ACT_SHOT);
	assert_int_equal(client_says(NULL, 0), TC_ACT_UNSPEC);
	assert_int_equal(server_says(NULL, 0), 0);
	assert_int_equal(s.run.priority, 0);
}

/* Where it is told to, and on devices that hold nothing: a call in debt does not come in. */
static void test_police(void **state)
{
	struct na_limit l = {.flags = NA_LIMIT_POLICE,
			     .rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
			     .rate[NA_LIMIT_READ] = {.rate = 1, .burst = 1}};

	(void)state;
	police(&l);
	l.flags = 0;
	police(&l);
}

/*
 * Who connects again from the same port pays, too: its sequence numbers may be below those
 * that were paid for. Its SYN says so, or, if that came while there were no rules, the policy.
 */
static void again(bool syn)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 30 * SEC};
	struct frame f;
	struct na_ctl ctl;
	__u64 last;

	begin(&plain, &l);
	unfollow();
	exchange(100, 100);
	last = exchange(100, 100);
	s.at.client -= 1 << 20;
	s.at.server -= 1 << 20;
	if (syn) {
		f = scene_from_client(&s, NULL, 0);
		f.flags = TCP_SYN;
		scene_ingress(&s, &f);
		assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	} else {
		scene_ctl(&s, &ctl, NULL);
		set_gen(ctl.limit_gen + 2);
	}
	assert_int_equal(exchange(100, 100), last + SEC);
	assert_int_equal(exchange(100, 100), last + 2 * SEC);
	assert_int_equal(only_bucket().taken[NA_LIMIT_OPS], 4);
}

static void test_again(void **state)
{
	(void)state;
	again(true);
	again(false);
}

/* The limiter alone: with the cache off, and without a word about who asks. */
static void test_off(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 30 * SEC};
	struct na_ctl ctl;
	__u64 at;

	(void)state;
	begin(&plain, &l);
	unfollow();
	scene_ctl(&s, &ctl, NULL);
	ctl.mode = NA_MODE_OFF;
	scene_ctl(&s, NULL, &ctl);
	owe(5);
	at = exchange(100, 100);
	assert_true(at > clock_now());
	assert_int_equal(exchange(100, 100), at + SEC);
}

/* TLS: neither calls nor bytes can be told apart. Segments with PSH count as calls. */
static void test_opaque(void **state)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .rate[NA_LIMIT_READ] = {.rate = 1000, .burst = 1},
				   .backlog = 30 * SEC};
	__u64 at, last = 0;
	int i;

	(void)state;
	begin(&plain, &l);
	unfollow();
	memset(call, 0x17, 200);
	memset(reply, 0x17, 2000);
	client_says(call, 200);
	at = server_says(reply, 2000);
	assert_true(at > clock_now());
	for (i = 0; i < 4; i++) {
		client_says(call, 200);
		last = server_says(reply, 200);
	}
	/* the first was free of charge as an operation, but not as 2000 bytes */
	assert_int_equal(last, at - 2 * SEC + MS + 4 * SEC);
}

#define RPCSEC_GSS 6 /* RFC 2203 */

/*
 * RPCSEC_GSS with privacy: the head can be read, neither arguments nor results can. Calls are
 * records, what is read and written are their bytes, and nothing is answered.
 */
static __u32 gss_call(__u32 len)
{
	static __u32 xid = 0x33330000u;
	__u32 i;

	for (i = 0; i < len; i++)
		call[i] = (__u8)(i * 37 + xid);
	na_put_be32(call, NA_RPC_LAST | (len - 4));
	na_put_be32(call + 4, ++xid);
	na_put_be32(call + 8, 0);
	na_put_be32(call + 12, 2);
	na_put_be32(call + 16, NA_NFS_PROGRAM);
	na_put_be32(call + 20, 3);
	na_put_be32(call + 24, NA_NFS3_READ);
	na_put_be32(call + 28, RPCSEC_GSS);
	na_put_be32(call + 32, 24); /* version 1, DATA, sequence, privacy, a handle of 4 bytes */
	na_put_be32(call + 36, 1);
	na_put_be32(call + 40, 0);
	na_put_be32(call + 44, xid);
	na_put_be32(call + 48, 3);
	na_put_be32(call + 52, 4);
	na_put_be32(call + 60, RPCSEC_GSS);
	na_put_be32(call + 64, 28); /* and what it sealed */
	return len;
}

static __u32 gss_reply(__u32 len)
{
	__u32 i;

	for (i = 0; i < len; i++)
		reply[i] = (__u8)(i * 91 + 5);
	na_put_be32(reply, NA_RPC_LAST | (len - 4));
	na_put_be32(reply + 8, NA_RPC_REPLY);
	na_put_be32(reply + 12, 0);
	na_put_be32(reply + 16, RPCSEC_GSS);
	na_put_be32(reply + 20, 28);
	return len;
}

static void gss_goes(__u32 len)
{
	assert_int_equal(client_says(call, gss_call(len)), TC_ACT_UNSPEC);
}

static void gss(bool followed)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .rate[NA_LIMIT_READ] = {.rate = 1 << 30, .burst = 1 << 30},
				   .rate[NA_LIMIT_WRITE] = {.rate = 1 << 30, .burst = 1 << 30},
				   .backlog = 30 * SEC};
	__u64 first, hits;
	struct tc_counts c;
	struct na_bucket b;

	begin(&plain, &l);
	if (!followed)
		unfollow();
	tc_counts(&tc, &c);
	hits = c.n[NA_V_HIT];
	gss_goes(200);
	assert_int_equal(server_says(reply, gss_reply(1200)), 0);
	gss_goes(NA_LIMIT_CALL_HEAD + 1000);
	first = server_says(reply, gss_reply(160));
	assert_true(first > 0);
	/* two calls in one segment, and their replies in another, cut in the second's mark */
	gss_call(200);
	memcpy(call + 200, call, 200);
	call[207]++;
	assert_int_equal(client_says(call, 400), TC_ACT_UNSPEC);
	gss_reply(160);
	memcpy(reply + 160, reply, 160);
	assert_int_equal(server_says(reply, 162), first + SEC);
	assert_int_equal(server_says(reply + 162, 158), first + 2 * SEC);
	b = only_bucket();
	assert_int_equal(b.taken[NA_LIMIT_OPS], 4);
	assert_in_range(b.taken[NA_LIMIT_READ], 1000, 1200 + 3 * 160);
	assert_in_range(b.taken[NA_LIMIT_WRITE], 1000, NA_LIMIT_CALL_HEAD + 1000);
	tc_counts(&tc, &c);
	assert_int_equal(c.n[NA_V_HIT], hits);
}

static void test_gss(void **state)
{
	(void)state;
	gss(true);
	gss(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops),	   cmocka_unit_test(test_split),
		cmocka_unit_test(test_read_bytes), cmocka_unit_test(test_write_bytes),
		cmocka_unit_test(test_ack),	   cmocka_unit_test(test_hits),
		cmocka_unit_test(test_backlog),	   cmocka_unit_test(test_police),
		cmocka_unit_test(test_off),	   cmocka_unit_test(test_opaque),
		cmocka_unit_test(test_gss),	   cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, limit_setup, limit_teardown);
}

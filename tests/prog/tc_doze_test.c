// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that only reads what cannot be cached is left alone for a while; not one that
 * is spliced, nor anybody else.
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/prog/scene.h"

#define XID	 0xd02e0000u
#define PATIENCE 60 /* seconds; a nap takes 5 with the slowest tick */

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 call[4096];
static struct tc_counts counts;
static bool ip6;
static __u8 procedure = NA_NFS3_READ;

static __u64 moved(enum na_verdict why)
{
	struct tc_counts now;

	tc_counts(&tc, &now);
	return now.n[why] - counts.n[why];
}

static void begin(__u32 din)
{
	const struct scene_setup at = {
		.ip6 = ip6, .ts = true, .client = 1000, .server = 2000, .din = din, .dout = din};

	scene_begin(&s, &tc, &at);
	scene_describe(&file, 9000);
	tc_counts(&tc, &counts);
}

static bool followed(void)
{
	struct na_flow f;

	return !bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_flows), &s.f.key, &f);
}

static bool noted(__u32 xid)
{
	struct na_pending_key key = {.flow = s.f.key, .xid = xid};
	struct na_pending p;

	return !bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_pending), &key, &p);
}

static void client_reads(__u32 xid)
{
	__u32 len = scene_call(&file, xid, 0, 4096, call);
	struct frame f;

	call[NA_RPC_MARK_BYTES + 23] = procedure; /* its low byte */
	f = scene_from_client(&s, call, len);
	scene_ingress(&s, &f);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	s.at.client += len;
}

/* An RPC reply that says the procedure failed: as long as it needs to be. */
static void server_answers(__u32 xid)
{
	__u32 error[9] = {__builtin_bswap32(0x80000020u), __builtin_bswap32(xid),
			  __builtin_bswap32(1), [7] = __builtin_bswap32(13)};
	struct frame f = scene_from_server(&s, (__u8 *)error, sizeof(error));

	scene_egress(&s, &f);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	s.at.server += sizeof(error);
}

static void reads(__u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		client_reads(XID + i);
		server_answers(XID + i);
	}
}

static bool awake(void)
{
	__u64 before = moved(NA_V_PASS_NOFLOW);

	client_reads(XID);
	return moved(NA_V_PASS_NOFLOW) != before; /* there is no socket: it cannot be met */
}

static void wait_awake(void)
{
	const struct timespec nap = {.tv_nsec = 20000000};
	time_t end = time(NULL) + PATIENCE;

	while (!awake()) {
		assert_true(time(NULL) < end);
		nanosleep(&nap, NULL);
	}
}

static void doze_and_wake(void)
{
	begin(0);
	reads(NA_DOZE_AFTER / NA_DOZE_READ - 1);
	assert_true(followed());
	assert_int_equal(moved(NA_V_FLOW_DOZED), 0);
	reads(1);
	assert_false(followed());
	assert_int_equal(moved(NA_V_FLOW_DOZED), 1);
	assert_int_equal(moved(NA_V_FLOW_REPLACED), 0);

	tc_counts(&tc, &counts);
	client_reads(XID + 9999);
	server_answers(XID + 9999);
	assert_false(noted(XID + 9999));
	assert_int_equal(moved(NA_V_PASS_NOFLOW), 0);
	assert_int_equal(moved(NA_V_FILL_ASKED), 0);
	wait_awake();
	free(file.bytes);
}

static void in_each_family(void (*test)(void))
{
	for (ip6 = false;; ip6 = true) {
		test();
		if (ip6)
			break;
	}
	ip6 = false;
}

static void test_doze(void **state)
{
	(void)state;
	in_each_family(doze_and_wake);
}

static void port_again(void)
{
	struct frame f;

	begin(0);
	reads(NA_DOZE_AFTER / NA_DOZE_READ);
	assert_false(followed());
	assert_false(awake());
	f = scene_from_client(&s, NULL, 0);
	f.flags = TCP_SYN;
	scene_ingress(&s, &f);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_true(awake());
	free(file.bytes);
}

/* Another connection from the same port begins: that one is looked at from its first call on. */
static void test_port(void **state)
{
	(void)state;
	in_each_family(port_again);
}

/* The same client port at another of the server's addresses: the same place in the table. */
static void test_others(void **state)
{
	struct na_flow_key asleep;

	(void)state;
	begin(0);
	reads(NA_DOZE_AFTER / NA_DOZE_READ);
	assert_false(followed());
	asleep = s.f.key;
	s.f.key.server[15] ^= 1;
	s.at.client = 1000;
	s.at.server = 2000;
	scene_put(&s);
	client_reads(XID + 1);
	assert_true(noted(XID + 1));
	server_answers(XID + 1);
	assert_false(noted(XID + 1));
	s.f.key = asleep;
	assert_false(awake());
	wait_awake();
	free(file.bytes);
}

/* New rules for limits may be about a connection that dozes. */
static void test_rules(void **state)
{
	struct na_ctl ctl;

	(void)state;
	begin(0);
	reads(NA_DOZE_AFTER / NA_DOZE_READ);
	assert_false(awake());
	scene_ctl(&s, &ctl, NULL);
	ctl.limit_gen = 3;
	scene_ctl(&s, NULL, &ctl);
	assert_true(awake());
	ctl.limit_gen = 0;
	scene_ctl(&s, NULL, &ctl);
	assert_false(awake());
	wait_awake();
	free(file.bytes);
}

/* Of a connection that does not READ at all there is nothing to gain. */
static void test_no_reads(void **state)
{
	(void)state;
	procedure = 1; /* GETATTR */
	begin(0);
	reads(NA_DOZE_AFTER - 1);
	assert_true(followed());
	reads(1);
	assert_false(followed());
	assert_int_equal(moved(NA_V_FLOW_DOZED), 1);
	procedure = NA_NFS3_READ;
	wait_awake();
	free(file.bytes);
}

/* Numbers must be translated for as long as the connection lives. */
static void test_spliced(void **state)
{
	(void)state;
	begin(300);
	reads(NA_DOZE_AFTER / NA_DOZE_READ + 10);
	assert_true(followed());
	assert_int_equal(moved(NA_V_FLOW_DOZED), 0);
	free(file.bytes);
}

/* One READ of a cached file, answered or not, and the count begins anew. */
static void test_warm(void **state)
{
	struct na_flow f;
	__u32 len;
	struct frame in;

	(void)state;
	begin(0);
	reads(NA_DOZE_AFTER / NA_DOZE_READ - 1);
	scene_get(&s, &f);
	assert_int_equal(f.bored, NA_DOZE_AFTER - NA_DOZE_READ);
	free(file.bytes);
	scene_file(&s, &file, 1000);
	len = scene_call(&file, XID + 5000, 0, 1000, call);
	in = scene_from_client(&s, call, len);
	scene_ingress(&s, &in);
	scene_get(&s, &f);
	assert_int_equal(f.bored, 0);
	scene_drain(&s);
	scene_forget(&s, &file);
}

/* A READ of the cached file; whether it was answered. */
static bool answered(__u32 xid)
{
	__u32 len = scene_call(&file, xid, 0, file.attr.size, call);
	struct frame in = scene_from_client(&s, call, len);

	scene_ingress(&s, &in);
	scene_drain(&s);
	return s.run.act == TC_ACT_REDIRECT;
}

/* With so much to be paid for, is a READ of so many bytes answered? Leaves *left of it. */
static bool pays(__u32 bored, __u32 din, __u32 bytes, __u32 *left)
{
	struct na_flow f;
	bool yes;

	begin(din);
	free(file.bytes);
	scene_file(&s, &file, bytes);
	s.f.bored = bored;
	scene_put(&s);
	yes = answered(XID);
	scene_get(&s, &f);
	*left = f.bored;
	assert_int_equal(moved(NA_V_PASS_UNPAID), yes ? 0 : 1);
	assert_int_equal(noted(XID), !yes);
	assert_int_equal(scene_pins(&s, &file), yes);
	scene_forget(&s, &file);
	return yes;
}

/* A connection is spliced when hits have paid for the calls in vain, and not before. */
static void test_worth(void **state)
{
	struct tc_options stingy = tc_defaults;
	__u32 left;

	(void)state;
	assert_true(pays(1000, 0, 100, &left)); /* eager: it is not asked */
	assert_int_equal(left, 0);
	tc_close(&tc);
	stingy.eager = false;
	assert_int_equal(tc_open(&tc, &stingy), 0);

	assert_true(pays(0, 0, 100, &left));
	assert_true(pays(NA_DOZE_HIT1, 0, 100, &left));
	assert_int_equal(left, 0);
	assert_false(pays(NA_DOZE_HIT1 + 1, 0, 100, &left));
	assert_int_equal(left, 1);
	/* the more packets, the less it pays */
	assert_false(pays(100, 0, 2000, &left));
	assert_int_equal(left, 100 - NA_DOZE_HIT2);
	assert_false(pays(100, 0, 4096, &left));
	assert_int_equal(left, 100 - NA_DOZE_HIT3);
	/* the price is paid already */
	assert_true(pays(100, 300, 4096, &left));

	/* other calls count as READs do, and hits make up for them */
	procedure = 1; /* GETATTR */
	begin(0);
	reads(NA_DOZE_AFTER / NA_DOZE_READ - 1);
	assert_true(followed());
	reads(1);
	assert_false(followed());
	procedure = NA_NFS3_READ;
	wait_awake();
	free(file.bytes);

	tc_close(&tc);
	assert_int_equal(tc_open(&tc, &tc_defaults), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doze),	 cmocka_unit_test(test_port),
		cmocka_unit_test(test_others),	 cmocka_unit_test(test_rules),
		cmocka_unit_test(test_no_reads), cmocka_unit_test(test_spliced),
		cmocka_unit_test(test_warm),	 cmocka_unit_test(test_worth),
	};

	return scene_run_tests(&tc, "tc_doze", tests, COUNT(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules for exports, and connections that call others: what no rule is for is known at a glance,
 * and may doze; a call that a rule is for is found all the same. So do limited connections, which
 * pay in their sleep.
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "nfsaccel/meter.h"
#include "tests/prog/limit_scene.h"

#define VAIN (NA_DOZE_AFTER / NA_DOZE_READ)
#define V4   0x40u /* flag of an export's number: called by NFSv4.2 */

static struct scene_file file;
static struct tc_counts counts;
static __u64 slept; /* since when, at most */
static const struct na_limit slow = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				     .backlog = 30 * SEC};

/* A compound as Linux sends them, up to the handle: SEQUENCE, PUTFH; then GETATTR. */
static __u32 compound(__u8 *out)
{
	__u32 at = 0, i;
	const __u32 head[] = {NA_RPC_LAST, XID, NA_RPC_CALL, NA_RPC_VERSION, NA_NFS_PROGRAM, 4, 1,
			      NA_RPC_AUTH_SYS, 24, 1, 0, 0, 0, 1, 99, NA_RPC_AUTH_NONE, 0,
			      0, 2, 3, 53};

	for (i = 0; i < sizeof(head) / 4; i++, at += 4)
		na_put_be32(out + at, head[i]);
	memset(out + at, 0xa5, 32);
	at += 32;
	na_put_be32(out + at, 22);
	na_put_be32(out + at + 4, file.fh.len);
	memcpy(out + at + 8, file.fh.data, file.fh.len);
	at += 8 + file.fh.len;
	na_put_be32(out + at, 9);
	na_put_be32(out + at + 4, 1);
	na_put_be32(out + at + 8, 0x18);
	at += 12;
	na_put_be32(out, NA_RPC_LAST | (at - 4));
	return at;
}

/* A call with a handle of export n. */
static __u32 call_of(__u32 n, __u8 *out)
{
	static __u32 xid = XID;

	file_in_export(&file, n & ~V4);
	file.fh.data[19] = (__u8)xid;
	if (n & V4)
		return compound(out);
	return scene_call(&file, ++xid, 0, 100, out);
}

static __u64 talk(__u32 n)
{
	assert_int_equal(client_says(call, call_of(n, call)), TC_ACT_UNSPEC);
	return server_says(reply, other_reply(100));
}

static bool followed(struct na_flow *f)
{
	return !bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_flows), &s.f.key, f);
}

static bool metered(void)
{
	struct na_meter m;

	return !bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_meters), &s.f.key, &m);
}

static __u64 moved(enum na_verdict why)
{
	struct tc_counts now;

	tc_counts(&tc, &now);
	return now.n[why] - counts.n[why];
}

/* Export 1 is limited as a whole. */
static void exports(const struct scene_setup *at)
{
	begin(at, NULL);
	put_exports();
	add_rule(RULE, everybody, 0, 101, &slow);
	tc_counts(&tc, &counts);
}

static void glance(const struct scene_setup *at, __u32 version)
{
	struct na_flow f;
	struct na_ctl ctl;

	exports(at);
	scene_ctl(&s, &ctl, NULL);
	assert_int_equal(talk(3 | version), 0);
	assert_true(followed(&f));
	assert_int_equal(f.exempt.gen, ctl.limit_gen);
	clear(tc.skel->maps.na_meters);
	assert_int_equal(talk(3 | version), 0);
	assert_int_equal(client_says(NULL, 0), TC_ACT_UNSPEC);
	assert_false(metered());
	/* another one that no rule is for, and the one that is limited */
	assert_int_equal(talk(2 | version), 0);
	assert_true(followed(&f));
	assert_int_equal(f.exempt.gen, ctl.limit_gen);
	assert_int_equal(talk(1 | version), 0);
	assert_true(followed(&f));
	assert_int_equal(f.exempt.gen, 0);
	assert_true(talk(1 | version) > clock_now());
	/* of whatever version */
	assert_int_equal(talk(3), 0);
	assert_int_equal(talk(3 | V4), 0);
	assert_true(talk(1 | V4) > clock_now());
	assert_int_equal(talk(3 | V4), 0);
	assert_true(talk(1) > clock_now());
}

static void test_glance(void **state)
{
	(void)state;
	glance(&plain, 0);
	glance(&plain, V4);
	glance(&six, 0);
	glance(&six, V4);
}

/* Calls in vain until the connection dozes. */
static void fall_asleep(const struct scene_setup *at)
{
	struct na_flow f;
	__u32 i;

	exports(at);
	for (i = 0; i < VAIN; i++) {
		slept = clock_now();
		assert_int_equal(talk(3), 0);
	}
	assert_false(followed(&f));
	assert_int_equal(moved(NA_V_FLOW_DOZED), 1);
	assert_int_equal(moved(NA_V_PASS_NOFLOW), 0);
	tc_counts(&tc, &counts);
}

/* There is no socket: a connection that wakes cannot be met. It also wakes by itself, in time. */
static void assert_asleep(void)
{
	if (clock_now() - slept < 400 * MS)
		assert_int_equal(moved(NA_V_PASS_NOFLOW), 0);
}

#define assert_awake() assert_int_not_equal(moved(NA_V_PASS_NOFLOW), 0)

static void asleep(const struct scene_setup *at)
{
	__u32 len, more;

	fall_asleep(at);
	assert_int_equal(talk(3), 0);
	assert_int_equal(talk(2), 0);
	assert_int_equal(talk(2 | V4), 0);
	assert_int_equal(talk(3), 0);
	/* several calls in a segment, the last one's end in the next */
	len = call_of(3, call);
	len += call_of(2, call + len);
	more = call_of(3, call + len);
	assert_int_equal(client_says(call, len + more - 30), TC_ACT_UNSPEC);
	assert_int_equal(client_says(call + len + more - 30, 30), TC_ACT_UNSPEC);
	/* what was said before, once more */
	s.at.client -= len;
	assert_int_equal(client_says(call, len), TC_ACT_UNSPEC);
	assert_int_equal(client_says(NULL, 0), TC_ACT_UNSPEC);
	assert_int_equal(talk(3), 0);
	assert_asleep();
	/* the call that is limited, behind another one */
	len = call_of(3, call);
	len += call_of(1, call + len);
	assert_int_equal(client_says(call, len), TC_ACT_UNSPEC);
	assert_awake();
	talk(1);
	assert_true(talk(1) > clock_now());
}

static void test_asleep(void **state)
{
	(void)state;
	asleep(&plain);
	asleep(&six);
	fall_asleep(&plain);
	assert_int_equal(talk(1), 0);
	assert_awake();
	assert_true(talk(1) > clock_now());
}

/* Where calls begin is not known any more. */
static void test_lost(void **state)
{
	struct frame f;
	__u32 len;

	(void)state;
	fall_asleep(&plain);
	s.at.client += 8; /* something is missing */
	client_says(call, call_of(3, call));
	assert_awake();
	fall_asleep(&plain);
	len = call_of(3, call);
	na_put_be32(call, len - 4); /* a fragment, not the last one */
	client_says(call, len);
	assert_awake();
	fall_asleep(&plain);
	client_says(call, 3); /* not even a mark */
	assert_awake();
	fall_asleep(&plain);
	f = scene_from_client(&s, NULL, 0);
	f.flags |= TCP_SYN; /* another connection */
	f.seq += 0x1000000;
	scene_ingress(&s, &f);
	s.at.client += 0x1000001;
	client_says(call, call_of(3, call));
	assert_awake();
	fall_asleep(&plain);
	memset(call + 400, 0xff, 100); /* no call of NFS is none that is limited */
	len = call_of(3, call);
	na_put_be32(call + 16, 100227);
	client_says(call, len);
	assert_int_equal(talk(3), 0);
	assert_asleep();
}

/* Whoever is limited pays while it dozes. */
static void pays(const struct scene_setup *at)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 10, .burst = VAIN + 50},
				   .backlog = 30 * SEC};
	struct na_flow f;
	__u64 due = 0;
	__u32 i, n;

	begin(at, &l);
	tc_counts(&tc, &counts);
	for (n = 0; n < VAIN; n++) {
		slept = clock_now();
		assert_int_equal(talk(3), 0);
	}
	assert_false(followed(&f));
	assert_int_equal(moved(NA_V_FLOW_DOZED), 1);
	for (i = 0; i < 100000 && !due; i++, n++)
		due = talk(3);
	assert_asleep();
	for (i = 1; i <= 5; i++, n++)
		assert_int_equal(talk(3), due + i * SEC / 10);
	assert_false(followed(&f));
	assert_int_equal(only_bucket().taken[NA_LIMIT_OPS], n);
}

static void test_pays(void **state)
{
	(void)state;
	pays(&plain);
	pays(&six);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glance),
		cmocka_unit_test(test_asleep),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_pays),
	};

	return cmocka_run_group_tests_name("tc_exempt", tests, limit_setup, limit_teardown);
}

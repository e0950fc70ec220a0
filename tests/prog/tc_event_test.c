// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what is told, of whom, and how often; that a storm is added up; that nothing is
 * forgotten without being counted. Gates are opened and shut by hand, so that it does not
 * matter how long anything takes.
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "nfsaccel/event.h"
#include "tests/prog/limit_scene.h"

#define CLIENTS 200u

static struct ring_buffer *ring;
static struct na_happened told[NA_EVENT_BUFFER / sizeof(struct na_happened)];
static __u32 ntold;

static int on_event(void *data, void *event, size_t len)
{
	(void)data;
	assert_int_equal(len, sizeof(told[0]));
	assert_true(ntold < COUNT(told));
	memcpy(&told[ntold++], event, sizeof(told[0]));
	return 0;
}

/* What was told since the last time. */
static __u32 listen(void)
{
	ntold = 0;
	assert_true(ring_buffer__consume(ring) >= 0);
	return ntold;
}

static void set_gates(__u64 key, __u64 opens)
{
	struct na_event_gate g = {.key = key, .opens = opens};
	__u32 i;

	for (i = 0; i < NA_EVENT_GATES; i++)
		put(tc.skel->maps.na_gates, &i, &g);
}

/* All that is waiting at shut gates. */
static __u64 waiting(void)
{
	struct na_event_gate g;
	__u64 n = 0;
	__u32 i;

	for (i = 0; i < NA_EVENT_GATES; i++) {
		assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_gates), &i, &g), 0);
		n += g.n;
	}
	return n;
}

static __u64 counted(enum na_verdict what)
{
	struct tc_counts c;

	tc_counts(&tc, &c);
	return c.n[what];
}

/* Whoever asks is held back. */
static void begin_held(void)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 30 * DAY * SEC};

	begin(&plain, &l);
	unfollow();
	assert_int_equal(exchange(100, 100), 0);
	set_gates(0, 0);
	listen();
}

static void test_held(void **state)
{
	struct na_flow_key key;
	__u64 n = counted(NA_V_LIMIT_HELD);
	int i;

	(void)state;
	begin_held();
	key = s.f.key;
	assert_true(exchange(100, 100) > 0);
	assert_int_equal(listen(), 1);
	assert_int_equal(told[0].what, NA_V_LIMIT_HELD);
	assert_int_equal(told[0].n, 1);
	assert_in_range(told[0].value, 1, SEC);
	assert_memory_equal(told[0].client, key.client, sizeof(key.client));
	assert_int_equal(told[0].export, 0);
	set_gates(na_event_key(NA_V_LIMIT_HELD, told[0].client[0], told[0].client[1]),
		  clock_now() + DAY * SEC);
	for (i = 0; i < 5; i++)
		exchange(100, 100);
	assert_int_equal(listen(), 0);
	assert_int_equal(waiting(), 5);
	assert_int_equal(counted(NA_V_LIMIT_HELD), n + 6);
}

/* The first reply that is held is told; its event's key. */
static __u64 first_held(void)
{
	begin_held();
	exchange(100, 100);
	assert_int_equal(listen(), 1);
	return na_event_key(NA_V_LIMIT_HELD, told[0].client[0], told[0].client[1]);
}

/* What waited is told by the next; what another's gate had waiting is counted. */
static void test_added_up(void **state)
{
	__u64 muted = counted(NA_V_EVENT_MUTED);
	struct na_event_gate g;
	__u32 at;
	__u64 key;

	(void)state;
	key = first_held();
	at = na_event_gate(key);
	g = (struct na_event_gate){.key = key, .n = 5};
	put(tc.skel->maps.na_gates, &at, &g);
	exchange(100, 100);
	assert_int_equal(listen(), 1);
	assert_int_equal(told[0].n, 6);
	assert_int_equal(counted(NA_V_EVENT_MUTED), muted);
	g = (struct na_event_gate){.key = key + 2, .n = 7};
	put(tc.skel->maps.na_gates, &at, &g);
	exchange(100, 100);
	assert_int_equal(listen(), 1);
	assert_int_equal(told[0].n, 1);
	assert_int_equal(counted(NA_V_EVENT_MUTED), muted + 7);
	g = (struct na_event_gate){.key = key + 2, .opens = clock_now() + DAY * SEC};
	put(tc.skel->maps.na_gates, &at, &g);
	exchange(100, 100);
	assert_int_equal(listen(), 0);
	assert_int_equal(counted(NA_V_EVENT_MUTED), muted + 8);
}

/* One reply to each of many clients. */
static void storm(void)
{
	struct frame f;
	__u32 i;

	other_reply(100);
	for (i = 0; i < CLIENTS; i++) {
		other_call(100);
		f = scene_from_client(&s, call, 100);
		f.from[15] = (__u8)i;
		scene_ingress(&s, &f);
		f = scene_from_server(&s, reply, 100);
		f.to[15] = (__u8)i;
		scene_egress(&s, &f);
		assert_true(s.run.tstamp > 0);
	}
}

static void test_storm(void **state)
{
	__u64 held, muted, sum = 0;
	__u32 i;

	(void)state;
	begin_held();
	held = counted(NA_V_LIMIT_HELD);
	muted = counted(NA_V_EVENT_MUTED);
	storm();
	storm();
	held = counted(NA_V_LIMIT_HELD) - held;
	assert_int_equal(held, 2 * CLIENTS);
	for (i = 0, listen(); i < ntold; i++)
		sum += told[i].n;
	assert_int_equal(held, sum + waiting() + counted(NA_V_EVENT_MUTED) - muted);
	/* with all gates shut nobody is told of */
	set_gates(1, clock_now() + DAY * SEC);
	muted = counted(NA_V_EVENT_MUTED);
	storm();
	assert_int_equal(listen(), 0);
	assert_int_equal(counted(NA_V_EVENT_MUTED), muted + CLIENTS);
}

/* Nobody listens: what finds no room is counted. */
static void test_full(void **state)
{
	const __u32 n = NA_EVENT_BUFFER / sizeof(struct na_happened) + 100;
	static const struct na_event_gate open;
	__u64 lost = counted(NA_V_EVENT_LOST), key;
	__u32 at, i;

	(void)state;
	key = first_held();
	at = na_event_gate(key);
	for (i = 0; i < n; i++) {
		put(tc.skel->maps.na_gates, &at, &open);
		exchange(100, 100);
	}
	lost = counted(NA_V_EVENT_LOST) - lost;
	assert_in_range(lost, 100, n - 1);
	assert_int_equal(listen(), n - lost);
	/* and then there is room again */
	put(tc.skel->maps.na_gates, &at, &open);
	exchange(100, 100);
	assert_int_equal(listen(), 1);
}

static void test_invalidated(void **state)
{
	struct scene_file file;
	struct na_entry e;

	(void)state;
	begin(&plain, NULL);
	set_gates(0, 0);
	scene_file(&s, &file, 1000);
	e = scene_entry(&s, &file);
	e.version++;
	e.snap.ino = 4711;
	e.export = 7;
	scene_set_entry(&s, &file, &e);
	listen();
	assert_int_equal(client_says(call, scene_call(&file, 1, 0, 1000, call)), TC_ACT_UNSPEC);
	assert_int_equal(listen(), 1);
	assert_int_equal(told[0].what, NA_V_MISS_VERSION);
	assert_int_equal(told[0].value, 4711);
	assert_int_equal(told[0].export, 7);
	assert_memory_equal(told[0].client, s.f.key.client, 16);
	scene_forget(&s, &file);
}

static void test_reset(void **state)
{
	const struct scene_setup spliced = {
		.ts = true, .client = 1000000, .server = 5000000, .din = 1000, .dout = 100000};
	struct frame f;

	(void)state;
	begin(&spliced, NULL);
	set_gates(0, 0);
	listen();
	f = scene_from_client(&s, NULL, 0);
	f.flags = TCP_RST | TCP_ACK;
	scene_ingress(&s, &f);
	assert_int_equal(listen(), 1);
	assert_int_equal(told[0].what, NA_V_RESET_CLIENT);
	assert_memory_equal(told[0].client, s.f.key.client, 16);
	/* it is closed already */
	set_gates(0, 0);
	scene_ingress(&s, &f);
	assert_int_equal(listen(), 0);
}

static int setup(void **state)
{
	int err = limit_setup(state);

	if (err)
		return err;
	ring = ring_buffer__new(bpf_map__fd(tc.skel->maps.na_happened), on_event, NULL, NULL);
	return ring ? 0 : -1;
}

static int teardown(void **state)
{
	ring_buffer__free(ring);
	return limit_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),  cmocka_unit_test(test_added_up),
		cmocka_unit_test(test_storm), cmocka_unit_test(test_full),
		cmocka_unit_test(test_reset), cmocka_unit_test(test_invalidated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

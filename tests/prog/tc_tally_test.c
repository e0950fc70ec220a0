// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table of counters by client that is too small: who was seen longest ago gives way, all
 * of his is gone, nobody else's is touched, and counting goes on.
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "nfsaccel/tally.h"
#include "tests/prog/limit_scene.h"

#define CLIENTS 1000u

static struct na_read_set *sets; /* one for each CPU */
static int cpu;

/* A reply to this client, which is held back, and counted as such. */
static void held(__u32 client)
{
	struct frame f;

	other_call(100);
	f = scene_from_client(&s, call, 100);
	f.from[14] = (__u8)(client >> 8);
	f.from[15] = (__u8)client;
	scene_ingress(&s, &f);
	other_reply(100);
	f = scene_from_server(&s, reply, 100);
	f.to[14] = (__u8)(client >> 8);
	f.to[15] = (__u8)client;
	scene_egress(&s, &f);
	assert_true(s.run.tstamp > 0);
}

/* What is known of the client; NULL: nothing. */
static const struct na_read_tally *known(__u32 client)
{
	const struct na_read_place *found = NULL;
	__u32 zero = 0, i;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_client_reads), &zero, sets), 0);
	for (i = 0; i < NA_TALLY_WAYS; i++) {
		const struct na_read_place *p = &sets[cpu].place[i];

		assert_int_equal(p->key.end, p->begin);
		if (p->key.addr[14] != (__u8)(client >> 8) || p->key.addr[15] != (__u8)client)
			continue;
		assert_null(found);
		found = p;
	}
	return found ? &found->t : NULL;
}

static void expect(__u32 client, __u64 n)
{
	const struct na_read_tally *t = known(client);

	assert_non_null(t);
	assert_int_equal(t->held, n);
	assert_true(t->held_ns > 0);
}

/* All that there is to count, counted before. */
static void fill(__u32 client)
{
	const __u32 zero = 0;
	struct na_read_tally *t = (struct na_read_tally *)known(client);

	assert_non_null(t);
	memset(t, 0x11, sizeof(*t));
	put(tc.skel->maps.na_client_reads, &zero, sets);
}

/* Nothing but what it was held back, once. */
static void expect_new(__u32 client)
{
	struct na_read_tally want = {.held = 1};

	expect(client, 1);
	want.held_ns = known(client)->held_ns;
	assert_memory_equal(known(client), &want, sizeof(want));
}

static void begin_all(void)
{
	const struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				   .backlog = 30 * DAY * SEC};
	const __u32 zero = 0;

	begin(&plain, &l);
	unfollow();
	assert_int_equal(exchange(100, 100), 0);
	memset(sets, 0, sizeof(*sets) * (size_t)libbpf_num_possible_cpus());
	put(tc.skel->maps.na_client_reads, &zero, sets);
}

static void test_oldest_goes(void **state)
{
	__u32 i;

	(void)state;
	begin_all();
	for (i = 1; i <= NA_TALLY_WAYS; i++)
		held(i);
	for (i = 1; i <= NA_TALLY_WAYS; i++)
		expect(i, 1);
	fill(2);
	held(1);
	held(5);
	assert_null(known(2));
	expect_new(5);
	expect(1, 2);
	expect(3, 1);
	expect(4, 1);
	/* who comes back begins anew, in the place of the next one */
	held(2);
	assert_null(known(3));
	expect_new(2);
	held(5);
	expect(5, 2);
	expect(1, 2);
	expect(4, 1);
}

/* Many more than there are places, and one of them comes by all the time. */
static void test_many(void **state)
{
	__u32 i;

	(void)state;
	begin_all();
	for (i = 0; i < CLIENTS; i++) {
		held(7);
		held(1000 + i);
		expect(7, i + 1);
		expect(1000 + i, 1);
	}
	assert_non_null(known(1000 + CLIENTS - 2));
	assert_null(known(1000));
}

static int setup(void **state)
{
	struct tc_options o = tc_defaults;
	cpu_set_t one;

	(void)state;
	/* all CPUs have tables of their own */
	cpu = sched_getcpu();
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sets = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*sets));
	o.tally_sets = 1;
	return sched_setaffinity(0, sizeof(one), &one) || !sets ? -1 : tc_open(&tc, &o);
}

static int teardown(void **state)
{
	free(sets);
	return limit_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest_goes),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

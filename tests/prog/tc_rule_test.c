// SPDX-License-Identifier: GPL-2.0-only
/* Which limit is for whom: prefixes, exports, policies that change, buckets that are full. */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "tests/prog/limit_scene.h"

static const __u8 other[16] = {[10] = 0xff, 0xff, 10, 9, 1, 3}; /* no client of these */

/* The most specific rule wins, also one that limits nothing. */
static void test_prefix(void **state)
{
	struct na_limit slow = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1}, .backlog = 30 * SEC};
	struct na_limit fast = {.rate[NA_LIMIT_OPS] = {.rate = 2, .burst = 1}, .backlog = 30 * SEC};
	const struct na_limit none = {.flags = 0};
	static const __u8 net[16] = {[10] = 0xff, 0xff, 10, 9};
	static const __u8 host[16] = {[10] = 0xff, 0xff, 10, 9, 1, 2};
	__u64 at;

	(void)state;
	begin(&plain, &slow);
	add_rule(RULE + 1, net, 96 + 16, 0, &fast);
	add_rule(RULE + 2, other, 128, 0, &none);
	exchange(100, 100);
	at = exchange(100, 100);
	assert_int_equal(exchange(100, 100), at + SEC / 2);
	begin(&plain, &slow);
	add_rule(RULE + 1, net, 96 + 16, 0, &slow);
	add_rule(RULE + 2, host, 128, 0, &none);
	exchange(100, 100);
	assert_int_equal(exchange(100, 100), 0);
	begin(&plain, NULL);
	add_rule(RULE, other, 128, 0, &slow);
	exchange(100, 100);
	assert_int_equal(exchange(100, 100), 0);
}

/* A connection for which no rule is learns so once: then it costs nothing any more. */
static void test_unlimited(void **state)
{
	struct na_limit slow = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1}};
	struct na_flow f;
	struct na_ctl ctl;

	(void)state;
	begin(&plain, NULL);
	add_rule(RULE, other, 128, 0, &slow);
	exchange(100, 100);
	scene_get(&s, &f);
	scene_ctl(&s, &ctl, NULL);
	assert_int_equal(f.free_gen, ctl.limit_gen);
	/* until there is another policy */
	add_rule(RULE + NA_LIMIT_RULES, everybody, 0, 0, &slow);
	set_gen(ctl.limit_gen + 1);
	exchange(100, 100);
	assert_true(exchange(100, 100) > clock_now());
}

/* Others' rules in exports cost it nothing either; its own are looked for at each call. */
static void test_inside(void **state)
{
	struct na_limit slow = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1}};
	struct na_flow f;
	struct na_ctl ctl;

	(void)state;
	begin(&plain, NULL);
	add_rule(RULE, other, 120, 7, &slow);
	scene_get(&s, &f);
	exchange(100, 100);
	scene_ctl(&s, &ctl, NULL);
	scene_get(&s, &f);
	assert_int_equal(memcmp(s.f.key.client, other, 15), 0);
	assert_int_not_equal(f.free_gen, ctl.limit_gen);
	begin(&plain, NULL);
	add_rule(RULE, other, 128, 7, &slow);
	exchange(100, 100);
	scene_ctl(&s, &ctl, NULL);
	scene_get(&s, &f);
	assert_int_equal(f.free_gen, ctl.limit_gen);
}

static __u32 unshaped(void)
{
	__u32 ifindex = (__u32)tc.ifindex, why = 0;

	bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_unshaped), &ifindex, &why);
	return why;
}

/* A device is asked to hold packets when a limited connection comes, and by no other. */
static void test_wanted(void **state)
{
	struct na_limit slow = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
				.backlog = 30 * SEC};
	__u32 ifindex = (__u32)tc.ifindex, why;

	(void)state;
	why = NA_UNSHAPED_IDLE;
	begin(&plain, NULL);
	put(tc.skel->maps.na_unshaped, &ifindex, &why);
	add_rule(RULE, other, 128, 0, &slow);
	exchange(100, 100);
	assert_int_equal(unshaped(), NA_UNSHAPED_IDLE);
	for (why = NA_UNSHAPED_POLICE; why <= NA_UNSHAPED_IDLE; why++) {
		begin(&plain, &slow);
		put(tc.skel->maps.na_unshaped, &ifindex, &why);
		exchange(100, 100);
		assert_int_equal(unshaped(), why == NA_UNSHAPED_IDLE ? NA_UNSHAPED_WANTED : why);
	}
	/* meanwhile nothing is dropped that can be held soon */
	assert_true(exchange(100, 100) > clock_now());
}

/* Another policy while the connection lives; its debts stay. */
static void test_change(void **state)
{
	struct na_limit l = {
		.id = 5, .rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1}, .backlog = 30 * SEC};
	struct na_ctl ctl;
	__u64 at;

	(void)state;
	begin(&plain, &l);
	exchange(100, 100);
	at = exchange(100, 100);
	l.rate[NA_LIMIT_OPS].rate = 4;
	add_rule(RULE + NA_LIMIT_RULES, everybody, 0, 0, &l);
	assert_int_equal(exchange(100, 100), at + SEC);
	scene_ctl(&s, &ctl, NULL);
	set_gen(ctl.limit_gen + 1);
	assert_int_equal(exchange(100, 100), at + SEC + SEC / 4);
	/* no rules any more: what is held stays in order */
	set_gen(0);
	assert_int_equal(exchange(100, 100), 0);
}

/* each: another client's debt is not mine; shared: it is. */
static void test_each(void **state)
{
	struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1}, .backlog = 30 * SEC};
	static const __u8 nobody[16];
	__u32 i, used = 0;

	(void)state;
	for (l.flags = 0; l.flags <= NA_LIMIT_EACH; l.flags++, used = 0) {
		begin(&plain, &l);
		exchange(100, 100);
		for (i = 0; i < NA_BUCKETS; i++) {
			struct na_bucket b = bucket(i);

			if (!b.key.id)
				continue;
			used++;
			assert_int_equal(b.key.id, 7000 + RULE);
			assert_memory_equal(b.key.client, l.flags ? s.f.key.client : nobody, 16);
		}
		assert_int_equal(used, 1);
	}
}

/*
 * A full table: the bucket not used for longest goes, but none in debt. Where all are, the
 * newcomer shares that of its rule, which limits it as well.
 */
static void test_crowd(void **state)
{
	struct na_limit l = {.flags = NA_LIMIT_EACH,
			     .rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
			     .backlog = 30 * SEC};
	__u64 at, now = clock_now();
	__u32 i, found = 0, oldest;

	(void)state;
	begin(&plain, &l);
	for (i = 0; i < NA_BUCKET_RULE; i++) {
		struct na_bucket b = {.key.id = 1 + i, .tat[NA_LIMIT_READ] = now + DAY * SEC};

		put(tc.skel->maps.na_buckets, &i, &b);
	}
	exchange(100, 100);
	at = exchange(100, 100);
	assert_true(at > now);
	assert_int_equal(exchange(100, 100), at + SEC);
	assert_true(bucket(NA_BUCKET_RULE + RULE).tat[NA_LIMIT_OPS] > now);

	begin(&plain, &l);
	oldest = 3;
	for (i = 0; i < NA_BUCKET_RULE; i++) {
		struct na_bucket b = {.key.id = 1 + i,
				      .seen = i % NA_BUCKET_WAYS == oldest ? 5 : 10 + i,
				      .tat[NA_LIMIT_READ] = now - 1};

		if (i % NA_BUCKET_WAYS == 0)
			b = (struct na_bucket){.key.id = 1 + i,
					       .tat[NA_LIMIT_OPS] = now + DAY * SEC};
		put(tc.skel->maps.na_buckets, &i, &b);
	}
	exchange(100, 100);
	for (i = 0; i < NA_BUCKET_RULE; i++) {
		struct na_bucket b = bucket(i);

		if (b.key.id != 7000 + RULE || memcmp(b.key.client, s.f.key.client, 16))
			continue;
		assert_int_equal(i % NA_BUCKET_WAYS, oldest);
		found++;
	}
	assert_int_equal(found, 1);
}

#define CLIENTS 10000u
#define CROWD	(NA_BUCKET_RULE + 2000u)

static void become(__u32 client)
{
	na_put_be32(s.f.key.client + 12, 0x0a100000u + client);
	s.at = plain;
}

/* How many clients have a bucket; where: that of the first. */
static __u32 clients(__u32 *where)
{
	__u32 i, n = 0;

	for (i = 0; i < NA_BUCKET_RULE; i++) {
		struct na_bucket b = bucket(i);

		if (!b.key.id)
			continue;
		n++;
		if (na_get_be32(b.key.client + 12) == 0x0a100000u)
			*where = i;
	}
	return n;
}

/*
 * Ten thousand clients have a bucket each. Then come more than there are buckets: the one
 * that is in debt stays so.
 */
static void test_many(void **state)
{
	struct na_limit l = {.flags = NA_LIMIT_EACH,
			     .rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1},
			     .backlog = 30 * SEC};
	struct na_flow_key was;
	__u32 n, first = NA_BUCKETS;
	struct na_bucket b;
	struct na_ctl ctl;

	(void)state;
	begin(&plain, &l);
	unfollow();
	was = s.f.key;
	scene_ctl(&s, &ctl, NULL);
	ctl.mode = NA_MODE_OFF; /* nor anybody else */
	scene_ctl(&s, NULL, &ctl);
	for (n = 0; n < CLIENTS; n++) {
		become(n);
		client_says(call, other_call(60));
	}
	assert_int_equal(clients(&first), CLIENTS);
	assert_true(first < NA_BUCKET_RULE);
	b = bucket(first);
	b.tat[NA_LIMIT_OPS] = clock_now() + DAY * SEC;
	put(tc.skel->maps.na_buckets, &first, &b);
	for (n = 1; n < CROWD; n++) {
		become(CLIENTS + n);
		client_says(call, other_call(60));
	}
	become(0);
	other_call(60);
	assert_int_equal(client_says(call, 60), TC_ACT_SHOT);
	assert_int_equal(clients(&first), NA_BUCKET_RULE);
	s.f.key = was;
}

/* A READ of a file of export n. */
static __u32 export_call(__u32 n)
{
	static struct scene_file file;

	file_in_export(&file, n);
	return scene_call(&file, XID + n, 0, 100, call);
}

static __u64 export_exchange(__u32 n)
{
	assert_int_equal(client_says(call, export_call(n)), TC_ACT_UNSPEC);
	return server_says(reply, other_reply(100));
}

static void test_exports(void **state)
{
	struct na_limit l = {.rate[NA_LIMIT_OPS] = {.rate = 1, .burst = 1}, .backlog = 30 * SEC};
	struct na_limit whole = {.rate[NA_LIMIT_OPS] = {.rate = 2, .burst = 1},
				 .backlog = 30 * SEC};
	__u64 at;

	(void)state;
	begin(&plain, NULL);
	put_exports();
	/* whoever: 1/s inside export 1; export 2 as a whole 2/s; export 3 free */
	l.flags = NA_LIMIT_EACH;
	add_rule(RULE, everybody, 0, 101, &l);
	add_rule(RULE + 1, everybody, 0, 102, &whole);
	assert_int_equal(export_exchange(3), 0);
	assert_int_equal(export_exchange(3), 0);
	assert_int_equal(export_exchange(1), 0);
	assert_int_equal(export_exchange(2), 0);
	assert_int_equal(export_exchange(3), 0);
	at = export_exchange(2);
	assert_true(at > clock_now());
	assert_int_equal(export_exchange(2), at + SEC / 2);
	/* and both at once: whichever is exhausted first */
	begin(&plain, NULL);
	add_rule(RULE, everybody, 0, 101, &l);
	l.flags = 0;
	add_rule(RULE + 1, everybody, 0, 101, &whole);
	export_exchange(1);
	at = export_exchange(1);
	assert_int_equal(export_exchange(1), at + SEC);
	clear(tc.skel->maps.na_exports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix), cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_change), cmocka_unit_test(test_each),
		cmocka_unit_test(test_crowd),  cmocka_unit_test(test_exports),
		cmocka_unit_test(test_inside), cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, limit_setup, limit_teardown);
}

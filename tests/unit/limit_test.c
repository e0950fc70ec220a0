// SPDX-License-Identifier: GPL-2.0-only
/* The token bucket against time that the test makes, and the export's part of a handle. */
#include "tests/unit/check.h"

#include <string.h>

#include "nfsaccel/limit.h"

#define S 1000000000ull

/* A client that asks again as soon as it is served; how many units it got in `span`. */
static __u64 served(const struct na_limit_rate *r, __u64 size, __u64 span)
{
	__u64 tat = 0, now = 5 * S, start = now, n = 0;

	for (;;) {
		now = na_limit_take(r, &tat, now, size);
		if (now > start + span)
			return n;
		n += size;
	}
}

static void test_rate(void **state)
{
	static const __u64 rates[] = {1, 50, 500, 5000, 1000000, 10000000, 100000000, 4000000000ull};
	static const __u64 sizes[] = {1, 512, 1448, 4096, 65536, 1048576};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			struct na_limit_rate r = {.rate = rates[i]};
			__u64 want = rates[i] * 10, got, burst = rates[i] / 10;

			if (sizes[j] > want || want / sizes[j] > 1000000)
				continue;
			got = served(&r, sizes[j], 10 * S);
			/* one unit more or less, the burst, and a ns lost at each */
			assert_in_range(got, want - sizes[j],
					want + burst + sizes[j] + want / 10000 +
						rates[i] * (want / sizes[j]) / S + 1);
		}
	}
}

static void test_burst(void **state)
{
	struct na_limit_rate r = {.rate = 100, .burst = 20};
	__u64 tat = 0, now = 1000 * S;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_int_equal(na_limit_take(&r, &tat, now, 1), now);
	assert_int_equal(na_limit_take(&r, &tat, now, 1), now + S / 100);
	assert_int_equal(na_limit_debt(tat, now), S / 100);
	assert_int_equal(na_limit_debt(tat, now + S), 0);
	/* half of it is back after half of its time */
	now += S / 100 + S / 10;
	for (i = 0; i < 10; i++)
		assert_int_equal(na_limit_take(&r, &tat, now, 1), now);
	assert_true(na_limit_take(&r, &tat, now, 1) > now);
	/* and not more than all after a day */
	now += 86400 * S;
	for (i = 0; i < 20; i++)
		assert_int_equal(na_limit_take(&r, &tat, now, 1), now);
	assert_true(na_limit_take(&r, &tat, now, 1) > now);
}

static void test_early(void **state)
{
	struct na_limit_rate r = {.rate = 10, .burst = 100};
	__u64 tat = 0;

	(void)state;
	/* the clock is younger than the burst is long */
	assert_int_equal(na_limit_take(&r, &tat, 1, 1), S / 10);
}

static void test_none(void **state)
{
	struct na_limit_rate r = {.rate = 0, .burst = 5};
	__u64 tat = 77;

	(void)state;
	assert_int_equal(na_limit_take(&r, &tat, 5, ~0ull), 5);
	assert_int_equal(tat, 77);
}

static void test_huge(void **state)
{
	struct na_limit_rate r = {.rate = 1};
	__u64 tat = 0, now = 3 * S, i;

	(void)state;
	assert_int_equal(na_limit_cost(&r, ~0ull), NA_LIMIT_BURST_MAX);
	r.burst = ~0ull;
	assert_int_equal(na_limit_burst(&r), NA_LIMIT_BURST_MAX);
	for (i = 0; i < 1000; i++)
		assert_true(na_limit_take(&r, &tat, now, ~0ull) >= now);
}

static void test_admits(void **state)
{
	struct na_limit l = {.flags = 0};

	(void)state;
	assert_true(na_limit_admits(&l, 0));
	assert_true(na_limit_admits(&l, NA_LIMIT_BACKLOG));
	assert_false(na_limit_admits(&l, NA_LIMIT_BACKLOG + 1));
	l.backlog = 5;
	assert_true(na_limit_admits(&l, 5));
	assert_false(na_limit_admits(&l, 6));
	l.flags = NA_LIMIT_POLICE;
	assert_true(na_limit_admits(&l, 0));
	assert_false(na_limit_admits(&l, 1));
}

/* Departures of one connection never go back, and never beyond what fq holds. */
static void test_departure(void **state)
{
	__u64 hold = 0, now = 50 * S, last = 0, x = 88172645463325252ull;
	int i;

	(void)state;
	assert_int_equal(na_limit_departure(&hold, now, now), now);
	assert_int_equal(na_limit_departure(&hold, now, now + 9), now + 9);
	assert_int_equal(na_limit_departure(&hold, now, now + 5), now + 9);
	assert_int_equal(na_limit_departure(&hold, now, now + 100 * S), now + NA_LIMIT_HELD_MAX);
	for (hold = 0, i = 0; i < 100000; i++) {
		__u64 at;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		now += x % 1000000;
		at = na_limit_departure(&hold, now, now + (x >> 20) % (12 * S) - S);
		assert_true(at >= last && at <= now + NA_LIMIT_HELD_MAX);
		last = at;
	}
}

/* Handles as knfsd makes them; lengths as key_len() in its nfsfh.h has them. */
static void test_export_key(void **state)
{
	static const __u8 lens[NA_FSID_TYPES] = {8, 4, 12, 8, 8, 8, 16, 24};
	__u8 a[64], b[64];
	struct na_export_key x, y;
	__u32 t, i;

	(void)state;
	for (t = 0; t < NA_FSID_TYPES; t++) {
		for (i = 0; i < sizeof(a); i++)
			a[i] = b[i] = i * 7;
		a[0] = b[0] = 1, a[1] = b[1] = 0, a[2] = b[2] = t, a[3] = 1, b[3] = 2;
		assert_int_equal(na_fsid_len(t), lens[t]);
		assert_false(na_export_key_of(a, 4 + lens[t] - 1, &x));
		assert_true(na_export_key_of(a, 4 + lens[t], &x));
		/* another file of the export */
		memset(b + 4 + lens[t], 0xee, sizeof(b) - 4 - lens[t]);
		assert_true(na_export_key_of(b, 64, &y));
		assert_memory_equal(&x, &y, sizeof(x));
		/* another export */
		b[4 + lens[t] - 1] ^= 1;
		assert_true(na_export_key_of(b, 64, &y));
		assert_memory_not_equal(&x, &y, sizeof(x));
	}
	a[2] = 8;
	assert_false(na_export_key_of(a, 64, &x));
	a[2] = 6, a[0] = 2;
	assert_false(na_export_key_of(a, 64, &x));
	a[0] = 1, a[1] = 1;
	assert_false(na_export_key_of(a, 64, &x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),	  cmocka_unit_test(test_burst),
		cmocka_unit_test(test_early),	  cmocka_unit_test(test_none),
		cmocka_unit_test(test_huge),	  cmocka_unit_test(test_admits),
		cmocka_unit_test(test_departure), cmocka_unit_test(test_export_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

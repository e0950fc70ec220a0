// SPDX-License-Identifier: GPL-2.0-only
/* The status page's half hour. */
#include "tests/unit/check.h"

#include <string.h>

#include "admin/history.h"

#define SECOND 1000000000ull

static struct na_history h;
static __u64 times[NA_TIMES];

static void add(uint64_t seconds, uint64_t hits)
{
	struct na_sample s = {.ns = seconds * SECOND};

	s.n[NA_V_HIT] = hits;
	s.n[NA_V_MISS_NOENTRY] = hits / 3;
	na_history_add(&h, &s, times, (time_t)seconds);
}

/* Element i of the list, counted from the end if below 0; -1 if there is none. */
static double at(const char *list, int i)
{
	struct json_object *o = na_history_json(&h), *l = NULL;
	double n = -1;
	int len;

	assert_true(json_object_object_get_ex(o, list, &l));
	len = (int)json_object_array_length(l);
	i = i < 0 ? len + i : i;
	if (i >= 0 && i < len)
		n = json_object_get_double(json_object_array_get_idx(l, (size_t)i));
	json_object_put(o);
	return n;
}

static void test_points(void **state)
{
	int i;

	(void)state;
	memset(&h, 0, sizeof(h));
	assert_true(at("time", 0) == -1);
	/* what was counted before us is no rate */
	add(5, 3000);
	assert_true(at("time", 0) == -1);
	add(10, 3150);
	assert_true(at("time", 0) == 10 && at("time", 1) == -1);
	assert_true(at("hits", 0) == 30 && at("reads", 0) == 40 && at("bytes", 0) == 0);
	/* a late one is spread over the time it took */
	add(20, 3450);
	assert_true(at("time", 1) == 20 && at("hits", 1) == 30);
	/* counters from 0 again: a gap, then on */
	add(25, 30);
	assert_true(at("time", -1) == 20);
	add(30, 45);
	assert_true(at("time", -1) == 30 && at("hits", -1) == 3);
	for (i = 1; i <= NA_HISTORY_POINTS; i++)
		add(30 + 5 * (uint64_t)i, 45 + 15 * (uint64_t)i * (uint64_t)i);
	assert_true(at("time", NA_HISTORY_POINTS - 1) != -1);
	assert_true(at("time", NA_HISTORY_POINTS) == -1);
	assert_true(at("time", 0) == 35 && at("time", -1) == 30 + 5 * NA_HISTORY_POINTS);
	/* a square's next step, 15 * (2 i - 1) in 5 s */
	assert_true(at("hits", 0) == 3 && at("hits", 9) == 3 * 19);
}

static void test_latency(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	times[3] = 1000; /* of before */
	add(5, 0);
	times[10] += 100;
	add(10, 0);
	assert_true(at("p50_ns", 0) > 512e3 && at("p50_ns", 0) < 1024e3);
	assert_true(at("p99_ns", 0) > at("p50_ns", 0) && at("p99_ns", 0) <= 1024e3);
	/* none: null, which reads as 0 */
	add(15, 0);
	assert_true(at("p99_ns", 1) == 0);
	times[3] = 0;
	times[12] = 50;
	add(20, 0);
	assert_true(at("p99_ns", 2) == 0);
}

/* Numbers are written short. */
static void test_text(void **state)
{
	struct json_object *o;

	(void)state;
	memset(&h, 0, sizeof(h));
	add(1, 0);
	add(4, 1);
	o = na_history_json(&h);
	assert_non_null(strstr(json_object_to_json_string_ext(o, 0), "\"hits\":[0.3],"));
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_latency),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

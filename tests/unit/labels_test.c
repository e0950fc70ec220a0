// SPDX-License-Identifier: GPL-2.0-only
/* Whom the metrics name, and how many names there ever are. */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "admin/labels.h"

#define HOUR 3600000000000ull

/* Clients by one byte, with their operations so far; 0: not known. */
static __u64 ops[256];

static void address(unsigned int i, __u8 addr[16])
{
	memset(addr, 0, 16);
	addr[14] = (__u8)(i >> 8);
	addr[15] = (__u8)i;
}

static void update(struct na_labels *l, __u64 now)
{
	struct na_label_count *c = calloc(COUNT(ops), sizeof(*c));
	unsigned int i;
	size_t n = 0;

	assert_non_null(c);
	for (i = 0; i < COUNT(ops); i++) {
		if (!ops[i])
			continue;
		address(i, c[n].addr);
		c[n++].ops = ops[i];
	}
	na_labels_update(l, c, n, now);
}

/* Those that are named, and nobody else. */
static void expect(const struct na_labels *l, const char *names)
{
	__u8 addr[16];
	unsigned int i;

	assert_int_equal(l->n, strlen(names));
	for (i = 0; i < COUNT(ops); i++) {
		address(i, addr);
		assert_int_equal(na_labels_has(l, addr), i && strchr(names, (int)i) != NULL);
	}
}

static void test_choice(void **state)
{
	struct na_labels l = {.max = 2};

	(void)state;
	memset(ops, 0, sizeof(ops));
	update(&l, 0);
	expect(&l, "");
	ops['a'] = 5;
	update(&l, 1);
	expect(&l, "a");
	ops['b'] = 1, ops['c'] = 2;
	update(&l, 2);
	expect(&l, "ac");
	ops['b'] = 1000;
	update(&l, HOUR - 1);
	expect(&l, "ac");
	update(&l, HOUR);
	expect(&l, "ab");
	/* by what was done since, not by what was ever done */
	ops['c'] += 10, ops['a'] += 7;
	update(&l, 2 * HOUR - 1);
	expect(&l, "ab");
	update(&l, 2 * HOUR);
	expect(&l, "ac");
	/* an hour in which nobody did anything */
	update(&l, 3 * HOUR);
	expect(&l, "ac");
	/* counted anew after it gave way to others: 3 of a's, and 4 of c's */
	ops['a'] = 3, ops['c'] += 4, ops['b'] += 2;
	update(&l, 4 * HOUR);
	expect(&l, "ac");
	/* one that is gone keeps its place until others are chosen */
	ops['a'] = 0;
	update(&l, 4 * HOUR + 1);
	expect(&l, "ac");
	update(&l, 5 * HOUR);
	expect(&l, "c");
	na_labels_free(&l);
}

static void test_nobody(void **state)
{
	struct na_labels l = {.max = 0};

	(void)state;
	memset(ops, 0, sizeof(ops));
	ops['a'] = 1;
	update(&l, 0);
	expect(&l, "");
	update(&l, 2 * HOUR);
	expect(&l, "");
	na_labels_free(&l);
}

/* Each time 100 others than before, for ten hours: how many names are there in the end? */
static void test_bounded(void **state)
{
	static bool named[1 << 16];
	struct na_labels l = {.max = 16};
	unsigned int minute, i, next = 0, names = 0;
	__u8 addr[16];

	(void)state;
	for (minute = 0; minute < 600; minute++) {
		struct na_label_count *c = calloc(100, sizeof(*c));

		assert_non_null(c);
		for (i = 0; i < 100; i++) {
			address(next + i, c[i].addr);
			c[i].ops = 1 + (i * 7919 + minute * 31) % 1000;
		}
		na_labels_update(&l, c, 100, (minute + 1) * HOUR / 60);
		assert_in_range(l.n, 1, l.max);
		for (i = 0; i < 100; i++) {
			address(next + i, addr);
			if (!na_labels_has(&l, addr) || named[next + i])
				continue;
			named[next + i] = true;
			names++;
		}
		next += 100;
	}
	assert_int_equal(names, 10 * l.max);
	na_labels_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}

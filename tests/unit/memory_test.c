// SPDX-License-Identifier: GPL-2.0-only
/* When memory counts as short, and when no more. */
#include "tests/unit/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "admin/memory.h"

#define SPARE 100
#define CACHE 1000

static struct na_memory m;

/* n readings like this; how many times the mind was changed. */
static unsigned int see(unsigned int n, uint64_t available, double stalled)
{
	const struct na_memory_reading r = {.available = available, .stalled = stalled};
	unsigned int changes = 0;

	while (n--)
		changes += na_memory_judge(&m, &r, SPARE, m.short_of ? CACHE : 0);
	return changes;
}

static void test_down_and_back(void **state)
{
	const uint64_t enough = SPARE + SPARE / 2 + CACHE;

	(void)state;
	m = (struct na_memory){0};
	assert_int_equal(see(1000, SPARE, 0), 0);
	/* a dent is not enough */
	assert_int_equal(see(NA_MEMORY_BAD - 1, SPARE - 1, 0), 0);
	assert_int_equal(see(1, SPARE, 0), 0);
	assert_int_equal(see(NA_MEMORY_BAD - 1, 0, 0), 0);
	assert_false(m.short_of);
	assert_int_equal(see(1, 0, 0), 1);
	assert_true(m.short_of);
	/* above the mark, but without room for the cache: no way back */
	assert_int_equal(see(1000, enough - 1, 0), 0);
	assert_int_equal(see(NA_MEMORY_GOOD - 1, enough, 0), 0);
	assert_int_equal(see(1, enough - 1, 0), 0);
	assert_int_equal(see(NA_MEMORY_GOOD - 1, enough, 0), 0);
	assert_true(m.short_of);
	assert_int_equal(see(1, enough, 0), 1);
	assert_false(m.short_of);
}

static void test_stalls(void **state)
{
	(void)state;
	m = (struct na_memory){0};
	/* with plenty left they are somebody else's */
	assert_int_equal(see(1000, 4 * SPARE, 100), 0);
	assert_int_equal(see(1000, 4 * SPARE - 4, NA_MEMORY_STALL - 0.1), 0);
	assert_int_equal(see(NA_MEMORY_BAD, 4 * SPARE - 4, NA_MEMORY_STALL), 1);
	assert_true(m.short_of);
	assert_int_equal(see(1000, 100 * CACHE, NA_MEMORY_STALL / 2.0), 0);
	assert_int_equal(see(NA_MEMORY_GOOD, 100 * CACHE, 0), 1);
}

/* Each time it was in vain it waits for longer, but not for ever. */
static void test_in_vain(void **state)
{
	unsigned int i;

	(void)state;
	m = (struct na_memory){0};
	na_memory_again(&m);
	assert_true(m.short_of);
	assert_int_equal(see(2 * NA_MEMORY_GOOD - 1, 100 * CACHE, 0), 0);
	assert_int_equal(see(1, 100 * CACHE, 0), 1);
	for (i = 0; i < 100; i++)
		na_memory_again(&m);
	assert_int_equal(see(16 * NA_MEMORY_GOOD, 100 * CACHE, 0), 1);
}

static char dir[] = "/tmp/nfsaccel-memory-XXXXXX";

static void test_read(void **state)
{
	struct na_memory_reading r = {.available = 1, .stalled = 2};
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(na_memory_read(dir, &r), -ENOENT);
	write_file(dir, "meminfo", "MemTotal:  8000 kB\nMemFree:  10 kB\n");
	assert_int_equal(na_memory_read(dir, &r), -ENODATA);
	assert_int_equal(r.available, 1); /* untouched */
	write_file(dir, "meminfo", "MemTotal:  8000 kB\nMemFree:  10 kB\nMemAvailable:    5000000 kB\n");
	/* no PSI */
	assert_int_equal(na_memory_read(dir, &r), 0);
	assert_int_equal(r.available, 5000000ull * 1024);
	assert_true(r.stalled == 0);
	snprintf(path, sizeof(path), "%s/pressure", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(dir, "pressure/memory", "some avg10=99.00 avg60=0.00 avg300=0.00 total=5\n"
			       "full avg10=12.34 avg60=1.00 avg300=0.00 total=3\n");
	assert_int_equal(na_memory_read(dir, &r), 0);
	assert_true(r.stalled > 12.33 && r.stalled < 12.35);
	write_file(dir, "pressure/memory", "nonsense\n");
	assert_int_equal(na_memory_read(dir, &r), 0);
	assert_true(r.stalled == 0);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
	/* this machine's own */
	assert_int_equal(na_memory_read("/proc", &r), 0);
	assert_true(r.available > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_down_and_back),
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_in_vain),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

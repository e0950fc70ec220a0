// SPDX-License-Identifier: GPL-2.0-only
/* What nfsaccelctl's top and stats --interval make of replies, at given times. */
#include "tests/unit/check.h"

#include <string.h>

#include "admin/rates.h"
#include "admin/top_views.h"

#define SECOND 1000000000ull

static struct na_sample sample(const char *counters, uint64_t ns)
{
	struct json_object *o = json_object_new_object();
	struct na_sample s;

	json_object_object_add(o, "counters", json_tokener_parse(counters));
	na_sample_read(o, ns, &s);
	json_object_put(o);
	return s;
}

static void test_rates(void **state)
{
	struct na_sample a = sample("{\"hits\": 100, \"miss_big\": 7, \"hit_bytes\": 0}", SECOND);
	struct na_sample b =
		sample("{\"hits\": 160, \"miss_big\": 17, \"miss_cred\": 10,"
		       " \"miss_epoch\": 20, \"hit_bytes\": 4096, \"pass_not_read\": 9,"
		       " \"of_another_version\": 3}",
		       3 * SECOND);
	struct na_rates r;

	(void)state;
	assert_true(na_rates(&a, &b, &r));
	assert_true(r.seconds == 2);
	assert_true(r.each[NA_V_HIT] == 30);
	assert_true(r.each[NA_V_HIT_BYTES] == 2048);
	assert_true(r.reads == 50); /* passed segments are not READs */
	assert_true(r.share == 0.6);
	assert_string_equal(na_counter_name(r.miss), "miss_epoch");
	assert_string_equal(na_counter_name(NA_V_MAX), "");
}

static void test_no_rates(void **state)
{
	struct na_sample a = sample("{\"hits\": 100, \"fills\": 5}", SECOND), b;
	struct na_rates r;

	(void)state;
	/* quiet */
	b = sample("{\"hits\": 100, \"fills\": 6}", 2 * SECOND);
	assert_true(na_rates(&a, &b, &r));
	assert_true(r.reads == 0 && r.share < 0 && r.miss == NA_V_MAX);
	/* another state, though more hits than before */
	b = sample("{\"hits\": 900, \"fills\": 4}", 2 * SECOND);
	assert_false(na_rates(&a, &b, &r));
	assert_true(r.reads == 0 && r.each[NA_V_HIT] == 0 && r.share < 0);
	/* no time, or time gone back */
	b = sample("{\"hits\": 101, \"fills\": 5}", SECOND);
	assert_false(na_rates(&a, &b, &r));
	b.ns = 0;
	assert_false(na_rates(&a, &b, &r));
	/* rubbish */
	b = sample("[1, 2]", SECOND);
	assert_int_equal(b.n[NA_V_HIT], 0);
}

enum { CLIENTS, EXPORTS, FILES, COUNTERS, LIMITS };

static void read_into(struct na_top_table *t, size_t view, const char *reply)
{
	struct json_object *o = json_tokener_parse(reply);

	assert_non_null(o);
	na_top_views[view].read(o, t);
	json_object_put(o);
}

static const char *const files_before =
	"{\"files\": [{\"handle\": \"aa\", \"dev\": 1, \"type\": 1, \"inode\": 1, \"hits\": 10},"
	" {\"handle\": \"bb\", \"dev\": 1, \"type\": 1, \"inode\": 2, \"hits\": 50},"
	" {\"handle\": \"dd\", \"dev\": 1, \"type\": 1, \"inode\": 4, \"hits\": 8}]}";
static const char *const files_now =
	"{\"files\": [{\"handle\": \"bb\", \"dev\": 1, \"type\": 1, \"inode\": 2, \"hits\": 60,"
	" \"size\": 4096, \"cached_bytes\": 8192, \"expires\": 9, \"export\": \"/no/such/dir\"},"
	" {\"handle\": \"aa\", \"dev\": 1, \"type\": 1, \"inode\": 1, \"hits\": 50},"
	" {\"handle\": \"cc\", \"dev\": 1, \"type\": 1, \"inode\": 3, \"hits\": 30},"
	" {\"handle\": \"aa\", \"dev\": 2, \"type\": 1, \"inode\": 9, \"hits\": 11},"
	" {\"handle\": \"dd\", \"dev\": 1, \"type\": 1, \"inode\": 4, \"hits\": 2}]}";

static void fill(struct na_top_table *t, const struct na_top_table *before, double seconds,
		 size_t view)
{
	na_top_fill(t, before, seconds, na_top_views[view].column);
}

static void test_files(void **state)
{
	struct na_top_table before = {0}, t = {0};

	(void)state;
	read_into(&before, FILES, files_before);
	read_into(&t, FILES, files_now);
	assert_int_equal(t.n, 5);
	assert_string_equal(t.row[0].name, "/no/such/dir: inode 2");
	fill(&t, &before, 2, FILES);
	assert_true(t.row[0].n[0] == 5);
	assert_true(t.row[1].n[0] == 20);
	/* new; the same handle on another device; counted anew */
	assert_true(t.row[2].n[0] < 0);
	assert_true(t.row[3].n[0] < 0);
	assert_true(t.row[4].n[0] < 0);
	assert_true(t.row[0].n[1] == 60 && t.row[0].n[2] == 4096 && t.row[0].n[3] == 8192 &&
		    t.row[0].n[4] == 9);

	na_top_sort(&t, 0, true);
	assert_true(t.row[0].n[1] == 50 && t.row[1].n[1] == 60);
	na_top_sort(&t, 1, false);
	assert_true(t.row[0].n[1] == 2 && t.row[4].n[1] == 60);
	na_top_sort(&t, NA_TOP_NAME, false);
	assert_true(t.row[0].n[1] == 60);

	/* no time passed */
	fill(&t, &before, 0, FILES);
	assert_true(t.row[0].n[0] < 0);
	na_top_clear(&before);
	fill(&t, &before, 1, FILES);
	assert_true(t.row[0].n[0] < 0);
	na_top_clear(&t);
}

static const char *const clients_before =
	"{\"clients\": [{\"address\": \"10.0.0.1\", \"calls\": 100, \"hits\": 50, \"hit_bytes\": "
	"4096,"
	" \"read_bytes\": 1000, \"written_bytes\": 24, \"ops\": {\"read\": 10}, \"held\": 5,"
	" \"dropped\": 1, \"latency\": {\"buckets\": [0, 0, 7, 900]}},"
	" {\"address\": \"10.0.0.2\", \"calls\": 9, \"ops\": {\"read\": 9}}]}";
static const char *const clients_now =
	"{\"clients\": [{\"address\": \"10.0.0.1\", \"calls\": 110, \"hits\": 80, \"hit_bytes\": "
	"8192,"
	" \"read_bytes\": 2000, \"written_bytes\": 48, \"ops\": {\"read\": 20}, \"held\": 9,"
	" \"dropped\": 3, \"latency\": {\"buckets\": [0, 0, 8, 900, 0, 0, 0, 0, 0, 0, 9]}},"
	" {\"address\": \"10.0.0.2\", \"calls\": 9, \"ops\": {\"read\": 9}},"
	" {\"address\": \"10.0.0.3\", \"calls\": 2}]}";

static void test_clients(void **state)
{
	struct na_top_table before = {0}, t = {0};
	unsigned int i;

	(void)state;
	read_into(&before, CLIENTS, clients_before);
	read_into(&t, CLIENTS, clients_now);
	fill(&t, &before, 2, CLIENTS);
	assert_int_equal(t.n, 3);
	assert_true(t.row[0].n[0] == 20);			/* 10 calls and 30 hits */
	assert_true(t.row[0].n[1] == (4096 + 1000 + 24) / 2.0); /* bytes */
	assert_true(t.row[0].n[2] == 75);			/* 30 hits of 40 READs */
	/* of ten new calls nine took 512 to 1024 us, one 2 to 4 */
	assert_true(t.row[0].n[3] > 900e3 && t.row[0].n[3] < 1024e3);
	assert_true(t.row[0].n[5] > 512e3 && t.row[0].n[5] < 900e3);
	assert_true(t.row[0].n[4] == 3);
	assert_true(t.row[0].n[6] == 190 && t.row[0].n[7] == 8192 + 2000 + 48);
	/* idle: rates are 0, of nothing there is no share */
	assert_true(t.row[1].n[0] == 0 && t.row[1].n[2] < 0 && t.row[1].n[3] < 0);
	/* new */
	for (i = 0; i < 6; i++)
		assert_true(t.row[2].n[i] < 0);
	assert_true(t.row[2].n[6] == 2);
	na_top_clear(&before);
	na_top_clear(&t);
}

static void test_filter(void **state)
{
	struct na_top_table t = {0};

	(void)state;
	read_into(&t, LIMITS,
		  "{\"limits\": [{\"client\": \"10.0.0.1\", \"path\": \"/Srv\", \"options\": "
		  "\"ops=5\","
		  " \"runtime\": true, \"exported\": true},"
		  " {\"client\": \"b.example\", \"path\": \"*\", \"options\": \"read=1\","
		  " \"file\": \"/etc/x\", \"exported\": false}]}");
	assert_int_equal(t.n, 2);
	assert_non_null(strstr(t.row[0].name, "in /Srv: ops=5 (limit set)"));
	assert_non_null(strstr(t.row[1].name, "(/etc/x) not exported"));
	na_top_filter(&t, "");
	assert_int_equal(t.n, 2);
	na_top_filter(&t, "sRV");
	assert_int_equal(t.n, 1);
	assert_non_null(strstr(t.row[0].name, "10.0.0.1"));
	na_top_filter(&t, "nothing");
	assert_int_equal(t.n, 0);
	na_top_sort(&t, 0, true);
	na_top_clear(&t);
}

static void test_others(void **state)
{
	struct na_top_table t = {0};
	size_t i;

	(void)state;
	read_into(&t, EXPORTS,
		  "{\"exports\": [{\"path\": \"/srv\", \"files\": 3, \"cached_bytes\": 5, "
		  "\"hits\": 7}]}");
	assert_int_equal(t.n, 1);
	fill(&t, &t, 1, EXPORTS);
	assert_true(t.row[0].n[5] == 7 && t.row[0].n[6] == 3 && t.row[0].n[7] == 5);
	na_top_clear(&t);
	read_into(&t, COUNTERS,
		  "{\"counters\": {\"hits\": 4, \"fills\": 0}, \"help\": {\"hits\": \"some "
		  "words\"}}");
	assert_int_equal(t.n, 1);
	assert_non_null(strstr(t.row[0].name, "some words"));
	na_top_clear(&t);
	for (i = 0; i < NA_TOP_VIEWS; i++) {
		read_into(&t, i,
			  "{\"files\": 3, \"exports\": {}, \"counters\": [], \"limits\": \"x\","
			  " \"clients\": 0}");
		read_into(&t, i, "[]");
		assert_int_equal(t.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),  cmocka_unit_test(test_no_rates),
		cmocka_unit_test(test_files),  cmocka_unit_test(test_filter),
		cmocka_unit_test(test_others), cmocka_unit_test(test_clients),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}

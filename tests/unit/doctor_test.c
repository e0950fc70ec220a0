// SPDX-License-Identifier: GPL-2.0-only
/* What the daemon's own words are taken to mean. */
#include "tests/unit/check.h"

#include <string.h>

#include "admin/doctor.h"

static struct na_finding f[NA_FINDINGS];
static size_t n;

static void ask(const char *status, const char *counters)
{
	struct json_object *a = json_tokener_parse(status);
	struct json_object *c = json_tokener_parse(counters), *b = json_object_new_object();

	assert_non_null(a);
	assert_non_null(c);
	json_object_object_add(b, "counters", c);
	n = na_doctor(a, b, f);
	json_object_put(a);
	json_object_put(b);
	assert_in_range(n, 1, NA_FINDINGS);
}

/* The finding that holds this text, which is bad or not. */
static const struct na_finding *expect(bool bad, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strstr(f[i].text, text))
			continue;
		assert_int_equal(f[i].bad, bad);
		return &f[i];
	}
	fail_msg("nothing said about '%s'", text);
	return NULL;
}

static void test_well(void **state)
{
	size_t i;

	(void)state;
	ask("{\"mode\": \"answering\"}", "{\"hits\": 900, \"miss_no_entry\": 100}");
	expect(false, "READs are answered");
	expect(false, "90 % of READs were answered");
	for (i = 0; i < n; i++)
		assert_false(f[i].bad);
}

static void test_modes(void **state)
{
	(void)state;
	ask("{\"mode\": \"off\", \"reason\": \"mode = off\"}", "{}");
	assert_non_null(strstr(expect(false, "switched off")->advice, "mode answer"));
	ask("{\"mode\": \"off\", \"reason\": \"lo: no filter\"}", "{}");
	assert_string_equal(expect(true, "nothing is answered (off): lo: no filter")->advice, "");
	ask("{\"mode\": \"off\", \"reason\": \"memory is short\", \"memory_short\": true}", "{}");
	assert_non_null(strstr(expect(true, "memory is short")->advice, "[cache] memory"));
	ask("{\"mode\": \"observing\"}", "{\"shadow_asked\": 7, \"shadow_same\": 6, "
					"\"shadow_nfsd_ns\": 2500000000}");
	expect(false, "7 READs could have been answered, over which nfsd took 2.5 s; 6");
	ask("{\"mode\": \"observing\"}",
	    "{\"shadow_asked\": 600, \"miss_shadow\": 600, \"miss_no_entry\": 400}");
	expect(false, "60 % of READs could have been answered from the cache; most others: "
		      "miss_no_entry");
	ask("{\"mode\": \"off\", \"reason\": \"a shadow check\"}", "{\"shadow_different\": 1}");
	expect(true, "1 times nfsd's reply was another");
}

/* Bad things come first, whatever the order they were found in. */
static void test_order(void **state)
{
	(void)state;
	ask("{\"mode\": \"answering\", \"devices\": [{\"name\": \"lo\", \"attached\": true},"
	    " {\"name\": \"eth0\", \"attached\": false, \"error\": \"busy\"}],"
	    " \"hooks\": [{\"missing\": false}, {\"missing\": true, \"kind\": \"lsm\","
	    " \"function\": \"file_open\", \"guards\": \"writing\"}]}",
	    "{\"flow_full\": 3, \"recursion_misses\": 2}");
	expect(true, "device eth0 has no filter: busy");
	expect(true, "hook lsm file_open is missing (writing)");
	expect(true, "3 times a connection found no place");
	expect(false, "skipped 2 runs");
	assert_true(f[0].bad && f[1].bad && f[2].bad && !f[3].bad);
}

static void test_reasons(void **state)
{
	(void)state;
	ask("{\"mode\": \"answering\"}",
	    "{\"hits\": 10, \"miss_no_entry\": 5000, \"refuse_writer\": 6000}");
	assert_non_null(strstr(expect(false, "0 % of READs")->advice, "open for writing"));
	ask("{\"mode\": \"answering\"}", "{\"hits\": 10, \"miss_epoch\": 20}");
	expect(false, "too few READs");
	ask("{\"mode\": \"answering\", \"cache\": {\"cached_bytes\": 60, \"memory\": 64}}",
	    "{\"evicted\": 4}");
	expect(false, "4 files gave way");
}

/* Another version's replies, or rubbish, do no harm. */
static void test_rubbish(void **state)
{
	(void)state;
	ask("{}", "{}");
	ask("{\"mode\": 7, \"devices\": 3, \"hooks\": {}, \"cache\": []}", "[]");
	ask("[]", "{\"hits\": \"many\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well),	cmocka_unit_test(test_modes),
		cmocka_unit_test(test_order),	cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_rubbish),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}

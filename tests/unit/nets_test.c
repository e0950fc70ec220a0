// SPDX-License-Identifier: GPL-2.0-only
/* admin/nets.h: which rules hold for whom. The names are a table here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "admin/nets.h"

static const struct name {
	enum na_name_kind kind;
	const char *key;
	const char *address; /* of the first two kinds */
	const char *name; /* of the last */
} known[] = {
	{NA_NAME_HOST, "alpha.example.org", "10.0.0.1", NULL},
	{NA_NAME_NETGROUP, "lab", "10.0.0.2", NULL},
	{NA_NAME_NETGROUP, "nobody", NULL, NULL},
	{NA_NAME_ADDRESS, "10.0.0.3", NULL, "Gamma.Example.org"},
	{NA_NAME_ADDRESS, "10.0.0.4", NULL, NULL},
};

static void make_addr(const char *text, uint8_t addr[16])
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return;
	memset(addr + 10, 0xff, 2);
	assert_int_equal(inet_pton(AF_INET, text, addr + 12), 1);
}

/* What is not in the table is not yet known. */
struct na_name_answer na_names_ask(struct na_names *n, enum na_name_kind kind, const char *key)
{
	static struct na_addr addr;
	struct na_name_answer a = {0};
	size_t i;

	(void)n;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].kind != kind || strcmp(known[i].key, key))
			continue;
		a.known = true;
		a.name = known[i].name;
		if (known[i].address) {
			make_addr(known[i].address, addr.byte);
			a.addr = &addr;
			a.n = 1;
		}
	}
	return a;
}

static struct na_policy policy;
static struct na_nets nets;

static void load(const char *text, size_t nseen, const char *const *seen)
{
	struct na_policy_error err;
	struct na_addr addr[8];
	size_t i;

	na_nets_free(&nets);
	na_policy_free(&policy);
	assert_int_equal(na_policy_parse(&policy, "t", text, strlen(text), &err), 0);
	for (i = 0; i < nseen; i++)
		make_addr(seen[i], addr[i].byte);
	assert_int_equal(na_nets_make(&nets, &policy, NULL, addr, nseen), 0);
}

static int unload(void **state)
{
	(void)state;
	na_nets_free(&nets);
	na_policy_free(&policy);
	return 0;
}

static struct na_options options(const char *path, const char *address)
{
	uint8_t addr[16];

	make_addr(address, addr);
	return na_nets_options(&nets, path, ~0u, addr, 128);
}

static bool unsettled(const char *address, unsigned int bits)
{
	uint8_t addr[16];

	make_addr(address, addr);
	return na_nets_unsettled(&nets, addr, bits);
}

static void precedence(void **state)
{
	(void)state;
	load("/a *(ops=1) @lab(ops=2) 10.0.0.0/8(ops=3) 10.0.0.0/24(ops=4) 10.0.0.9(ops=5)\n"
	     "/a alpha.example.org(ops=6)\n"
	     "* 10.0.0.9(ops=7,nocache) *(ttl=9s)\n",
	     0, NULL);
	assert_int_equal(options("/a", "192.168.0.1").ops, 1);
	assert_int_equal(options("/a", "10.9.0.1").ops, 3);
	assert_int_equal(options("/a", "10.0.0.77").ops, 4);
	assert_int_equal(options("/a", "10.0.0.9").ops, 5);
	assert_int_equal(options("/a", "10.0.0.1").ops, 6);
	/* a netgroup's host comes after its subnet */
	assert_int_equal(options("/a", "10.0.0.2").ops, 4);
	/* option by option; what only "*" says holds too */
	assert_false(options("/a", "10.0.0.9").cache);
	assert_int_equal(options("/a", "10.0.0.9").ttl, 9000000000ull);
	assert_int_equal(options(NULL, "10.0.0.9").ops, 7);
	assert_int_equal(options("/b", "10.0.0.8").given, 1u << NA_OPTION_TTL);
	assert_true(options("/b", "10.0.0.8").cache);
	assert_int_equal(options("/a", "2001:db8::1").ops, 1);
}

static void edges_of_nets(void **state)
{
	(void)state;
	load("* 10.1.2.128/25(ops=1) 2001:db8::/33(ops=2) 0.0.0.0/0(ops=3)\n", 0, NULL);
	assert_int_equal(options(NULL, "10.1.2.127").ops, 3);
	assert_int_equal(options(NULL, "10.1.2.128").ops, 1);
	assert_int_equal(options(NULL, "10.1.2.255").ops, 1);
	assert_int_equal(options(NULL, "2001:db8:7fff::1").ops, 2);
	assert_int_equal(options(NULL, "2001:db8:8000::1").given, 0);
}

static void patterns(void **state)
{
	static const char *const seen[] = {"10.0.0.3", "10.0.0.4", "10.0.0.5"};

	(void)state;
	load("* *.example.org(nocache) *(maxfile=4k)\n", 3, seen);
	assert_false(options(NULL, "10.0.0.3").cache);
	assert_true(options(NULL, "10.0.0.4").cache);
	assert_int_equal(options(NULL, "10.0.0.3").maxfile, 4096);
	assert_false(unsettled("10.0.0.3", 128));
	assert_false(unsettled("10.0.0.4", 128));
	assert_true(unsettled("10.0.0.5", 128)); /* seen, but not looked up */
	assert_true(unsettled("10.0.0.6", 128)); /* never seen */
	assert_true(unsettled("10.0.0.0", 120));
}

static void names(void **state)
{
	(void)state;
	load("* alpha.example.org(nocache) @nobody(nocache)\n", 0, NULL);
	assert_false(nets.waiting);
	assert_int_equal(nets.unknown, 1);
	assert_string_equal(nets.unknown_first->client.name, "nobody");
	assert_false(unsettled("10.0.0.0", 96));
	load("* alpha.example.org(nocache) late.example.org(nocache)\n", 0, NULL);
	assert_true(nets.waiting);
	assert_true(unsettled("10.0.0.1", 128));
}

static void paths(void **state)
{
	(void)state;
	load("/srv *(ops=1)\n/srv/a *(ops=1)\n* *(ops=1)\n", 0, NULL);
	assert_string_equal(na_nets_path(&policy, "/srv"), "/srv");
	assert_string_equal(na_nets_path(&policy, "/srv/a"), "/srv/a");
	assert_string_equal(na_nets_path(&policy, "/srv/a/b"), "/srv/a");
	assert_string_equal(na_nets_path(&policy, "/srv/ab"), "/srv");
	assert_null(na_nets_path(&policy, "/srvx"));
	assert_null(na_nets_path(&policy, "/"));
	load("/ *(ops=1)\n", 0, NULL);
	assert_string_equal(na_nets_path(&policy, "/any"), "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(precedence, unload),
		cmocka_unit_test_teardown(edges_of_nets, unload),
		cmocka_unit_test_teardown(patterns, unload),
		cmocka_unit_test_teardown(names, unload),
		cmocka_unit_test_teardown(paths, unload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

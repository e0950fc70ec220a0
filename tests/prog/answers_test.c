// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of mountd, as it writes them: which void what is known of permission?
 * usage: answers_test DIR ; which can be exported. nfsd runs.
 */
#include "tests/prog/hookset.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct hookset set;
static const char *dir;

/* One answer: what stands before and after its time, which is so many seconds ahead. */
struct answer {
	const char *key;
	int until;
	const char *says;
	bool same; /* does it leave everything as it was? */
};

static void put(const char *cache, const struct answer *a)
{
	char line[4096], channel[64];
	int fd, len;

	snprintf(channel, sizeof(channel), "/proc/net/rpc/%s/channel", cache);
	fd = open(channel, O_WRONLY | O_CLOEXEC);
	len = snprintf(line, sizeof(line), "%s %ld %s\n", a->key, (long)time(NULL) + a->until,
			   a->says);

	if (fd < 0)
		fail_msg("%s: %s", channel, strerror(errno));
	assert_in_range(len, 1, sizeof(line) - 1);
	if (write(fd, line, len) != len)
		fail_msg("%s to %s: %s", line, channel, strerror(errno));
	close(fd);
}

static void expect(const char *cache, const struct answer *answers, size_t n)
{
	int in = hookset_row("na_e_update"), out = hookset_row("na_x_update");
	size_t i;

	for (i = 0; i < n; i++) {
		struct na_ctl was = hookset_ctl(&set), is;
		__u64 same = hookset_count(&set, NA_V_ANSWER_SAME);
		__u64 before = hookset_runs(&set, in), after = hookset_runs(&set, out);

		put(cache, &answers[i]);
		print_message("%s: %s %s\n", cache, answers[i].key, answers[i].says);
		assert_int_equal(hookset_runs(&set, in), before + 1);
		assert_int_equal(hookset_runs(&set, out), after + 1);
		assert_int_equal(hookset_count(&set, NA_V_ANSWER_SAME), same + answers[i].same);
		is = hookset_ctl(&set);
		assert_int_equal(is.epoch, was.epoch + (answers[i].same ? 0 : 2));
		assert_int_equal(is.answers, was.answers + answers[i].same);
	}
}

/* Keys and exports can only be told of clients that there are. */
static int clients(void **state)
{
	static const struct answer known[] = {{"nfsd 192.0.2.9", 600, "alpha", true},
					      {"nfsd 192.0.2.10", 600, "beta", true}};

	(void)state;
	put("auth.unix.ip", &known[0]);
	put("auth.unix.ip", &known[1]);
	return 0;
}

#define EXPECT(cache, answers) expect(cache, answers, sizeof(answers) / sizeof((answers)[0]))

static void test_client(void **state)
{
	static const char key[] = "nfsd 192.0.2.7";
	const struct answer answers[] = {
		{key, 600, "alpha", true}, /* the first */
		{key, 600, "alpha", true},  {key, 700, "alpha", true},
		{key, 650, "alpha", false}, /* not for as long */
		{key, 700, "beta", false},  {key, 700, "beta", true},
		{key, 700, "", false}, /* unknown now */
		{key, 700, "", true},	    {key, 700, "beta", false},
		{"nfsd 192.0.2.8", 600, "gamma", true},
		{key, 700, "gamma", false},
	};

	(void)state;
	EXPECT("auth.unix.ip", answers);
}

static void test_groups(void **state)
{
	static const char key[] = "4242";
	char many[1024] = "64", more[1024] = "65";
	struct answer answers[] = {
		{key, 600, "2 5 6", true},  {key, 600, "2 5 6", true}, {key, 600, "2 5 7", false},
		{key, 600, "1 5", false},   {key, 600, "0", false},    {key, 600, "0", true},
		{key, 600, many, false},    {key, 600, many, true},    {key, 600, NULL, false},
		{key, 600, more, false},    {key, 600, more, false},   {"4243", 600, "1 5", true},
	};
	char other[1024];
	int i;

	(void)state;
	for (i = 0; i < 64; i++)
		sprintf(many + strlen(many), " %d", 100 + i);
	for (i = 0; i < 65; i++)
		sprintf(more + strlen(more), " %d", 100 + i);
	snprintf(other, sizeof(other), "%.*s164", (int)strlen(many) - 3, many); /* the last one */
	answers[8].says = other;
	EXPECT("auth.unix.gid", answers);
}

static void test_key(void **state)
{
	static const char key[] = "alpha 1 \\x01020304";
	const struct answer answers[] = {
		{key, 600, dir, true},	  {key, 600, dir, true}, {key, 600, "/", false},
		{key, 600, "/", true},	  {key, 600, "", false}, {key, 600, "", true},
		{key, 600, dir, false},	  {key, 599, dir, false},
		{"beta 1 \\x01020304", 600, dir, true},
	};

	(void)state;
	EXPECT("nfsd.fh", answers);
}

static void test_export(void **state)
{
#define UUID "uuid \\x000102030405060708090a0b0c0d0e0"
	char key[256];
	struct utsname u;
	const struct answer answers[] = {
		{key, 600, "1024 65534 65534 0", true},
		{key, 600, "1024 65534 65534 0", true},
		{key, 500, "1024 65534 65534 0", false},
		{key, 600, "1025 65534 65534 0", false}, /* read-only */
		{key, 600, "1025 65533 65534 0", false},
		{key, 600, "1025 65533 65532 0", false},
		{key, 600, "1025 65533 65532 7", false},
		{key, 600, "1025 65533 65532 7", true},
		{key, 600, "1025 65533 65532 7 " UUID "f", false},
		{key, 600, "1025 65533 65532 7 " UUID "f", true},
		{key, 600, "1025 65533 65532 7 " UUID "e", false},
		{key, 600, "1025 65533 65532 7", false},
		{key, 600, "1025 65533 65532 7 secinfo 1 1 1025", false},
		{key, 600, "1025 65533 65532 7 secinfo 1 1 1025", true},
		{key, 600, "1025 65533 65532 7 secinfo 1 1 1024", false},
		{key, 600, "1025 65533 65532 7 secinfo 1 0 1024", false},
		{key, 600, "1025 65533 65532 7 secinfo 2 0 1024 1 1025", false},
		{key, 600, "", false},
		{key, 600, "", true},
		{key, 600, "1024 65534 65534 0", false},
	};
	const struct answer tls[] = {
		{key, 600, "1024 65534 65534 0 xprtsec 1 1", false},
		{key, 600, "1024 65534 65534 0 xprtsec 1 1", true},
	};

	(void)state;
	snprintf(key, sizeof(key), "alpha %s", dir);
	EXPECT("nfsd.export", answers);
	assert_int_equal(uname(&u), 0);
	if (strncmp(u.release, "6.1.", 4)) /* which does not know the word */
		EXPECT("nfsd.export", tls);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_export),
	};
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: answers_test DIR\n");
		return 2;
	}
	dir = argv[1];
	err = hookset_load(&set) ?: hookset_attach_all(&set);
	if (err) {
		fprintf(stderr, "hooks cannot be loaded: %s\n", strerror(-err));
		return 1;
	}
	err = cmocka_run_group_tests_name("answers", tests, clients, NULL);
	hookset_free(&set);
	return err;
}

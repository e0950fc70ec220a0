// SPDX-License-Identifier: GPL-2.0-only
/*
 * nfsaccel.conf: each tests/unit/config/NN-*.conf gives what its .exp says, which is all
 * values or the one error. CONFIG_TEST_WRITE=1 writes the .exp files, for review.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>

#include "admin/config.h"
#include "admin/parse.h"

#define DIR "tests/unit/config/"

static void dump(const struct na_config *c, char *out, size_t size)
{
	unsigned int i;
	int n;

	n = snprintf(out, size,
		     "memory %ju\nmax_file %ju\nmax_packets %ju\neager %d\nlifetime %ju\ncredentials %ju\n"
		     "authorizations %ju\nport %ju\nconnections %ju\nalive %ju\ntc_priority "
		     "%ju\ntc_hook %d\n"
		     "run %s\ncontrol %s\npin %s\ngroup %s\nread_group %s\npolicy %s\non_stop %d\n"
		     "listen %s\npage %d\n"
		     "guards %ju\nshadow %ju\nspare %ju\nproc %s\nmode %d\n"
		     "clients %ju\nnamed %ju\ndevices",
		     c->memory, c->max_file, c->max_packets, c->eager, c->lifetime, c->credentials,
		     c->authorizations, c->port, c->connections, c->alive, c->tc_priority,
		     c->tc_hook, c->run, c->control, c->pin, c->group, c->read_group, c->policy,
		     c->on_stop, c->listen, c->page, c->guards, c->shadow, c->spare, c->proc,
		     c->mode, c->clients, c->named);
	for (i = 0; i < c->ndevices; i++)
		n += snprintf(out + n, size - n, " %s", c->devices[i]);
	snprintf(out + n, size - n, "\n");
}

static void outcome(const char *path, char *out, size_t size)
{
	struct na_config c;
	struct na_why why;

	na_config_defaults(&c);
	if (na_config_read(&c, path, &why))
		snprintf(out, size, "error %s\n", why.text + strlen(DIR));
	else
		dump(&c, out, size);
}

static void golden_file(const char *conf)
{
	char exp[512], got[16384], want[16384];
	FILE *f;
	size_t n;

	snprintf(exp, sizeof(exp), "%.*s.exp", (int)(strlen(conf) - strlen(".conf")), conf);
	outcome(conf, got, sizeof(got));
	if (getenv("CONFIG_TEST_WRITE")) {
		f = fopen(exp, "w");
		assert_non_null(f);
		fputs(got, f);
		fclose(f);
		return;
	}
	f = fopen(exp, "r");
	if (!f)
		fail_msg("%s is missing", exp);
	n = fread(want, 1, sizeof(want) - 1, f);
	want[n] = '\0';
	fclose(f);
	if (strcmp(want, got))
		fail_msg("%s:\nwant: %s\ngot:  %s", conf, want, got);
}

static void golden(void **state)
{
	glob_t files;
	size_t i;

	(void)state;
	assert_int_equal(glob(DIR "*.conf", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 20);
	for (i = 0; i < files.gl_pathc; i++)
		golden_file(files.gl_pathv[i]);
	globfree(&files);
}

static void missing_file(void **state)
{
	struct na_config c;
	struct na_why why;

	(void)state;
	na_config_defaults(&c);
	assert_int_equal(na_config_read(&c, DIR "none", &why), -ENOENT);
	assert_non_null(strstr(why.text, "No such file"));
	assert_int_equal(na_config_read(&c, DIR, &why), -EIO);
}

static void assignments(void **state)
{
	static const char *const bad[] = {
		"",
		"=",
		".",
		"cache",
		"cache.memory",
		"memory=1M",
		"cache=1.5",
		"cache.memory=",
		"cache.none=1",
		"none.memory=1M",
		".memory=1M",
		"cache.=1M",
		"cache.memory=1X",
		"averyveryverylongsectionnameindeedthatis.x=1",
		"cache.averyveryverylongkeynameindeedthatisnot=1",
	};
	struct na_config c;
	struct na_why why;
	unsigned int i;

	(void)state;
	na_config_defaults(&c);
	assert_int_equal(na_config_set(&c, "cache.memory=8M", &why), 0);
	assert_int_equal(c.memory, 8 << 20);
	assert_int_equal(na_config_set(&c, "cache.memory=9M", &why), 0);
	assert_int_equal(c.memory, 9 << 20);
	assert_int_equal(na_config_set(&c, "network.devices=lo", &why), 0);
	assert_int_equal(c.ndevices, 1);
	assert_int_equal(na_config_set(&c, "daemon.pin=/a=b.c", &why), 0);
	assert_string_equal(c.pin, "/a=b.c");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why.text[0] = '\0';
		if (!na_config_set(&c, bad[i], &why))
			fail_msg("'%s' was taken", bad[i]);
		assert_true(why.text[0]);
	}
}

static void control_path(void **state)
{
	char path[PATH_MAX];
	struct na_config c;

	(void)state;
	na_config_defaults(&c);
	assert_int_equal(na_config_control(&c, path), 0);
	assert_string_equal(path, "/run/nfsaccel/control.sock");
	strcpy(c.control, "/x");
	assert_int_equal(na_config_control(&c, path), 0);
	assert_string_equal(path, "/x");
	c.control[0] = '\0';
	memset(c.run, 'a', sizeof(c.run) - 1);
	assert_int_equal(na_config_control(&c, path), -ENAMETOOLONG);
}

static void formats(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(na_format_size(0, buf), "0");
	assert_string_equal(na_format_size(1023, buf), "1023");
	assert_string_equal(na_format_size(1536, buf), "1.5K");
	assert_string_equal(na_format_size(64 << 20, buf), "64M");
	assert_string_equal(na_format_size(~0ull, buf), "16777216T");
	assert_string_equal(na_format_time(1500000, buf), "1ms");
	assert_string_equal(na_format_time(90000000000ull, buf), "90s");
	assert_string_equal(na_format_time(3661000000000ull, buf), "61min");
	assert_string_equal(na_format_time(90061000000000ull, buf), "25h1min");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),      cmocka_unit_test(missing_file),
		cmocka_unit_test(assignments), cmocka_unit_test(control_path),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

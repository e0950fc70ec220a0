// SPDX-License-Identifier: GPL-2.0-only
/*
 * nfsaccel.exports: each tests/unit/policy/NN-*.exports gives what its .exp says, which is
 * all rules, or the error. POLICY_TEST_WRITE=1 writes the .exp files, for review.
 */
#include "tests/unit/files.h"

#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exports/policy.h"

#define DIR "tests/unit/policy/"

static void outcome(const char *path, char *out, size_t size)
{
	struct na_policy_error err;
	struct na_policy p = {0};
	size_t i;
	int n = 0;

	out[0] = '\0';
	if (na_policy_read(&p, path, &err))
		snprintf(out, size, "error %s\n", err.text + strlen(DIR));
	for (i = 0; i < p.n; i++) {
		char *text = na_rule_format(&p.rule[i]);

		n += snprintf(out + n, size - n, "%u:%u %s\n", p.rule[i].line, p.rule[i].column,
			      text);
		free(text);
	}
	na_policy_free(&p);
}

static void golden_file(const char *file)
{
	char exp[512], got[65536], want[65536];
	FILE *f;
	size_t n;

	snprintf(exp, sizeof(exp), "%.*s.exp", (int)(strlen(file) - strlen(".exports")), file);
	outcome(file, got, sizeof(got));
	if (getenv("POLICY_TEST_WRITE")) {
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
		fail_msg("%s:\nwant: %s\ngot:  %s", file, want, got);
}

static void golden(void **state)
{
	glob_t files;
	size_t i;

	(void)state;
	assert_int_equal(glob(DIR "*.exports", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 40);
	for (i = 0; i < files.gl_pathc; i++)
		golden_file(files.gl_pathv[i]);
	globfree(&files);
}

/* One file, and those of the directory in the order of their names. */
static void several_files(void **state)
{
	char dir[] = "/tmp/policy-test-XXXXXX", main[64], sub[64];
	struct na_policy_error err;
	struct na_policy p = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(main, sizeof(main), "%s/e", dir);
	snprintf(sub, sizeof(sub), "%s/e.d", dir);
	assert_int_equal(na_policy_read_all(&p, main, &err), 0);
	assert_int_equal(p.n, 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	write_file(sub, "b.exports", "/b *(ops=2)\n");
	write_file(sub, "a.exports", "/a *(ops=1)\n");
	write_file(sub, ".h.exports", "rubbish");
	write_file(sub, "x.conf", "rubbish");
	write_file(sub, ".exports", "rubbish");
	write_file(dir, "e", "/c *(ops=3)\n");
	assert_int_equal(na_policy_read_all(&p, main, &err), 0);
	assert_int_equal(p.n, 3);
	assert_string_equal(p.rule[0].path, "/c");
	assert_string_equal(p.rule[1].path, "/a");
	assert_string_equal(p.rule[2].path, "/b");
	na_policy_free(&p);
	/* twice in two files: the message names both */
	write_file(sub, "b.exports", "\n /c *(nocache)\n");
	assert_int_equal(na_policy_read_all(&p, main, &err), -EINVAL);
	assert_non_null(strstr(err.text, "e.d/b.exports:2:5: "));
	assert_non_null(strstr(err.text, "/e:1:4"));
	na_policy_free(&p);
	assert_int_equal(na_policy_read(&p, dir, &err), -EIO);
	assert_int_equal(na_policy_read(&p, "/nonexistent", &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent: No such file or directory");
	snprintf(main, sizeof(main), "rm -r %s", dir);
	assert_int_equal(system(main), 0);
}

static void too_much(void **state)
{
	struct na_policy_error err;
	struct na_policy p = {0};
	char *text = malloc(NA_POLICY_RULES_MAX * 40ul), *at = text;
	int i;

	(void)state;
	for (i = 0; i < NA_POLICY_RULES_MAX; i++)
		at += sprintf(at, "* 10.0.%d.%d(ops=1)\n", i / 256, i % 256);
	assert_int_equal(na_policy_parse(&p, "t", text, at - text, &err), 0);
	assert_int_equal(na_policy_parse(&p, "t", "\n* *(ops=1)", 11, &err), -EINVAL);
	assert_string_equal(err.text, "t:2:3: more than 4096 rules");
	assert_int_equal(p.n, NA_POLICY_RULES_MAX);
	assert_int_equal(na_policy_set(&p, "10.1.0.0", "*", "ops=1", &err), -EINVAL);
	assert_int_equal(na_policy_set(&p, "10.0.0.0", "*", "ops=2", &err), 0);
	na_policy_free(&p);
	free(text);
}

static void at_run_time(void **state)
{
	struct na_policy_error err;
	struct na_policy p = {0};
	char *text;

	(void)state;
	assert_int_equal(na_policy_set(&p, "10.0.0.1", "/srv//a/", "ops=5,burst=2s", &err), 0);
	assert_int_equal(na_policy_set(&p, "10.0.0.2", "*", "read=1M", &err), 0);
	/* the same again: replaced */
	assert_int_equal(na_policy_set(&p, "10.0.0.1/32", "/srv/a", "nocache", &err), 0);
	assert_int_equal(p.n, 2);
	text = na_rule_format(&p.rule[0]);
	assert_string_equal(text, "/srv/a 10.0.0.1(nocache)");
	free(text);
	assert_null(p.rule[0].file);
	assert_int_equal(na_policy_set(&p, "10.0.0.1", "/srv/a", "ops=5 ", &err), -EINVAL);
	assert_string_equal(err.text, "options:1:6: ',' or the end is expected");
	assert_int_equal(na_policy_set(&p, "10.0.0.1", "/srv/a", "ops=5)", &err), -EINVAL);
	assert_int_equal(na_policy_set(&p, "10.0.0.1", "srv", "ops=5", &err), -EINVAL);
	assert_string_equal(err.text, "'srv' is no path: one that begins with / is expected, or *");
	assert_int_equal(na_policy_set(&p, "10.0.0.300", "/srv", "ops=5", &err), -EINVAL);
	assert_int_equal(na_policy_set(&p, "", "/srv", "ops=5", &err), -EINVAL);
	assert_int_equal(na_policy_set(&p, "10.0.0.9", "/srv", "burst=1s", &err), -EINVAL);
	assert_int_equal(p.n, 2);
	assert_int_equal(na_policy_del(&p, "10.0.0.1", "*", &err), -ENOENT);
	assert_int_equal(na_policy_del(&p, "10.0.0.1", "/srv/a/", &err), 0);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.rule[0].path, "*");
	assert_int_equal(na_policy_del(&p, "10.0.0.2", "*", &err), 0);
	assert_int_equal(p.n, 0);
	na_policy_free(&p);
}

/* Any cut of a good file is refused or read, never read beyond. */
static void every_cut(void **state)
{
	static const char good[] = "\"/a b\" -ops=5,each \\\n 10.0.0.0/8(read=1k) @g(nocache)#x\n";
	struct na_policy_error err;
	struct na_policy p = {0};
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(good); len++) {
		char *text = malloc(len ?: 1);

		memcpy(text, good, len);
		na_policy_parse(&p, "cut", text, len, &err);
		na_policy_free(&p);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),    cmocka_unit_test(several_files),
		cmocka_unit_test(too_much),  cmocka_unit_test(at_run_time),
		cmocka_unit_test(every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

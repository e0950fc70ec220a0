// SPDX-License-Identifier: GPL-2.0-only
/* The policy in a running nfsacceld: reading, reloading, limits at run time, who may what. */
#include "tests/unit/files.h"

#include <string.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/admin/client.h"
#include "tests/admin/fixture.h"

static const char *const none[] = {NULL};

static void write_policy(const char *text)
{
	write_file(fixture_run, "exports", text);
}

/* nfsaccelctl's exit status; its words go to fixture_run/out. */
static int ctl(const char *words)
{
	return run("${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock %s >%s/out 2>&1",
		   fixture_run, words, fixture_run);
}

static bool said(const char *text)
{
	char path[PATH_MAX], out[16384];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/out", fixture_run);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	fclose(f);
	if (!strstr(out, text))
		print_message("instead of %s: %s\n", text, out);
	return strstr(out, text);
}

static void at_start(void **state)
{
	pid_t pid;

	(void)state;
	write_policy("/srv *(nocache)\n/srv 10.0.0.0/8(opsx=5)\n");
	assert_int_equal(daemon_end(daemon_start(none), 0), 1);
	assert_true(daemon_said("/exports:2:17: no option "));
	write_policy("/srv *(nocache)\n/srv 10.0.0.0/8(ops=5)\n");
	pid = daemon_up(none);
	assert_true(daemon_said("/exports:1: /srv is not exported"));
	assert_int_equal(ctl("policy show"), 0);
	assert_true(said("/srv *(nocache)"));
	assert_true(said("/srv 10.0.0.0/8(ops=5)"));
	assert_true(said("/srv is not exported"));
	assert_int_equal(ctl("limit list"), 0);
	assert_true(said("/srv 10.0.0.0/8(ops=5)"));
	assert_false(!run("grep -q nocache %s/out", fixture_run));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static bool reloaded(void *data)
{
	ctl("policy show");
	return !run("grep -qF -- '%s' %s/out", (char *)data, fixture_run);
}

static void reload(void **state)
{
	long long flushes;
	pid_t pid;

	(void)state;
	write_policy("/srv *(nocache)\n");
	pid = daemon_up(none);
	flushes = ask_number("stats", "counters.flushes");
	write_policy("/srv *(maxfile=1M)\n");
	assert_int_equal(ctl("policy reload"), 1);
	assert_true(said("/exports:1:16: '1M' is not good for maxfile="));
	assert_int_equal(ctl("policy show"), 0);
	assert_true(said("/srv *(nocache)"));
	assert_int_equal(ask_number("stats", "counters.flushes"), flushes);
	kill(pid, SIGHUP);
	assert_true(eventually(10, reloaded, "/srv *(nocache)"));
	write_policy("/srv *(maxfile=16k)\n");
	assert_int_equal(ctl("policy reload"), 0);
	assert_true(said("1 rule(s) in force"));
	assert_true(ask_number("stats", "counters.flushes") > flushes);
	write_policy("/srv *(maxfile=8k)\n");
	kill(pid, SIGHUP);
	assert_true(eventually(10, reloaded, "maxfile=8k"));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static void check(void **state)
{
	(void)state;
	write_policy("/srv *(cache)\n");
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl policy check %s/exports >%s/out 2>&1",
			     fixture_run, fixture_run),
			 0);
	assert_true(said("1 rule(s), no errors"));
	write_policy("/srv *(cache\n");
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl policy check %s/exports >%s/out 2>&1",
			     fixture_run, fixture_run),
			 1);
	assert_true(said("/exports:1:13: ')' or ',' is expected"));
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl --json policy check %s/exports | "
			     "grep -q '\"ok\":false'",
			     fixture_run),
			 0);
}

static void limits(void **state)
{
	pid_t pid;

	(void)state;
	write_policy("/srv 10.0.0.1(ops=5,nocache)\n");
	pid = daemon_up(none);
	assert_int_equal(ctl("limit set 10.0.0.2 ops=500 read=50M"), 0);
	assert_int_equal(limits_with_backlog(123000000), 0);
	assert_int_equal(ctl("limit set 10.0.0.4 ops=3 backlog=123ms"), 0);
	assert_int_equal(limits_with_backlog(123000000), 1);
	assert_int_equal(ctl("limit del 10.0.0.4"), 0);
	assert_int_equal(ctl("limit set 10.0.0.1 in /srv ops=7"), 0);
	assert_int_equal(ctl("limit set 10.0.0.3 in srv ops=7"), 1);
	assert_true(said("'srv' is no path"));
	assert_int_equal(ctl("limit set 10.0.0.3 nocache"), 1);
	assert_int_equal(ctl("limit set 10.0.0.3"), 2);
	assert_int_equal(ctl("limit set 10.0.0.3 in"), 2);
	assert_int_equal(ctl("limit list"), 0);
	assert_true(said("* 10.0.0.2(ops=500,read=50M)"));
	assert_true(said("# set at run time"));
	/* in place of the file's limit, beside its cache options */
	assert_true(said("/srv 10.0.0.1(nocache,ops=7)"));
	assert_int_equal(ctl("limit del 10.0.0.4"), 1);
	assert_true(said("there is no limit for 10.0.0.4"));
	assert_int_equal(ctl("limit del 10.0.0.1 in /srv"), 0);
	assert_int_equal(ctl("limit del 10.0.0.1 in /srv"), 1);
	assert_true(said("/exports:1"));
	assert_int_equal(ctl("limit list"), 0);
	assert_true(said("/srv 10.0.0.1(nocache,ops=5)"));
	/* it outlives a daemon that is killed, and a reload, but not a stop */
	assert_int_equal(ctl("policy reload"), 0);
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);
	pid = daemon_up(none);
	assert_int_equal(ctl("limit list"), 0);
	assert_true(said("* 10.0.0.2(ops=500,read=50M)"));
	assert_true(said("# set at run time"));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	pid = daemon_up(none);
	assert_int_equal(ctl("limit list"), 0);
	assert_false(!run("grep -q 10.0.0.2 %s/out", fixture_run));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static void save(void **state)
{
	pid_t pid;

	(void)state;
	write_policy("/srv 10.0.0.1(ops=5)\n");
	pid = daemon_up(none);
	assert_int_equal(ctl("policy save"), 0);
	assert_true(said("nothing was set"));
	assert_int_equal(ctl("limit set 10.0.0.1 in /srv ops=6"), 0);
	assert_int_equal(ctl("policy save"), 1);
	assert_true(said("/exports has a rule for 10.0.0.1 in /srv"));
	assert_int_equal(ctl("limit del 10.0.0.1 in /srv"), 0);
	assert_int_equal(ctl("limit set 2001:db8::/32 ops=6 shared"), 0);
	assert_int_equal(ctl("policy save"), 0);
	assert_true(said("1 limit(s) saved in"));
	assert_int_equal(ctl("limit list"), 0);
	assert_true(said("exports.d/saved.exports:2"));
	assert_int_equal(run("grep -qF 'set at run time' %s/out", fixture_run), 1);
	/* again, in the same place */
	assert_int_equal(ctl("limit set 2001:db8::/32 ops=7"), 0);
	assert_int_equal(ctl("policy save"), 0);
	assert_int_equal(ctl("limit list"), 0);
	assert_true(said("* 2001:db8::/32(ops=7) "));
	assert_int_equal(run("test $(grep -c . %s/exports.d/saved.exports) = 2", fixture_run), 0);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_int_equal(run("rm -r %s/exports.d", fixture_run), 0);
}

/* What an earlier daemon left in force stays when the file is bad. */
static void inherited(void **state)
{
	pid_t pid;

	(void)state;
	write_policy("/srv *(nocache)\n");
	pid = daemon_up(none);
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);
	write_policy("rubbish\n");
	pid = daemon_up(none);
	assert_true(daemon_said("/exports:1:1: "));
	assert_int_equal(ctl("policy show"), 0);
	assert_true(said("what nfsacceld found in force stays"));
	write_policy("/srv *(cache)\n");
	assert_int_equal(ctl("policy reload"), 0);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

/* Since the daemon began, those that come while one looks on, and not twice. */
static void events(void **state)
{
	long long last;
	char line[64];
	struct json_object *o, *list = NULL;
	pid_t pid;

	(void)state;
	write_policy("");
	pid = daemon_up(none);
	assert_int_equal(ctl("events"), 0);
	assert_true(said("message     started"));
	last = ask_number("events", "last");
	assert_true(last > 0);
	assert_int_equal(ctl("limit set 10.0.0.7 ops=3"), 0);
	snprintf(line, sizeof(line), "{\"command\":\"events\",\"after\":%lld}\n", last);
	o = ask(line);
	assert_true(json_object_object_get_ex(o, "events", &list));
	assert_true(json_object_array_length(list) >= 1);
	assert_non_null(strstr(json_object_to_json_string(list), "limit set for 10.0.0.7"));
	assert_null(strstr(json_object_to_json_string(list), "started"));
	json_object_put(o);
	/* it goes on until it is ended */
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl --json --socket %s/control.sock "
			     "events --follow >%s/out & pid=$!; for i in $(seq 300); do "
			     "grep -q 10.0.0.7 %s/out && break; sleep 0.1; done; kill $pid",
			     fixture_run, fixture_run, fixture_run),
			 0);
	assert_true(said("limit set for 10.0.0.7"));
	assert_int_equal(run("test $(grep -c 10.0.0.7 %s/out) = 1", fixture_run), 0);
	assert_int_equal(ctl("status --follow"), 2);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

/* As a user in this group alone. */
static int ctl_as(const char *group, const char *words)
{
	return run("setpriv --reuid 65534 --regid 65534 --groups %s ${BUILD:-build}/admin/nfsaccelctl "
		   "--socket %s/control.sock %s >%s/out 2>&1",
		   group, fixture_run, words, fixture_run);
}

static void rights(void **state)
{
	const char *groups[] = {"--set", "daemon.group=daemon", "--set", "daemon.read_group=games",
				NULL};
	pid_t pid;

	(void)state;
	write_policy("");
	pid = daemon_up(groups);
	run("chmod 755 %s; touch %s/out; chmod 666 %s/out", fixture_run, fixture_run, fixture_run);
	assert_int_equal(ctl_as("games", "status"), 0);
	assert_int_equal(ctl_as("games", "policy show"), 0);
	assert_int_equal(ctl_as("games", "limit list"), 0);
	assert_int_equal(ctl_as("games", "limit set 10.0.0.1 ops=1"), 1);
	assert_true(said("you may ask, not change"));
	assert_int_equal(ctl_as("games", "policy reload"), 1);
	assert_int_equal(ctl_as("games", "cache flush"), 1);
	assert_int_equal(ctl_as("daemon", "limit set 10.0.0.1 ops=1"), 0);
	assert_int_equal(ctl_as("mail", "status"), 1);
	assert_true(said("permission denied"));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static int after_each(void **state)
{
	(void)state;
	fixture_clear();
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, after_each)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_start), TEST(reload),	 TEST(check),  TEST(limits),
		TEST(save),	TEST(inherited), TEST(events), TEST(rights),
	};
	int failed;

	if (!fixture_make())
		return 77;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_remove();
	return failed;
}

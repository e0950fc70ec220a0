// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache gives way while memory is short and comes back; limits, counters and connections
 * stay. What /proc says is made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/admin/client.h"
#include "tests/admin/fixture.h"

#define SMALL	  (2 << 20)  /* more than what is left of a cache that has given way */
#define CACHE	  (16 << 20) /* what is configured */
#define LONG_TIME 120

static const char *const args[] = {
	"--set", "cache.memory=16M", "--set", "cache.spare=64M", "--set", NULL, NULL,
};

/* args, with the directory that stands for /proc. */
static const char *const *with_proc(void)
{
	static const char *filled[sizeof(args) / sizeof(args[0])];
	static char proc[PATH_MAX];

	snprintf(proc, sizeof(proc), "test.proc=%s/proc", fixture_run);
	memcpy(filled, args, sizeof(args));
	filled[5] = proc;
	return filled;
}

static void available(unsigned int mib)
{
	assert_int_equal(run("mkdir -p %s/proc && echo 'MemAvailable: %u kB' >%s/proc/new && "
			     "mv %s/proc/new %s/proc/meminfo",
			     fixture_run, mib * 1024, fixture_run, fixture_run, fixture_run),
			 0);
}

static bool stepped_down(void *data)
{
	(void)data;
	return ask_number("status", "memory_short") == 1;
}

static bool stepped_up(void *data)
{
	(void)data;
	return ask_number("status", "memory_short") == 0;
}

/* It does not answer while it replaces its programs. */
static bool given_back(void *data)
{
	long long now = ask_number("status", "maps_memory");

	return now > 0 && now < *(long long *)data - (CACHE - SMALL);
}

static bool got_back(void *data)
{
	/* tables grow with what is in them */
	return ask_number("status", "maps_memory") > *(long long *)data - SMALL;
}

static bool has_limit(void)
{
	return !run("${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock limit list | "
		    "grep -q 10.9.8.7",
		    fixture_run);
}

static bool filters_once(void)
{
	__u32 id;

	return clsact_programs("lo", false, &id) + tcx_programs("lo", false, &id) == 1 &&
	       clsact_programs("lo", true, &id) + tcx_programs("lo", true, &id) == 1;
}

/* A connection that was answered on, and a reply on it that is not acknowledged yet. */
static void down_and_up(void **state)
{
	struct na_flow f = {.din = 1, .count = 1, .last_seen = ~0ull};
	const struct na_flow settled = {.din = 1, .last_seen = ~0ull};
	struct connection c;
	long long full, flushes;
	pid_t pid;

	(void)state;
	available(1000);
	pid = daemon_up(with_proc());
	full = ask_number("status", "maps_memory");
	assert_true(full > CACHE);
	assert_int_equal(ask_number("status", "memory_short"), 0);
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock "
			     "limit set 10.9.8.7 ops=5",
			     fixture_run),
			 0);
	connection_make(&c, AF_INET, false);
	close(c.listener); /* another server, to a daemon that starts */
	f.fifo[0].entry = 5;
	entry_ref(5, 1);
	assert_int_equal(flow_forge(&c.key, &f), 0);
	flushes = ask_number("stats", "counters.flushes");

	available(63);
	assert_true(eventually(LONG_TIME, stepped_down, NULL));
	assert_true(daemon_said("memory is short: 63 MiB"));
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock status | "
			     "grep -q 'because.*memory is short'",
			     fixture_run),
			 0);
	/* the reply may have to be sent again */
	assert_false(eventually(3, given_back, &full));
	assert_int_equal(entry_ref(5, 0), 1);
	assert_int_equal(flow_forge(&c.key, &settled), 0);
	assert_true(eventually(LONG_TIME, given_back, &full));
	assert_true(flow_exists(&c.key));
	assert_true(has_limit());
	assert_true(filters_once());
	assert_true(ask_number("stats", "counters.flushes") > flushes);
	assert_int_equal(ask_number("status", "connections.spliced"), 1);

	/* killed and started again while it is so: the same */
	daemon_end(pid, SIGKILL);
	pid = daemon_up(with_proc());
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_true(stepped_down(NULL) && given_back(&full));
	assert_true(flow_exists(&c.key));

	available(1000);
	assert_true(eventually(LONG_TIME, stepped_up, NULL));
	assert_true(eventually(LONG_TIME, got_back, &full));
	assert_true(flow_exists(&c.key));
	assert_true(has_limit());
	assert_true(filters_once());
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_true(daemon_said("nothing left behind"));
	close(c.client), close(c.server);
}

/* Short from the beginning, on state that a daemon with all its cache left. */
static void from_the_start(void **state)
{
	const struct na_flow settled = {.din = 1, .last_seen = ~0ull};
	struct na_flow_key key = {.client_port = 1, .server_port = 2};
	long long full;
	pid_t pid;

	(void)state;
	available(1000);
	pid = daemon_up(with_proc());
	full = ask_number("status", "maps_memory");
	assert_int_equal(flow_forge(&key, &settled), 0);
	daemon_end(pid, SIGKILL);
	available(10);
	pid = daemon_up(with_proc());
	assert_true(stepped_down(NULL) && given_back(&full));
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_true(flow_exists(&key));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static int after_each(void **state)
{
	(void)state;
	fixture_clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(down_and_up, after_each),
		cmocka_unit_test_teardown(from_the_start, after_each),
	};
	int failed;

	if (!fixture_make())
		return 77;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_remove();
	return failed;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * nfsaccelctl top as a person sees it, in a tmux of its own, and stats --interval. Nothing is
 * measured: what must come is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <unistd.h>

#include "tests/admin/fixture.h"

#define PATIENCE 120 /* seconds */

static const char *const none[] = {NULL};
static const char *build;

static int tmux(const char *args)
{
	return run("tmux -f /dev/null -S %s/tmux %s", fixture_run, args);
}

static int ctl(const char *args)
{
	return run("%s/admin/nfsaccelctl --socket %s/control.sock %s", build, fixture_run, args);
}

/* Does a line of the screen match? */
static bool seen(void *pattern)
{
	return !run("tmux -S %s/tmux capture-pane -p -t top 2>/dev/null | grep -q -- '%s'",
		    fixture_run, (char *)pattern);
}

static bool unseen(void *pattern)
{
	return !seen(pattern);
}

static bool ended(void *unused)
{
	(void)unused;
	return run("test -s %s/status", fixture_run) == 0;
}

static void shows(const char *pattern)
{
	if (eventually(PATIENCE, seen, (void *)pattern))
		return;
	tmux("capture-pane -p -t top");
	fail_msg("the screen does not show '%s'", pattern);
}

static void loses(const char *pattern)
{
	if (eventually(PATIENCE, unseen, (void *)pattern))
		return;
	tmux("capture-pane -p -t top");
	fail_msg("the screen goes on showing '%s'", pattern);
}

static void keys(const char *names)
{
	char args[128];

	snprintf(args, sizeof(args), "send-keys -t top %s", names);
	assert_int_equal(tmux(args), 0);
}

/* Should this test die, the program ends by itself, and the tmux server with it. */
static void open_top(const char *term)
{
	run("rm -f %s/status", fixture_run);
	assert_int_equal(run("LC_ALL=C.UTF-8 tmux -f /dev/null -S %s/tmux new-session -d -s top -x "
			     "100 -y 30 "
			     "'TERM=%s timeout --foreground 600 %s/admin/nfsaccelctl --socket "
			     "%s/control.sock top --interval 300ms; echo $? >%s/status'",
			     fixture_run, term, build, fixture_run, fixture_run),
			 0);
}

static void quit_top(void)
{
	keys("q");
	assert_true(eventually(PATIENCE, ended, NULL));
	assert_int_equal(run("grep -qx 0 %s/status", fixture_run), 0);
}

static int close_tmux(void **state)
{
	(void)state;
	run("tmux -S %s/tmux kill-server 2>/dev/null", fixture_run);
	fixture_clear();
	return 0;
}

static void views(void **state)
{
	pid_t pid = daemon_up(none);

	(void)state;
	assert_int_equal(ctl("limit set 10.1.2.3 ops=55 >/dev/null"), 0);
	assert_int_equal(ctl("limit set 10.9.9.9 ops=77 >/dev/null"), 0);
	assert_int_equal(ctl("cache flush >/dev/null"), 0);
	open_top("screen");
	shows("\\[clients\\]");
	shows("^ *OP/sv *B/s *HIT% *P99 ");
	shows("^up .* of .* files");
	shows("^hits .* READ/s");
	keys("e");
	shows("\\[exports\\]");
	keys("s");
	shows("B/sv *HIT%");
	keys("f");
	shows("\\[files\\]");
	keys("n");
	shows("\\[counters\\]");
	shows("flushes .*whole cache flushed");
	keys("l");
	shows("10.1.2.3 .*ops=55");
	shows("10.9.9.9 .*ops=77");
	/* by name, rising; then falling */
	shows("^ LIMIT^");
	keys("r");
	shows("^ LIMITv");
	assert_int_equal(run("tmux -S %s/tmux capture-pane -p -t top | grep -o '10[.][0-9.]*' | "
			     "tr '\\n' ' ' | grep -q '^10.9.9.9 10.1.2.3'",
			     fixture_run),
			 0);
	keys("/");
	shows("^filter: _");
	keys("OPS=77");
	loses("10.1.2.3");
	shows("1 of 2 with");
	/* q belongs to the text here */
	keys("q");
	shows("none with this filter");
	keys("BSpace");
	shows("10.9.9.9");
	keys("Escape");
	shows("10.1.2.3");
	keys("Tab");
	shows("\\[clients\\]");
	quit_top();
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

/* Wide and narrow, tall and flat; and a terminal that can do next to nothing. */
static void sizes(void **state)
{
	pid_t pid = daemon_up(none);

	(void)state;
	open_top("vt100");
	shows("/ filter$");
	tmux("resize-window -t top -x 40 -y 12");
	shows("^q quit c clients");
	/* so narrow, there is no room for more */
	shows("^ *OP/sv *B/s  CLIENT$");
	loses("/ filter$");
	tmux("resize-window -t top -x 12 -y 2");
	loses("quit");
	shows("^nfsaccel");
	tmux("resize-window -t top -x 120 -y 40");
	shows("/ filter$");
	shows("\\[clients\\]");
	shows("OPS *BYTES *CLIENT$");
	quit_top();
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

/* It outlives the daemon, also one that was not there at first. */
static void restart(void **state)
{
	pid_t pid;

	(void)state;
	open_top("screen");
	shows("trying again.*not running");
	pid = daemon_up(none);
	loses("trying again");
	shows("^hits ");
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	shows("trying again.*not running");
	pid = daemon_up(none);
	loses("trying again");
	shows("^up ");
	quit_top();
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static void interval(void **state)
{
	pid_t pid = daemon_up(none);

	(void)state;
	assert_int_equal(run("%s/admin/nfsaccelctl --socket %s/control.sock stats --interval 100ms "
			     "--count 41 >%s/lines",
			     build, fixture_run, fixture_run),
			 0);
	/* 41 lines under three headers */
	assert_int_equal(run("test $(wc -l <%s/lines) = 44", fixture_run), 0);
	assert_int_equal(run("test $(grep -c '^TIME .*READ/s' %s/lines) = 3", fixture_run), 0);
	assert_int_equal(run("sed -n 22p %s/lines | grep -q ^TIME", fixture_run), 0);
	assert_int_equal(
		run("%s/admin/nfsaccelctl --json --socket %s/control.sock stats --interval 100ms "
		    "--count 3 | grep -c '^{.*\"known\":true.*}$' | grep -qx 3",
		    build, fixture_run),
		0);
	assert_int_equal(ctl("stats --count 3 2>/dev/null"), 2);
	assert_int_equal(ctl("stats --interval 0 2>/dev/null"), 2);
	assert_int_equal(ctl("top --interval x 2>/dev/null"), 2);
	/* no terminal */
	assert_int_equal(ctl("top </dev/null >/dev/null 2>&1"), 1);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(views, close_tmux),
		cmocka_unit_test_teardown(sizes, close_tmux),
		cmocka_unit_test_teardown(restart, close_tmux),
		cmocka_unit_test_teardown(interval, close_tmux),
	};
	int failed;

	build = getenv("BUILD") ?: "build";
	if (!fixture_make())
		return 0;
	failed = cmocka_run_group_tests_name("nfsaccelctl top", tests, NULL, NULL);
	fixture_remove();
	return failed;
}

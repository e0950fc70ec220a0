// SPDX-License-Identifier: GPL-2.0-only
/*
 * fq on a device with one queue and on one with four, in place of the kernel's default and
 * never of what an administrator chose. The devices are taps in a network namespace of our
 * own. Where the kernel has no fq, as on some hosts, a replacement has to fail and to leave
 * the device as it was; the lab's guests have it.
 */
#include "admin/qdisc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/admin/fixture.h"

#define QUEUES 4

static int queue[QUEUES] = {-1, -1, -1, -1};
static int ifindex;
static bool fq; /* does the kernel have it? */

/* A tap with n queues that is up: only then has it a qdisc. */
static void tap(unsigned int n)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | (n > 1 ? IFF_MULTI_QUEUE : 0)};
	unsigned int i;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "tap0");
	for (i = 0; i < n; i++) {
		queue[i] = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		assert_true(queue[i] >= 0);
		assert_int_equal(ioctl(queue[i], TUNSETIFF, &ifr), 0);
	}
	assert_int_equal(run("ip link set tap0 up"), 0);
	ifindex = if_nametoindex("tap0");
	assert_true(ifindex > 0);
}

static int untap(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < QUEUES; i++) {
		if (queue[i] >= 0)
			close(queue[i]);
		queue[i] = -1;
	}
	return 0;
}

/* What tc shows of the device matches. */
static bool shows(const char *pattern)
{
	return !run("tc qdisc show dev tap0 | grep -qE '%s' || { tc qdisc show dev tap0; false; }",
		    pattern);
}

static bool has(unsigned int n, const char *pattern)
{
	return !run("test $(tc qdisc show dev tap0 | grep -cE '%s') = %u", pattern, n);
}

static struct na_qdisc look(void)
{
	struct na_qdisc q;

	assert_int_equal(na_qdisc_read(ifindex, &q), 0);
	return q;
}

static void expect_default(const char *kind)
{
	struct na_qdisc q = look();

	assert_true(q.untouched);
	assert_false(q.ours);
	assert_false(q.holds);
	assert_string_equal(q.kind, kind);
}

/* On and off; the kind of the default, and how many fq there are meanwhile. */
static void replace(unsigned int n)
{
	struct na_qdisc was = look(), q;

	expect_default(was.kind);
	if (!fq) {
		assert_int_equal(na_qdisc_replace(ifindex, &was), -ENOENT);
		expect_default(was.kind);
		return;
	}
	assert_int_equal(na_qdisc_replace(ifindex, &was), 0);
	q = look();
	assert_true(q.ours);
	assert_true(q.holds);
	assert_false(q.untouched);
	assert_string_equal(q.kind, n > 1 ? "mq" : "fq");
	assert_true(has(n, "^qdisc fq "));
	assert_true(shows("^qdisc (mq|fq) 6e66: .*root"));
	/* again: nothing is lost by it */
	assert_int_equal(na_qdisc_replace(ifindex, &q), 0);
	assert_true(look().holds);
	assert_int_equal(na_qdisc_restore(ifindex), 0);
	expect_default(was.kind);
	assert_true(has(0, "^qdisc fq "));
}

static void one_queue(void **state)
{
	(void)state;
	tap(1);
	replace(1);
}

static void many_queues(void **state)
{
	(void)state;
	tap(QUEUES);
	assert_string_equal(look().kind, "mq");
	assert_true(has(QUEUES, "^qdisc [a-z_]+ 0: parent :[0-9]+"));
	replace(QUEUES);
}

static void expect_chosen(const char *pattern, bool holds)
{
	struct na_qdisc q = look();

	assert_false(q.untouched);
	assert_false(q.ours);
	assert_int_equal(q.holds, holds);
	assert_int_equal(na_qdisc_restore(ifindex), 0);
	assert_true(shows(pattern));
}

static void administrators(void **state)
{
	(void)state;
	tap(1);
	assert_int_equal(run("tc qdisc replace dev tap0 root handle 77: pfifo limit 123"), 0);
	expect_chosen("^qdisc pfifo 77: root .*limit 123p", false);
	/* without a handle the kernel gives one */
	assert_int_equal(run("tc qdisc replace dev tap0 root pfifo_fast"), 0);
	expect_chosen("^qdisc pfifo_fast 8[0-9a-f]+: root", false);
	if (!fq)
		return;
	assert_int_equal(run("tc qdisc replace dev tap0 root fq limit 4321"), 0);
	expect_chosen("^qdisc fq 8[0-9a-f]+: root .*limit 4321p", true);
}

static void administrators_mq(void **state)
{
	unsigned int i;

	(void)state;
	tap(QUEUES);
	assert_int_equal(run("tc qdisc replace dev tap0 root handle 77: mq"), 0);
	expect_chosen("^qdisc mq 77: root", false);
	for (i = 1; fq && i <= QUEUES; i++) {
		assert_int_equal(run("tc qdisc replace dev tap0 parent 77:%x fq", i), 0);
		expect_chosen("^qdisc mq 77: root", i == QUEUES);
	}
	/* one that does not hold is enough */
	assert_int_equal(run("tc qdisc replace dev tap0 parent 77:2 pfifo"), 0);
	expect_chosen("^qdisc pfifo 8[0-9a-f]+: parent 77:2", false);
}

/* Once a queue of ours has something of the administrator's, the device is his. */
static void taken_over(void **state)
{
	struct na_qdisc q;

	(void)state;
	if (!fq)
		return;
	tap(QUEUES);
	q = look();
	assert_int_equal(na_qdisc_replace(ifindex, &q), 0);
	assert_int_equal(run("tc qdisc replace dev tap0 parent 6e66:3 pfifo limit 9"), 0);
	expect_chosen("^qdisc pfifo 8[0-9a-f]+: parent 6e66:3 limit 9p", false);
}

#define TEST(name) cmocka_unit_test_teardown(name, untap)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_queue),	 TEST(many_queues), TEST(administrators),
		TEST(administrators_mq), TEST(taken_over),
	};

	if (geteuid() || unshare(CLONE_NEWNET)) {
		printf("skipped: no network namespace: not root\n");
		return 77;
	}
	if (access("/dev/net/tun", R_OK | W_OK)) {
		printf("skipped: no /dev/net/tun\n");
		return 77;
	}
	fq = !run("ip link set lo up && tc qdisc replace dev lo root fq 2>/dev/null");
	printf("# fq: %s\n", fq ? "yes" : "this kernel has none");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

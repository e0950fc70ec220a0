// SPDX-License-Identifier: GPL-2.0-only
/*
 * nfsacceld's life: refusing to start, taking over, stopping, watching devices, keeping
 * the connection table, and peers that misbehave on the control socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/admin/client.h"
#include "tests/admin/fixture.h"

static const char *const none[] = {NULL};

static bool filters_on(void *device)
{
	__u32 id;

	return (clsact_programs(device, false, &id) == 1 &&
		clsact_programs(device, true, &id) == 1) ||
	       (tcx_programs(device, false, &id) == 1 && tcx_programs(device, true, &id) == 1);
}

static bool pins_gone(void)
{
	return run("test -e %s", fixture_pin) != 0;
}

/* It must end by itself, with this status and these words. */
static void refuses(const char *const *args, int status, const char *words)
{
	assert_int_equal(daemon_end(daemon_start(args), 0), status);
	assert_true(daemon_said(words));
}

static void refusals(void **state)
{
	const char *bad_key[] = {"--set", "cache.memroy=1M", NULL};
	const char *bad_file[] = {"--config", "tests/unit/config/26-too-large.conf", NULL};
	const char *no_file[] = {"--config", "/nonexistent.conf", NULL};
	const char *no_bpffs[] = {"--set", "daemon.pin=/tmp/nfsaccel-no-bpffs", NULL};
	const char *word[] = {"word", NULL};
	struct connection c;

	(void)state;
	refuses(bad_key, 2, "unknown key");
	refuses(bad_file, 2, "26-too-large.conf:2: ");
	refuses(no_file, 2, "No such file");
	refuses(word, 2, "word");
	refuses(no_bpffs, 1, "not on a BPF file system");
	connection_make(&c, AF_INET, false);
	refuses(none, 1, "daemon_test");
	connection_close(&c);
	assert_true(pins_gone());
}

static void only_one(void **state)
{
	pid_t pid = daemon_up(none);

	(void)state;
	assert_true(pid > 0);
	run("cp %s %s.first", fixture_log, fixture_log);
	refuses(none, 1, "another nfsacceld");
	assert_true(ask_number("status", "port") == PORT);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_true(pins_gone());
	assert_false(filters_on("lo"));
}

static void status_and_stats(void **state)
{
	pid_t pid = daemon_up(none);
	long long before = ask_number("stats", "counters.flushes");

	(void)state;
	assert_true(pid > 0);
	assert_true(before >= 0);
	assert_true(ask_number("flush", "flush") > 0);
	assert_int_equal(ask_number("stats", "counters.flushes"), before + 1);
	assert_int_equal(ask_number("status", "connections.max"), 64);
	assert_true(ask_number("status", "cache.files_max") > 100);
	assert_true(ask_number("status", "maps_memory") > ask_number("status", "cache.memory"));
	assert_int_equal(ask_number("status", "devices.0.attached"), 1);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static void takeover(void **state)
{
	const char *larger[] = {"--set", "cache.memory=2M", NULL};
	const char *more[] = {"--set", "network.connections=65", NULL};
	struct na_flow quiet = {.last_seen = ~0ull};
	struct na_flow_key key = {.client_port = 1, .server_port = 2};
	pid_t pid = daemon_up(none);
	__u32 old = 0, id = 0;

	(void)state;
	assert_true(pid > 0);
	assert_int_equal(ask_number("status", "taken_over"), 0);
	assert_int_equal(flow_forge(&key, &quiet), 0);
	ask_number("flush", "flush");
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);
	assert_true(filters_on("lo"));
	assert_true(flow_exists(&key));
	assert_int_equal(tcx_programs("lo", false, &old) + clsact_programs("lo", false, &old), 1);

	pid = daemon_up(none);
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_true(flow_exists(&key));
	assert_true(ask_number("stats", "counters.flushes") >= 1);
	assert_true(filters_on("lo"));
	/* by new programs, and once only */
	assert_int_equal(tcx_programs("lo", false, &id) + clsact_programs("lo", false, &id), 1);
	assert_int_not_equal(id, old);
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);

	/* another cache: no connection minds */
	pid = daemon_up(larger);
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_true(flow_exists(&key));
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);
	/* unless a reply may have to be sent again from it; other sizes: afresh */
	quiet.count = 1;
	assert_int_equal(flow_forge(&key, &quiet), 0);
	pid = daemon_up(none);
	assert_int_equal(ask_number("status", "taken_over"), 0);
	assert_int_equal(flow_forge(&key, &(struct na_flow){.last_seen = ~0ull}), 0);
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);
	pid = daemon_up(more);
	assert_int_equal(ask_number("status", "taken_over"), 0);
	assert_false(flow_exists(&key));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_true(pins_gone());
}

static void keeps(void **state)
{
	const char *keep[] = {"--set", "daemon.on_stop=keep", NULL};
	pid_t pid = daemon_up(keep);

	(void)state;
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_true(filters_on("lo"));
	pid = daemon_up(none);
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_true(pins_gone());
}

/* A stop resets what is spliced, on every kind of socket, and nothing else. */
static void stop_resets(void **state)
{
	const struct na_flow spliced = {.din = 100, .last_seen = ~0ull};
	const struct na_flow plain = {.last_seen = ~0ull};
	struct connection c4, c6, mapped, other;
	pid_t pid = daemon_up(none);

	(void)state;
	connection_make(&c4, AF_INET, false);
	close(c4.listener);
	connection_make(&c6, AF_INET6, false);
	close(c6.listener);
	connection_make(&mapped, AF_INET, true);
	close(mapped.listener);
	connection_make(&other, AF_INET, false);
	assert_int_equal(flow_forge(&c4.key, &spliced), 0);
	assert_int_equal(flow_forge(&c6.key, &spliced), 0);
	assert_int_equal(flow_forge(&mapped.key, &spliced), 0);
	assert_int_equal(flow_forge(&other.key, &plain), 0);
	assert_int_equal(ask_number("status", "connections.spliced"), 3);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_true(daemon_said("3 spliced connection(s) reset"));
	assert_true(eventually(5, connection_is_reset, &c4));
	assert_true(eventually(5, connection_is_reset, &c6));
	assert_true(eventually(5, connection_is_reset, &mapped));
	assert_true(connection_works(&other));
	assert_true(pins_gone());
	assert_false(filters_on("lo"));
	close(c4.client), close(c4.server);
	close(c6.client), close(c6.server);
	close(mapped.client), close(mapped.server);
	connection_close(&other);
}

static void cleanup_after_kill(void **state)
{
	const char *cleanup[] = {"--cleanup", NULL};
	pid_t pid = daemon_up(none);

	(void)state;
	daemon_end(pid, SIGKILL);
	assert_int_equal(daemon_end(daemon_start(cleanup), 0), 0);
	assert_true(pins_gone());
	assert_false(filters_on("lo"));
	assert_int_equal(daemon_end(daemon_start(cleanup), 0), 0);
	assert_true(daemon_said("nothing is pinned"));
}

static bool flow_gone(void *key)
{
	return !flow_exists(key);
}

/* Dead flows go and give their pins back; live ones stay however quiet. */
static void garbage(void **state)
{
	struct na_flow f = {.din = 1, .head = NA_FIFO - 1, .count = 2, .last_seen = 1};
	struct na_flow_key dead = {.client_port = 1, .server_port = 2};
	struct connection c;
	pid_t pid = daemon_up(none);

	(void)state;
	connection_make(&c, AF_INET, false);
	f.fifo[NA_FIFO - 1].entry = 5;
	f.fifo[0].entry = 6;
	f.fifo[1].entry = 7; /* behind the ring's end: not pinned */
	f.fill.entry = 5;
	entry_ref(5, 2);
	entry_ref(6, 3);
	entry_ref(7, 1);
	assert_int_equal(flow_forge(&dead, &f), 0);
	f = (struct na_flow){.din = 1, .last_seen = 1};
	assert_int_equal(flow_forge(&c.key, &f), 0);
	assert_true(eventually(25, flow_gone, &dead));
	assert_int_equal(entry_ref(5, 0), 0);
	assert_int_equal(entry_ref(6, 0), 2);
	assert_int_equal(entry_ref(7, 0), 1);
	assert_true(flow_exists(&c.key));
	connection_close(&c);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static void devices(void **state)
{
	const char *clsact[] = {"--set", "network.tc_hook=clsact", NULL};
	const char *named[] = {"--set", "network.devices=lo na9", NULL};
	pid_t pid;

	(void)state;
	assert_int_equal(
		run("ip link add na0 type veth peer name na1 && ip link set na0 up && "
		    "tc qdisc add dev na0 clsact && ip link add na2 type veth peer name na4"),
		0);
	pid = daemon_up(clsact);
	assert_false(filters_on("na2"));
	run("ip addr add 10.250.0.1/24 dev na0; ip addr add 10.251.0.1/24 dev na2");
	assert_true(eventually(3, filters_on, "na0"));
	assert_false(filters_on("na2"));
	run("ip link set na2 up");
	assert_true(eventually(3, filters_on, "na2"));
	run("tc qdisc del dev na2 clsact");
	assert_true(eventually(3, filters_on, "na2"));
	run("tc filter del dev na0 egress pref 2049");
	assert_true(eventually(3, filters_on, "na0"));
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock events | "
			     "grep -q ' attach lost *na0: '", fixture_run), 0);
	assert_int_equal(other_filter("na2", 10), 0);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	/* clsact stays where it was before, and where others use it */
	assert_false(filters_on("na0"));
	assert_int_equal(run("tc qdisc show dev na0 | grep -q clsact"), 0);
	assert_int_equal(run("tc filter show dev na2 ingress | grep -q na_other"), 0);
	assert_int_not_equal(run("tc qdisc show dev lo | grep -q clsact"), 0);

	pid = daemon_up(named);
	assert_true(daemon_said("na9: cannot attach"));
	assert_false(filters_on("na0"));
	run("ip link add na9 type veth peer name na8");
	assert_true(eventually(3, filters_on, "na9"));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	run("ip link del na0; ip link del na2; ip link del na9");
}

/* At tcx or clsact, but once only, from one daemon to the next. */
static void hooks_change(void **state)
{
	const char *clsact[] = {"--set", "network.tc_hook=clsact", NULL};
	bool tcx = kernel_has_tcx();
	pid_t pid = daemon_up(none);
	__u32 id;

	(void)state;
	assert_int_equal(tcx_programs("lo", false, &id), tcx);
	assert_int_equal(tcx_programs("lo", true, &id), tcx);
	assert_int_equal(clsact_programs("lo", false, &id), !tcx);
	if (tcx) {
		assert_int_equal(tcx_remove("lo", true), 0);
		/* which nobody tells: the next change of a device is the occasion */
		run("ip link add na6 type veth peer name na7; ip link set na6 up");
		assert_true(eventually(3, filters_on, "lo"));
		run("ip link del na6");
	}
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);
	assert_true(filters_on("lo"));

	pid = daemon_up(clsact);
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_int_equal(tcx_programs("lo", false, &id) + tcx_programs("lo", true, &id), 0);
	assert_true(filters_on("lo"));
	assert_int_equal(daemon_end(pid, SIGKILL), 128 + SIGKILL);

	pid = daemon_up(none);
	assert_int_equal(ask_number("status", "taken_over"), 1);
	assert_int_equal(tcx_programs("lo", false, &id), tcx);
	assert_int_equal(clsact_programs("lo", true, &id), !tcx);
	assert_true(filters_on("lo"));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_false(filters_on("lo"));
	assert_int_equal(tcx_programs("lo", false, &id) + tcx_programs("lo", true, &id), 0);
	assert_int_not_equal(run("tc qdisc show dev lo | grep -q clsact"), 0);
}

/* Somebody else's filter at our handle and priority is left alone. */
static void foreign_filter(void **state)
{
	pid_t pid;

	(void)state;
	run("ip link add na3 type veth peer name na5; ip addr add 10.252.0.1/24 dev na3; ip link "
	    "set na3 up; "
	    "tc qdisc add dev na3 clsact");
	assert_int_equal(other_filter("na3", 2049), 0);
	pid = daemon_up(none);
	assert_true(daemon_said("na3: cannot attach"));
	assert_int_equal(run("tc filter show dev na3 ingress | grep -q na_other"), 0);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_int_equal(run("tc filter show dev na3 ingress | grep -q na_other"), 0);
	run("ip link del na3");
}

static int control(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.80s/control.sock", fixture_run);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return fd;
}

static bool refused(const char *line)
{
	struct json_object *ok = NULL, *o = ask(line);
	bool no = o && json_object_object_get_ex(o, "ok", &ok) && !json_object_get_boolean(ok) &&
		  json_object_object_get_ex(o, "error", &ok);

	json_object_put(o);
	return no;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void bad_peers(void **state)
{
	static char big[80000];
	int half, flood, fds[200], i;
	pid_t pid = daemon_up(none);
	double start;

	(void)state;
	assert_true(refused("\n"));
	assert_true(refused("rubbish\n"));
	assert_true(refused("[]\n"));
	assert_true(refused("{}\n"));
	assert_true(refused("{\"command\":7}\n"));
	assert_true(refused("{\"command\":\"none\"}\n"));
	memset(big, '[', sizeof(big) - 1);
	big[60000] = '\n';
	assert_true(refused(big));
	/* longer than any request: dropped, told or not */
	memset(big, 'a', sizeof(big) - 1);
	ask(big);
	/* half a request, many peers, and one that never reads */
	half = control();
	assert_true(send(half, "{\"comm", 6, 0) == 6);
	for (i = 0; i < 40; i++)
		fds[i] = control();
	flood = control();
	for (i = 0; i < 100000; i++)
		if (send(flood, "{\"command\":\"stats\"}\n", 20, MSG_DONTWAIT) < 0)
			break;
	assert_true(i < 100000);
	start = seconds();
	assert_int_equal(ask_number("version", "abi"), NA_ABI);
	assert_true(seconds() - start < 2);
	for (i = 0; i < 40; i++)
		close(fds[i]);
	close(flood);
	/* more peers than it takes, then fewer again */
	for (i = 0; i < 200; i++)
		fds[i] = control();
	for (i = 0; i < 200; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	assert_true(send(half, "and\":\"version\"}\n", 16, 0) == 16);
	assert_true(recv(half, big, sizeof(big), 0) > 10);
	close(half);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

/* As a user without rights: the exit status is 0 if that was refused. */
static int as_nobody(const char *group)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		gid_t gid = group ? getgrnam(group)->gr_gid : 65534;
		int fd;

		if (setgroups(1, &gid) || setgid(65534) || setuid(65534))
			_exit(9);
		fd = control();
		_exit(fd < 0 ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void peers_rights(void **state)
{
	const char *group[] = {"--set", "daemon.group=daemon", NULL};
	pid_t pid = daemon_up(none);

	(void)state;
	run("chmod 755 %s", fixture_run);
	assert_int_equal(as_nobody(NULL), 1);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	pid = daemon_up(group);
	assert_int_equal(as_nobody(NULL), 1);
	assert_int_equal(as_nobody("daemon"), 0);
	/* the socket's mode is not the only guard */
	run("chmod 666 %s/control.sock", fixture_run);
	assert_int_equal(
		run("setpriv --reuid 65534 --regid 65534 --clear-groups "
		    "${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock version 2>&1 "
		    "| grep -q 'permission denied'",
		    fixture_run),
		0);
	assert_int_equal(run("setpriv --reuid 65534 --regid 65534 --groups daemon "
			     "${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock version "
			     ">/dev/null",
			     fixture_run),
			 0);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

/* A failed test leaves no daemon to the next. */
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
		TEST(refusals),	    TEST(only_one),	TEST(status_and_stats),	  TEST(takeover),
		TEST(keeps),	    TEST(stop_resets),	TEST(cleanup_after_kill), TEST(garbage),
		TEST(devices),	    TEST(hooks_change), TEST(foreign_filter),	  TEST(bad_peers),
		TEST(peers_rights),
	};
	int failed;

	libbpf_set_print(NULL); /* a device without clsact is no error here */
	if (!fixture_make())
		return 77;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_remove();
	return failed;
}

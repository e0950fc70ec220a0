// SPDX-License-Identifier: GPL-2.0-only
/* The metrics of a real nfsacceld, on a Unix socket. */
#include "tests/unit/check.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/admin/client.h"
#include "tests/admin/fixture.h"

static char path[PATH_MAX / 2], set[PATH_MAX];
static char page[1 << 18];

static int connect_to(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(a.sun_path));
	strcpy(a.sun_path, path);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

/* The status of the reply, which is left in page. */
static int request(const char *text)
{
	int fd = connect_to(), status = 0;
	size_t len = 0;
	ssize_t n;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	while ((n = read(fd, page + len, sizeof(page) - 1 - len)) > 0)
		len += n;
	page[len] = '\0';
	close(fd);
	sscanf(page, "HTTP/1.%*d %d", &status);
	return status;
}

static bool has_line(const char *line)
{
	const char *at = strstr(page, line);
	size_t len = strlen(line);

	return at && at > page && at[-1] == '\n' && at[len] == '\n';
}

/* For tests/metrics, which has others read it. */
static void keep_page(void)
{
	const char *to = getenv("METRICS_PAGE"), *body = strstr(page, "\r\n\r\n");
	FILE *f;

	if (!to)
		return;
	assert_non_null(body);
	f = fopen(to, "we");
	assert_non_null(f);
	assert_true(fputs(body + 4, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Each sample follows a TYPE line of its own metric, which there is once, after its HELP. */
static void check_format(void)
{
	char name[128] = "", seen[256][128], *line, *next;
	size_t n = 0, i, samples = 0;

	line = strstr(page, "\r\n\r\n");
	assert_non_null(line);
	for (line += 4; *line; line = next) {
		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = '\0';
		if (!strncmp(line, "# HELP ", 7)) {
			assert_int_equal(sscanf(line + 7, "%127s", name), 1);
			for (i = 0; i < n; i++)
				assert_string_not_equal(seen[i], name);
			assert_true(n < COUNT(seen));
			strcpy(seen[n++], name);
			assert_int_equal(strncmp(next, "# TYPE ", 7), 0);
			assert_int_equal(strncmp(next + 7, name, strlen(name)), 0);
		} else if (line[0] != '#') {
			size_t len = strlen(name);

			assert_int_equal(strncmp(line, name, len), 0);
			if (line[len] == '_') /* of a histogram */
				len += strcspn(line + len, " {");
			assert_true(line[len] == ' ' || line[len] == '{');
			assert_true(isdigit((unsigned char)strrchr(line, ' ')[1]));
			samples++;
		}
	}
	assert_true(samples > 60);
}

/* IPv4 address 10.0.0.i, or, with 6, fd00::i. */
static void client(int family, __u8 i, __u64 calls)
{
	__u8 addr[16] = {0};

	if (family == 4) {
		addr[10] = addr[11] = 0xff;
		addr[12] = 10;
	} else {
		addr[0] = 0xfd;
	}
	addr[15] = i;
	client_forge(addr, calls);
}

static unsigned int count(const char *text)
{
	const char *at = page;
	unsigned int n = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		n++;
	}
	return n;
}

/* Two places, which those who did the most by the first look have for an hour. */
static void check_clients(void)
{
	client(4, 1, 1000);
	client(6, 2, 2000);
	client(4, 3, 10);
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_true(has_line("nfsaccel_clients 3"));
	assert_true(has_line("nfsaccel_client_operations_total{client=\"10.0.0.1\"} 1000"));
	assert_true(has_line("nfsaccel_client_operations_total{client=\"fd00::2\"} 2000"));
	assert_true(has_line("nfsaccel_client_hits_total{client=\"fd00::2\"} 0"));
	assert_int_equal(count("\nnfsaccel_client_operations_total{"), 2);
	client(4, 1, 1001);
	client(4, 3, 1000000);
	client(4, 4, 1000000);
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_true(has_line("nfsaccel_clients 4"));
	assert_true(has_line("nfsaccel_client_operations_total{client=\"10.0.0.1\"} 1001"));
	assert_int_equal(count("\nnfsaccel_client_operations_total{"), 2);
	assert_int_equal(count("10.0.0.3"), 0);
}

/* Buckets end at powers of two of microseconds, and each holds those before it. */
static void check_times(void)
{
	op_forge(NA_OP_READ, 3, 100000);
	op_forge(NA_OP_READ, 1, 1500000);
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_true(has_line("nfsaccel_nfsd_seconds_bucket{op=\"read\",le=\"0.000064\"} 0"));
	assert_true(has_line("nfsaccel_nfsd_seconds_bucket{op=\"read\",le=\"0.000128\"} 3"));
	assert_true(has_line("nfsaccel_nfsd_seconds_bucket{op=\"read\",le=\"0.001024\"} 3"));
	assert_true(has_line("nfsaccel_nfsd_seconds_bucket{op=\"read\",le=\"0.002048\"} 4"));
	assert_true(has_line("nfsaccel_nfsd_seconds_bucket{op=\"read\",le=\"+Inf\"} 4"));
	assert_true(has_line("nfsaccel_nfsd_seconds_sum{op=\"read\"} 0.001800000"));
	assert_int_equal(run("${BUILD:-build}/admin/nfsaccelctl --socket %s/control.sock stats | "
			     "grep -qE '^read +4 +450us +1?[0-9]{2}us +[0-9]+us$'",
			     fixture_run),
			 0);
}

static void test_page(void **state)
{
	const char *args[] = {"--set", set,
			      "--set", "daemon.mode=off",
			      "--set", "metrics.page=no",
			      "--set", "cache.spare=1048576G",
			      "--set", "stats.clients=64",
			      "--set", "metrics.clients=2",
			      NULL};
	char line[128];
	pid_t pid;

	(void)state;
	pid = daemon_up(args);
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_non_null(strstr(page, "Content-Type: text/plain; version=0.0.4"));
	assert_true(has_line("nfsaccel_mode{mode=\"off\"} 1"));
	assert_true(has_line("nfsaccel_mode{mode=\"answering\"} 0"));
	assert_true(has_line("nfsaccel_hits_total 0"));
	assert_true(has_line("nfsaccel_misses_total{reason=\"no_entry\"} 0"));
	assert_true(has_line("# TYPE nfsaccel_shadow_nfsd_seconds_total counter"));
	/* what the control socket says, too */
	assert_non_null(ask("{\"command\":\"flush\"}\n"));
	snprintf(line, sizeof(line), "nfsaccel_flushes_total %lld",
		 ask_number("stats", "counters.flushes"));
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_true(has_line(line));
	check_clients();
	check_times();
	keep_page();
	check_format();
	assert_int_equal(request("GET / HTTP/1.0\r\n\r\n"), 404);
	assert_int_equal(request("GET /status.json HTTP/1.0\r\n\r\n"), 404);
	/* No machine has that much to spare; but off is what was asked for, so far. */
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_true(has_line("nfsaccel_memory_short 1"));
	assert_true(has_line("nfsaccel_stepped_down 0"));
	assert_non_null(ask("{\"command\":\"mode answer\"}\n"));
	assert_int_equal(request("GET /metrics HTTP/1.0\r\n\r\n"), 200);
	assert_true(has_line("nfsaccel_stepped_down 1"));
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{"GET / HTTP/1.0\r\n\r\n", 200},
		{"GET /nothing HTTP/1.0\r\n\r\n", 404},
		{"GET /metrics/../etc/passwd HTTP/1.0\r\n\r\n", 404},
		{"POST /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 405},
		{"DELETE /metrics HTTP/1.0\r\n\r\n", 405},
		{"HEAD /metrics HTTP/1.0\r\n\r\n", 200},
	};
	const char *args[] = {"--set", set, "--set", "metrics.clients=2", NULL};
	int fds[40];
	size_t i;
	pid_t pid;

	(void)state;
	pid = daemon_up(args);
	assert_true(daemon_said("names nobody, as clients are not counted"));
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(request(cases[i].text), cases[i].status);
	request("\x16\x03\x01 rubbish\r\n\r\n");
	/* More peers than are served, none of which says a word: they are dropped in time. */
	for (i = 0; i < COUNT(fds); i++)
		fds[i] = connect_to();
	assert_true(ask_number("stats", "counters.hits") == 0);
	for (i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	for (i = 0; i < 100 && request("GET /metrics HTTP/1.0\r\n\r\n") != 200; i++)
		usleep(200000);
	assert_true(i < 100);
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static void test_taken(void **state)
{
	const char *args[] = {"--set", "metrics.listen=192.0.2.1:9433", NULL};
	pid_t pid;

	(void)state;
	pid = daemon_start(args);
	assert_int_not_equal(daemon_end(pid, 0), 0);
	assert_true(daemon_said("metrics: cannot listen on 192.0.2.1:9433"));
}

static int clear(void **state)
{
	(void)state;
	fixture_clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_page, clear),
		cmocka_unit_test_teardown(test_refusals, clear),
		cmocka_unit_test_teardown(test_taken, clear),
	};
	const struct CMUnitTest only_page[] = {cmocka_unit_test_teardown(test_page, clear)};
	int failed;

	if (!fixture_make())
		return 77;
	snprintf(path, sizeof(path), "%s/metrics.sock", fixture_run);
	snprintf(set, sizeof(set), "metrics.listen=%s", path);
	if (getenv("METRICS_PAGE"))
		failed = cmocka_run_group_tests_name("metrics page", only_page, NULL, NULL);
	else
		failed = cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
	fixture_remove();
	return failed;
}

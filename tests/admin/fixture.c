// SPDX-License-Identifier: GPL-2.0-only
#include "tests/admin/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32

char fixture_run[PATH_MAX / 4];
char fixture_pin[PATH_MAX / 4];
char fixture_log[PATH_MAX / 2];

static char daemon_path[PATH_MAX];
static pid_t alive; /* the daemon to end if a test fails */

int run(const char *fmt, ...)
{
	char *command = NULL;
	va_list args;
	int status;

	va_start(args, fmt);
	if (vasprintf(&command, fmt, args) < 0)
		abort();
	va_end(args);
	status = system(command);
	free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool fixture_make(void)
{
	const char *build = getenv("BUILD") ?: "build";

	snprintf(daemon_path, sizeof(daemon_path), "%s/admin/nfsacceld", build);
	if (geteuid()) {
		printf("skipped: not root\n");
		return false;
	}
	if (unshare(CLONE_NEWNET)) {
		printf("skipped: no network namespace: %s\n", strerror(errno));
		return false;
	}
	snprintf(fixture_run, sizeof(fixture_run), "/tmp/nfsaccel-test-XXXXXX");
	if (!mkdtemp(fixture_run) || run("ip link set lo up"))
		abort();
	snprintf(fixture_pin, sizeof(fixture_pin), "/sys/fs/bpf/nfsaccel-test-%d", getpid());
	snprintf(fixture_log, sizeof(fixture_log), "%s/log", fixture_run);
	if (run("%s --check --json >%s/check 2>&1; grep -q 'the kernel takes them' %s/check",
		daemon_path, fixture_run, fixture_run)) {
		printf("skipped: this kernel does not take the programs; see nfsacceld --check\n");
		run("rm -r %s", fixture_run);
		return false;
	}
	return true;
}

void fixture_clear(void)
{
	if (alive)
		daemon_end(alive, SIGKILL);
	/* A listener left open would look like another server to the next daemon. */
	closefrom(3);
	run("%s --set daemon.run=%s --set daemon.pin=%s --cleanup >/dev/null 2>&1", daemon_path,
	    fixture_run, fixture_pin);
}

void fixture_remove(void)
{
	fixture_clear();
	run("rm -rf %s %s", fixture_run, fixture_pin);
}

pid_t daemon_start(const char *const *args)
{
	char run_arg[PATH_MAX], pin_arg[PATH_MAX], policy_arg[PATH_MAX];
	const char *argv[ARGS_MAX] = {
		daemon_path,
		"--config",
		"/dev/null",
		"--set",
		run_arg,
		"--set",
		pin_arg,
		"--set",
		"cache.memory=1M",
		"--set",
		"network.connections=64",
		"--set",
		policy_arg,
	};
	unsigned int n = 13;
	pid_t pid;
	int fd;

	snprintf(run_arg, sizeof(run_arg), "daemon.run=%s", fixture_run);
	snprintf(pin_arg, sizeof(pin_arg), "daemon.pin=%s", fixture_pin);
	snprintf(policy_arg, sizeof(policy_arg), "daemon.policy=%s/exports", fixture_run);
	while (*args && n < ARGS_MAX - 1)
		argv[n++] = *args++;
	pid = fork();
	if (pid < 0)
		abort();
	if (pid)
		return pid;
	/* Should the test die, no daemon stays behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(fixture_log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	unsetenv("NOTIFY_SOCKET");
	execv(daemon_path, (char *const *)argv);
	_exit(127);
}

static bool answers(void *data)
{
	struct json_object *o = ask("{\"command\":\"version\"}\n");

	(void)data;
	json_object_put(o);
	return o != NULL;
}

pid_t daemon_up(const char *const *args)
{
	alive = daemon_start(args);
	if (!eventually(120, answers, NULL)) {
		run("cat %s", fixture_log);
		fail_msg("nfsacceld does not come up");
	}
	return alive;
}

int daemon_end(pid_t pid, int sig)
{
	int status;

	/* Anything else would be a signal to half the machine. */
	if (pid <= 1)
		return -1;
	if (pid == alive)
		alive = 0;
	if (sig)
		kill(pid, sig);
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool daemon_said(const char *text)
{
	return !run("grep -qF -- '%s' %s || { cat %s; false; }", text, fixture_log, fixture_log);
}

static int connect_control(void)
{
	const struct timeval patience = {.tv_sec = 5};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.80s/control.sock", fixture_run);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

struct json_object *ask(const char *line)
{
	static char reply[1 << 20];
	struct json_object *o = NULL;
	int fd = connect_control();
	ssize_t n;
	size_t have = 0;

	if (fd < 0)
		return NULL;
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) >= 0) {
		while (have < sizeof(reply) - 1 && !memchr(reply, '\n', have) &&
		       (n = recv(fd, reply + have, sizeof(reply) - 1 - have, 0)) > 0)
			have += n;
		reply[have] = '\0';
		o = json_tokener_parse(reply);
	}
	close(fd);
	return o;
}

long long ask_number(const char *command, const char *path)
{
	char line[128], pointer[128], *c;
	struct json_object *o, *field = NULL;
	long long n = -1;

	snprintf(line, sizeof(line), "{\"command\":\"%s\"}\n", command);
	snprintf(pointer, sizeof(pointer), "/%s", path);
	for (c = pointer; *c; c++)
		if (*c == '.')
			*c = '/';
	o = ask(line);
	if (o && !json_pointer_get(o, pointer, &field))
		n = json_object_get_int64(field);
	json_object_put(o);
	return n;
}

bool eventually(double seconds, bool (*cond)(void *data), void *data)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	int left = seconds * 20;

	for (; left > 0; left--) {
		if (cond(data))
			return true;
		nanosleep(&pause, NULL);
	}
	return cond(data);
}

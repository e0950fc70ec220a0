// SPDX-License-Identifier: GPL-2.0-only
#include "tests/admin/browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/json.h"

#define PATIENCE_MS 300000 /* for one reply, on a machine that has other things to do */
#define REQUESTS    4096
#define ADDRESS	    256

static pid_t browser;
static int to = -1, from = -1;
static char session[128];
static int serial;
static unsigned int errors, requests;
static char request[REQUESTS][ADDRESS];
static char in[8 << 20]; /* a picture is the largest message */
static size_t in_len;

static void on_event(struct json_object *o)
{
	struct json_object *params = na_json_field(o, "params");
	const char *method = na_json_text(o, "method");

	if (!strcmp(method, "Network.requestWillBeSent")) {
		const char *url = na_json_text(na_json_field(params, "request"), "url");

		/* those are in the page itself */
		if (!strncmp(url, "data:", 5))
			return;
		assert_true(requests < REQUESTS);
		snprintf(request[requests++], ADDRESS, "%s", url);
	} else if (!strcmp(method, "Runtime.exceptionThrown") ||
		   (!strcmp(method, "Runtime.consoleAPICalled") &&
		    !strcmp(na_json_text(params, "type"), "error")) ||
		   (!strcmp(method, "Log.entryAdded") &&
		    !strcmp(na_json_text(na_json_field(params, "entry"), "level"), "error"))) {
		print_message("console: %s\n", json_object_to_json_string(params));
		errors++;
	}
}

/* The next message; each ends in a NUL byte. */
static struct json_object *receive(void)
{
	struct pollfd p = {.fd = from, .events = POLLIN};
	struct json_object *o;
	size_t len;
	ssize_t n;

	while (!in_len || !memchr(in, '\0', in_len)) {
		assert_true(in_len < sizeof(in));
		if (poll(&p, 1, PATIENCE_MS) <= 0)
			fail_msg("the browser says nothing");
		n = read(from, in + in_len, sizeof(in) - in_len);
		if (n <= 0)
			fail_msg("the browser has gone");
		in_len += (size_t)n;
	}
	o = json_tokener_parse(in);
	assert_non_null(o);
	len = strlen(in) + 1;
	in_len -= len;
	memmove(in, in + len, in_len);
	return o;
}

struct json_object *browser_call(const char *method, struct json_object *params)
{
	struct json_object *o = json_object_new_object(), *result;
	const char *line;
	int id = ++serial;

	json_object_object_add(o, "id", json_object_new_int(id));
	json_object_object_add(o, "method", json_object_new_string(method));
	json_object_object_add(o, "params", params ?: json_object_new_object());
	if (session[0])
		json_object_object_add(o, "sessionId", json_object_new_string(session));
	line = json_object_to_json_string(o);
	assert_int_equal(write(to, line, strlen(line) + 1), strlen(line) + 1);
	json_object_put(o);
	for (;;) {
		o = receive();
		if (json_object_get_int(na_json_field(o, "id")) == id)
			break;
		on_event(o);
		json_object_put(o);
	}
	result = json_object_get(na_json_field(o, "result"));
	if (!result)
		fail_msg("%s: %s", method, json_object_to_json_string(o));
	json_object_put(o);
	return result;
}

static struct json_object *pair(const char *key, struct json_object *value)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, key, value);
	return o;
}

static void open_tab(void)
{
	struct json_object *o, *params;

	o = browser_call("Target.createTarget", pair("url", json_object_new_string("about:blank")));
	params = pair("flatten", json_object_new_boolean(true));
	json_object_object_add(params, "targetId", json_object_get(na_json_field(o, "targetId")));
	json_object_put(o);
	o = browser_call("Target.attachToTarget", params);
	snprintf(session, sizeof(session), "%s", na_json_text(o, "sessionId"));
	json_object_put(o);
	json_object_put(browser_call("Page.enable", NULL));
	json_object_put(browser_call("Network.enable", NULL));
	json_object_put(browser_call("Runtime.enable", NULL));
	json_object_put(browser_call("Log.enable", NULL));
}

/* The sandbox does not work for root; nothing is loaded but from the daemon under test. */
static void become_browser(const char *dir, int commands, int replies)
{
	char data[PATH_MAX];
	const char *argv[] = {"chromium",
			      "--headless",
			      "--no-sandbox",
			      "--disable-gpu",
			      "--disable-dev-shm-usage",
			      "--disable-background-networking",
			      "--disable-component-update",
			      "--disable-extensions",
			      "--disable-sync",
			      "--no-first-run",
			      "--hide-scrollbars",
			      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
			      "--remote-debugging-pipe",
			      data,
			      NULL};
	int log;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	snprintf(data, sizeof(data), "--user-data-dir=%s/browser", dir);
	setenv("HOME", dir, 1);
	log = open("/dev/null", O_WRONLY);
	dup2(log, 1);
	dup2(log, 2);
	/* above 4 first, so that neither is written over */
	commands = fcntl(commands, F_DUPFD, 10);
	replies = fcntl(replies, F_DUPFD, 10);
	dup2(commands, 3);
	dup2(replies, 4);
	closefrom(5);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

void browser_start(const char *dir)
{
	int commands[2], replies[2];

	assert_int_equal(pipe(commands) | pipe(replies), 0);
	session[0] = '\0';
	errors = requests = 0;
	in_len = 0;
	browser = fork();
	assert_true(browser >= 0);
	if (!browser)
		become_browser(dir, commands[0], replies[1]);
	close(commands[0]);
	close(replies[1]);
	to = commands[1];
	from = replies[0];
	open_tab();
}

void browser_end(void)
{
	if (browser > 1) {
		/* its own group, made above: the processes it started go too */
		kill(-browser, SIGKILL);
		waitpid(browser, NULL, 0);
	}
	browser = 0;
	close(to);
	close(from);
	to = from = -1;
}

const char *browser_eval(const char *expression)
{
	static char value[1 << 16];
	struct json_object *o, *result;

	o = browser_call("Runtime.evaluate",
			 pair("expression", json_object_new_string(expression)));
	result = na_json_field(o, "result");
	if (na_json_field(o, "exceptionDetails"))
		fail_msg("%s: %s", expression, json_object_to_json_string(o));
	snprintf(value, sizeof(value), "%s", na_json_text(result, "value"));
	json_object_put(o);
	return value;
}

bool browser_is(const char *expression)
{
	return !strcmp(browser_eval(expression), "true");
}

unsigned int browser_errors(void)
{
	browser_eval("0");
	return errors;
}

unsigned int browser_requests(void)
{
	browser_eval("0");
	return requests;
}

unsigned int browser_strays(const char *begin)
{
	unsigned int i, n = 0;

	browser_eval("0");
	for (i = 0; i < requests; i++) {
		if (!strncmp(request[i], begin, strlen(begin)))
			continue;
		print_message("asked for: %s\n", request[i]);
		n++;
	}
	return n;
}

void browser_picture(const char *path)
{
	struct json_object *o = browser_call("Page.captureScreenshot", NULL);
	char command[PATH_MAX + 32];
	FILE *f;

	snprintf(command, sizeof(command), "base64 -d >%s", path);
	f = popen(command, "w");
	assert_non_null(f);
	fputs(na_json_text(o, "data"), f);
	assert_int_equal(pclose(f), 0);
	json_object_put(o);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status page of a real nfsacceld in a real browser. Figures are put into the programs' own
 * counters; what the page must come to show is waited for.
 */
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/admin/browser.h"
#include "tests/admin/client.h"
#include "tests/admin/fixture.h"

#define HTTP_PORT 9433
#define BASE	  "http://127.0.0.1:9433/"
#define PATIENCE  300 /* seconds */
#define HOSTILE	  "/srv/<img src=x onerror=window.owned=1><b>"

static const char *const listening[] = {"--set", "metrics.listen=9433", "--set", "daemon.mode=off",
					NULL};
static char page[1 << 20];

/* The status of the reply, which is left in page. */
static int request(const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(HTTP_PORT)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
	size_t len = 0;
	ssize_t n;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	while ((n = read(fd, page + len, sizeof(page) - 1 - len)) > 0)
		len += (size_t)n;
	page[len] = '\0';
	close(fd);
	sscanf(page, "HTTP/1.%*d %d", &status);
	return status;
}

static int get(const char *path)
{
	char text[256];

	snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path);
	return request(text);
}

static void limit_set(const char *path, const char *client)
{
	struct json_object *o = json_object_new_object(), *reply, *ok = NULL;
	char line[512];

	json_object_object_add(o, "command", json_object_new_string("limit set"));
	json_object_object_add(o, "client", json_object_new_string(client));
	json_object_object_add(o, "path", json_object_new_string(path));
	json_object_object_add(o, "options", json_object_new_string("ops=5"));
	snprintf(line, sizeof(line), "%s\n", json_object_to_json_string_ext(o, 0));
	json_object_put(o);
	reply = ask(line);
	assert_non_null(reply);
	json_object_object_get_ex(reply, "ok", &ok);
	if (!json_object_get_boolean(ok))
		fail_msg("%s", json_object_to_json_string(reply));
	json_object_put(reply);
}

static void http(void)
{
	static const struct {
		const char *host;
		int status;
	} hosts[] = {
		{"127.0.0.1:9433", 200}, {"localhost", 200},
		{"LOCALHOST:9433", 200}, {"[::1]:9433", 200},
		{"[::1", 200},		 {"evil.example:9433", 403},
		{"localhost.evil", 403}, {"127.0.0.1.evil:1", 403},
		{"[evil]", 403},	 {"", 403},
	};
	struct json_object *o, *n = NULL;
	char text[256];
	size_t i;

	assert_int_equal(get("/"), 200);
	assert_non_null(strstr(page, "Content-Type: text/html; charset=utf-8\r\n"));
	assert_non_null(
		strstr(page, "Content-Security-Policy: default-src 'none'; style-src 'sha256-"));
	assert_non_null(strstr(page, "X-Content-Type-Options: nosniff\r\n"));
	assert_null(strstr(page, "unsafe"));
	assert_int_equal(get("/status.json"), 200);
	assert_null(strstr(page, "\"handle\""));
	o = json_tokener_parse(strstr(page, "\r\n\r\n"));
	assert_int_equal(json_pointer_get(o, "/stats/counters/flushes", &n), 0);
	assert_int_equal(json_object_get_int64(n), ask_number("stats", "counters.flushes"));
	assert_int_equal(json_pointer_get(o, "/findings/0/text", &n), 0);
	json_object_put(o);
	for (i = 0; i < COUNT(hosts); i++) {
		snprintf(text, sizeof(text), "GET /status.json HTTP/1.0\r\nHost: %s\r\n\r\n",
			 hosts[i].host);
		if (request(text) != hosts[i].status)
			fail_msg("Host: %s gets %.40s", hosts[i].host, page);
	}
}

static bool is(void *expression)
{
	return browser_is(expression);
}

static void comes(const char *expression)
{
	if (!eventually(PATIENCE, is, (void *)expression))
		fail_msg("it does not come to %s; the page: %s", expression,
			 browser_eval("document.body.innerText"));
}

/* Three of four READs are hits, for as long as it is asked. */
static bool has_lines(void *unused)
{
	(void)unused;
	counter_add(NA_V_HIT, 30);
	counter_add(NA_V_HIT_BYTES, 30 * 4096);
	counter_add(NA_V_MISS_NOENTRY, 10);
	return browser_is("document.querySelectorAll('.line').length >= 4") &&
	       browser_is("document.querySelector('svg').getAttribute('aria-label')"
			  ".includes('75 % answered')");
}

static void look(const char *scheme, int width, int height)
{
	char params[256];

	snprintf(params, sizeof(params),
		 "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"%s\"}]}", scheme);
	json_object_put(browser_call("Emulation.setEmulatedMedia", json_tokener_parse(params)));
	snprintf(params, sizeof(params),
		 "{\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,\"mobile\":false}", width,
		 height);
	json_object_put(
		browser_call("Emulation.setDeviceMetricsOverride", json_tokener_parse(params)));
}

static void picture(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tests/admin/page-%s.png", getenv("BUILD") ?: "build",
		 name);
	browser_picture(path);
}

/* Text on what is behind it, by the formula of WCAG 2: 4.5 is asked of text. */
static const char contrast[] =
	"(() => {"
	"const light = (s) => { const c = s.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)"
	".map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);"
	"return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };"
	"const behind = (e) => { const b = getComputedStyle(e).backgroundColor;"
	"return b === 'rgba(0, 0, 0, 0)' && e.parentElement ? behind(e.parentElement) : b; };"
	"return [...document.querySelectorAll('h1,h2,dt,dd,p,li,strong,caption,th,td,button,span')]"
	".filter((e) => e.innerText).filter((e) => { const a = light(getComputedStyle(e).color),"
	"b = light(behind(e)); return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; })"
	".map((e) => e.outerHTML).join('\\n'); })()";

static void looks(const char *scheme, const char *background)
{
	const char *bad;

	look(scheme, 1280, 1400);
	assert_string_equal(browser_eval("getComputedStyle(document.body).backgroundColor"),
			    background);
	bad = browser_eval(contrast);
	if (bad[0])
		fail_msg("hard to read (%s): %s", scheme, bad);
	picture(scheme);
	look(scheme, 360, 2400);
	comes("document.documentElement.scrollWidth <= 360");
}

/* What the page tells must be what the daemon tells. */
static void figures(void)
{
	char expression[256];
	long long hits = ask_number("stats", "counters.hits");
	long long misses = ask_number("stats", "counters.miss_no_entry");

	assert_true(hits > 0 && hits == 3 * misses);
	snprintf(expression, sizeof(expression),
		 "document.getElementById('tiles').innerText.includes('so far: %lld')",
		 hits + misses);
	if (hits + misses < 10000)
		comes(expression);
	comes("document.getElementById('tiles').innerText.includes('of all so far: 75 %')");
	comes("document.getElementById('mode').innerText === 'off'");
	assert_true(browser_is("document.getElementById('findings').innerText.includes('switched "
			       "off by configuration')"));
	assert_true(browser_is("document.getElementById('tables').innerText.includes('10.1.2.3')"));
}

static void hostile(void)
{
	comes("document.getElementById('tables').innerText.includes('" HOSTILE "')");
	assert_true(browser_is("document.querySelectorAll('img, b').length === 0"));
	assert_true(browser_is("window.owned === undefined"));
}

/*
 * Clients as a reply has them, twice: 50 calls and 150 hits more in 5 s. Nobody has sent any
 * here, so the page is told by hand, again if a reply of the daemon's comes in between.
 */
static bool told(void *unused)
{
	(void)unused;
	browser_eval("fetch('status.json').then((r) => r.json()).then((s) => {"
		     "const tell = (time, calls, hits) => { s.time = time; s.clients = {ok: true, "
		     "clients: [{address: '<img src=x>', calls, hits, read_bytes: calls * 1024, "
		     "written_bytes: 0, hit_bytes: hits * 1024, ops: {read: calls}, held: 0, "
		     "dropped: 0, latency: {calls, p99_ns: 2500000}}]}; show(s); };"
		     "tell(s.time + 1000, 100, 300); tell(s.time + 5, 150, 450); })");
	return browser_is("document.querySelector('#tables tbody').innerText"
			  ".split(/\\s*[\\t\\n]\\s*/).join('|').startsWith("
			  "'<img src=x>|40|40 KiB/s|75 %|2.5 ms|0|600')");
}

/* While it observes there are no hits to be shown, but what they would have been. */
static bool observed(void *unused)
{
	(void)unused;
	browser_eval("fetch('status.json').then((r) => r.json()).then((s) => {"
		     "s.status.mode = 'observing'; Object.assign(s.stats.counters, {hits: 0, "
		     "miss_no_entry: 100, miss_shadow: 300, shadow_asked: 300, shadow_same: 299, "
		     "shadow_different: 1, shadow_nfsd_ns: 1500000000}); show(s); })");
	return browser_is("['Could be answered|75 %|differed: 1, same: 299',"
			  " 'nfsd\\'s time for those|1.5 s|so far; what could be saved']"
			  ".every((t) => [...document.querySelectorAll('#tiles > div')]"
			  ".some((e) => e.innerText.split(/\\s*\\n\\s*/).join('|') === t))");
}

static void clients(void)
{
	browser_eval("document.getElementById('pause').click()");
	if (!eventually(PATIENCE, told, NULL))
		fail_msg("clients: %s",
			 browser_eval("document.getElementById('tables').innerText"));
	assert_true(browser_is("document.querySelectorAll('img').length === 0"));
	if (!eventually(PATIENCE, observed, NULL))
		fail_msg("observing: %s", browser_eval("document.getElementById('tiles').innerText"));
	browser_eval("document.getElementById('pause').click()");
}

/* The keyboard, and what the buttons do. */
static void hands(void)
{
	assert_string_equal(browser_eval("document.querySelector('th[aria-sort]').ariaSort"),
			    "descending");
	browser_eval("document.querySelector('th[aria-sort] button').click()");
	assert_string_equal(browser_eval("document.querySelector('th[aria-sort]').ariaSort"),
			    "ascending");
	browser_eval("document.querySelector('svg').dispatchEvent("
		     "new KeyboardEvent('keydown', {key: 'Home'}))");
	assert_true(browser_is("document.querySelector('svg .cursor') !== null"));
	browser_eval("document.getElementById('pause').click()");
	assert_string_equal(browser_eval("document.getElementById('pause').textContent"), "Go on");
	assert_true(browser_is("document.getElementById('pause').ariaPressed === 'true'"));
	browser_eval("document.getElementById('pause').click()");
}

static void cut_off(bool cut)
{
	json_object_put(browser_call(
		"Network.setBlockedURLs",
		json_tokener_parse(cut ? "{\"urls\":[\"*status.json\"]}" : "{\"urls\":[]}")));
}

static void whole(void **state)
{
	pid_t pid = daemon_up(listening);

	(void)state;
	http();
	limit_set("/srv", "10.1.2.3");
	limit_set(HOSTILE, "10.9.9.9");
	browser_start(fixture_run);
	json_object_put(
		browser_call("Page.navigate", json_tokener_parse("{\"url\":\"" BASE "\"}")));
	comes("document.querySelectorAll('#tiles > div').length === 6");
	if (!eventually(PATIENCE, has_lines, NULL))
		fail_msg("no lines: %s", browser_eval("document.body.innerText"));
	figures();
	hostile();
	looks("light", "rgb(245, 246, 248)");
	looks("dark", "rgb(15, 20, 25)");
	hands();
	clients();
	assert_int_equal(browser_errors(), 0);
	assert_int_equal(browser_strays(BASE), 0);
	assert_true(browser_requests() >= 3);
	/* Were a name ever to become HTML, it still could do nothing. */
	browser_eval("document.body.insertAdjacentHTML('beforeend', "
		     "'<button id=planted onclick=\"window.owned = 1\">')");
	browser_eval("document.getElementById('planted').click()");
	assert_true(browser_is("window.owned === undefined"));
	cut_off(true);
	comes("document.getElementById('trouble').innerText.includes('does not answer')");
	cut_off(false);
	comes("document.getElementById('trouble').hidden");
	browser_end();
	assert_int_equal(daemon_end(pid, SIGTERM), 0);
}

static int clear(void **state)
{
	(void)state;
	browser_end();
	fixture_clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(whole, clear),
	};
	int failed;

	if (!fixture_make())
		return 77;
	failed = cmocka_run_group_tests_name("status page", tests, NULL, NULL);
	fixture_remove();
	return failed;
}

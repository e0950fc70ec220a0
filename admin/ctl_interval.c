// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl stats --interval. */
#include "admin/ctl.h"

#include "admin/ctl_ask.h"
#include "admin/parse.h"
#include "admin/rates.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADER_EVERY 20

uint64_t na_ctl_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

bool na_ctl_interval(const char *text, uint64_t *ns)
{
	if (!na_parse_time(text, ns) && *ns >= NA_CTL_INTERVAL_MIN && *ns <= NA_CTL_INTERVAL_MAX)
		return true;
	fprintf(stderr,
		"nfsaccelctl: --interval is a time from 100ms to a day, such as 2 or 500ms\n");
	return false;
}

const char *na_ctl_rate(double rate, char buf[static 32])
{
	snprintf(buf, 32, rate > 0 && rate < 10 ? "%.1f" : "%.0f", rate);
	return buf;
}

static void print_line(const struct na_rates *r, bool known, unsigned int line)
{
	char reads[32], hits[32], spliced[32], held[32], missed[32], share[32] = "-",
								     stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (line % HEADER_EVERY == 0)
		printf("%-8s %9s %9s %5s %9s %9s %9s  %s\n", "TIME", "READ/s", "HIT/s", "HIT%",
		       "MB/s", "SPLICED/s", "HELD/s", "MISSED MOST");
	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%T", &tm);
	if (!known) {
		printf("%-8s the counters began anew\n", stamp);
		return;
	}
	if (r->share >= 0)
		snprintf(share, sizeof(share), "%.1f", r->share * 100);
	printf("%-8s %9s %9s %5s %9.2f %9s %9s  %s", stamp, na_ctl_rate(r->reads, reads),
	       na_ctl_rate(r->each[NA_V_HIT], hits), share, r->each[NA_V_HIT_BYTES] / 1e6,
	       na_ctl_rate(r->each[NA_V_FLOW_SPLICED], spliced),
	       na_ctl_rate(r->each[NA_V_LIMIT_HELD], held),
	       r->miss < NA_V_MAX ? na_counter_name(r->miss) : "-");
	if (r->miss < NA_V_MAX)
		printf(" %s/s", na_ctl_rate(r->each[r->miss], missed));
	putchar('\n');
}

static void put(struct json_object *o, const char *key, double n)
{
	char text[64];

	/* json-c's own way has 17 digits */
	snprintf(text, sizeof(text), "%.3f", n);
	json_object_object_add(o, key, json_object_new_double_s(n, text));
}

static void print_json(const struct na_rates *r, bool known)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "time", json_object_new_int64(time(NULL)));
	json_object_object_add(o, "known", json_object_new_boolean(known));
	put(o, "seconds", r->seconds);
	put(o, "reads", r->reads);
	put(o, "hits", r->each[NA_V_HIT]);
	json_object_object_add(o, "hit_share", NULL);
	if (r->share >= 0)
		put(o, "hit_share", r->share);
	put(o, "hit_bytes", r->each[NA_V_HIT_BYTES]);
	put(o, "spliced", r->each[NA_V_FLOW_SPLICED]);
	put(o, "held", r->each[NA_V_LIMIT_HELD]);
	json_object_object_add(o, "miss",
			       r->miss < NA_V_MAX ? json_object_new_string(na_counter_name(r->miss))
						  : NULL);
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static bool sample(const char *socket, struct na_sample *s)
{
	struct json_object *request = na_ctl_request("stats"), *o = na_ctl_ask(socket, request);

	json_object_put(request);
	if (!o)
		return false;
	na_sample_read(o, na_ctl_now(), s);
	json_object_put(o);
	return true;
}

/* To the next multiple of the interval, so that lines do not drift; those missed are left out. */
static void sleep_until(uint64_t *next, uint64_t interval)
{
	uint64_t now = na_ctl_now();
	struct timespec at;

	*next += interval;
	if (*next < now)
		*next += (now - *next) / interval * interval;
	at.tv_sec = (time_t)(*next / 1000000000ull);
	at.tv_nsec = (long)(*next % 1000000000ull);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

int na_ctl_stats(const struct na_ctl_line *l)
{
	uint64_t interval, count = UINT64_MAX, next = na_ctl_now(), tick;
	struct na_sample before, now;
	unsigned int line = 0;
	struct na_rates rates;
	bool good, known;

	if (l->words[0] || (l->count && (!l->interval || na_parse_number(l->count, &count)))) {
		fprintf(stderr, "Usage: nfsaccelctl stats [--interval SECONDS [--count N]]\n");
		return NA_CTL_USAGE;
	}
	if (!l->interval)
		return na_ctl_tell(l, na_ctl_request("stats"), na_ctl_show_stats);
	if (!na_ctl_interval(l->interval, &interval))
		return NA_CTL_USAGE;
	good = sample(l->socket, &before);
	if (!good)
		return EXIT_FAILURE;
	/* a daemon that is restarted is waited for; what was wrong has been printed */
	for (tick = 0; tick < count && !ferror(stdout); tick++) {
		sleep_until(&next, interval);
		good = sample(l->socket, &now);
		if (!good)
			continue;
		known = na_rates(&before, &now, &rates);
		if (l->json)
			print_json(&rates, known);
		else
			print_line(&rates, known, line++);
		fflush(stdout);
		before = now;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

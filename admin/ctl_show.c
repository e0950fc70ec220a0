// SPDX-License-Identifier: GPL-2.0-only
#include "admin/ctl.h"

#include "admin/json.h"
#include "admin/parse.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MISSING_SHOWN 8

static void show_devices(struct json_object *list)
{
	size_t i;

	printf("%-13s", "devices");
	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *dev = json_object_array_get_idx(list, i);
		bool attached = na_json_bool(dev, "attached");

		printf("%s%s%s%s%s", i ? ", " : "", na_json_text(dev, "name"),
		       attached ? "" : " (NOT attached: ", attached ? "" : na_json_text(dev, "error"),
		       attached ? "" : ")");
	}
	printf("%s\n", na_json_items(list) ? "" : "none");
}

/* A line each for those whose want keeps the daemon from answering. */
static void show_hooks(struct json_object *list)
{
	size_t i, attached = 0, missing = 0;

	for (i = 0; i < na_json_items(list); i++)
		attached += !strcmp(na_json_text(json_object_array_get_idx(list, i), "state"), "attached");
	printf("%-13s%zu of %zu attached\n", "hooks", attached, na_json_items(list));
	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *hook = json_object_array_get_idx(list, i);
		const char *err = na_json_text(hook, "error");

		if (na_json_bool(hook, "missing") && missing++ < MISSING_SHOWN)
			printf("%-13s  missing: %s %s: %s%s%s (%s)\n", "", na_json_text(hook, "kind"),
			       na_json_text(hook, "function"), na_json_text(hook, "state"), err[0] ? ": " : "", err,
			       na_json_text(hook, "guards"));
	}
	if (missing > MISSING_SHOWN)
		printf("%-13s  and %zu more\n", "", missing - MISSING_SHOWN);
}

static void show_cache(struct json_object *o)
{
	char used[32], memory[32];

	printf("%-13s%ju of %ju files, %s of %s\n", "cache", na_json_number(o, "files"),
	       na_json_number(o, "files_max"), na_format_size(na_json_number(o, "cached_bytes"), used),
	       na_format_size(na_json_number(o, "memory"), memory));
}

static void show_events(struct json_object *list)
{
	size_t i;

	for (i = na_json_items(list); i-- > 0;) {
		struct json_object *event = json_object_array_get_idx(list, i);
		time_t when = na_json_number(event, "time");
		char stamp[32] = "";
		struct tm tm;

		if (localtime_r(&when, &tm))
			strftime(stamp, sizeof(stamp), "%F %T", &tm);
		printf("%-13s%s %s\n", i + 1 == na_json_items(list) ? "events" : "", stamp,
		       na_json_text(event, "text"));
	}
}

void na_ctl_show_status(struct json_object *o)
{
	struct json_object *flows = na_json_field(o, "connections");
	char up[32];

	printf("%-13s%s\n", "mode", na_json_text(o, "mode"));
	if (na_json_text(o, "reason")[0])
		printf("%-13s%s\n", "because", na_json_text(o, "reason"));
	printf("%-13s%s%s\n", "up", na_format_time(na_json_number(o, "uptime") * 1000000000ull, up),
	       na_json_bool(o, "taken_over") ? ", took over pinned state" : "");
	printf("%-13s%s, nfsaccel %s\n", "kernel", na_json_text(o, "kernel"), na_json_text(o, "version"));
	printf("%-13s%ju\n", "port", na_json_number(o, "port"));
	show_devices(na_json_field(o, "devices"));
	show_cache(na_json_field(o, "cache"));
	printf("%-13s%ju, %ju of them spliced, room for %ju\n", "connections",
	       na_json_number(flows, "tracked"), na_json_number(flows, "spliced"), na_json_number(flows, "max"));
	printf("%-13s%s in all maps\n", "memory", na_format_size(na_json_number(o, "maps_memory"), up));
	show_hooks(na_json_field(o, "hooks"));
	show_events(na_json_field(o, "events"));
}

/* How long nfsd took, by operation; those that never came are left out. */
static void show_latency(struct json_object *nfsd)
{
	char p50[32], p99[32], mean[32];
	bool any = false;

	if (!nfsd)
		return;
	json_object_object_foreach(nfsd, name, op)
	{
		struct json_object *latency = na_json_field(op, "latency");
		uint64_t calls = na_json_number(latency, "calls");

		if (!calls)
			continue;
		if (!any)
			printf("\n%-18s%14s %8s %8s %8s\n", "nfsd's time", "calls", "mean", "p50",
			       "p99");
		any = true;
		printf("%-18s%14ju %8s %8s %8s\n", name, (uintmax_t)calls,
		       na_ctl_time(na_json_number(latency, "ns") / calls, mean),
		       na_ctl_time(na_json_number(latency, "p50_ns"), p50),
		       na_ctl_time(na_json_number(latency, "p99_ns"), p99));
	}
}

void na_ctl_show_stats(struct json_object *o)
{
	struct json_object *counters = na_json_field(o, "counters"), *help = na_json_field(o, "help");
	bool any = false;

	if (!counters)
		return;
	json_object_object_foreach(counters, name, value)
	{
		uint64_t n = json_object_get_uint64(value);

		if (!n)
			continue;
		any = true;
		printf("%-18s%14ju  %s\n", name, n, na_json_text(help, name));
	}
	if (!any)
		printf("all counters are 0\n");
	show_latency(na_json_field(o, "nfsd"));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/ctl_show.h"

#include "admin/parse.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MISSING_SHOWN 8

/* A missing field reads as "", 0 or false: another version's reply is shown as far as it goes. */
static struct json_object *field(struct json_object *o, const char *key)
{
	struct json_object *f = NULL;

	json_object_object_get_ex(o, key, &f);
	return f;
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *f = field(o, key);

	return f ? json_object_get_string(f) : "";
}

static uint64_t number(struct json_object *o, const char *key)
{
	return json_object_get_uint64(field(o, key));
}

static size_t items(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void show_devices(struct json_object *list)
{
	size_t i;

	printf("%-13s", "devices");
	for (i = 0; i < items(list); i++) {
		struct json_object *dev = json_object_array_get_idx(list, i);
		bool attached = json_object_get_boolean(field(dev, "attached"));

		printf("%s%s%s%s%s", i ? ", " : "", text(dev, "name"),
		       attached ? "" : " (NOT attached: ", attached ? "" : text(dev, "error"),
		       attached ? "" : ")");
	}
	printf("%s\n", items(list) ? "" : "none");
}

/* A line each for those whose want keeps the daemon from answering. */
static void show_hooks(struct json_object *list)
{
	size_t i, attached = 0, missing = 0;

	for (i = 0; i < items(list); i++)
		attached += !strcmp(text(json_object_array_get_idx(list, i), "state"), "attached");
	printf("%-13s%zu of %zu attached\n", "hooks", attached, items(list));
	for (i = 0; i < items(list); i++) {
		struct json_object *hook = json_object_array_get_idx(list, i);
		const char *err = text(hook, "error");

		if (json_object_get_boolean(field(hook, "missing")) && missing++ < MISSING_SHOWN)
			printf("%-13s  missing: %s %s: %s%s%s (%s)\n", "", text(hook, "kind"),
			       text(hook, "function"), text(hook, "state"), err[0] ? ": " : "", err,
			       text(hook, "guards"));
	}
	if (missing > MISSING_SHOWN)
		printf("%-13s  and %zu more\n", "", missing - MISSING_SHOWN);
}

static void show_cache(struct json_object *o)
{
	char used[32], memory[32];

	printf("%-13s%ju of %ju files, %s of %s\n", "cache", number(o, "files"),
	       number(o, "files_max"), na_format_size(number(o, "cached_bytes"), used),
	       na_format_size(number(o, "memory"), memory));
}

static void show_events(struct json_object *list)
{
	size_t i;

	for (i = items(list); i-- > 0;) {
		struct json_object *event = json_object_array_get_idx(list, i);
		time_t when = number(event, "time");
		char stamp[32] = "";
		struct tm tm;

		if (localtime_r(&when, &tm))
			strftime(stamp, sizeof(stamp), "%F %T", &tm);
		printf("%-13s%s %s\n", i + 1 == items(list) ? "events" : "", stamp,
		       text(event, "text"));
	}
}

void na_ctl_show_status(struct json_object *o)
{
	struct json_object *flows = field(o, "connections");
	char up[32];

	printf("%-13s%s\n", "mode", text(o, "mode"));
	if (text(o, "reason")[0])
		printf("%-13s%s\n", "because", text(o, "reason"));
	printf("%-13s%s%s\n", "up", na_format_time(number(o, "uptime") * 1000000000ull, up),
	       json_object_get_boolean(field(o, "taken_over")) ? ", took over pinned state" : "");
	printf("%-13s%s, nfsaccel %s\n", "kernel", text(o, "kernel"), text(o, "version"));
	printf("%-13s%ju\n", "port", number(o, "port"));
	show_devices(field(o, "devices"));
	show_cache(field(o, "cache"));
	printf("%-13s%ju, %ju of them spliced, room for %ju\n", "connections",
	       number(flows, "tracked"), number(flows, "spliced"), number(flows, "max"));
	show_hooks(field(o, "hooks"));
	show_events(field(o, "events"));
}

void na_ctl_show_stats(struct json_object *o)
{
	struct json_object *counters = field(o, "counters"), *help = field(o, "help");
	bool any = false;

	if (!counters)
		return;
	json_object_object_foreach(counters, name, value)
	{
		uint64_t n = json_object_get_uint64(value);

		if (!n)
			continue;
		any = true;
		printf("%-18s%14ju  %s\n", name, n, text(help, name));
	}
	if (!any)
		printf("all counters are 0\n");
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/top_views.h"

#include "admin/ctl.h"

#include <stdio.h>

#define FILES 200 /* asked for; more than a screen holds */

static void read_files(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_ctl_field(reply, "files");
	char name[4096], key[256];
	size_t i;

	for (i = 0; i < na_ctl_items(list); i++) {
		struct json_object *f = json_object_array_get_idx(list, i);
		struct na_top_row *r;

		na_ctl_file_name(f, name, sizeof(name));
		snprintf(key, sizeof(key), "%ju %ju %s", na_ctl_number(f, "dev"),
			 na_ctl_number(f, "type"), na_ctl_text(f, "handle"));
		r = na_top_add(t, key, name);
		if (!r)
			return;
		r->n[NA_TOP_TOTAL] = (double)na_ctl_number(f, "hits");
		r->n[2] = (double)na_ctl_number(f, "size");
		r->n[3] = (double)na_ctl_number(f, "cached_bytes");
		r->n[4] = (double)na_ctl_number(f, "expires");
	}
}

static void read_exports(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_ctl_field(reply, "exports");
	size_t i;

	for (i = 0; i < na_ctl_items(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);
		struct na_top_row *r =
			na_top_add(t, na_ctl_text(e, "path"), na_ctl_text(e, "path"));

		if (!r)
			return;
		r->n[NA_TOP_TOTAL] = (double)na_ctl_number(e, "hits");
		r->n[2] = (double)na_ctl_number(e, "files");
		r->n[3] = (double)na_ctl_number(e, "cached_bytes");
	}
}

static void read_counters(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *counters = na_ctl_field(reply, "counters");
	struct json_object *help = na_ctl_field(reply, "help");
	char text[512];

	if (!json_object_is_type(counters, json_type_object))
		return;
	json_object_object_foreach(counters, name, value)
	{
		uint64_t n = json_object_get_uint64(value);
		struct na_top_row *r;

		if (!n)
			continue;
		snprintf(text, sizeof(text), "%-18s %s", name, na_ctl_text(help, name));
		r = na_top_add(t, name, text);
		if (!r)
			return;
		r->n[NA_TOP_TOTAL] = (double)n;
	}
}

static void read_limits(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_ctl_field(reply, "limits");
	char text[4096];
	size_t i;

	for (i = 0; i < na_ctl_items(list); i++) {
		struct json_object *l = json_object_array_get_idx(list, i);

		snprintf(text, sizeof(text), "%-20s in %s: %s (%s)%s", na_ctl_text(l, "client"),
			 na_ctl_text(l, "path"), na_ctl_text(l, "options"),
			 na_ctl_bool(l, "runtime") ? "limit set" : na_ctl_text(l, "file"),
			 na_ctl_bool(l, "exported") ? "" : " not exported");
		if (!na_top_add(t, text, text))
			return;
	}
}

const struct na_top_view na_top_views[NA_TOP_VIEWS] = {
	{.key = 'f',
	 .name = "files",
	 .request = "cache top",
	 .count = FILES,
	 .rates = true,
	 .column = {{"HIT/s", NA_TOP_PLAIN},
		    {"HITS", NA_TOP_PLAIN},
		    {"SIZE", NA_TOP_SIZE},
		    {"CACHED", NA_TOP_SIZE},
		    {"TTL", NA_TOP_PLAIN}},
	 .title = "FILE",
	 .read = read_files},
	{.key = 'e',
	 .name = "exports",
	 .request = "exports",
	 .rates = true,
	 .column = {{"HIT/s", NA_TOP_PLAIN},
		    {"HITS", NA_TOP_PLAIN},
		    {"FILES", NA_TOP_PLAIN},
		    {"CACHED", NA_TOP_SIZE}},
	 .title = "EXPORT",
	 .read = read_exports},
	{.key = 'c',
	 .name = "counters",
	 .request = "stats",
	 .rates = true,
	 .column = {{"PER SEC", NA_TOP_PLAIN}, {"TOTAL", NA_TOP_PLAIN}},
	 .title = "COUNTER",
	 .read = read_counters},
	{.key = 'l',
	 .name = "limits",
	 .request = "limit list",
	 .title = "LIMIT",
	 .read = read_limits},
};

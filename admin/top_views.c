// SPDX-License-Identifier: GPL-2.0-only
#include "admin/top_views.h"

#include "admin/ctl.h"
#include "admin/json.h"

#include <stdio.h>

#define ROWS 200 /* of files and clients, asked for; more than a screen holds */

/* The totals that rates are made of. */
enum { OPS, BYTES, HITS, READS, HELD };

/* What clients and exports have in common. */
static void read_tally(struct json_object *o, struct na_top_row *r)
{
	struct json_object *times = na_json_field(na_json_field(o, "latency"), "buckets");
	double hits = (double)na_json_number(o, "hits");
	size_t i;

	r->total[OPS] = (double)na_json_number(o, "calls") + hits;
	r->total[BYTES] = (double)na_json_number(o, "read_bytes") +
			  (double)na_json_number(o, "written_bytes") +
			  (double)na_json_number(o, "hit_bytes");
	r->total[HITS] = hits;
	r->total[READS] = hits + (double)na_json_number(na_json_field(o, "ops"), "read");
	r->total[HELD] = (double)na_json_number(o, "held") + (double)na_json_number(o, "dropped");
	for (i = 0; i < NA_TIMES && i < na_json_items(times); i++)
		r->times[i] = json_object_get_uint64(json_object_array_get_idx(times, i));
}

static void read_clients(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_json_field(reply, "clients");
	size_t i;

	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *c = json_object_array_get_idx(list, i);
		struct na_top_row *r =
			na_top_add(t, na_json_text(c, "address"), na_json_text(c, "address"));

		if (!r)
			return;
		read_tally(c, r);
	}
}

static void read_files(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_json_field(reply, "files");
	char name[4096], key[256];
	size_t i;

	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *f = json_object_array_get_idx(list, i);
		struct na_top_row *r;

		na_ctl_file_name(f, name, sizeof(name));
		snprintf(key, sizeof(key), "%ju %ju %s", na_json_number(f, "dev"),
			 na_json_number(f, "type"), na_json_text(f, "handle"));
		r = na_top_add(t, key, name);
		if (!r)
			return;
		r->total[HITS] = (double)na_json_number(f, "hits");
		r->n[2] = (double)na_json_number(f, "size");
		r->n[3] = (double)na_json_number(f, "cached_bytes");
		r->n[4] = (double)na_json_number(f, "expires");
	}
}

static void read_exports(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_json_field(reply, "exports");
	size_t i;

	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);
		struct na_top_row *r =
			na_top_add(t, na_json_text(e, "path"), na_json_text(e, "path"));

		if (!r)
			return;
		read_tally(e, r);
		r->n[6] = (double)na_json_number(e, "files");
		r->n[7] = (double)na_json_number(e, "cached_bytes");
	}
}

static void read_counters(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *counters = na_json_field(reply, "counters");
	struct json_object *help = na_json_field(reply, "help");
	char text[512];

	if (!json_object_is_type(counters, json_type_object))
		return;
	json_object_object_foreach(counters, name, value)
	{
		uint64_t n = json_object_get_uint64(value);
		struct na_top_row *r;

		if (!n)
			continue;
		snprintf(text, sizeof(text), "%-18s %s", name, na_json_text(help, name));
		r = na_top_add(t, name, text);
		if (!r)
			return;
		r->total[OPS] = (double)n;
	}
}

static void read_limits(struct json_object *reply, struct na_top_table *t)
{
	struct json_object *list = na_json_field(reply, "limits");
	char text[4096];
	size_t i;

	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *l = json_object_array_get_idx(list, i);

		snprintf(text, sizeof(text), "%-20s in %s: %s (%s)%s", na_json_text(l, "client"),
			 na_json_text(l, "path"), na_json_text(l, "options"),
			 na_json_bool(l, "runtime") ? "limit set" : na_json_text(l, "file"),
			 na_json_bool(l, "exported") ? "" : " not exported");
		if (!na_top_add(t, text, text))
			return;
	}
}

const struct na_top_view na_top_views[NA_TOP_VIEWS] = {
	{.key = 'c',
	 .name = "clients",
	 .request = "clients",
	 .count = ROWS,
	 .column = {{"OP/s", NA_TOP_PLAIN, NA_TOP_RATE, OPS, 0},
		    {"B/s", NA_TOP_SIZE, NA_TOP_RATE, BYTES, 0},
		    {"HIT%", NA_TOP_PERCENT, NA_TOP_SHARE, HITS, READS},
		    {"P99", NA_TOP_TIME, NA_TOP_MOST, 990, 0},
		    {"HELD/s", NA_TOP_PLAIN, NA_TOP_RATE, HELD, 0},
		    {"P50", NA_TOP_TIME, NA_TOP_MOST, 500, 0},
		    {"OPS", NA_TOP_PLAIN, NA_TOP_TOTAL, OPS, 0},
		    {"BYTES", NA_TOP_SIZE, NA_TOP_TOTAL, BYTES, 0}},
	 .sorted = 0,
	 .title = "CLIENT",
	 .read = read_clients},
	{.key = 'e',
	 .name = "exports",
	 .request = "exports",
	 .column = {{"OP/s", NA_TOP_PLAIN, NA_TOP_RATE, OPS, 0},
		    {"B/s", NA_TOP_SIZE, NA_TOP_RATE, BYTES, 0},
		    {"HIT%", NA_TOP_PERCENT, NA_TOP_SHARE, HITS, READS},
		    {"P99", NA_TOP_TIME, NA_TOP_MOST, 990, 0},
		    {"HELD/s", NA_TOP_PLAIN, NA_TOP_RATE, HELD, 0},
		    {"HITS", NA_TOP_PLAIN, NA_TOP_TOTAL, HITS, 0},
		    {"FILES", NA_TOP_PLAIN, NA_TOP_GIVEN, 0, 0},
		    {"CACHED", NA_TOP_SIZE, NA_TOP_GIVEN, 0, 0}},
	 .sorted = 0,
	 .title = "EXPORT",
	 .read = read_exports},
	{.key = 'f',
	 .name = "files",
	 .request = "cache top",
	 .count = ROWS,
	 .column = {{"HIT/s", NA_TOP_PLAIN, NA_TOP_RATE, HITS, 0},
		    {"HITS", NA_TOP_PLAIN, NA_TOP_TOTAL, HITS, 0},
		    {"SIZE", NA_TOP_SIZE, NA_TOP_GIVEN, 0, 0},
		    {"CACHED", NA_TOP_SIZE, NA_TOP_GIVEN, 0, 0},
		    {"TTL", NA_TOP_PLAIN, NA_TOP_GIVEN, 0, 0}},
	 .sorted = 1,
	 .title = "FILE",
	 .read = read_files},
	{.key = 'n',
	 .name = "counters",
	 .request = "stats",
	 .column = {{"PER SEC", NA_TOP_PLAIN, NA_TOP_RATE, OPS, 0},
		    {"TOTAL", NA_TOP_PLAIN, NA_TOP_TOTAL, OPS, 0}},
	 .sorted = 1,
	 .title = "COUNTER",
	 .read = read_counters},
	{.key = 'l',
	 .name = "limits",
	 .request = "limit list",
	 .sorted = NA_TOP_NAME,
	 .title = "LIMIT",
	 .read = read_limits},
};

// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl clients and exports. */
#include "admin/ctl.h"

#include "admin/json.h"
#include "admin/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_SHOWN 20

/* Nothing of nothing is no share. */
static const char *percent(uint64_t n, uint64_t of, char buf[static 32])
{
	if (of)
		snprintf(buf, 32, "%ju", (uintmax_t)(n * 100 / of));
	else
		strcpy(buf, "-");
	return buf;
}

/* By nfsd or out of the cache. */
static uint64_t reads_of(struct json_object *o)
{
	return na_json_number(o, "hits") + na_json_number(na_json_field(o, "ops"), "read");
}

/* What clients and exports have in common: everything done, by nfsd or out of the cache. */
static void show_done_head(void)
{
	printf("%10s %8s %8s %10s %5s %8s %8s %8s  ", "OPS", "READ", "WRITTEN", "HITS", "HIT%", "P50",
	       "P99", "HELD");
}

static void show_done(struct json_object *o)
{
	struct json_object *latency = na_json_field(o, "latency");
	uint64_t hits = na_json_number(o, "hits");
	char read[32], written[32], p50[32], p99[32], held[32], share[32];

	printf("%10ju %8s %8s %10ju %5s %8s %8s %8s  ", (uintmax_t)(na_json_number(o, "calls") + hits),
	       na_format_size(na_json_number(o, "read_bytes") + na_json_number(o, "hit_bytes"), read),
	       na_format_size(na_json_number(o, "written_bytes"), written), (uintmax_t)hits,
	       percent(hits, reads_of(o), share),
	       na_ctl_time(na_json_number(latency, "p50_ns"), p50),
	       na_ctl_time(na_json_number(latency, "p99_ns"), p99),
	       na_ctl_time(na_json_number(o, "held_ns"), held));
}

/* What comparing has shown: READs that could have been answered, and what became of them. */
static void show_compared_head(void)
{
	printf("%10s %10s %6s %10s %8s %8s  ", "READS", "WOULD", "WOULD%", "SAME", "DIFFER", "SAVED");
}

static void show_compared(struct json_object *o)
{
	uint64_t reads = reads_of(o), would = na_json_number(na_json_field(o, "misses"), "shadow");
	char share[32], saved[32];

	printf("%10ju %10ju %6s %10ju %8ju %8s  ", (uintmax_t)reads, (uintmax_t)would,
	       percent(would, reads, share), (uintmax_t)na_json_number(o, "same"),
	       (uintmax_t)na_json_number(o, "different"),
	       na_ctl_time(na_json_number(o, "same_ns"), saved));
}

static const struct columns {
	void (*head)(void);
	void (*row)(struct json_object *o);
} done = {show_done_head, show_done}, compared = {show_compared_head, show_compared};

/* While observing there are no hits to be shown. */
static const struct columns *columns_by_mode(struct json_object *reply)
{
	return strcmp(na_json_text(reply, "mode"), "observing") ? &done : &compared;
}

static void list_clients(struct json_object *o, const struct columns *columns)
{
	struct json_object *list = na_json_field(o, "clients");
	uint64_t known = na_json_number(o, "known"), places = na_json_number(o, "places");
	size_t i, n = na_json_items(list);

	if (!places) {
		printf("clients are not counted: [stats] clients = 0 in nfsaccel.conf\n");
		return;
	}
	columns->head();
	printf("CLIENT\n");
	for (i = 0; i < n; i++) {
		struct json_object *c = json_object_array_get_idx(list, i);

		columns->row(c);
		printf("%s\n", na_json_text(c, "address"));
	}
	if (n < known)
		printf("and %ju more\n", (uintmax_t)(known - n));
	if (na_json_number(o, "skipped"))
		printf("%ju call(s) of nfsd could not be counted\n",
		       (uintmax_t)na_json_number(o, "skipped"));
}

static void show_clients(struct json_object *o)
{
	list_clients(o, columns_by_mode(o));
}

static void show_clients_compared(struct json_object *o)
{
	list_clients(o, &compared);
}

int na_ctl_clients(const struct na_ctl_line *l)
{
	struct json_object *request;
	int64_t count = l->json ? 0 : CLIENTS_SHOWN;

	if (l->words[0]) {
		fprintf(stderr, "Usage: nfsaccelctl clients [--observed] [--sort "
				"ops|bytes|latency|throttled|saved] [--count N]\n");
		return NA_CTL_USAGE;
	}
	request = na_ctl_request("clients");
	if (l->sort)
		json_object_object_add(request, "sort", json_object_new_string(l->sort));
	if (l->count)
		count = atoll(l->count);
	if (l->count || count)
		json_object_object_add(request, "count", json_object_new_int64(count));
	return na_ctl_tell(l, request, l->observed ? show_clients_compared : show_clients);
}

static void list_exports(struct json_object *o, const struct columns *columns)
{
	struct json_object *list = na_json_field(o, "exports");
	bool counted = true;
	char cached[32];
	size_t i;

	printf("%8s %8s ", "FILES", "CACHED");
	columns->head();
	printf("%-24s %s\n", "PATH", "ENTRY");
	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);

		printf("%8ju %8s ", (uintmax_t)na_json_number(e, "files"),
		       na_format_size(na_json_number(e, "cached_bytes"), cached));
		columns->row(e);
		printf("%-24s %s%s\n", na_json_text(e, "path"),
		       na_json_text(e, "entry")[0] ? na_json_text(e, "entry") : "-",
		       na_json_bool(e, "exported") ? "" : " (not exported)");
		counted &= na_json_field(e, "calls") != NULL;
	}
	if (!counted)
		printf("operations are not counted: [stats] clients = 0 in nfsaccel.conf\n");
}

static void show_exports(struct json_object *o)
{
	list_exports(o, columns_by_mode(o));
}

static void show_exports_compared(struct json_object *o)
{
	list_exports(o, &compared);
}

int na_ctl_exports(const struct na_ctl_line *l)
{
	if (l->words[0]) {
		fprintf(stderr, "Usage: nfsaccelctl exports [--observed]\n");
		return NA_CTL_USAGE;
	}
	return na_ctl_tell(l, na_ctl_request("exports"),
			   l->observed ? show_exports_compared : show_exports);
}

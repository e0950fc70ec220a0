// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl clients and exports. */
#include "admin/ctl.h"

#include "admin/json.h"
#include "admin/parse.h"

#include <stdio.h>
#include <stdlib.h>

#define CLIENTS_SHOWN 20

/* A time in a few characters; returns buf. */
static const char *short_time(uint64_t ns, char buf[static 32])
{
	if (ns < 10000000)
		snprintf(buf, 32, "%juus", (uintmax_t)(ns / 1000));
	else if (ns < 10000000000)
		snprintf(buf, 32, "%jums", (uintmax_t)(ns / 1000000));
	else
		snprintf(buf, 32, "%jus", (uintmax_t)(ns / 1000000000));
	return buf;
}

/* What clients and exports have in common: everything done, by nfsd or out of the cache. */
static void show_head(void)
{
	printf("%10s %8s %8s %10s %5s %8s %8s %8s  ", "OPS", "READ", "WRITTEN", "HITS", "HIT%", "P50",
	       "P99", "HELD");
}

static void show_figures(struct json_object *o)
{
	struct json_object *latency = na_json_field(o, "latency");
	uint64_t hits = na_json_number(o, "hits"), share;
	uint64_t reads = hits + na_json_number(na_json_field(o, "ops"), "read");
	char read[32], written[32], p50[32], p99[32], held[32], percent[32] = "-";

	if (reads) {
		share = hits * 100 / reads;
		snprintf(percent, sizeof(percent), "%ju", (uintmax_t)share);
	}
	printf("%10ju %8s %8s %10ju %5s %8s %8s %8s  ", (uintmax_t)(na_json_number(o, "calls") + hits),
	       na_format_size(na_json_number(o, "read_bytes") + na_json_number(o, "hit_bytes"), read),
	       na_format_size(na_json_number(o, "written_bytes"), written), (uintmax_t)hits, percent,
	       short_time(na_json_number(latency, "p50_ns"), p50),
	       short_time(na_json_number(latency, "p99_ns"), p99),
	       short_time(na_json_number(o, "held_ns"), held));
}

static void show_clients(struct json_object *o)
{
	struct json_object *list = na_json_field(o, "clients");
	uint64_t known = na_json_number(o, "known"), places = na_json_number(o, "places");
	size_t i, n = na_json_items(list);

	if (!places) {
		printf("clients are not counted: [stats] clients = 0 in nfsaccel.conf\n");
		return;
	}
	show_head();
	printf("CLIENT\n");
	for (i = 0; i < n; i++) {
		struct json_object *c = json_object_array_get_idx(list, i);

		show_figures(c);
		printf("%s\n", na_json_text(c, "address"));
	}
	if (n < known)
		printf("and %ju more\n", (uintmax_t)(known - n));
	if (na_json_number(o, "skipped"))
		printf("%ju call(s) of nfsd could not be counted\n",
		       (uintmax_t)na_json_number(o, "skipped"));
}

int na_ctl_clients(const struct na_ctl_line *l)
{
	struct json_object *request;
	int64_t count = l->json ? 0 : CLIENTS_SHOWN;

	if (l->words[0]) {
		fprintf(stderr, "Usage: nfsaccelctl clients [--sort ops|bytes|latency|throttled] "
				"[--count N]\n");
		return NA_CTL_USAGE;
	}
	request = na_ctl_request("clients");
	if (l->sort)
		json_object_object_add(request, "sort", json_object_new_string(l->sort));
	if (l->count)
		count = atoll(l->count);
	if (l->count || count)
		json_object_object_add(request, "count", json_object_new_int64(count));
	return na_ctl_tell(l, request, show_clients);
}

void na_ctl_show_exports(struct json_object *o)
{
	struct json_object *list = na_json_field(o, "exports");
	char cached[32];
	size_t i;

	printf("%8s %8s ", "FILES", "CACHED");
	show_head();
	printf("%-24s %s\n", "PATH", "ENTRY");
	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);

		printf("%8ju %8s ", (uintmax_t)na_json_number(e, "files"),
		       na_format_size(na_json_number(e, "cached_bytes"), cached));
		show_figures(e);
		printf("%-24s %s%s\n", na_json_text(e, "path"),
		       na_json_text(e, "entry")[0] ? na_json_text(e, "entry") : "-",
		       na_json_bool(e, "exported") ? "" : " (not exported)");
	}
}

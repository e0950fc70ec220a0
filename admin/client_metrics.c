// SPDX-License-Identifier: GPL-2.0-only
/* Metrics with a client's address in them. */
#include "admin/address.h"
#include "admin/figures.h"
#include "admin/metrics.h"
#include "admin/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static double operations(const struct na_client_tally *c)
{
	return (double)(c->work.calls + c->reads.hits);
}

static double reads(const struct na_client_tally *c)
{
	return (double)(c->work.ops[NA_OP_READ] + c->reads.hits);
}

static double hits(const struct na_client_tally *c)
{
	return (double)c->reads.hits;
}

static double read_bytes(const struct na_client_tally *c)
{
	return (double)(c->work.read_bytes + c->reads.hit_bytes);
}

static double written_bytes(const struct na_client_tally *c)
{
	return (double)c->work.written_bytes;
}

static double nfsd_seconds(const struct na_client_tally *c)
{
	return (double)c->work.ns / 1e9;
}

static double held_seconds(const struct na_client_tally *c)
{
	return (double)c->reads.held_ns / 1e9;
}

static double dropped(const struct na_client_tally *c)
{
	return (double)c->reads.dropped;
}

static double same(const struct na_client_tally *c)
{
	return (double)c->reads.same;
}

static double different(const struct na_client_tally *c)
{
	return (double)c->reads.different;
}

static double same_seconds(const struct na_client_tally *c)
{
	return (double)c->reads.same_ns / 1e9;
}

static const struct {
	const char *metric;
	const char *help;
	double (*of)(const struct na_client_tally *c);
	int digits;
} metrics[] = {
	{"nfsaccel_client_operations_total", "a client's calls, by nfsd or out of the cache",
	 operations, 0},
	{"nfsaccel_client_reads_total", "a client's READs, by nfsd or out of the cache", reads, 0},
	{"nfsaccel_client_hits_total", "a client's READs that were answered from the cache", hits,
	 0},
	{"nfsaccel_client_read_bytes_total", "of files, by nfsd or out of the cache", read_bytes,
	 0},
	{"nfsaccel_client_written_bytes_total", "to files", written_bytes, 0},
	{"nfsaccel_client_nfsd_seconds_total", "time nfsd took over a client's calls", nfsd_seconds,
	 9},
	{"nfsaccel_client_held_seconds_total", "time limits held a client's packets back",
	 held_seconds, 9},
	{"nfsaccel_client_dropped_total", "a client's segments that limits had dropped", dropped,
	 0},
	{"nfsaccel_client_shadow_same_total", "nfsd's reply was what would have been answered",
	 same, 0},
	{"nfsaccel_client_shadow_different_total", "nfsd's reply was another", different, 0},
	{"nfsaccel_client_shadow_nfsd_seconds_total",
	 "time nfsd took over replies that were the same", same_seconds, 9},
};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* Who is named, in front. How many; or -ENOMEM. */
static ssize_t choose(struct na_labels *labels, struct na_client_tallies *l)
{
	struct na_label_count *c = calloc(l->n + 1, sizeof(*c));
	size_t i, n = 0;

	if (!c)
		return -ENOMEM;
	for (i = 0; i < l->n; i++) {
		memcpy(c[i].addr, l->client[i].addr, sizeof(c[i].addr));
		c[i].ops = l->client[i].work.calls + l->client[i].reads.hits;
	}
	na_labels_update(labels, c, l->n, na_now_ns());
	for (i = 0; i < l->n; i++)
		if (na_labels_has(labels, l->client[i].addr))
			l->client[n++] = l->client[i];
	return (ssize_t)n;
}

void na_client_metrics(FILE *out, const struct na_plane *p, struct na_labels *labels)
{
	struct na_client_tallies l = {0};
	char text[INET6_ADDRSTRLEN];
	ssize_t named, i;
	size_t known, m;

	if (!labels->max || !p->shape.budget.tally_sets || na_tally_clients(p, &l))
		return;
	known = l.n;
	named = choose(labels, &l);
	na_metrics_head(out, "nfsaccel_clients", "gauge", "clients that are counted one by one");
	fprintf(out, "nfsaccel_clients %zu\n", known);
	for (m = 0; m < METRICS; m++) {
		na_metrics_head(out, metrics[m].metric, "counter", metrics[m].help);
		for (i = 0; i < named; i++)
			fprintf(out, "%s{client=\"%s\"} %.*f\n", metrics[m].metric,
				na_address_text(l.client[i].addr, text), metrics[m].digits,
				metrics[m].of(&l.client[i]));
	}
	free(l.client);
}

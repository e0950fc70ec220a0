// SPDX-License-Identifier: GPL-2.0-only
#include "admin/metrics.h"

#include "admin/figures.h"
#include "admin/gc.h"
#include "admin/latency.h"
#include "admin/mode.h"
#include "admin/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/*
 * Counters whose name begins with one of these are one metric, with the rest of the name as
 * a label. All others are a metric each.
 */
static const struct family {
	const char *prefix;
	const char *metric;
	const char *help;
} families[] = {
	{"miss_", "nfsaccel_misses_total", "READs that were left to nfsd, by reason"},
	{"pass_", "nfsaccel_passed_total",
	 "READs or segments that could not be answered, by reason"},
	{"refuse_", "nfsaccel_fill_refusals_total",
	 "replies of nfsd that were not cached, by reason"},
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static const struct family *family_of(const char *name)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++)
		if (!strncmp(name, families[i].prefix, strlen(families[i].prefix)))
			return &families[i];
	return NULL;
}

void na_metrics_head(FILE *out, const char *metric, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric, help, metric, type);
}

static void gauge(FILE *out, const char *metric, const char *help, __u64 n)
{
	na_metrics_head(out, metric, "gauge", help);
	fprintf(out, "%s %llu\n", metric, (unsigned long long)n);
}

static void alone(FILE *out, enum na_verdict v, __u64 n)
{
	char metric[128];

	if (v == NA_V_SHADOW_NS) {
		na_metrics_head(out, "nfsaccel_shadow_nfsd_seconds_total", "counter",
		     "time nfsd took over READs that could have been answered");
		fprintf(out, "nfsaccel_shadow_nfsd_seconds_total %.9f\n", n / 1e9);
		return;
	}
	if (v == NA_V_HIT_BYTES)
		strcpy(metric, "nfsaccel_hit_data_bytes_total");
	else
		snprintf(metric, sizeof(metric), "nfsaccel_%s_total", na_verdict_names[v].name);
	na_metrics_head(out, metric, "counter", na_verdict_names[v].help);
	fprintf(out, "%s %llu\n", metric, (unsigned long long)n);
}

static void counters(FILE *out, const __u64 n[static NA_V_MAX])
{
	size_t f;
	__u32 i;

	for (i = 0; i < NA_V_MAX; i++)
		if (!family_of(na_verdict_names[i].name))
			alone(out, i, n[i]);
	/* The samples of one metric stand together. */
	for (f = 0; f < FAMILIES; f++) {
		na_metrics_head(out, families[f].metric, "counter", families[f].help);
		for (i = 0; i < NA_V_MAX; i++)
			if (family_of(na_verdict_names[i].name) == &families[f])
				fprintf(out, "%s{reason=\"%s\"} %llu\n", families[f].metric,
					na_verdict_names[i].name + strlen(families[f].prefix),
					(unsigned long long)n[i]);
	}
}

static void modes(FILE *out, enum na_mode now)
{
	static const enum na_mode all[] = {NA_MODE_OFF, NA_MODE_FILL, NA_MODE_ANSWER, NA_MODE_DYING,
					   NA_MODE_OBSERVE};
	size_t i;

	na_metrics_head(out, "nfsaccel_mode", "gauge", "1 for the mode that nfsacceld is in");
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		fprintf(out, "nfsaccel_mode{mode=\"%s\"} %d\n", na_mode_name(all[i]),
			all[i] == now);
}

static void hooks(FILE *out, const struct na_plane *p)
{
	unsigned int attached = 0, missing = 0;
	size_t i;

	for (i = 0; i < na_hook_count; i++) {
		attached += p->hooks[i].state == NA_HOOK_ATTACHED;
		missing += na_hook_missing(p->hooks, i);
	}
	gauge(out, "nfsaccel_hooks_attached", "hooks in the kernel that are attached", attached);
	gauge(out, "nfsaccel_hooks_missing", "hooks whose want keeps from answering", missing);
}

static void devices(FILE *out, const struct na_devices *d)
{
	size_t i;

	na_metrics_head(out, "nfsaccel_device_attached", "gauge", "1 if the device has our filters");
	for (i = 0; i < d->n; i++)
		fprintf(out, "nfsaccel_device_attached{device=\"%s\"} %d\n", d->device[i].name,
			!d->device[i].err);
}

static void state(FILE *out, struct na_daemon *d)
{
	const struct na_plane *p = &d->plane;
	struct na_flow_counts flows = {0};
	struct na_cache_use use;
	struct utsname uts;

	uname(&uts);
	na_metrics_head(out, "nfsaccel_build_info", "gauge", "always 1");
	fprintf(out, "nfsaccel_build_info{version=\"%s\",abi=\"%d\",kernel=\"%s\"} 1\n",
		NFSACCEL_VERSION, NA_ABI, uts.release);
	modes(out, p->ctl->mode);
	gauge(out, "nfsaccel_stepped_down", "should it answer or observe, and does not?",
	      d->wanted != NA_MODE_OFF && d->silent.text[0]);
	gauge(out, "nfsaccel_shadow_tripped", "1 if a shadow check has ended answering",
	      d->tripped);
	hooks(out, p);
	devices(out, &d->devices);
	na_cache_use(p, &use);
	gauge(out, "nfsaccel_cache_files", "files in the cache", use.files);
	gauge(out, "nfsaccel_cache_data_bytes", "file contents in the cache", use.cached_bytes);
	gauge(out, "nfsaccel_cache_limit_bytes", "memory configured for the cache",
	      p->config->memory);
	gauge(out, "nfsaccel_memory_short", "does the cache give way, as memory is short?",
	      d->memory.short_of || p->small);
	gauge(out, "nfsaccel_maps_memory_bytes", "kernel memory of all maps, cache and tables",
	      na_maps_memory(p));
	na_flow_count(p, &flows);
	gauge(out, "nfsaccel_connections", "connections that are followed", flows.tracked);
	gauge(out, "nfsaccel_connections_spliced", "connections that have had answers",
	      flows.spliced);
	gauge(out, "nfsaccel_connections_limit", "connections that can be followed",
	      p->shape.budget.flows);
}

/* How long nfsd took, by operation; those that never came are left out. */
static void times(FILE *out, const struct na_plane *p)
{
	struct na_op_tally t[NA_OP_MAX];
	unsigned int i, k;

	if (!p->shape.budget.tally_sets || na_tally_ops(p, t))
		return;
	na_metrics_head(out, "nfsaccel_nfsd_seconds", "histogram",
	     "time nfsd took over a call, by its operation");
	for (i = 0; i < NA_OP_MAX; i++) {
		__u64 sum = 0;

		if (!na_times_sum(t[i].times))
			continue;
		for (k = 0; k < NA_TIMES - 1; k++) {
			sum += t[i].times[k];
			fprintf(out, "nfsaccel_nfsd_seconds_bucket{op=\"%s\",le=\"%.6f\"} %llu\n",
				na_op_names[i], (double)na_time_end(k) / 1e9, (unsigned long long)sum);
		}
		sum += t[i].times[k];
		fprintf(out, "nfsaccel_nfsd_seconds_bucket{op=\"%s\",le=\"+Inf\"} %llu\n",
			na_op_names[i], (unsigned long long)sum);
		fprintf(out, "nfsaccel_nfsd_seconds_sum{op=\"%s\"} %.9f\n", na_op_names[i],
			(double)t[i].ns / 1e9);
		fprintf(out, "nfsaccel_nfsd_seconds_count{op=\"%s\"} %llu\n", na_op_names[i],
			(unsigned long long)sum);
	}
}

char *na_metrics_text(struct na_daemon *d, struct na_labels *labels, size_t *len)
{
	__u64 n[NA_V_MAX];
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		return NULL;
	state(out, d);
	if (!na_counters_read(&d->plane, n))
		counters(out, n);
	times(out, &d->plane);
	na_client_metrics(out, &d->plane, labels);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

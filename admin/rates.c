// SPDX-License-Identifier: GPL-2.0-only
#include "admin/rates.h"

#include <string.h>

static const char *const names[NA_V_MAX] = {
#define NA_X(sym, name, help) name,
	NA_VERDICTS(NA_X)
#undef NA_X
};

const char *na_counter_name(enum na_verdict v)
{
	return v < NA_V_MAX ? names[v] : "";
}

void na_sample_read(struct json_object *stats, uint64_t ns, struct na_sample *s)
{
	struct json_object *counters = NULL, *n;
	unsigned int i;

	*s = (struct na_sample){.ns = ns};
	json_object_object_get_ex(stats, "counters", &counters);
	for (i = 0; i < NA_V_MAX; i++)
		if (json_object_object_get_ex(counters, names[i], &n))
			s->n[i] = json_object_get_uint64(n);
}

bool na_rates(const struct na_sample *before, const struct na_sample *now, struct na_rates *r)
{
	double most = 0;
	unsigned int i;

	*r = (struct na_rates){.share = -1, .miss = NA_V_MAX};
	if (now->ns <= before->ns)
		return false;
	for (i = 0; i < NA_V_MAX; i++)
		if (now->n[i] < before->n[i])
			return false;
	r->seconds = (double)(now->ns - before->ns) / 1e9;
	for (i = 0; i < NA_V_MAX; i++) {
		r->each[i] = (double)(now->n[i] - before->n[i]) / r->seconds;
		if (strncmp(names[i], "miss_", 5) != 0)
			continue;
		r->reads += r->each[i];
		if (r->each[i] > most) {
			most = r->each[i];
			r->miss = i;
		}
	}
	r->reads += r->each[NA_V_HIT];
	if (r->reads > 0)
		r->share = r->each[NA_V_HIT] / r->reads;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/history.h"

#include "admin/latency.h"

#include <stdio.h>
#include <string.h>

/* Those that came since the last sample; false if there are none or they count anew. */
static bool fresh(const struct na_history *h, const __u64 times[static NA_TIMES],
		  __u64 out[static NA_TIMES])
{
	unsigned int i;

	for (i = 0; i < NA_TIMES; i++) {
		if (times[i] < h->times[i])
			return false;
		out[i] = times[i] - h->times[i];
	}
	return na_times_sum(out);
}

void na_history_add(struct na_history *h, const struct na_sample *s,
		    const __u64 times[static NA_TIMES], time_t now)
{
	__u64 calls[NA_TIMES];
	struct na_rates r;
	bool some = fresh(h, times, calls);

	if (h->last.ns && na_rates(&h->last, s, &r)) {
		h->point[h->next] = (struct na_point){
			.time = now,
			.reads = r.reads,
			.hits = r.each[NA_V_HIT],
			.bytes = r.each[NA_V_HIT_BYTES],
			.held = r.each[NA_V_LIMIT_HELD],
			.p50 = some ? (double)na_time_share(calls, 500) : -1,
			.p99 = some ? (double)na_time_share(calls, 990) : -1,
		};
		h->next = (h->next + 1) % NA_HISTORY_POINTS;
		if (h->n < NA_HISTORY_POINTS)
			h->n++;
	}
	h->last = *s;
	memcpy(h->times, times, sizeof(h->times));
}

/* Short: a page asks for hundreds of them every few seconds. */
static struct json_object *number(double n)
{
	char text[64];

	snprintf(text, sizeof(text), "%.1f", n);
	return json_object_new_double_s(n, text);
}

static struct json_object *time_or_null(double ns)
{
	return ns < 0 ? NULL : json_object_new_int64((int64_t)ns);
}

struct json_object *na_history_json(const struct na_history *h)
{
	struct json_object *o = json_object_new_object(), *time = json_object_new_array();
	struct json_object *reads = json_object_new_array(), *hits = json_object_new_array();
	struct json_object *bytes = json_object_new_array(), *held = json_object_new_array();
	struct json_object *p50 = json_object_new_array(), *p99 = json_object_new_array();
	size_t i;

	json_object_object_add(o, "seconds", json_object_new_int(NA_HISTORY_SECONDS));
	json_object_object_add(o, "points", json_object_new_int(NA_HISTORY_POINTS));
	json_object_object_add(o, "time", time);
	json_object_object_add(o, "reads", reads);
	json_object_object_add(o, "hits", hits);
	json_object_object_add(o, "bytes", bytes);
	json_object_object_add(o, "held", held);
	json_object_object_add(o, "p50_ns", p50);
	json_object_object_add(o, "p99_ns", p99);
	for (i = 0; i < h->n; i++) {
		const struct na_point *p =
			&h->point[(h->next + NA_HISTORY_POINTS - h->n + i) % NA_HISTORY_POINTS];

		json_object_array_add(time, json_object_new_int64(p->time));
		json_object_array_add(reads, number(p->reads));
		json_object_array_add(hits, number(p->hits));
		json_object_array_add(bytes, number(p->bytes));
		json_object_array_add(held, number(p->held));
		json_object_array_add(p50, time_or_null(p->p50));
		json_object_array_add(p99, time_or_null(p->p99));
	}
	return o;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/history.h"

#include <stdio.h>

void na_history_add(struct na_history *h, const struct na_sample *s, time_t now)
{
	struct na_rates r;

	if (h->last.ns && na_rates(&h->last, s, &r)) {
		h->point[h->next] = (struct na_point){
			.time = now,
			.reads = r.reads,
			.hits = r.each[NA_V_HIT],
			.bytes = r.each[NA_V_HIT_BYTES],
			.held = r.each[NA_V_LIMIT_HELD],
		};
		h->next = (h->next + 1) % NA_HISTORY_POINTS;
		if (h->n < NA_HISTORY_POINTS)
			h->n++;
	}
	h->last = *s;
}

/* Short: a page asks for hundreds of them every few seconds. */
static struct json_object *number(double n)
{
	char text[64];

	snprintf(text, sizeof(text), "%.1f", n);
	return json_object_new_double_s(n, text);
}

struct json_object *na_history_json(const struct na_history *h)
{
	struct json_object *o = json_object_new_object(), *time = json_object_new_array();
	struct json_object *reads = json_object_new_array(), *hits = json_object_new_array();
	struct json_object *bytes = json_object_new_array(), *held = json_object_new_array();
	size_t i;

	json_object_object_add(o, "seconds", json_object_new_int(NA_HISTORY_SECONDS));
	json_object_object_add(o, "points", json_object_new_int(NA_HISTORY_POINTS));
	json_object_object_add(o, "time", time);
	json_object_object_add(o, "reads", reads);
	json_object_object_add(o, "hits", hits);
	json_object_object_add(o, "bytes", bytes);
	json_object_object_add(o, "held", held);
	for (i = 0; i < h->n; i++) {
		const struct na_point *p =
			&h->point[(h->next + NA_HISTORY_POINTS - h->n + i) % NA_HISTORY_POINTS];

		json_object_array_add(time, json_object_new_int64(p->time));
		json_object_array_add(reads, number(p->reads));
		json_object_array_add(hits, number(p->hits));
		json_object_array_add(bytes, number(p->bytes));
		json_object_array_add(held, number(p->held));
	}
	return o;
}

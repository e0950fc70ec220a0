// SPDX-License-Identifier: GPL-2.0-only
#include "admin/overview.h"

#include "admin/commands.h"
#include "admin/doctor.h"
#include "admin/figures.h"
#include "admin/tally.h"

#include <string.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull

void na_overview_tick(struct na_overview *o, struct na_daemon *d)
{
	struct na_sample s = {.ns = na_now_ns()};
	struct na_op_tally ops[NA_OP_MAX];
	__u64 n[NA_V_MAX], times[NA_TIMES] = {0};
	size_t i, k;

	/* the tick before may have been some milliseconds late, and this one not */
	if (o->sampled && s.ns - o->sampled < NA_HISTORY_SECONDS * SECOND_NS - SECOND_NS / 2)
		return;
	if (na_counters_read(&d->plane, n) || na_tally_ops(&d->plane, ops))
		return;
	for (i = 0; i < NA_OP_MAX; i++)
		for (k = 0; k < NA_TIMES; k++)
			times[k] += ops[i].times[k];
	for (i = 0; i < NA_V_MAX; i++)
		s.n[i] = n[i];
	o->sampled = s.ns;
	na_history_add(&o->history, &s, times, time(NULL));
}

static struct json_object *ask(struct na_daemon *d, const char *request)
{
	return na_command_run(d, NA_RIGHTS_READ, request, strlen(request));
}

static struct json_object *findings(struct json_object *status, struct json_object *stats)
{
	struct na_finding f[NA_FINDINGS];

	return na_doctor_json(f, na_doctor(status, stats, f));
}

static void drop_handles(struct json_object *reply)
{
	struct json_object *files = NULL;
	size_t i;

	if (!json_object_object_get_ex(reply, "files", &files))
		return;
	for (i = 0; i < json_object_array_length(files); i++)
		json_object_object_del(json_object_array_get_idx(files, i), "handle");
}

static struct json_object *build(struct na_overview *o, struct na_daemon *d)
{
	struct json_object *all = json_object_new_object();
	struct json_object *status = ask(d, "{\"command\":\"status\"}");
	struct json_object *stats = ask(d, "{\"command\":\"stats\"}");
	struct json_object *files = ask(d, "{\"command\":\"cache top\",\"count\":20}");
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	json_object_object_add(all, "host", json_object_new_string(host));
	json_object_object_add(all, "time", json_object_new_int64(time(NULL)));
	json_object_object_add(all, "findings", findings(status, stats));
	/* doctor has looked at them, and they are many */
	json_object_object_del(status, "hooks");
	json_object_object_add(all, "status", status);
	json_object_object_add(all, "stats", stats);
	drop_handles(files);
	json_object_object_add(all, "files", files);
	json_object_object_add(all, "clients", ask(d, "{\"command\":\"clients\",\"count\":20}"));
	json_object_object_add(all, "exports", ask(d, "{\"command\":\"exports\"}"));
	json_object_object_add(all, "limits", ask(d, "{\"command\":\"limit list\"}"));
	json_object_object_add(all, "history", na_history_json(&o->history));
	return all;
}

const char *na_overview_text(struct na_overview *o, struct na_daemon *d, size_t *len)
{
	struct json_object *all;
	__u64 now = na_now_ns();

	if (!o->text || now - o->made >= SECOND_NS) {
		all = build(o, d);
		free(o->text);
		o->text =
			strdup(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN) ?: "{}");
		o->len = o->text ? strlen(o->text) : 0;
		o->made = now;
		json_object_put(all);
	}
	*len = o->len;
	return o->text;
}

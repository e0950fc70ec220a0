// SPDX-License-Identifier: GPL-2.0-only
#include "admin/events.h"

#include "admin/commands.h"
#include "admin/figures.h"
#include "admin/log.h"

static const struct {
	enum na_verdict counter;
	const char *kind;
	const char *text;
} sources[] = {
	{NA_V_LIMIT_HELD, "throttled", "packets held back"},
	{NA_V_LIMIT_DROPPED, "throttled", "segments dropped"},
	{NA_V_FLOW_RESET, "reset", "connections reset"},
	{NA_V_MISS_VERSION, "invalidated", "READs found that their file may have changed"},
	{NA_V_MISS_INODE, "invalidated", "READs found that their file has changed"},
	{NA_V_EPOCH, "invalidated", "changes of exports, clients or groups: permissions are learnt anew"},
};
_Static_assert(sizeof(sources) / sizeof(sources[0]) == NA_EVENT_SOURCES, "sources");

void na_events_tick(struct na_event_counts *c, const struct na_plane *p)
{
	__u64 now[NA_V_MAX];
	size_t i;

	if (na_counters_read(p, now))
		return;
	for (i = 0; i < NA_EVENT_SOURCES; i++) {
		__u64 n = now[sources[i].counter];

		if (c->begun && n > c->was[i])
			na_log_happened(sources[i].kind, "%llu %s",
					(unsigned long long)(n - c->was[i]), sources[i].text);
		c->was[i] = n;
	}
	c->begun = true;
}

/* Those behind "after", the oldest first. */
int na_events_show(struct na_daemon *d, struct json_object *request, struct json_object *o,
		   struct na_why *why)
{
	struct json_object *list = json_object_new_array(), *field;
	const struct na_event *e;
	int64_t after = 0;
	unsigned int n = 0;

	(void)d, (void)why;
	if (json_object_object_get_ex(request, "after", &field))
		after = json_object_get_int64(field);
	while ((e = na_log_event(n)) && e->serial > after)
		n++;
	json_object_object_add(o, "events", list);
	e = na_log_event(0);
	json_object_object_add(o, "last", json_object_new_int64(e ? e->serial : 0));
	while (n--) {
		struct json_object *event = json_object_new_object();

		e = na_log_event(n);
		json_object_object_add(event, "serial", json_object_new_int64(e->serial));
		json_object_object_add(event, "time", json_object_new_int64(e->when));
		json_object_object_add(event, "kind",
				       json_object_new_string(e->kind ?: "message"));
		json_object_object_add(event, "text", json_object_new_string(e->text));
		json_object_array_add(list, event);
	}
	return 0;
}

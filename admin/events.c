// SPDX-License-Identifier: GPL-2.0-only
#include "admin/events.h"

#include "admin/address.h"
#include "admin/commands.h"
#include "admin/figures.h"
#include "admin/log.h"
#include "nfsaccel/event.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

enum value { NOTHING, MICROSECONDS, INODE };

static const struct {
	enum na_verdict what;
	const char *kind;
	const char *text;
	enum value value;
} kinds[] = {
	{NA_V_LIMIT_HELD, "throttled", "packets held back", MICROSECONDS},
	{NA_V_LIMIT_DROPPED, "throttled", "segments dropped", NOTHING},
	{NA_V_FLOW_RESET, "reset", "spliced connections reset, since we leave", NOTHING},
	{NA_V_RESET_CLIENT, "reset", "spliced connections reset by the client", NOTHING},
	{NA_V_RESET_SERVER, "reset", "spliced connections reset by the server", NOTHING},
	{NA_V_MISS_VERSION, "invalidated", "READs found that their file may have changed", INODE},
	{NA_V_MISS_INODE, "invalidated", "READs found that their file has changed", INODE},
	{NA_V_EPOCH, "invalidated",
	 "changes of exports, clients or groups: permissions are learnt anew", NOTHING},
	{NA_V_FLUSH, "invalidated", "times all that was cached", NOTHING},
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* "10.0.0.1, /srv: ", as far as it is known. */
static void whom(const struct na_daemon *d, const struct na_happened *h, char *to, size_t size)
{
	const struct na_exported *export =
		h->export ? na_exported_find(&d->policy.exports, h->export) : NULL;
	const char *path = export ? export->path : NULL;
	char text[INET6_ADDRSTRLEN] = "";
	__u8 addr[16];

	memcpy(addr, h->client, sizeof(addr));
	if (h->client[0] || h->client[1])
		na_address_text(addr, text);
	snprintf(to, size, "%s%s%s%s", text, text[0] && path ? ", " : "", path ?: "",
		 text[0] || path ? ": " : "");
}

static int on_event(void *data, void *event, size_t len)
{
	const struct na_happened *h = event;
	char who[160], value[48] = "";
	size_t i;

	if (len < sizeof(*h))
		return 0;
	for (i = 0; i < NKINDS && kinds[i].what != h->what; i++)
		;
	if (i == NKINDS)
		return 0;
	whom(data, h, who, sizeof(who));
	switch (kinds[i].value) {
	case NOTHING:
		break;
	case MICROSECONDS:
		snprintf(value, sizeof(value), ", the last one for %llu us",
			 (unsigned long long)h->value / 1000);
		break;
	case INODE:
		snprintf(value, sizeof(value), ", the last one inode %llu",
			 (unsigned long long)h->value);
		break;
	}
	na_log_happened(kinds[i].kind, "%s%llu %s%s", who, (unsigned long long)h->n, kinds[i].text,
			value);
	return 0;
}

static int on_ready(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct na_daemon *d = data;

	(void)s, (void)fd, (void)revents;
	ring_buffer__consume(d->events.ring);
	return 0;
}

void na_events_close(struct na_events *e)
{
	e->source = sd_event_source_unref(e->source);
	ring_buffer__free(e->ring);
	e->ring = NULL;
}

int na_events_open(struct na_daemon *d)
{
	struct na_events *e = &d->events;

	na_events_close(e);
	e->ring = ring_buffer__new(na_plane_map_fd(&d->plane, "na_happened"), on_event, d, NULL);
	if (!e->ring)
		return -errno;
	return sd_event_add_io(d->event, &e->source, ring_buffer__epoll_fd(e->ring), EPOLLIN,
			       on_ready, d);
}

void na_events_tick(struct na_daemon *d)
{
	struct na_events *e = &d->events;
	__u64 now[NA_V_MAX];

	if (na_counters_read(&d->plane, now))
		return;
	if (e->begun && now[NA_V_EVENT_LOST] > e->lost)
		na_log_happened("lost", "%llu events could not be told",
				(unsigned long long)(now[NA_V_EVENT_LOST] - e->lost));
	e->lost = now[NA_V_EVENT_LOST];
	e->begun = true;
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

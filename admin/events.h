/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to clients, told as events: taken from the programs' counters once a second,
 * so that no packet pays for it and a storm of them is one event.
 */
#ifndef NFSACCEL_ADMIN_EVENTS_H
#define NFSACCEL_ADMIN_EVENTS_H

#include "admin/plane.h"

#define NA_EVENT_SOURCES 6

struct na_event_counts {
	__u64 was[NA_EVENT_SOURCES];
	bool begun; /* what was counted before us is no event */
};

void na_events_tick(struct na_event_counts *c, const struct na_plane *p);

#endif

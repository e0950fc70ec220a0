/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to clients, as the programs tell it (nfsaccel/event.h), kept beside the
 * daemon's messages.
 */
#ifndef NFSACCEL_ADMIN_EVENTS_H
#define NFSACCEL_ADMIN_EVENTS_H

#include "admin/plane.h"

struct na_daemon;
struct ring_buffer;
struct sd_event_source;

struct na_events {
	struct ring_buffer *ring;
	struct sd_event_source *source;
	__u64 lost; /* as counted when last looked at */
	bool begun; /* what was counted before us is no event */
};

/* Listen to the programs of d->plane, and no more to those before. */
int na_events_open(struct na_daemon *d);

void na_events_close(struct na_events *e);

/* Once a second: were events lost? */
void na_events_tick(struct na_daemon *d);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The running daemon: one event loop, nothing in it blocks. */
#ifndef NFSACCEL_ADMIN_DAEMON_H
#define NFSACCEL_ADMIN_DAEMON_H

#include <time.h>

#include "admin/cache_files.h"
#include "admin/devices.h"
#include "admin/events.h"
#include "admin/memory.h"
#include "admin/netlink.h"
#include "admin/plane.h"
#include "admin/policy.h"

struct na_control;
struct na_http;
struct sd_event;
struct sd_event_source;

struct na_daemon {
	const struct na_config *config;
	struct sd_event *event;
	struct na_plane plane;
	struct na_devices devices;
	struct na_policy_state policy;
	struct na_events events;
	struct na_memory memory; /* whether the cache gives way (shrink.h) */
	struct na_kept kept; /* files that are not to be evicted */
	struct mnl_socket *watch;	/* tells when devices change */
	struct sd_event_source *rescan; /* pending look at the devices */
	struct timespec started;	/* CLOCK_MONOTONIC */
	enum na_mode wanted;		/* ANSWER, OBSERVE or OFF: what the administrator asked for */
	bool tripped;			/* a difference was found and dealt with (shadow.h) */
	struct na_why silent;		/* why nothing is answered; empty while it is */
	struct sd_event_source *grace;	/* pending switch from FILL to ANSWER */
	struct na_control *control;
	struct na_http *http; /* NULL: not configured */
	bool ready;	    /* the service manager has been told */
	__u32 shaped;	    /* na_ctl.limit_gen that the devices were prepared for */
	unsigned int ticks; /* seconds, for what happens less often */
};

/* Runs until a signal stops it; returns the exit status. Everything is logged. */
int na_daemon_run(const struct na_config *c);

/* The policy's files are read again; what came of it is logged. */
int na_daemon_reload(struct na_daemon *d, struct na_policy_error *err);

/*
 * The mode is OFF, ANSWER or OBSERVE: from the first time on requests are served, so whoever asks
 * right after the start is told what has come of it.
 */
void na_daemon_settled(struct na_daemon *d);

/* Hooks and filters of d->plane, newly loaded, take the place of those before. */
int na_daemon_attach(struct na_daemon *d, struct na_why *why);

/* After limits or devices have changed. Call it whenever na_limits_apply() was. */
void na_daemon_shape(struct na_daemon *d);

#endif

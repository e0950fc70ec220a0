/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the status page shows, /status.json: replies of the control socket side by side, what
 * doctor makes of them, and the last half hour.
 *
 * 1. Handles of files are not in it: who has one may try to use it as an NFS client.
 * 2. It is made at most once a second, however many ask.
 */
#ifndef NFSACCEL_ADMIN_OVERVIEW_H
#define NFSACCEL_ADMIN_OVERVIEW_H

#include "admin/daemon.h"
#include "admin/history.h"

struct na_overview {
	struct na_history history;
	__u64 sampled; /* when the history was last added to, ns */
	__u64 made;    /* when the text was, ns */
	char *text;
	size_t len;
};

/* To be called about once a second. */
void na_overview_tick(struct na_overview *o, struct na_daemon *d);

/* Valid until the next call; NULL when out of memory. */
const char *na_overview_text(struct na_overview *o, struct na_daemon *d, size_t *len);

#endif

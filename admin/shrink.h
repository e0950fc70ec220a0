/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache gives its memory back while the machine is short of it, and takes it again.
 *
 * 1. Connections, limits and counters stay as they are, whether it shrinks or grows.
 * 2. Nothing is answered while it is small, so nobody needs what is not there.
 * 3. The maps are replaced only when no connection refers to what is in them any more.
 */
#ifndef NFSACCEL_ADMIN_SHRINK_H
#define NFSACCEL_ADMIN_SHRINK_H

#include "admin/daemon.h"

/* Before the plane is made: with a small cache, if memory is short already? */
bool na_shrink_start(struct na_daemon *d);

/* Once a second. It may replace d->plane, and takes seconds then. */
void na_shrink_tick(struct na_daemon *d);

/* Is the cache to give way? why says so. */
bool na_shrink_wanted(const struct na_daemon *d, struct na_why *why);

/* There was no memory for the maps at the start. */
void na_shrink_refused(struct na_daemon *d);

#endif

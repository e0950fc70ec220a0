/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether to answer: OFF -> FILL when hooks and devices suffice -> ANSWER or OBSERVE after a
 * grace period, with a flush, so that nothing is served that was filled while a change was
 * under way unseen. The mode is settled when it is not FILL.
 */
#ifndef NFSACCEL_ADMIN_MODE_H
#define NFSACCEL_ADMIN_MODE_H

#include "admin/daemon.h"

/* Look at hooks and devices again; sets d->silent and logs changes. */
void na_mode_decide(struct na_daemon *d);

/* "answer", "observe" or "off", from the administrator; -EINVAL for any other name. */
int na_mode_want(struct na_daemon *d, const char *name);

const char *na_mode_name(enum na_mode mode);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* One nfsacceld for each run directory. */
#ifndef NFSACCEL_ADMIN_LOCK_H
#define NFSACCEL_ADMIN_LOCK_H

#include "admin/why.h"

/* Makes RUN if need be; the lock lasts until the fd is closed. An fd or negative errno. */
int na_lock_take(const char *run, struct na_why *why);

#endif

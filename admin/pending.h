/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFSACCEL_ADMIN_PENDING_H
#define NFSACCEL_ADMIN_PENDING_H

#include "admin/plane.h"

/*
 * Forget the calls of connections that are followed no more: their replies will not come.
 * Those of a live connection stay, however old: whether a xid is out must not be forgotten.
 * Returns how many went.
 */
int na_pending_gc(const struct na_plane *p);

#endif

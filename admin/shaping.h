/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that hold packets back while limits are in force. */
#ifndef NFSACCEL_ADMIN_SHAPING_H
#define NFSACCEL_ADMIN_SHAPING_H

#include "admin/devices.h"

/*
 * While there are limits: fq onto devices that have the kernel's default. The programs are
 * told on which devices packets cannot be held; what came of a device is in its .unshaped,
 * and .told is cleared when that changes. Without limits: nothing.
 */
int na_shaping_refresh(struct na_devices *d, struct na_plane *p);

#endif

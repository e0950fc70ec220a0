/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that hold packets back while limits are in force.
 *
 * 1. A device is touched only once a limited connection comes by it: fq costs all clients
 *    behind a device a little, and those whose device has none nothing.
 * 2. When there are no limits any more fq goes, as soon as nothing waits in it.
 * 3. The programs are told of devices that hold nothing (enum na_unshaped).
 */
#ifndef NFSACCEL_ADMIN_SHAPING_H
#define NFSACCEL_ADMIN_SHAPING_H

#include "admin/devices.h"

/*
 * After limits or devices have changed. What came of a device is in its .unshaped, and .told
 * is cleared when that changes.
 */
int na_shaping_refresh(struct na_devices *d, struct na_plane *p);

/* Is there more to do: limited connections on a device without fq, or fq without limits? */
bool na_shaping_due(const struct na_devices *d, const struct na_plane *p);

#endif

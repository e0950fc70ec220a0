/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resetting spliced connections (splice.md): the last thing done before the programs go.
 *
 * 1. A connection whose socket lives and whose numbers differ never goes raw: as long as
 *    one is left the programs must stay.
 * 2. The programs must still be attached, so that they can put the RSTs right.
 */
#ifndef NFSACCEL_ADMIN_RESET_H
#define NFSACCEL_ADMIN_RESET_H

#include "nfsaccel/types.h"

struct na_reset {
	int ctl_fd;   /* na_ctl of the state concerned */
	int flows_fd; /* its na_flows; -1 when its layout is unknown: every connection goes */
	__u16 port;
	unsigned int done; /* out: connections reset */
	unsigned int left; /* out: connections that would not go */
};

/*
 * Switches to NA_MODE_DYING and resets; waits at most three seconds. 0 also when some
 * are left; negative errno when sockets or flows could not be listed.
 */
int na_reset_connections(struct na_reset *r);

#endif

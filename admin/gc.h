/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that have been quiet for a minute and whose socket is gone leave the table,
 * and give back the cache entries they pinned. While the socket lives, nothing goes (I11).
 */
#ifndef NFSACCEL_ADMIN_GC_H
#define NFSACCEL_ADMIN_GC_H

#include "admin/plane.h"

struct na_flow_counts {
	unsigned int tracked;
	unsigned int spliced; /* living by our translation */
	unsigned int removed; /* by this call */
};

int na_gc(struct na_plane *p, struct na_flow_counts *counts);

/* Only counts. */
int na_flow_count(const struct na_plane *p, struct na_flow_counts *counts);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The connection table as user space sees it. */
#ifndef NFSACCEL_ADMIN_FLOWS_H
#define NFSACCEL_ADMIN_FLOWS_H

#include <stddef.h>

#include "nfsaccel/splice_state.h"

/* Both ends count differently: the connection lives by our translation. */
static inline bool na_flow_translated(const struct na_flow *f)
{
	return (f->din | f->dout) && !(f->flags & NA_FLOW_DEAD);
}

/* A consistent copy of each flow, one at a time. cb returns 0 to go on. */
int na_flows_each(int map_fd, int (*cb)(const struct na_flow *f, void *data), void *data);

/* A sorted set of connections. */
struct na_flow_keys {
	struct na_flow_key *key; /* free() it */
	size_t n;
};

int na_flow_keys_add(struct na_flow_keys *keys, const struct na_flow_key *key);
void na_flow_keys_sort(struct na_flow_keys *keys);
bool na_flow_keys_has(const struct na_flow_keys *keys, const struct na_flow_key *key);

#endif

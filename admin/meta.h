/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What pinned state means, pinned beside it.
 *
 * 1. The first four words stay what they are for ever, so that any nfsacceld can undo
 *    what any other left.
 * 2. State is taken over only if the shape is equal, but for the size of the cache, and every
 *    map that is kept is as ours.
 */
#ifndef NFSACCEL_ADMIN_META_H
#define NFSACCEL_ADMIN_META_H

#include "admin/budget.h"
#include "admin/config.h"
#include "nfsaccel/abi.h"

struct na_shape {
	__u32 abi;
	__u32 port;
	__u32 netns; /* inode number of the network namespace */
	__u32 tc_priority;
	struct na_budget budget;
};

#define NA_SHAPE_FIXED (4 * sizeof(__u32))
#define NA_META_CLSACT 256

/* Mapped by the daemon; survives it. */
struct na_meta {
	struct na_shape shape;
	__u32 hooks; /* how many links were pinned when answering was allowed */
	__u32 nclsact;
	__u32 clsact[NA_META_CLSACT]; /* devices that had none before us, by index */
	__u64 skips_base;	      /* na_ctl.hook_skips when the present programs were loaded */
	__u64 counted[NA_V_MAX];      /* counters of events in the daemon, by verdict */
};

/* netns of the calling process. small: the cache has the least that it can have. */
int na_shape_make(struct na_shape *s, const struct na_config *c, bool small);

/* An fd or a negative errno. */
int na_meta_create(const struct na_shape *shape);

/*
 * Read what can be read of whatever shape is pinned: -ENOENT when there is none, and for
 * state of another size all but the first four words stay zero.
 */
int na_meta_read(const char *pin, struct na_shape *shape);

#endif

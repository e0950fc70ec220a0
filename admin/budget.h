/* SPDX-License-Identifier: GPL-2.0-only */
/* How many of everything fits the configuration. */
#ifndef NFSACCEL_ADMIN_BUDGET_H
#define NFSACCEL_ADMIN_BUDGET_H

#include <stdbool.h>

#include "admin/config.h"
#include "nfsaccel/types.h"

struct na_budget {
	__u32 slabs;   /* of NA_SLAB_BLOCKS blocks */
	__u32 blocks;  /* block 0 included, which is never used */
	__u32 entries; /* entry 0 included, which is never used */
	__u32 flows;
	__u32 creds;
	__u32 auths;
	__u32 tally_sets; /* tally.h; 0: nobody counts */
};

/* At least one slab, whatever the configuration says; small: no more than that. */
void na_budget_make(struct na_budget *b, const struct na_config *c, bool small);

/* Do they differ in nothing but the size of the cache? */
bool na_budget_same_tables(const struct na_budget *a, const struct na_budget *b);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/budget.h"

#include "nfsaccel/abi.h"

/* An element of a preallocated hash: the kernel's own part and its bucket. */
#define HASH_OVERHEAD 64

/*
 * As many entries as blocks, so that memory is used up even when every file is one block
 * or less; for larger files the surplus costs an eighth.
 */
#define PER_BLOCK                                                                                  \
	(sizeof(struct na_slab) / NA_SLAB_BLOCKS + sizeof(struct na_entry) +                       \
	 sizeof(struct na_fh) + sizeof(__u32) + HASH_OVERHEAD)

void na_budget_make(struct na_budget *b, const struct na_config *c, bool small)
{
	uint64_t slabs = small ? 1 : c->memory / (PER_BLOCK * NA_SLAB_BLOCKS);

	b->slabs = slabs ? slabs : 1;
	b->blocks = b->slabs * NA_SLAB_BLOCKS;
	b->entries = b->blocks;
	b->flows = c->connections;
	b->creds = c->credentials;
	b->auths = c->authorizations;
}

bool na_budget_same_tables(const struct na_budget *a, const struct na_budget *b)
{
	return a->flows == b->flows && a->creds == b->creds && a->auths == b->auths;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/budget.h"

#include <bpf/libbpf.h>

#include "nfsaccel/abi.h"
#include "nfsaccel/tally.h"

/* An element of a preallocated hash: the kernel's own part and its bucket. */
#define HASH_OVERHEAD 64

/*
 * As many entries as blocks, so that memory is used up even when every file is one block
 * or less; for larger files the surplus costs an eighth.
 */
#define PER_BLOCK                                                                                  \
	(sizeof(struct na_slab) / NA_SLAB_BLOCKS + sizeof(struct na_entry) +                       \
	 sizeof(struct na_fh) + sizeof(__u32) + HASH_OVERHEAD)

/* All CPUs together, who have a table each. */
#define TALLY_MAX (32ull << 20)

/* A power of two with room for so many clients, if there is the memory. */
static __u32 tally_sets(uint64_t clients)
{
	uint64_t set = sizeof(struct na_work_set) + sizeof(struct na_read_set);
	int cpus = libbpf_num_possible_cpus();
	__u32 sets = 1;

	if (!clients)
		return 0;
	while (sets * NA_TALLY_WAYS < clients &&
	       2 * sets * set * (cpus > 0 ? cpus : 1) <= TALLY_MAX)
		sets *= 2;
	return sets;
}

void na_budget_make(struct na_budget *b, const struct na_config *c, bool small)
{
	uint64_t slabs = small ? 1 : c->memory / (PER_BLOCK * NA_SLAB_BLOCKS);

	b->slabs = slabs ? slabs : 1;
	b->blocks = b->slabs * NA_SLAB_BLOCKS;
	b->entries = b->blocks;
	b->flows = c->connections;
	b->creds = c->credentials;
	b->auths = c->authorizations;
	b->tally_sets = tally_sets(c->clients);
}

bool na_budget_same_tables(const struct na_budget *a, const struct na_budget *b)
{
	return a->flows == b->flows && a->creds == b->creds && a->auths == b->auths &&
	       a->tally_sets == b->tally_sets;
}

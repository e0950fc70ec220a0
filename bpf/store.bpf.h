/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries and blocks: pinning, taking, giving back, and the clock hand that finds what
 * is least useful (abi.h says what na_entry.ref promises).
 */
#ifndef NFSACCEL_BPF_STORE_H
#define NFSACCEL_BPF_STORE_H

#include "bpf/maps.bpf.h"
#include "nfsaccel/cache_rule.h"
#include "nfsaccel/segment.h"

#define NA_EVICT_STEPS 64 /* entries looked at for one that may go */

static __always_inline struct na_entry *na_entry_at(__u32 number)
{
	if (!number)
		return NULL;
	return bpf_map_lookup_elem(&na_entries, &number);
}

/* Of the fetching form (bump.bpf.h): what was read of the entry was read before. */
static __always_inline void na_ref_add(struct na_entry *e, __u32 n)
{
	__u32 old = __sync_fetch_and_add(&e->ref, n);

	asm volatile("" ::"r"(old));
}

static __always_inline void na_unpin(struct na_entry *e)
{
	na_ref_add(e, -1u);
}

/* False if it died; whose entry it is must be checked after. */
static __always_inline bool na_pin(struct na_entry *e)
{
	if (__sync_fetch_and_add(&e->ref, 1) & NA_ENTRY_LIVE)
		return true;
	na_unpin(e);
	return false;
}

static __always_inline void na_unpin_number(__u32 number)
{
	struct na_entry *e = na_entry_at(number);

	if (e)
		na_unpin(e);
}

/* Give everything of an entry back whose NA_ENTRY_LIVE was just cleared. */
static __always_inline void na_entry_bury(struct na_entry *e, __u32 number)
{
	__u32 *indexed = bpf_map_lookup_elem(&na_index, &e->fh);
	__u32 i;

	if (indexed && *indexed == number)
		bpf_map_delete_elem(&na_index, &e->fh);
	for (i = 0; i < NA_FILE_BLOCKS; i++) {
		__u32 block = e->block[i];

		if (block == NA_NO_BLOCK)
			continue;
		e->block[i] = NA_NO_BLOCK;
		bpf_map_push_elem(&na_free_blocks, &block, 0);
	}
	e->valid = 0;
	e->fid = 0;
	bpf_map_push_elem(&na_free_entries, &number, 0);
}

/* Bury the entry unless someone has it pinned. */
static __always_inline bool na_entry_kill(struct na_entry *e, __u32 number)
{
	if (__sync_val_compare_and_swap(&e->ref, NA_ENTRY_LIVE, 0) != NA_ENTRY_LIVE)
		return false;
	na_entry_bury(e, number);
	return true;
}

struct na_evict_ctx {
	struct na_ctl *ctl;
	bool done;
};

static long na_evict_step(__u32 i, struct na_evict_ctx *c)
{
	__u32 number, max = na_entries_max;
	struct na_entry *e;

	if (max < 2)
		return 1;
	number = __sync_fetch_and_add(&c->ctl->clock_hand, 1) % (max - 1) + 1;
	e = na_entry_at(number);
	if (!e || !e->fid || (e->keep && e->flush == c->ctl->flush))
		return 0;
	if (e->used && e->flush == c->ctl->flush) {
		e->used = 0;
		return 0;
	}
	if (!na_entry_kill(e, number))
		return 0;
	na_count(NA_V_EVICTED, 1);
	c->done = true;
	return 1;
}

/* Second chance: the first entry the hand finds unused since its last turn goes. */
static __always_inline bool na_evict(struct na_ctl *ctl)
{
	struct na_evict_ctx c = { .ctl = ctl };

	bpf_loop(NA_EVICT_STEPS, na_evict_step, &c, 0);
	return c.done;
}

static __always_inline __u32 na_block_take(struct na_ctl *ctl)
{
	__u32 block = NA_NO_BLOCK;

	if (bpf_map_pop_elem(&na_free_blocks, &block) == 0)
		return block;
	if (!na_evict(ctl) || bpf_map_pop_elem(&na_free_blocks, &block) < 0)
		return NA_NO_BLOCK;
	return block;
}

/* A fresh entry, pinned once for the caller and not yet indexed; its number or 0. */
static __always_inline __u32 na_entry_take(struct na_ctl *ctl)
{
	__u32 number = 0;
	struct na_entry *e;

	if (bpf_map_pop_elem(&na_free_entries, &number) < 0 &&
	    (!na_evict(ctl) || bpf_map_pop_elem(&na_free_entries, &number) < 0))
		return 0;
	e = na_entry_at(number);
	if (!e)
		return 0;
	/* added, not stored: a late reader may be holding a count for a moment */
	na_ref_add(e, NA_ENTRY_LIVE + 1);
	return number;
}

/* The block's bytes in its slab: offsets up to one block behind it are in bounds. */
static __always_inline struct na_slab *na_slab_of(__u32 block, __u32 *off)
{
	__u32 slab = block / NA_SLAB_BLOCKS;

	*off = (block % NA_SLAB_BLOCKS) << NA_BLOCK_SHIFT;
	return bpf_map_lookup_elem(&na_slabs, &slab);
}

struct na_unpin_ctx {
	const __u32 *numbers;
	__u32 n;
};

static long na_unpin_step(__u32 i, struct na_unpin_ctx *c)
{
	if (i >= NA_FIFO || i >= c->n)
		return 1;
	na_unpin_number(c->numbers[i]);
	return 0;
}

/* Let go of the entries in an array of NA_FIFO numbers, of which n count. */
static __always_inline void na_unpin_all(const __u32 *numbers, __u32 n)
{
	struct na_unpin_ctx c = { .numbers = numbers, .n = n };

	if (n)
		bpf_loop(NA_FIFO, na_unpin_step, &c, 0);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A client's place in the tables of tally.h. */
#ifndef NFSACCEL_BPF_TALLY_H
#define NFSACCEL_BPF_TALLY_H

#include "bpf/maps.bpf.h"

/* Both kinds of sets are an array of places, `stride` bytes each, that begin with their key. */
static __always_inline struct na_tally_key *na_tally_at(void *set, __u32 stride, __u32 way)
{
	return set + way * stride;
}

/* Which place of the set is the client's; NA_TALLY_WAYS: none. */
static __always_inline __u32 na_tally_find(void *set, __u32 stride, const __u64 *addr)
{
	__u32 i;

	for (i = 0; i < NA_TALLY_WAYS; i++) {
		const __u64 *a = (const __u64 *)na_tally_at(set, stride, i)->addr;

		if (a[0] == addr[0] && a[1] == addr[1])
			return i;
	}
	return NA_TALLY_WAYS;
}

/* Which one was seen longest ago, and when: free ones have seen nothing. */
static __always_inline __u32 na_tally_oldest(void *set, __u32 stride, __u64 *seen)
{
	__u32 i, best = 0;

	*seen = ~0ull;
	for (i = 0; i < NA_TALLY_WAYS; i++) {
		__u64 at = na_tally_at(set, stride, i)->seen;

		if (at < *seen) {
			*seen = at;
			best = i;
		}
	}
	return best;
}

/* By way of memory, or the verifier would walk all that follows once for each place. */
static __always_inline struct na_tally_key *na_tally_choose(void *set, __u32 stride, __u32 way)
{
	volatile __u64 *memory = set + NA_TALLY_WAYS * stride;
	__u64 at;

	*memory = way;
	at = *memory;
	asm volatile("" : "+r"(at));
	return na_tally_at(set, stride, at & (NA_TALLY_WAYS - 1));
}

/* All of the place but its key's `end` and its `begin`: it is the client's from now on. */
static __always_inline void na_tally_take(struct na_tally_key *k, __u32 stride, const __u64 *addr)
{
	__u64 *word = (__u64 *)k, *begin = word + stride / 8 - 1;
	__u32 i;

	*(volatile __u64 *)begin = *begin + 1;
	for (i = 3; i < stride / 8 - 1; i++)
		word[i] = 0;
	__builtin_memcpy(k->addr, addr, sizeof(k->addr));
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&k->end = *begin;
}

/*
 * The client's place, in a map whose elements are sets of places of `stride` bytes; addr: two
 * words. NULL where nobody counts.
 */
static __always_inline void *na_tally_place(void *map, __u32 stride, const __u64 *addr, __u64 now)
{
	__u32 first = na_tally_set((const __u8 *)addr, na_tally_sets, false);
	__u32 second = na_tally_set((const __u8 *)addr, na_tally_sets, true);
	struct na_tally_key *k;
	__u64 seen_one, seen_two;
	__u32 way, other;
	void *set, *two;

	set = na_tally_sets ? bpf_map_lookup_elem(map, &first) : NULL;
	if (!set)
		return NULL;
	way = na_tally_find(set, stride, addr);
	if (way < NA_TALLY_WAYS)
		goto found;
	two = bpf_map_lookup_elem(map, &second);
	if (!two)
		return NULL;
	way = na_tally_oldest(set, stride, &seen_one);
	other = na_tally_find(two, stride, addr);
	if (other < NA_TALLY_WAYS) {
		set = two;
		way = other;
		goto found;
	}
	other = na_tally_oldest(two, stride, &seen_two);
	if (seen_two < seen_one) {
		set = two;
		way = other;
	}
	na_tally_take(na_tally_choose(set, stride, way), stride, addr);
found:
	k = na_tally_choose(set, stride, way);
	k->seen = now;
	return k;
}

/* The export of a handle's head, below NA_TALLY_EXPORTS; 0: not known. key is room to work in. */
static __always_inline __u32 na_tally_export(const __u8 *head, __u32 len,
					     struct na_export_key *key)
{
	__u32 *number;

	if (!na_export_key_of(head, len, key))
		return 0;
	number = bpf_map_lookup_elem(&na_exports, key);
	return number && *number < NA_TALLY_EXPORTS ? *number : 0;
}

#endif

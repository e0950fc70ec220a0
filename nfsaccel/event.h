/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to clients, told to the daemon by the programs where it happens.
 *
 * 1. What is told goes by a gate, chosen by what and whom it is about. A gate that was passed
 *    stays shut for NA_EVENT_GAP, so however much happens, there are at most NA_EVENT_GATES
 *    events in that time.
 * 2. What comes to a shut gate and is the same as what passed last is added up, and told by
 *    the next that passes; what is not the same is NA_V_EVENT_MUTED.
 * 3. NA_V_EVENT_LOST passed and found no room in the buffer.
 */
#ifndef NFSACCEL_EVENT_H
#define NFSACCEL_EVENT_H

#include "nfsaccel/types.h"

#define NA_EVENT_GATES	64u /* a power of two */
#define NA_EVENT_GAP	4000000000ull
#define NA_EVENT_BUFFER 65536u

struct na_event_gate {
	__u64 key; /* of what passed last */
	__u64 opens; /* ns */
	__u64 n; /* of these since */
};

struct na_happened {
	__u64 n; /* how often, this time included */
	__u64 value; /* limit_held: for how many ns, this time; miss_*: inode number; else 0 */
	__u64 client[2]; /* as a map key has it; all 0: it is about nobody */
	__u32 what; /* enum na_verdict */
	__u32 export; /* its number; 0: not known */
};
_Static_assert(sizeof(struct na_happened) == 40, "na_happened");

/* Of what and whom; never 0. The gate is the topmost bits. */
na_inline __u64 na_event_key(__u32 what, __u64 client0, __u64 client1)
{
	__u64 h = (client0 ^ client1 ^ client1 >> 32 ^ (__u64)what << 40) * 0x9e3779b97f4a7c15ull;

	return (h ^ h >> 29) * 0x9e3779b97f4a7c15ull | 1;
}

na_inline __u32 na_event_gate(__u64 key)
{
	return (__u32)(key >> 58) & (NA_EVENT_GATES - 1);
}

#endif

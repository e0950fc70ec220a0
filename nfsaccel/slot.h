/* SPDX-License-Identifier: GPL-2.0-only */
/* Which version slot an inode bumps (guard 1, coherence.md). */
#ifndef NFSACCEL_SLOT_H
#define NFSACCEL_SLOT_H

#include "nfsaccel/abi.h"

/*
 * dev: s_dev as the kernel encodes it; ino: i_ino. Returns an index below NA_SLOTS.
 * Collisions only invalidate too much.
 */
na_inline __u32 na_slot_index(__u32 dev, __u64 ino)
{
	__u64 h = (ino ^ ((__u64)dev << 40)) * 0x9e3779b97f4a7c15ull;

	return (__u32)(h >> 48) & (NA_SLOTS - 1);
}

#endif

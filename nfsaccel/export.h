/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of exports, and what the policy lets be cached of each.
 *
 *	na_exports	na_export_key -> number of the export. Limits and cache rules both go by
 *			it. One export may have several keys (a handle that an older mount
 *			holds). Numbers are given by the daemon from 1 up and stay as long as
 *			the pinned state; a key that is not there belongs to an export the
 *			daemon has not looked at yet.
 *	na_cache_rules	na_cache_key -> na_cache_policy, longest prefix
 *	na_ctl.policy	0: no cache rules, everything may be cached
 */
#ifndef NFSACCEL_EXPORT_H
#define NFSACCEL_EXPORT_H

#include "nfsaccel/export_key.h"

#define NA_EXPORT_ANY	   0u /* no export's number */
#define NA_EXPORT_SOME	   0xffffffffu /* none's either (limit.h) */
#define NA_EXPORTS_MAX	   4096u /* keys, and so exports */
#define NA_CACHE_RULES_MAX 65536u

/* Longest prefix wins: the export's number in full, then the client's address. */
struct na_cache_key {
	__u32 prefixlen; /* 32 + bits of client */
	__u32 export;
	__u8 client[16]; /* IPv4 as ::ffff:a.b.c.d */
};
_Static_assert(sizeof(struct na_cache_key) == 24, "na_cache_key");

/* What may be cached of an export for a client: as much as nfsaccel.conf allows, or less. */
struct na_cache_policy {
	__u32 max_file; /* bytes */
	__u32 allowed; /* 0: nothing */
	__u64 ttl; /* ns */
};
_Static_assert(sizeof(struct na_cache_policy) == 16, "na_cache_policy");

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does an answer of mountd leave everything as it was? Then it need not void what is known of
 * permission. True only for the four caches that nfsd asks about a READ (nfsd(7)), and there
 *
 * - of the first answer that an entry gets. What was learnt by an entry before it, of the same
 *   key, has ended: permission lives no longer than the entries it came from (na_fill_expires()),
 *   and whatever takes an entry away before its time moves the epoch itself.
 * - if the answer says what the last one said, and is to be believed as long at least: else what
 *   was learnt by the last one would outlive this one, and the rule above would not hold.
 */
#ifndef NFSACCEL_BPF_ANSWER_H
#define NFSACCEL_BPF_ANSWER_H

#include "bpf/drift.bpf.h"

/* include/linux/sunrpc/cache.h: bits of cache_head.flags */
#define NA_CACHE_VALID	  (1ul << 0)
#define NA_CACHE_NEGATIVE (1ul << 1) /* there is no such thing */
#define NA_CACHE_CLEANED  (1ul << 3) /* no longer in the cache */

#define NA_ANSWER_GROUPS 64 /* of one who is in more, it is not known whether they are the same */

static __always_inline bool na_entry_valid(struct cache_head *h)
{
	return BPF_CORE_READ(h, flags) & NA_CACHE_VALID;
}

/* Are size bytes at a and b, at most 64, the same? */
static __noinline bool na_same_bytes(const void *a, const void *b, __u32 size)
{
	__u64 x[8] = {}, y[8] = {};
	int i;

	if (size > sizeof(x) || bpf_probe_read_kernel(x, size, a) ||
	    bpf_probe_read_kernel(y, size, b))
		return false;
	for (i = 0; i < 8; i++)
		if (x[i] != y[i])
			return false;
	return true;
}

#define NA_SAME(type, member, a, b)                                                                \
	na_same_bytes((const char *)(a) + NA_OFF(struct type, member),                             \
		      (const char *)(b) + NA_OFF(struct type, member),                             \
		      bpf_core_field_size(((struct type *)0)->member))

static __always_inline bool na_same_groups(struct cache_head *new, struct cache_head *old)
{
	struct group_info *a = BPF_CORE_READ((struct unix_gid *)new, gi);
	struct group_info *b = BPF_CORE_READ((struct unix_gid *)old, gi);
	__u32 at, end;

	if (!a || !b || !NA_SAME(group_info, ngroups, a, b))
		return false;
	end = 4 * BPF_CORE_READ(a, ngroups);
	if (end > 4 * NA_ANSWER_GROUPS)
		return false;
	for (at = 0; at < 4 * NA_ANSWER_GROUPS; at += 64) {
		__u64 from = NA_OFF(struct group_info, gid) + at;

		if (at < end && !na_same_bytes((const char *)a + from, (const char *)b + from,
					       end - at < 64 ? end - at : 64))
			return false;
	}
	return true;
}

/* All that svc_export_update() takes over but what concerns NFSv4 only (locations, devices). */
static __always_inline bool na_same_export(struct cache_head *new, struct cache_head *old)
{
	const void *a = BPF_CORE_READ((struct svc_export *)new, ex_uuid);
	const void *b = BPF_CORE_READ((struct svc_export *)old, ex_uuid);

	if (!a != !b || (a && !na_same_bytes(a, b, 16)))
		return false;
	if (NA_HAS(svc_export___tls, ex_xprtsec_modes) &&
	    !NA_SAME(svc_export___tls, ex_xprtsec_modes, new, old))
		return false;
	return NA_SAME(svc_export, ex_flags, new, old) &&
	       NA_SAME(svc_export, ex_anon_uid, new, old) &&
	       NA_SAME(svc_export, ex_anon_gid, new, old) &&
	       NA_SAME(svc_export, ex_fsid, new, old) &&
	       NA_SAME(svc_export, ex_nflavors, new, old) &&
	       NA_SAME(svc_export, ex_flavors, new, old) &&
	       NA_SAME(svc_export, ex_layout_types, new, old);
}

enum na_answer_cache {
	NA_ANSWER_OTHER,
	NA_ANSWER_CLIENT,
	NA_ANSWER_GIDS,
	NA_ANSWER_EXPORT,
	NA_ANSWER_KEY,
};

static __always_inline enum na_answer_cache na_answer_cache(struct cache_detail *detail)
{
	char name[16] __attribute__((aligned(8))) = {};

	if (bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(detail, name)) < 0)
		return NA_ANSWER_OTHER;
	/* Eight bytes at a time, or the compiler calls a memcmp that is not there. */
	if (!__builtin_memcmp(name, "auth.uni", 8)) {
		if (!__builtin_memcmp(name + 8, "x.ip\0\0\0", 8))
			return NA_ANSWER_CLIENT;
		if (!__builtin_memcmp(name + 8, "x.gid\0\0", 8))
			return NA_ANSWER_GIDS;
		return NA_ANSWER_OTHER;
	}
	if (!__builtin_memcmp(name, "nfsd.fh", 8))
		return NA_ANSWER_KEY;
	if (!__builtin_memcmp(name, "nfsd.exp", 8) && !__builtin_memcmp(name + 8, "ort\0\0\0\0", 8))
		return NA_ANSWER_EXPORT;
	return NA_ANSWER_OTHER;
}

/* `new`, what mountd said, is about to be put into `old`, or instead of it (sunrpc_cache_update()). */
static __always_inline bool na_answer_same(struct cache_detail *detail, struct cache_head *new,
					   struct cache_head *old)
{
	enum na_answer_cache cache = na_answer_cache(detail);
	unsigned long was = BPF_CORE_READ(old, flags), is = BPF_CORE_READ(new, flags);
	__s64 until = BPF_CORE_READ(old, expiry_time);

	if (cache == NA_ANSWER_OTHER || (was & NA_CACHE_CLEANED))
		return false;
	if (!(was & NA_CACHE_VALID))
		return true;
	if (!until) /* it has been replaced already */
		return false;
	if (BPF_CORE_READ(new, expiry_time) < until || ((was ^ is) & NA_CACHE_NEGATIVE))
		return false;
	if (is & NA_CACHE_NEGATIVE)
		return true;
	switch (cache) {
	case NA_ANSWER_CLIENT:
		return NA_SAME(ip_map, m_client, new, old);
	case NA_ANSWER_GIDS:
		return na_same_groups(new, old);
	case NA_ANSWER_EXPORT:
		return na_same_export(new, old);
	case NA_ANSWER_KEY:
		return NA_SAME(svc_expkey, ek_path, new, old);
	case NA_ANSWER_OTHER:
		break;
	}
	return false;
}

#endif

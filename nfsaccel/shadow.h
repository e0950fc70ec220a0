/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow checking: a READ that the cache could answer goes to nfsd instead, and nfsd's
 * reply is compared with what would have been sent (coherence.md "How it is proven").
 *
 * 1. Only a reply to a call during which nothing moved can show a fault: a change that
 *    came after the call was judged may rightly show in one of the two only.
 * 2. Compared is all of the reply but its verifier, atime and `used`, the deviations that
 *    nfsaccel(7) names.
 */
#ifndef NFSACCEL_SHADOW_H
#define NFSACCEL_SHADOW_H

#include "nfsaccel/abi.h"
#include "nfsaccel/nfs3.h"

#define NA_NFS3ERR_JUKEBOX 10008u /* "try later": no verdict, RFC 1813 section 2.6 */

/* X(symbol, what differs) */
#define NA_SHADOW_FAULTS(X)                                                                        \
	X(STATUS, "nfsd refused the READ")                                                         \
	X(ATTR, "the attributes differ")                                                           \
	X(COUNT, "count or eof differ")                                                            \
	X(DATA, "the file's bytes differ")

/* Never 0: na_ctl.tripped is 0 while there is none. */
enum na_shadow_fault {
	NA_SHADOW_NONE,
#define NA_X(sym, text) NA_SHADOW_##sym,
	NA_SHADOW_FAULTS(NA_X)
#undef NA_X
};

/* fattr3 as on the wire: equal but for used and atime. Both are aligned to 4. */
na_inline bool na_shadow_attr_same(const __u8 a[NA_FATTR3_BYTES], const __u8 b[NA_FATTR3_BYTES])
{
	typedef __u32 __attribute__((may_alias)) word;
	const word *x = (const word *)__builtin_assume_aligned(a, 4);
	const word *y = (const word *)__builtin_assume_aligned(b, 4);
	__u32 diff = 0, i;

	NA_UNROLL
	for (i = 0; i < NA_FATTR3_BYTES / 4; i++)
		if (i != 7 && i != 8 && i != 15 && i != 16)
			diff |= x[i] ^ y[i];
	return !diff;
}

/*
 * What a good READ reply that nfsd sent, up to its data, has against the entry's own for n
 * bytes and eof.
 */
na_inline enum na_shadow_fault na_shadow_head(const struct na_read3res *r,
					      const __u8 attr[NA_FATTR3_BYTES], __u32 n, __u32 eof)
{
	if (!r->has_attr || !na_shadow_attr_same(r->attr, attr))
		return NA_SHADOW_ATTR;
	if (r->count != n || r->data_len != n || r->eof != eof)
		return NA_SHADOW_COUNT;
	return NA_SHADOW_NONE;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XDR (RFC 4506) read through a bounded cursor.
 *
 * 1. base is aligned to 4 and NA_XDR_CAP bytes of it are readable, whatever len is: the
 *    verifier sees this bound, the message ends at len.
 * 2. pos is a multiple of 4 and never passes len; a read that would is refused and
 *    leaves the outputs alone.
 * 3. Bytes at or after len never influence a result.
 * 4. Padding is skipped unseen, as knfsd and libtirpc do: it need not be zero.
 */
#ifndef NFSACCEL_XDR_H
#define NFSACCEL_XDR_H

#include <stddef.h>

#include "nfsaccel/types.h"

#define NA_XDR_CAP 512u

#ifdef __clang__
#define NA_UNROLL _Pragma("unroll")
#else
#define NA_UNROLL
#endif

struct na_xdr {
	const __u8 *base;
	__u32 pos;
	__u32 len;
};

/* All ones if i < n, else 0. */
na_inline __u32 na_xdr_below(__u32 i, __u32 n)
{
	__s64 mask = ((__s64)i - (__s64)n) >> 63;

	/* Kept from becoming a branch: the verifier would follow 2^n ways out of a loop. */
	asm volatile("" : "+r"(mask));
	return (__u32)mask;
}

/* One word of memory aligned to 4, which spares BPF four byte accesses. */
na_inline __u32 na_xdr_raw(const void *p)
{
	__u32 v;

	na_memcpy(&v, __builtin_assume_aligned(p, 4), 4);
	return v;
}

na_inline void na_xdr_put_raw(void *p, __u32 v)
{
	na_memcpy(__builtin_assume_aligned(p, 4), &v, 4);
}

na_inline __u32 na_xdr_swap(__u32 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32(v);
#else
	return v;
#endif
}

na_inline __u32 na_xdr_get32(const void *p)
{
	return na_xdr_swap(na_xdr_raw(p));
}

na_inline __u64 na_xdr_get64(const void *p)
{
	return ((__u64)na_xdr_get32(p) << 32) | na_xdr_get32((const __u8 *)p + 4);
}

na_inline void na_xdr_put32(void *p, __u32 v)
{
	na_xdr_put_raw(p, na_xdr_swap(v));
}

/* Bytes that n bytes of opaque data take; n must be at most 2^32 - 4. */
na_inline __u32 na_xdr_padded(__u32 n)
{
	return (n + 3) & ~3u;
}

na_inline void na_xdr_init(struct na_xdr *x, const void *base, __u32 len)
{
	x->base = base;
	x->pos = 0;
	x->len = len;
}

/*
 * Do `room` bytes of capacity follow the cursor, whose position goes to *at? What clang
 * knows of it, it would use to leave this check out, but 6.1's verifier has often lost
 * that: so *at is hidden from clang, and checked and used in one 64-bit register.
 */
na_inline bool na_xdr_room(const struct na_xdr *x, __u32 room, __u64 *at)
{
	__u64 pos = x->pos;

	if (!__builtin_constant_p(pos))
		asm volatile("" : "+r"(pos));
	*at = pos;
	return pos <= NA_XDR_CAP - room;
}

/* n bytes as they are; n is a constant multiple of 4. */
na_inline const __u8 *na_xdr_inline(struct na_xdr *x, __u32 n)
{
	__u64 pos;

	if (!na_xdr_room(x, n, &pos) || pos + n > x->len)
		return NULL;
	x->pos = (__u32)pos + n;
	return x->base + pos;
}

na_inline bool na_xdr_u32(struct na_xdr *x, __u32 *v)
{
	const __u8 *p = na_xdr_inline(x, 4);

	if (!p)
		return false;
	*v = na_xdr_get32(p);
	return true;
}

na_inline bool na_xdr_u64(struct na_xdr *x, __u64 *v)
{
	const __u8 *p = na_xdr_inline(x, 8);

	if (!p)
		return false;
	*v = na_xdr_get64(p);
	return true;
}

/* Reads over opaque data or a string of at most max bytes. */
na_inline bool na_xdr_skip(struct na_xdr *x, __u32 max)
{
	struct na_xdr at = *x;
	__u32 n;

	if (!na_xdr_u32(&at, &n))
		return false;
	if (n > max || na_xdr_padded(n) > at.len - at.pos)
		return false;
	x->pos = at.pos + na_xdr_padded(n);
	return true;
}

/*
 * Opaque data of at most max bytes; max is a constant multiple of 4, out is aligned to 4
 * and is filled up with zeros. Refused where fewer than max bytes of capacity are left,
 * even if n were small: no call we answer comes near.
 */
na_inline bool na_xdr_opaque(struct na_xdr *x, void *out, __u32 max, __u32 *n)
{
	struct na_xdr at = *x;
	const __u8 *from;
	__u8 *to = out;
	__u32 len, i;
	__u64 pos, last;

	if (!na_xdr_u32(&at, &len) || !na_xdr_room(&at, max, &pos))
		return false;
	if (len > max || na_xdr_padded(len) > at.len - at.pos)
		return false;
	from = at.base + pos;
	NA_UNROLL
	for (i = 0; i < max; i += 4)
		na_xdr_put_raw(to + i, na_xdr_raw(from + i) & na_xdr_below(i, len));
	if (len & 3) {
		last = len & ~3u;
		asm volatile("" : "+r"(last));
		if (last > max - 4)
			return false;
		na_xdr_put32(to + last, na_xdr_get32(from + last) & ~(~0u >> (8 * (len & 3))));
	}
	x->pos = (__u32)pos + na_xdr_padded(len);
	*n = len;
	return true;
}

/* n words, n at most the constant max, into out[max]; the rest of out becomes zero. */
na_inline bool na_xdr_words(struct na_xdr *x, __u32 *out, __u32 max, __u32 n)
{
	__u64 pos;
	__u32 i;

	if (!na_xdr_room(x, 4 * max, &pos))
		return false;
	if (n > max || 4 * n > x->len - x->pos)
		return false;
	NA_UNROLL
	for (i = 0; i < max; i++)
		out[i] = na_xdr_get32(x->base + pos + 4 * i) & na_xdr_below(i, n);
	x->pos = (__u32)pos + 4 * n;
	return true;
}

#endif

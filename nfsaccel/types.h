/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixed-width types for code that clang compiles for BPF and gcc for tests and
 * the daemon. Nothing here may need libc.
 */
#ifndef NFSACCEL_TYPES_H
#define NFSACCEL_TYPES_H

#include <linux/types.h>

#ifndef __cplusplus
#ifndef __bool_true_false_are_defined
#include <stdbool.h>
#endif
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Every function of the core is inlined: kernel 6.1 allows no call under bpf_spin_lock. */
#define na_inline static __always_inline __attribute__((unused))

#ifdef __bpf__
#define na_memcpy(d, s, n) __builtin_memcpy(d, s, n)
#define na_memset(d, c, n) __builtin_memset(d, c, n)
#else
#include <string.h>
#define na_memcpy(d, s, n) memcpy(d, s, n)
#define na_memset(d, c, n) memset(d, c, n)
#endif

/* Network byte order, without libc and without alignment demands. */
na_inline __u16 na_get_be16(const void *p)
{
	const __u8 *b = p;

	return (__u16)((b[0] << 8) | b[1]);
}

na_inline __u32 na_get_be32(const void *p)
{
	const __u8 *b = p;

	return ((__u32)b[0] << 24) | ((__u32)b[1] << 16) | ((__u32)b[2] << 8) | b[3];
}

na_inline void na_put_be16(void *p, __u16 v)
{
	__u8 *b = p;

	b[0] = (__u8)(v >> 8);
	b[1] = (__u8)v;
}

na_inline void na_put_be32(void *p, __u32 v)
{
	__u8 *b = p;

	b[0] = (__u8)(v >> 24);
	b[1] = (__u8)(v >> 16);
	b[2] = (__u8)(v >> 8);
	b[3] = (__u8)v;
}

na_inline void na_put_be64(void *p, __u64 v)
{
	na_put_be32(p, (__u32)(v >> 32));
	na_put_be32((__u8 *)p + 4, (__u32)v);
}

/* Sequence arithmetic modulo 2^32 (RFC 9293 section 3.4; kernel before()/after()). */
na_inline __s32 na_seq_diff(__u32 a, __u32 b)
{
	return (__s32)(a - b);
}

na_inline bool na_seq_lt(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

na_inline bool na_seq_le(__u32 a, __u32 b)
{
	return (__s32)(a - b) <= 0;
}

na_inline __u32 na_seq_max(__u32 a, __u32 b)
{
	return na_seq_lt(a, b) ? b : a;
}

na_inline __u32 na_seq_min(__u32 a, __u32 b)
{
	return na_seq_lt(a, b) ? a : b;
}

#endif

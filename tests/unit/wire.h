/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RPC messages put together word by word, without the code under test.
 *
 * wire_open() hands a message to the parsers as the BPF programs do: in a buffer of
 * exactly NA_XDR_CAP bytes, here on the heap, so that ASan sees a byte too many.
 */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nfsaccel/nfs3.h"

struct wire {
	__u8 b[2 * NA_XDR_CAP];
	__u32 len;
};

static inline void wire_set32(struct wire *w, __u32 pos, __u32 v)
{
	assert(pos + 4 <= sizeof(w->b));
	w->b[pos] = (__u8)(v >> 24);
	w->b[pos + 1] = (__u8)(v >> 16);
	w->b[pos + 2] = (__u8)(v >> 8);
	w->b[pos + 3] = (__u8)v;
}

static inline __u32 wire_get32(const __u8 *p)
{
	return (__u32)p[0] << 24 | (__u32)p[1] << 16 | (__u32)p[2] << 8 | p[3];
}

static inline void wire_u32(struct wire *w, __u32 v)
{
	wire_set32(w, w->len, v);
	w->len += 4;
}

static inline void wire_u64(struct wire *w, __u64 v)
{
	wire_u32(w, (__u32)(v >> 32));
	wire_u32(w, (__u32)v);
}

/* Opaque data of n bytes; byte i is first + i, the padding is pad. */
static inline void wire_opaque(struct wire *w, __u32 n, __u8 first, __u8 pad)
{
	__u32 i;

	wire_u32(w, n);
	for (i = 0; i < ((n + 3) & ~3u); i++) {
		assert(w->len < sizeof(w->b));
		w->b[w->len++] = i < n ? (__u8)(first + i) : pad;
	}
}

struct wire_call {
	__u32 flavor;
	__u32 name; /* bytes of the machine name */
	__u32 ngids;
	__u32 fh; /* bytes of the handle */
	__u8 pad; /* value of all padding */
};

#define WIRE_XID    0x12345678u
#define WIRE_UID    1000u
#define WIRE_GID    0xfffffffeu
#define WIRE_OFFSET 0x0000000123456789ull
#define WIRE_COUNT  0x00010001u

/* A READ call; group i is 100 + i, handle byte i is 0x80 + i. */
static inline void wire_read_call(struct wire *w, const struct wire_call *c)
{
	__u32 body, i;

	w->len = 0;
	wire_u32(w, WIRE_XID);
	wire_u32(w, 0);
	wire_u32(w, 2);
	wire_u32(w, 100003);
	wire_u32(w, 3);
	wire_u32(w, 6);
	wire_u32(w, c->flavor);
	body = w->len;
	wire_u32(w, 0);
	if (c->flavor == 1) {
		wire_u32(w, 0xcafe0001);
		wire_opaque(w, c->name, 'a', c->pad);
		wire_u32(w, WIRE_UID);
		wire_u32(w, WIRE_GID);
		wire_u32(w, c->ngids);
		for (i = 0; i < c->ngids; i++)
			wire_u32(w, 100 + i);
		wire_set32(w, body, w->len - body - 4);
	}
	wire_u32(w, 0);
	wire_u32(w, 0);
	wire_opaque(w, c->fh, 0x80, c->pad);
	wire_u64(w, WIRE_OFFSET);
	wire_u32(w, WIRE_COUNT);
}

/* A cursor over the first len bytes of w; whatever follows them is `tail`. */
static inline void wire_open(struct na_xdr *x, const struct wire *w, __u32 len, __u8 tail)
{
	__u8 *b = malloc(NA_XDR_CAP);

	assert(b && len <= NA_XDR_CAP);
	memset(b, tail, NA_XDR_CAP);
	memcpy(b, w->b, len);
	na_xdr_init(x, b, len);
}

static inline void wire_close(struct na_xdr *x)
{
	free((void *)x->base);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ONC RPC version 2 (RFC 5531) over TCP: record marks, call and reply headers.
 *
 * A call is accepted only if every knfsd would accept it without a second thought: what
 * kernels treat differently (6.1 ignores the length of an AUTH_SYS body and takes names
 * of 256 bytes) is refused here and so left to nfsd.
 */
#ifndef NFSACCEL_RPC_H
#define NFSACCEL_RPC_H

#include "nfsaccel/abi.h"
#include "nfsaccel/xdr.h"

#define NA_RPC_MARK_BYTES 4u
#define NA_RPC_LAST	  0x80000000u

#define NA_RPC_CALL	0u
#define NA_RPC_REPLY	1u
#define NA_RPC_VERSION	2u
#define NA_RPC_ACCEPTED 0u
#define NA_RPC_SUCCESS	0u

#define NA_RPC_AUTH_NONE  0u
#define NA_RPC_AUTH_SYS	  1u
#define NA_RPC_AUTH_BYTES 400u
#define NA_RPC_NAME_BYTES 255u

struct na_rpc_mark {
	__u32 len; /* of the fragment, without the mark */
	bool last;
};

/* mark: the four bytes in host order */
na_inline struct na_rpc_mark na_rpc_mark_read(__u32 mark)
{
	struct na_rpc_mark m = {
		.len = mark & ~NA_RPC_LAST,
		.last = (mark & NA_RPC_LAST) != 0,
	};

	return m;
}

struct na_rpc_call {
	__u32 xid;
	__u32 prog;
	__u32 vers;
	__u32 proc;
	__u32 flavor;
	__u32 uid; /* these are 0 for AUTH_NONE */
	__u32 gid;
	__u32 ngids;
	__u32 gids[NA_AUTH_GIDS]; /* wire order, 0 past ngids */
};

/* Up to the procedure number; x is at the first byte after the record mark. */
na_inline bool na_rpc_call_head(struct na_xdr *x, struct na_rpc_call *c)
{
	const __u8 *p = na_xdr_inline(x, 24);

	if (!p)
		return false;
	if (na_xdr_get32(p + 4) != NA_RPC_CALL || na_xdr_get32(p + 8) != NA_RPC_VERSION)
		return false;
	c->xid = na_xdr_get32(p);
	c->prog = na_xdr_get32(p + 12);
	c->vers = na_xdr_get32(p + 16);
	c->proc = na_xdr_get32(p + 20);
	return true;
}

na_inline bool na_rpc_auth_sys(struct na_xdr *x, __u32 body, struct na_rpc_call *c)
{
	__u32 start = x->pos, stamp;

	if (body > NA_RPC_AUTH_BYTES)
		return false;
	if (!na_xdr_u32(x, &stamp) || !na_xdr_skip(x, NA_RPC_NAME_BYTES))
		return false;
	if (!na_xdr_u32(x, &c->uid) || !na_xdr_u32(x, &c->gid) || !na_xdr_u32(x, &c->ngids))
		return false;
	if (!na_xdr_words(x, c->gids, NA_AUTH_GIDS, c->ngids))
		return false;
	return x->pos - start == body;
}

/* Credential and verifier, which follow the head; then x is at the arguments. */
na_inline bool na_rpc_call_auth(struct na_xdr *x, struct na_rpc_call *c)
{
	__u32 body, verf_flavor, verf_len;

	if (!na_xdr_u32(x, &c->flavor) || !na_xdr_u32(x, &body))
		return false;
	if (c->flavor == NA_RPC_AUTH_SYS) {
		if (!na_rpc_auth_sys(x, body, c))
			return false;
	} else if (c->flavor == NA_RPC_AUTH_NONE) {
		if (body)
			return false;
		c->uid = 0;
		c->gid = 0;
		c->ngids = 0;
		na_memset(c->gids, 0, sizeof(c->gids));
	} else {
		return false;
	}
	if (!na_xdr_u32(x, &verf_flavor) || !na_xdr_u32(x, &verf_len))
		return false;
	return verf_flavor == NA_RPC_AUTH_NONE && verf_len == 0;
}

struct na_rpc_reply {
	__u32 xid;
	bool plain; /* accepted, success, empty AUTH_NONE verifier: x is at the results */
};

/* False if x does not begin a reply at all. */
na_inline bool na_rpc_reply_head(struct na_xdr *x, struct na_rpc_reply *r)
{
	const __u8 *p = na_xdr_inline(x, 8);

	if (!p || na_xdr_get32(p + 4) != NA_RPC_REPLY)
		return false;
	r->xid = na_xdr_get32(p);
	p = na_xdr_inline(x, 16);
	r->plain = p && na_xdr_get32(p) == NA_RPC_ACCEPTED &&
		   na_xdr_get32(p + 4) == NA_RPC_AUTH_NONE && na_xdr_get32(p + 8) == 0 &&
		   na_xdr_get32(p + 12) == NA_RPC_SUCCESS;
	return true;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a call is about, for limits and statistics: NFSv3 (RFC 1813) and the compounds of
 * v4 (RFC 7530, 8881) as clients send them: at most a SEQUENCE, then PUTFH, then the
 * operation that matters. Arguments behind a Kerberos wrapping are not looked into.
 */
#ifndef NFSACCEL_CALL_INFO_H
#define NFSACCEL_CALL_INFO_H

#include "nfsaccel/export_key.h"
#include "nfsaccel/nfs3.h"

#define NA_RPC_GSS 6u

#define NA_NFS4_COMPOUND 1u
#define NA_OP4_PUTFH	 22u
#define NA_OP4_SEQUENCE	 53u
#define NA_SEQUENCE_ARGS 32u
#define NA_TAG4_BYTES	 256u

struct na_call_info {
	__u32 xid;
	__u32 vers;
	__u32 proc; /* v3's procedure, or the v4 operation after PUTFH; 0 not told */
	__u32 has_export;
	struct na_export_key export;
};

/* A file handle: its export. */
na_inline bool na_call_fh(struct na_xdr *x, struct na_call_info *c)
{
	__u64 pos;
	__u32 n;

	if (!na_xdr_u32(x, &n) || !na_xdr_room(x, NA_FH_HEAD, &pos))
		return false;
	if (n > 128 || na_xdr_padded(n) > x->len - x->pos)
		return false;
	c->has_export = na_export_key_of(x->base + pos, n, &c->export);
	x->pos = (__u32)pos + na_xdr_padded(n);
	return true;
}

na_inline void na_call_compound(struct na_xdr *x, struct na_call_info *c)
{
	__u32 minor, n, op;

	if (!na_xdr_skip(x, NA_TAG4_BYTES) || !na_xdr_u32(x, &minor) || !na_xdr_u32(x, &n) ||
	    !na_xdr_u32(x, &op))
		return;
	c->proc = op;
	if (op == NA_OP4_SEQUENCE) {
		if (!na_xdr_inline(x, NA_SEQUENCE_ARGS) || !na_xdr_u32(x, &op))
			return;
		c->proc = op;
	}
	if (op != NA_OP4_PUTFH || !na_call_fh(x, c))
		return;
	if (na_xdr_u32(x, &op))
		c->proc = op;
}

/*
 * x holds as much of a call as there is, without its mark. False if it is no NFS call;
 * what could not be told is 0.
 */
na_inline bool na_call_look(struct na_xdr *x, struct na_call_info *c)
{
	struct na_rpc_call head;
	__u32 flavor, verf;

	if (!na_rpc_call_head(x, &head) || head.prog != NA_NFS_PROGRAM)
		return false;
	c->xid = head.xid;
	c->vers = head.vers;
	c->proc = head.proc;
	c->has_export = 0;
	if (!na_xdr_u32(x, &flavor) || !na_xdr_skip(x, NA_RPC_AUTH_BYTES) ||
	    !na_xdr_u32(x, &verf) || !na_xdr_skip(x, NA_RPC_AUTH_BYTES) || flavor == NA_RPC_GSS)
		return true;
	if (head.vers == NA_NFS3_VERSION && head.proc != NA_NFS3_NULL)
		na_call_fh(x, c);
	else if (head.vers == 4 && head.proc == NA_NFS4_COMPOUND)
		na_call_compound(x, c);
	return true;
}

#endif

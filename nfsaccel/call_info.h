/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which export a call is for, for limits: NFSv3 (RFC 1813) and the compounds of v4 (RFC 7530,
 * 8881) as clients send them: at most a SEQUENCE, then PUTFH, then the operation that matters.
 * Arguments behind a Kerberos wrapping are not looked into.
 */
#ifndef NFSACCEL_CALL_INFO_H
#define NFSACCEL_CALL_INFO_H

#include "nfsaccel/limit.h"
#include "nfsaccel/nfs3.h"

#define NA_RPC_GSS 6u

#define NA_NFS4_COMPOUND 1u
#define NA_OP4_PUTFH	 22u
#define NA_OP4_SEQUENCE	 53u
#define NA_SEQUENCE_ARGS 32u
#define NA_TAG4_BYTES	 256u
#define NA_FH4_BYTES	 128u

/* A file handle's head. What is not there of it may be anything. */
na_inline void na_call_fh(struct na_xdr *x, struct na_fh_head *fh)
{
	const __u8 *p;
	__u64 pos;
	__u32 n, i;

	if (!na_xdr_u32(x, &n) || !na_xdr_room(x, NA_FH_HEAD, &pos))
		return;
	if (n > NA_FH4_BYTES || na_xdr_padded(n) > x->len - x->pos)
		return;
	p = x->base + pos;
	NA_UNROLL
	for (i = 0; i < NA_FH_HEAD; i += 4)
		na_xdr_put_raw(fh->data + i, na_xdr_raw(p + i));
	fh->len = n;
}

na_inline void na_call_compound(struct na_xdr *x, struct na_fh_head *fh)
{
	__u32 minor, n, op;

	if (!na_xdr_skip(x, NA_TAG4_BYTES) || !na_xdr_u32(x, &minor) || !na_xdr_u32(x, &n) ||
	    !na_xdr_u32(x, &op))
		return;
	if (op == NA_OP4_SEQUENCE &&
	    (!na_xdr_inline(x, NA_SEQUENCE_ARGS) || !na_xdr_u32(x, &op)))
		return;
	if (op == NA_OP4_PUTFH)
		na_call_fh(x, fh);
}

/*
 * x holds as much of a call as there is, without its mark. fh: the handle that tells its export;
 * its length is 0 if there is none, or it could not be told.
 */
na_inline void na_call_handle(struct na_xdr *x, struct na_fh_head *fh)
{
	struct na_rpc_call head;
	__u32 flavor, verf;

	fh->len = 0;
	if (!na_rpc_call_head(x, &head) || head.prog != NA_NFS_PROGRAM)
		return;
	if (!na_xdr_u32(x, &flavor) || !na_xdr_skip(x, NA_RPC_AUTH_BYTES) ||
	    !na_xdr_u32(x, &verf) || !na_xdr_skip(x, NA_RPC_AUTH_BYTES) || flavor == NA_RPC_GSS)
		return;
	if (head.vers == NA_NFS3_VERSION && head.proc != NA_NFS3_NULL)
		na_call_fh(x, fh);
	else if (head.vers == 4 && head.proc == NA_NFS4_COMPOUND)
		na_call_compound(x, fh);
}

/* Offsets from the mark on. */
#define NA_CALL_CRED	   28u /* flavor, then length */
#define NA_COMPOUND_HANDLE 52u /* from an empty tag on, with a SEQUENCE and PUTFH */
#define NA_CALL_VERF_MAX   (NA_XDR_CAP - 4 - NA_COMPOUND_HANDLE - 4 - NA_FH_HEAD)

/* Calls like this one, mark and all, have handles of an export that no rule is for: fh is one. */
na_inline void na_exempt_set(struct na_exempt *e, const __u8 *call, const struct na_fh_head *fh)
{
	__u32 len = na_xdr_get32(call + NA_CALL_CRED + 4);

	e->fh = *fh;
	e->fsid = na_fsid_len(fh->data[2]);
	e->flavor = na_xdr_raw(call + NA_CALL_CRED);
	e->cred = na_xdr_raw(call + NA_CALL_CRED + 4);
	e->verf = len > NA_RPC_AUTH_BYTES || (len & 3) ? 0 : NA_CALL_CRED + 12 + len;
}

/*
 * Is this call of the kind that e knows? Quickly, for it is asked of each call: false where it
 * is not what the last one was. call: its first `have` bytes, mark and all; NA_XDR_CAP of them
 * may be read.
 */
na_inline bool na_exempt_call(const struct na_exempt *e, const __u8 *call, __u32 have)
{
	__u32 vers = na_xdr_raw(call + 20), want = e->verf + 8 + NA_FH_FSID + e->fsid;
	__u64 verf = e->verf;
	const __u8 *p;

	asm volatile("" : "+r"(verf));
	if (verf > NA_CALL_VERF_MAX || !e->verf)
		return false;
	p = call + verf + 4;
	if (na_xdr_raw(call + 8) != NA_RPC_CALL ||
	    na_xdr_raw(call + 12) != na_xdr_swap(NA_RPC_VERSION) ||
	    na_xdr_raw(call + 16) != na_xdr_swap(NA_NFS_PROGRAM) ||
	    na_xdr_raw(call + NA_CALL_CRED) != e->flavor ||
	    na_xdr_raw(call + NA_CALL_CRED + 4) != e->cred || na_xdr_raw(p - 4))
		return false;
	if (vers == na_xdr_swap(NA_NFS3_VERSION) && na_xdr_raw(call + 24))
		return have >= want && na_fh_same_export(p + 4, na_xdr_get32(p), &e->fh, e->fsid);
	if (have < want + NA_COMPOUND_HANDLE || vers != na_xdr_swap(4) ||
	    na_xdr_raw(call + 24) != na_xdr_swap(NA_NFS4_COMPOUND) ||
	    na_xdr_raw(p) || na_xdr_raw(p + 12) != na_xdr_swap(NA_OP4_SEQUENCE) ||
	    na_xdr_raw(p + NA_COMPOUND_HANDLE - 4) != na_xdr_swap(NA_OP4_PUTFH))
		return false;
	p += NA_COMPOUND_HANDLE;
	return na_fh_same_export(p + 4, na_xdr_get32(p), &e->fh, e->fsid);
}

#endif

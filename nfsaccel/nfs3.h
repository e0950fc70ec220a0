/* SPDX-License-Identifier: GPL-2.0-only */
/* NFS version 3 (RFC 1813): READ calls in, READ replies in and out. */
#ifndef NFSACCEL_NFS3_H
#define NFSACCEL_NFS3_H

#include "nfsaccel/abi.h"
#include "nfsaccel/rpc.h"
#include "nfsaccel/xdr.h"

#define NA_NFS_PROGRAM	100003u
#define NA_NFS3_VERSION 3u

enum na_nfs3_proc {
	NA_NFS3_NULL = 0,
	NA_NFS3_GETATTR = 1,
	NA_NFS3_SETATTR = 2,
	NA_NFS3_LOOKUP = 3,
	NA_NFS3_ACCESS = 4,
	NA_NFS3_READLINK = 5,
	NA_NFS3_READ = 6,
	NA_NFS3_WRITE = 7,
	NA_NFS3_CREATE = 8,
	NA_NFS3_MKDIR = 9,
	NA_NFS3_SYMLINK = 10,
	NA_NFS3_MKNOD = 11,
	NA_NFS3_REMOVE = 12,
	NA_NFS3_RMDIR = 13,
	NA_NFS3_RENAME = 14,
	NA_NFS3_LINK = 15,
	NA_NFS3_READDIR = 16,
	NA_NFS3_READDIRPLUS = 17,
	NA_NFS3_FSSTAT = 18,
	NA_NFS3_FSINFO = 19,
	NA_NFS3_PATHCONF = 20,
	NA_NFS3_COMMIT = 21,
};

#define NA_NFS3_OK  0u
#define NA_NFS3_REG 1u /* ftype3 of a regular file */

#define NA_READ3_HEAD 132u /* record mark to data length of a READ reply with attributes */

struct na_read3args {
	__u64 offset;
	__u32 count;
	struct na_fh fh;
};

/* The arguments and nothing after them: the record must end here. */
na_inline bool na_nfs3_read_args(struct na_xdr *x, struct na_read3args *a)
{
	/* cppcheck-suppress uninitvar; na_xdr_opaque() has set it */
	if (!na_xdr_opaque(x, a->fh.data, NA_NFS_FHSIZE, &a->fh.len) || a->fh.len == 0)
		return false;
	if (!na_xdr_u64(x, &a->offset) || !na_xdr_u32(x, &a->count))
		return false;
	return x->pos == x->len;
}

/*
 * A READ call up to its arguments: x holds one record without its mark, x->len being the
 * record's length. NA_V_HIT means that it was read.
 */
na_inline enum na_verdict na_nfs3_read_head(struct na_xdr *x, struct na_rpc_call *c)
{
	if (!na_rpc_call_head(x, c) || c->prog != NA_NFS_PROGRAM || c->vers != NA_NFS3_VERSION ||
	    c->proc != NA_NFS3_READ)
		return NA_V_PASS_NOTREAD;
	return na_rpc_call_auth(x, c) ? NA_V_HIT : NA_V_MISS_CRED;
}

/* All of it. NA_V_HIT means that it may be looked up. */
na_inline enum na_verdict na_nfs3_read_call(struct na_xdr *x, struct na_rpc_call *c,
					    struct na_read3args *a)
{
	enum na_verdict why = na_nfs3_read_head(x, c);

	if (why != NA_V_HIT)
		return why;
	if (!na_nfs3_read_args(x, a))
		return NA_V_MISS_COUNT;
	return NA_V_HIT;
}

/*
 * All between xid and file handle of a READ call that was read. One client's user has the same in
 * the next one, and then it need not be taken apart again.
 */
#define NA_ALIKE_AT  8u /* where that begins, from the record mark on */
#define NA_ALIKE_MAX 136u /* longer ones are not kept */

struct na_read_alike {
	__u32 len; /* 0: none is known */
	__u32 pad;
	__u8 bytes[NA_ALIKE_MAX];
};

/* call: aligned to 8 and NA_XDR_CAP bytes long, of which `have` are of the record, mark and all. */
na_inline bool na_read_alike(const struct na_read_alike *k, const __u8 *call, __u32 have)
{
	typedef __u64 __attribute__((may_alias)) word;
	const word *a = (const word *)(call + NA_ALIKE_AT), *b = (const word *)k->bytes;
	__u64 n = k->len, differ;
	__u32 i;

	asm volatile("" : "+r"(n)); /* the verifier's bounds and the use are of one register */
	if (n < 4 || n > NA_ALIKE_MAX || have < NA_ALIKE_AT + n)
		return false;
	differ = na_xdr_raw(call + NA_ALIKE_AT + n - 4) ^ na_xdr_raw(k->bytes + n - 4);
	for (i = 0; 8 * i + 8 <= n; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* Keep that of a call, as above, whose arguments begin at offset `end` from the mark on. */
na_inline void na_read_alike_set(struct na_read_alike *k, const __u8 *call, __u32 end)
{
	k->len = end <= NA_ALIKE_AT + NA_ALIKE_MAX ? end - NA_ALIKE_AT : 0;
	na_memcpy(k->bytes, call + NA_ALIKE_AT, NA_ALIKE_MAX);
}

struct na_nfstime3 {
	__u32 sec;
	__u32 nsec;
};

struct na_fattr3 {
	__u32 type;
	__u32 mode; /* permission bits only */
	__u32 nlink;
	__u32 uid;
	__u32 gid;
	__u64 size;
	__u64 used;
	__u64 fsid;
	__u64 fileid;
	struct na_nfstime3 atime;
	struct na_nfstime3 mtime;
	struct na_nfstime3 ctime;
};

/* p: NA_FATTR3_BYTES bytes, aligned to 4 */
na_inline void na_nfs3_fattr(const __u8 *p, struct na_fattr3 *f)
{
	f->type = na_xdr_get32(p);
	f->mode = na_xdr_get32(p + 4);
	f->nlink = na_xdr_get32(p + 8);
	f->uid = na_xdr_get32(p + 12);
	f->gid = na_xdr_get32(p + 16);
	f->size = na_xdr_get64(p + 20);
	f->used = na_xdr_get64(p + 28);
	f->fsid = na_xdr_get64(p + 44);
	f->fileid = na_xdr_get64(p + 52);
	f->atime.sec = na_xdr_get32(p + 60);
	f->atime.nsec = na_xdr_get32(p + 64);
	f->mtime.sec = na_xdr_get32(p + 68);
	f->mtime.nsec = na_xdr_get32(p + 72);
	f->ctime.sec = na_xdr_get32(p + 76);
	f->ctime.nsec = na_xdr_get32(p + 80);
}

struct na_read3res {
	__u32 status;	/* if not NA_NFS3_OK, nothing below is set */
	__u32 has_attr; /* 0 or 1; if 0, attr and fattr are not set */
	struct na_fattr3 fattr;
	__u8 attr[NA_FATTR3_BYTES] __attribute__((aligned(4))); /* the same, as on the wire */
	__u32 count;
	__u32 eof; /* 0 or 1 */
	__u32 data_len;
	__u32 data_pos; /* where the data begins, counted like x->pos */
};

/*
 * READ3res up to its data, which x need not hold. end: where the record ends, counted
 * like x->pos; of a good reply the padded data must end exactly there.
 */
na_inline bool na_nfs3_read_res(struct na_xdr *x, __u32 end, struct na_read3res *r)
{
	const __u8 *p;

	if (!na_xdr_u32(x, &r->status))
		return false;
	if (r->status != NA_NFS3_OK)
		return true;
	if (!na_xdr_u32(x, &r->has_attr) || r->has_attr > 1)
		return false;
	if (r->has_attr) {
		p = na_xdr_inline(x, NA_FATTR3_BYTES);
		if (!p)
			return false;
		na_nfs3_fattr(p, &r->fattr);
		na_memcpy(r->attr, __builtin_assume_aligned(p, 4), NA_FATTR3_BYTES);
	}
	p = na_xdr_inline(x, 12);
	if (!p)
		return false;
	r->count = na_xdr_get32(p);
	r->eof = na_xdr_get32(p + 4);
	r->data_len = na_xdr_get32(p + 8);
	r->data_pos = x->pos;
	if (r->eof > 1)
		return false;
	return r->data_pos + (((__u64)r->data_len + 3) & ~3ull) == end;
}

/*
 * How many bytes of a file of `size` nfsd returns for a READ, and whether it says eof:
 * at or behind the end nothing and eof, even for count 0; in front of the end count 0 is
 * nothing and no eof (nfsd_eof_on_read()). The caller has refused what nfsd would cap.
 */
na_inline void na_nfs3_read_span(__u64 size, __u64 offset, __u32 count, __u32 *n, __u32 *eof)
{
	__u64 left = offset < size ? size - offset : 0;

	*n = count < left ? count : (__u32)left;
	*eof = *n == left;
}

/* Bytes on the wire of a reply with n bytes of data, record mark included. */
na_inline __u32 na_nfs3_reply_len(__u32 n)
{
	return NA_READ3_HEAD + na_xdr_padded(n);
}

/* A READ reply up to its data; out and attr are aligned to 4. */
na_inline void na_nfs3_build_read_reply(__u8 out[NA_READ3_HEAD], __u32 xid,
					const __u8 attr[NA_FATTR3_BYTES], __u32 count, __u32 eof)
{
	na_xdr_put32(out, NA_RPC_LAST | (na_nfs3_reply_len(count) - NA_RPC_MARK_BYTES));
	na_xdr_put32(out + 4, xid);
	na_xdr_put32(out + 8, NA_RPC_REPLY);
	na_xdr_put32(out + 12, NA_RPC_ACCEPTED);
	na_xdr_put32(out + 16, NA_RPC_AUTH_NONE);
	na_xdr_put32(out + 20, 0);
	na_xdr_put32(out + 24, NA_RPC_SUCCESS);
	na_xdr_put32(out + 28, NA_NFS3_OK);
	na_xdr_put32(out + 32, 1);
	na_memcpy(__builtin_assume_aligned(out + 36, 4), __builtin_assume_aligned(attr, 4),
		  NA_FATTR3_BYTES);
	na_xdr_put32(out + 120, count);
	na_xdr_put32(out + 124, eof);
	na_xdr_put32(out + 128, count);
}

#endif

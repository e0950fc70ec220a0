/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * May a READ be answered from the cache, and may a reply of nfsd be put into it?
 *
 * 1. Every doubt is a refusal, which is always safe.
 * 2. A verdict names the first check that failed. The checks go from what the request
 *    asks, over what we hold, to what the kernel holds, so that "no entry" never hides
 *    behind "expired" nor "version" behind "no authorization".
 * 3. The caller keeps the entry from changing (pin) while a rule looks at it.
 * 4. A fid belongs to one snapshot: a file whose snapshot differs is refilled under a new
 *    fid, so that guard 2 alone also covers authorizations.
 */
#ifndef NFSACCEL_CACHE_RULE_H
#define NFSACCEL_CACHE_RULE_H

#include "nfsaccel/abi.h"
#include "nfsaccel/nfs3.h"

#define NA_GUARD_VERSION 0x1u /* guard 1, coherence.md */
#define NA_GUARD_INODE	 0x2u /* guard 2 */
#define NA_GUARDS_ALL	 (NA_GUARD_VERSION | NA_GUARD_INODE)

#define NA_NFS_OFFSET_MAX 0x7fffffffffffffffull

struct na_rule_in {
	const struct na_entry *entry; /* NULL if there is none */
	const struct na_auth *auth;   /* NULL if there is none */
	bool cred_known;	      /* the credential has a number */
	__u32 guards;		      /* NA_GUARD_*; all but in tests */
	__u64 offset;
	__u32 count;
	__u64 max_payload; /* na_ctl.max_payload */
	__u64 now;
	__u64 version; /* of the entry's slot */
	__u64 epoch;
	__u64 flush;
};

/* The inode itself, read at the address the entry's snapshot holds. */
struct na_live_inode {
	const struct na_inode_snap *snap; /* NULL if it could not be read */
	__s32 writecount;		  /* i_writecount */
	bool freeing;			  /* I_FREEING or I_WILL_FREE */
};

typedef __u64 __attribute__((may_alias)) na_snap_word;

na_inline bool na_snap_equal(const struct na_inode_snap *a, const struct na_inode_snap *b)
{
	const na_snap_word *x = (const na_snap_word *)a;
	const na_snap_word *y = (const na_snap_word *)b;
	__u64 diff = 0;
	__u32 i;

	NA_UNROLL
	for (i = 0; i < sizeof(*a) / sizeof(*x); i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}

/* Arguments that every nfsd takes as they are; max_payload 0 means not known yet. */
na_inline bool na_read_plain(__u64 offset, __u32 count, __u64 max_payload)
{
	return count <= max_payload && offset <= NA_NFS_OFFSET_MAX &&
	       count <= NA_NFS_OFFSET_MAX - offset;
}

/* The bits of na_entry.valid for n bytes at offset, all within NA_FILE_MAX. */
na_inline __u32 na_block_mask(__u32 offset, __u32 n)
{
	__u32 first, last;

	if (n == 0)
		return 0;
	first = (offset >> NA_BLOCK_SHIFT) & 31;
	last = ((offset + n - 1) >> NA_BLOCK_SHIFT) & 31;
	return ((2u << last) - 1) & ~((1u << first) - 1);
}

na_inline bool na_blocks_held(const struct na_entry *e, __u64 offset, __u32 count)
{
	__u32 n, eof, need;

	if (e->size > NA_FILE_MAX)
		return false;
	na_nfs3_read_span(e->size, offset, count, &n, &eof);
	need = na_block_mask((__u32)offset, n);
	return (e->valid & need) == need;
}

/* Everything but guard 2, which is the only check that needs the live inode. */
na_inline enum na_verdict na_may_answer_held(const struct na_rule_in *in)
{
	const struct na_entry *e = in->entry;
	const struct na_auth *a = in->auth;

	if (!na_read_plain(in->offset, in->count, in->max_payload))
		return NA_V_MISS_COUNT;
	if (!e || e->flush != in->flush)
		return NA_V_MISS_NOENTRY;
	if (in->now >= e->expires)
		return NA_V_MISS_EXPIRED;
	if ((in->guards & NA_GUARD_VERSION) && e->version != in->version)
		return NA_V_MISS_VERSION;
	/* Attributes carry the fsid of the export nfsd answered for; another is another's. */
	if (!in->cred_known || !a || a->flush != in->flush || a->fsid != e->fsid)
		return NA_V_MISS_NOAUTH;
	if (in->now >= a->expires)
		return NA_V_MISS_EXPIRED;
	if (a->epoch != in->epoch)
		return NA_V_MISS_EPOCH;
	if ((in->guards & NA_GUARD_VERSION) && a->version != in->version)
		return NA_V_MISS_VERSION;
	if (!na_blocks_held(e, in->offset, in->count))
		return NA_V_MISS_NOBLOCK;
	return NA_V_HIT;
}

/* Guard 2. A NULL snap, a dying inode, a writer or any difference is a miss. */
na_inline enum na_verdict na_guard_inode(const struct na_entry *e, const struct na_live_inode *live)
{
	if (!live->snap || live->freeing || live->writecount > 0 ||
	    !na_snap_equal(live->snap, &e->snap))
		return NA_V_MISS_INODE;
	return NA_V_HIT;
}

/* NA_V_HIT, or the first reason not to answer. */
na_inline enum na_verdict na_may_answer(const struct na_rule_in *in,
					const struct na_live_inode *live)
{
	enum na_verdict v = na_may_answer_held(in);

	if (v == NA_V_HIT && (in->guards & NA_GUARD_INODE))
		v = na_guard_inode(in->entry, live);
	return v;
}

struct na_fill_in {
	const struct na_pending *pending;
	const struct na_read3res *res;
	__u64 version; /* of the pending's slot, now */
	__u64 bumped;  /* of the pending's slot, now */
	__u64 epoch;
	__u64 flush;
};

/* The reply describes the inode the hook saw, and answers what was asked. */
na_inline bool na_reply_agrees(const struct na_pending *p, const struct na_read3res *r)
{
	const struct na_inode_snap *s = &p->snap;
	const struct na_fattr3 *f = &r->fattr;
	__u32 n, eof;

	if (r->status != NA_NFS3_OK || !r->has_attr || f->type != NA_NFS3_REG)
		return false;
	if (f->fileid != s->ino || f->size != s->size || f->nlink != s->nlink ||
	    f->mode != (s->mode & 07777))
		return false;
	if (f->mtime.sec != (__u32)s->mtime_sec || f->mtime.nsec != s->mtime_nsec ||
	    f->ctime.sec != (__u32)s->ctime_sec || f->ctime.nsec != s->ctime_nsec)
		return false;
	na_nfs3_read_span(s->size, p->offset, p->count, &n, &eof);
	return r->count == n && r->data_len == n && r->eof == eof;
}

/* NA_V_FILL_DONE if the bytes and attributes of the reply may be stored. */
na_inline enum na_verdict na_may_fill(const struct na_fill_in *in)
{
	const struct na_pending *p = in->pending;

	if (p->state >= NA_PENDING_POISON)
		return NA_V_REFUSE_DUPXID;
	if (p->state != NA_PENDING_HOOKED || !na_reply_agrees(p, in->res))
		return NA_V_REFUSE_REPLY;
	if (p->flush != in->flush || p->version != in->version)
		return NA_V_REFUSE_MOVED;
	return NA_V_FILL_DONE;
}

#define NA_JUMBO_MSS 4096u

/*
 * Packets up to which a reply of ours costs less than one of nfsd's, whose packets leave as
 * one train. Measured at MTU 1500: 97 % with four, 118 % with six; at 9000: 97 % with three,
 * 105 % with four (tests/lab/t/reply_size.sh).
 */
na_inline __u32 na_auto_packets(__u32 mss)
{
	return mss < NA_JUMBO_MSS ? 4 : 3;
}

/*
 * NA_V_FILL_AUTH if the reply also shows that this credential may read: nfsd may have
 * checked it before a chmod that ended before the hook ran, so nothing may have happened
 * since the request came in.
 */
na_inline enum na_verdict na_may_authorize(const struct na_fill_in *in)
{
	const struct na_pending *p = in->pending;
	enum na_verdict v = na_may_fill(in);

	if (v != NA_V_FILL_DONE)
		return v;
	if (in->bumped >= p->asked || p->epoch != in->epoch)
		return NA_V_REFUSE_MOVED;
	return NA_V_FILL_AUTH;
}

#endif

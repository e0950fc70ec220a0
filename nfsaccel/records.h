/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Following record marks through a byte stream (RFC 5531 section 11), whatever the
 * segments: a mark may be split, a segment may hold many records.
 *
 *	while (na_records_want(r, pos, end, &off, &bytes))
 *		na_records_feed(r, the `bytes` bytes at payload offset `off`, bytes);
 */
#ifndef NFSACCEL_RECORDS_H
#define NFSACCEL_RECORDS_H

#include "nfsaccel/rpc.h"
#include "nfsaccel/splice_state.h"

#define NA_FRAGMENT_MAX (1u << 24) /* longer ones are taken for garbage; nfsd's limit is near 1 MiB */

/* Whether the stream stands between two records at position pos. */
na_inline bool na_records_at_boundary(const struct na_records *r, __u32 pos)
{
	return r->sync && r->next == pos && !r->have && !r->inside;
}

na_inline void na_records_start(struct na_records *r, __u32 pos)
{
	r->next = pos;
	r->mark = 0;
	r->have = 0;
	r->inside = 0;
	r->sync = 1;
	r->pad = 0;
}

/*
 * Which bytes are needed next of the payload that covers [pos, end): their offset in it and
 * their number, 4 or 1. False when nothing of it is needed (any more).
 */
na_inline bool na_records_want(const struct na_records *r, __u32 pos, __u32 end, __u32 *off,
			       __u32 *bytes)
{
	__u32 at = r->next + r->have;

	if (!r->sync || na_seq_lt(at, pos) || na_seq_le(end, at))
		return false;
	*off = at - pos;
	*bytes = !r->have && end - at >= NA_RPC_MARK_BYTES ? NA_RPC_MARK_BYTES : 1;
	return true;
}

/* v: the wanted bytes as a big-endian number. */
na_inline void na_records_feed(struct na_records *r, __u32 v, __u32 bytes)
{
	__u32 len;

	r->mark = bytes == NA_RPC_MARK_BYTES ? v : (r->mark << 8) | (v & 0xff);
	r->have += bytes;
	if (r->have < NA_RPC_MARK_BYTES)
		return;
	len = r->mark & ~NA_RPC_LAST;
	r->inside = !(r->mark & NA_RPC_LAST);
	r->next += NA_RPC_MARK_BYTES + len;
	r->have = 0;
	r->mark = 0;
	if (len > NA_FRAGMENT_MAX)
		r->sync = 0;
}

na_inline bool na_records_equal(const struct na_records *a, const struct na_records *b)
{
	return a->next == b->next && a->mark == b->mark && a->have == b->have &&
	       a->inside == b->inside && a->sync == b->sync;
}

/*
 * The state to follow the client's segment at seq from: not in sync if that is not known. Only
 * behind f->c_rec at f->c_next may anything be answered.
 */
na_inline void na_records_for(const struct na_flow *f, __u32 seq, struct na_records *r)
{
	*r = f->c_rec;
	if (seq == f->c_next) {
		if (!r->sync)
			*r = f->gap.behind;
	} else if (na_seq_lt(f->c_next, seq)) {
		if (r->sync)
			na_records_start(r, seq);
	} else {
		*r = f->gap.before;
		r->sync = r->sync && f->gap.behind.sync && seq == f->gap.from;
	}
}

/* The client's stream stands between two records at c_next: the server's socket says so. */
na_inline void na_records_resync(struct na_flow *f)
{
	na_records_start(&f->c_rec, f->c_next);
	f->gap.behind.sync = 0;
}

#endif

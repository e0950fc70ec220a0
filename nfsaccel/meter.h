/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a stream is to be paid for: new payload bytes, without a head's worth at the
 * beginning of each RPC message, and messages. Pure; the caller reads the record marks:
 *
 *	if (na_stream_enter(st, seq, len, &t)) {
 *		while (na_records_want(&st->rec, seq, seq + len, &off, &bytes))
 *			na_stream_mark(st, seq + len, head, bytes at off, bytes, &t);
 *		na_stream_leave(st, seq + len, psh, &t);
 *	}
 *
 * Where the record boundaries are not known (TLS, or met midway) all bytes count, and a
 * segment with PSH stands for a message.
 */
#ifndef NFSACCEL_METER_H
#define NFSACCEL_METER_H

#include "nfsaccel/limit.h"
#include "nfsaccel/records.h"

struct na_stream {
	__u32 high; /* end of what was counted */
	__u32 head; /* bytes of a head that are still to come */
	__u32 known; /* high is */
	struct na_records rec;
};
_Static_assert(sizeof(struct na_stream) == 24, "na_stream");

struct na_toll {
	__u32 messages;
	__u32 bytes;
	__u32 from; /* first new byte */
	__u32 free; /* bytes of heads so far */
};

/* What one connection has to pay, and how far it is held back. Only TC programs touch it. */
struct na_meter {
	__u32 gen; /* na_ctl.limit_gen that rule[] and bucket[] belong to */
	__u32 limited; /* some rule[] is set */
	__u16 police; /* its device cannot hold packets */
	__u16 inside; /* there may be a rule for it in some export */
	__u32 export; /* number of the export called last, 0 unknown */
	__u32 rule[NA_SCOPES]; /* element of na_limits, 0 none */
	__u32 bucket[NA_SCOPES]; /* element of na_buckets */
	__u64 hold; /* when the newest data packet leaves */
	__u64 ack_hold; /* when an acknowledgement may leave */
	struct na_stream in;
	struct na_stream out;
};
_Static_assert(sizeof(struct na_meter) == 104, "na_meter");

/* False if nothing of the segment is new. */
na_inline bool na_stream_enter(struct na_stream *st, __u32 seq, __u32 len, struct na_toll *t)
{
	__u32 rest;

	t->messages = 0;
	t->bytes = 0;
	t->free = 0;
	if (!st->known || na_seq_lt(st->high, seq)) {
		/* the first, or something is missing */
		st->known = 1;
		st->high = seq;
		st->head = 0;
		st->rec.sync = 0;
	}
	t->from = st->high;
	if (na_seq_le(seq + len, st->high))
		return false;
	t->bytes = seq + len - st->high;
	rest = st->head < t->bytes ? st->head : t->bytes;
	st->head -= rest;
	t->free = rest;
	return true;
}

/*
 * Are these the first 16 bytes of a call or of a reply? start: the segment's first byte,
 * new and out of sync. Taken for the beginning of a record then.
 */
na_inline void na_stream_guess(struct na_stream *st, __u32 start, const __u8 p[16], bool call)
{
	__u32 mark = na_get_be32(p), len = mark & ~NA_RPC_LAST;

	if (!(mark & NA_RPC_LAST) || len < 24 || len > NA_FRAGMENT_MAX)
		return;
	if (call ? na_get_be32(p + 8) != NA_RPC_CALL || na_get_be32(p + 12) != NA_RPC_VERSION
		 : na_get_be32(p + 8) != NA_RPC_REPLY || na_get_be32(p + 12) > 1)
		return;
	na_records_start(&st->rec, start);
	st->head = 0;
}

/* v: the wanted bytes of the mark as a big-endian number. */
na_inline void na_stream_mark(struct na_stream *st, __u32 end, __u32 head, __u32 v, __u32 bytes,
			      struct na_toll *t)
{
	__u32 at = st->rec.next, first = !st->rec.inside, whole, here;

	na_records_feed(&st->rec, v, bytes);
	if (st->rec.have || !first)
		return;
	whole = st->rec.next - at;
	if (whole > head)
		whole = head;
	t->messages++;
	if (na_seq_lt(at, t->from)) {
		/* the mark's first bytes were counted already */
		whole -= t->from - at;
		at = t->from;
	}
	here = end - at < whole ? end - at : whole;
	t->free += here;
	st->head = whole - here;
}

/*
 * All of it at once, for what most segments are: new, and one record with this mark. False, and
 * nothing is done, if the segment is anything else.
 */
na_inline bool na_stream_whole(struct na_stream *st, __u32 seq, __u32 len, __u32 head, __u32 mark,
			       struct na_toll *t)
{
	if (!st->known || st->high != seq || st->head || !na_records_at_boundary(&st->rec, seq) ||
	    mark != (NA_RPC_LAST | (len - NA_RPC_MARK_BYTES)) || len > NA_FRAGMENT_MAX)
		return false;
	st->high = seq + len;
	st->rec.next = seq + len;
	t->messages = 1;
	t->bytes = len > head ? len - head : 0;
	t->from = seq;
	t->free = len - t->bytes;
	return true;
}

na_inline void na_stream_leave(struct na_stream *st, __u32 end, bool psh, struct na_toll *t)
{
	st->high = end;
	if (!st->rec.sync) {
		t->messages = psh;
		return;
	}
	/* more records than were looked at */
	if (na_seq_lt(st->rec.next + st->rec.have, end))
		st->rec.sync = 0;
	t->bytes -= t->free < t->bytes ? t->free : t->bytes;
}

#endif

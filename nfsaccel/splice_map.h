/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positions between client space and server space, frontier and FIFO
 * (splice.md "Translation").
 *
 * The FIFO holds, oldest first, each answered request whose reply the client has not
 * acknowledged in full or before whose place the server still misses bytes. Positions
 * behind all of them map with the newest totals din and dout; a position before one of
 * them is corrected by what that one added. Below the FIFO everything is settled and
 * the newest totals are good enough.
 */
#ifndef NFSACCEL_SPLICE_MAP_H
#define NFSACCEL_SPLICE_MAP_H

#include "nfsaccel/segment.h"

#ifdef __bpf__
#define NA_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define NA_NO_UNROLL
#endif

/*
 * The count is read anew each time, so that the verifier does not follow one path
 * through the program for every number of slots.
 */
#define na_for_each_slot(f, i, slot)                                                               \
	for ((i) = 0; (i) < NA_FIFO && (i) < *(const volatile __u32 *)&(f)->count &&               \
		      ((slot) = &(f)->fifo[((f)->head + (i)) & (NA_FIFO - 1)], true);              \
	     (i)++)

/* All ones if v < 0, else 0, kept from becoming a branch: that doubles the verifier's paths. */
na_inline __u32 na_if_negative(__s64 v)
{
	__s64 mask = v >> 63;

	asm volatile("" : "+r"(mask));
	return (__u32)mask;
}

/* How much of [start, start + len) lies at or behind p. */
na_inline __u32 na_part_behind(__u32 start, __u32 len, __u32 p)
{
	__s64 d = na_seq_diff(start + len, p);

	d &= ~(__s64)(__s32)na_if_negative(d);
	return len + ((__u32)(d - len) & na_if_negative(d - (__s64)len));
}

/* A client byte's place in the server's stream; inside a consumed request: its start. */
na_inline __u32 na_map_in_seq(const struct na_flow *f, __u32 p)
{
	const struct na_fifo_slot *slot;
	__u32 i, behind = 0;

	NA_NO_UNROLL
	na_for_each_slot(f, i, slot)
		behind += na_part_behind(slot->req_c, slot->req_len, p);
	return p - f->din + behind;
}

/* A client acknowledgement in server space; inside an injected reply: its start. */
na_inline __u32 na_map_in_ack(const struct na_flow *f, __u32 p)
{
	const struct na_fifo_slot *slot;
	__u32 i, behind = 0;

	NA_NO_UNROLL
	na_for_each_slot(f, i, slot)
		behind += na_part_behind(slot->rep_c, slot->rep_len, p);
	return p - f->dout + behind;
}

/* A server byte's place in the client's stream: data queued after an injection follows it. */
na_inline __u32 na_map_out_seq(const struct na_flow *f, __u32 q)
{
	const struct na_fifo_slot *slot;
	__u32 i, behind = 0;

	NA_NO_UNROLL
	na_for_each_slot(f, i, slot)
		behind += slot->rep_len & na_if_negative(na_seq_diff(q, slot->rep_s));
	return q + f->dout - behind;
}

/*
 * A position the server names of the client's stream (SACK edges). Where a request was
 * consumed right there, a left edge maps behind it and a right edge before it.
 */
na_inline __u32 na_map_out_ack(const struct na_flow *f, __u32 q, bool right_edge)
{
	const struct na_fifo_slot *slot;
	__u32 i, behind = 0;

	NA_NO_UNROLL
	na_for_each_slot(f, i, slot)
		behind += slot->req_len &
			  na_if_negative(na_seq_diff(q, slot->req_s + right_edge));
	return q + f->din - behind;
}

/* How far the client may be acknowledged (I4), client space. */
na_inline __u32 na_frontier(const struct na_flow *f)
{
	const struct na_fifo_slot *oldest = &f->fifo[f->head & (NA_FIFO - 1)];
	__s32 missing;

	if (!f->count)
		return f->s_ack + f->din;
	missing = na_seq_diff(oldest->req_s, f->s_ack);
	return missing > 0 ? oldest->req_c - missing : oldest->req_c;
}

/*
 * Let go of the oldest entries whose reply is acknowledged in full and before whose
 * request the server has everything.
 */
na_inline void na_retire(struct na_flow *f, struct na_action *a)
{
	__u32 i;

	NA_NO_UNROLL
	for (i = 0; i < NA_FIFO; i++) {
		const struct na_fifo_slot *s = &f->fifo[f->head & (NA_FIFO - 1)];
		__u32 n = a->nunpin;

		if (!f->count || na_seq_lt(f->c_ack, s->rep_c + s->rep_len) ||
		    na_seq_lt(f->s_ack, s->req_s))
			break;
		/* no more than count slots, so never over the end */
		a->unpin[n & (NA_FIFO - 1)] = s->entry;
		a->nunpin = n + 1;
		f->head = (f->head + 1) & (NA_FIFO - 1);
		f->count--;
	}
}

/* Injected bytes the client has not acknowledged. */
na_inline __u32 na_injected_in_flight(const struct na_flow *f)
{
	return f->dout - (f->c_ack - f->c_ack_s);
}

/* The slot the client's next missing byte belongs to, if that byte is one of ours. */
na_inline bool na_hole(const struct na_flow *f, struct na_fifo_slot *out)
{
	const struct na_fifo_slot *slot;
	__u32 i;

	NA_NO_UNROLL
	na_for_each_slot(f, i, slot) {
		if (na_seq_le(slot->rep_c, f->c_ack) &&
		    na_seq_lt(f->c_ack, slot->rep_c + slot->rep_len)) {
			*out = *slot;
			return true;
		}
	}
	return false;
}

na_inline bool na_spliced(const struct na_flow *f)
{
	return f->din || f->dout;
}

#endif

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
#include "nfsaccel/xdr.h"

#ifdef __bpf__
#define NA_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define NA_NO_UNROLL
#endif

/* All ones if v < 0, else 0, kept from becoming a branch: that doubles the verifier's paths. */
na_inline __u32 na_if_negative(__s64 v)
{
	__s64 mask = v >> 63;

	asm volatile("" : "+r"(mask));
	return (__u32)mask;
}

na_inline const struct na_fifo_slot *na_slot_of(const struct na_flow *f, __u32 i)
{
	return &f->fifo[(f->head + i) & (NA_FIFO - 1)];
}

/* The edge of a slot that a position is compared with. Each grows from slot to slot. */
enum na_edge {
	NA_EDGE_REQ_C, /* where the consumed request begins, client space */
	NA_EDGE_REQ_END, /* and ends */
	NA_EDGE_REQ_S, /* its place in the server's stream */
	NA_EDGE_REP_END, /* where the injected reply ends, client space */
	NA_EDGE_REP_S, /* its place in the server's stream */
};

na_inline __u32 na_edge_of(const struct na_fifo_slot *slot, enum na_edge edge)
{
	switch (edge) {
	case NA_EDGE_REQ_C:
		return slot->req_c;
	case NA_EDGE_REQ_END:
		return slot->req_c + slot->req_len;
	case NA_EDGE_REQ_S:
		return slot->req_s;
	case NA_EDGE_REP_END:
		return slot->rep_c + slot->rep_len;
	case NA_EDGE_REP_S:
		return slot->rep_s;
	}
	return 0;
}

/*
 * How many slots have that edge at or before p: a binary search in as many steps whatever
 * it finds, without a branch, so that the verifier walks it once. Who asks one by one has one.
 */
na_inline __u32 na_slots_before(const struct na_flow *f, __u32 p, enum na_edge edge)
{
	__u32 n = 0, step;

	if (f->count <= 1)
		return f->count & ~na_if_negative(na_seq_diff(p, na_edge_of(na_slot_of(f, 0), edge)));
	NA_UNROLL
	for (step = NA_FIFO; step; step >>= 1) {
		__u32 most = n + step;
		__u32 e = na_edge_of(na_slot_of(f, most - 1), edge);

		n += step & ~na_if_negative(na_seq_diff(p, e)) &
		     ~na_if_negative((__s64)f->count - most);
	}
	return n;
}

/* A client byte's place in the server's stream; inside a consumed request: its start. */
na_inline __u32 na_map_in_seq(const struct na_flow *f, __u32 p)
{
	__u32 i = na_slots_before(f, p, NA_EDGE_REQ_END);
	const struct na_fifo_slot *slot = na_slot_of(f, i);

	if (i >= f->count)
		return p - f->din;
	return na_seq_lt(p, slot->req_c) ? slot->req_s - (slot->req_c - p) : slot->req_s;
}

/* How many replies have come in full who has everything before p. */
na_inline __u32 na_settled(const struct na_flow *f, __u32 p)
{
	return na_slots_before(f, p, NA_EDGE_REP_END);
}

/*
 * A client acknowledgement in server space, na_settled() of it being known; inside an injected
 * reply: its start.
 */
na_inline __u32 na_map_settled(const struct na_flow *f, __u32 settled, __u32 p)
{
	const struct na_fifo_slot *slot = na_slot_of(f, settled);

	if (settled >= f->count)
		return p - f->dout;
	return na_seq_lt(p, slot->rep_c) ? slot->rep_s - (slot->rep_c - p) : slot->rep_s;
}

na_inline __u32 na_map_in_ack(const struct na_flow *f, __u32 p)
{
	return na_map_settled(f, na_settled(f, p), p);
}

/* A server byte's place in the client's stream: data queued after an injection follows it. */
na_inline __u32 na_map_out_seq(const struct na_flow *f, __u32 q)
{
	__u32 i = na_slots_before(f, q, NA_EDGE_REP_S);
	const struct na_fifo_slot *slot = na_slot_of(f, i);

	return i >= f->count ? q + f->dout : q + (slot->rep_c - slot->rep_s);
}

/*
 * A position the server names of the client's stream (SACK edges). Where a request was
 * consumed right there, a left edge maps behind it and a right edge before it.
 */
na_inline __u32 na_map_out_ack(const struct na_flow *f, __u32 q, bool right_edge)
{
	__u32 i = na_slots_before(f, q - right_edge, NA_EDGE_REQ_S);
	const struct na_fifo_slot *slot = na_slot_of(f, i);

	return i >= f->count ? q + f->din : q + (slot->req_c - slot->req_s);
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
 * Let go of the oldest entries whose reply is acknowledged in full, `settled` of them, and
 * before whose request the server has everything.
 */
na_inline void na_retire(struct na_flow *f, __u32 settled, struct na_action *a)
{
	__u32 held = na_slots_before(f, f->s_ack, NA_EDGE_REQ_S), i;
	/* in memory: in a register the verifier would follow each number by itself */
	volatile __u32 *n = &a->nunpin;

	*n = settled < held ? settled : held;
	NA_NO_UNROLL
	for (i = 0; i < NA_FIFO && i < *n; i++)
		a->unpin[i] = na_slot_of(f, i)->entry;
	f->head = (f->head + *n) & (NA_FIFO - 1);
	f->count -= *n;
}

/* Injected bytes the client has not acknowledged. */
na_inline __u32 na_injected_in_flight(const struct na_flow *f)
{
	return f->dout - (f->c_ack - f->c_ack_s);
}

/* The slot of the reply that holds the byte p of the client's stream; NULL if none of ours does. */
na_inline const struct na_fifo_slot *na_slot_with(const struct na_flow *f, __u32 p)
{
	__u32 i = na_settled(f, p);
	const struct na_fifo_slot *slot = na_slot_of(f, i);

	return i < f->count && na_seq_le(slot->rep_c, p) ? slot : NULL;
}

/* That slot into *out, if there is one. */
na_inline bool na_hole(const struct na_flow *f, __u32 p, struct na_fifo_slot *out)
{
	const struct na_fifo_slot *slot = na_slot_with(f, p);

	if (!slot)
		return false;
	*out = *slot;
	return true;
}

na_inline bool na_spliced(const struct na_flow *f)
{
	return f->din || f->dout;
}

#endif

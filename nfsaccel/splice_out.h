/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The splice, server to client: where the server's stream stands, and how its segments
 * look to the client (splice.md).
 *
 * na_splice_out() runs under the flow's lock and calls nothing. It must be shown every
 * segment of the connection that passes TC egress, but not those we send ourselves.
 */
#ifndef NFSACCEL_SPLICE_OUT_H
#define NFSACCEL_SPLICE_OUT_H

#include "nfsaccel/splice_in.h"

/* Where the first request consumed inside [left, right) begins, client space; else right. */
na_inline __u32 na_sack_stop(const struct na_flow *f, __u32 left, __u32 right)
{
	__u32 i = na_slots_before(f, left, NA_EDGE_REQ_C);
	const struct na_fifo_slot *slot = na_slot_of(f, i);

	return i < f->count && na_seq_lt(slot->req_c, right) ? slot->req_c : right;
}

/*
 * The server's SACK blocks in client space. A DSACK (a block below the ack it came with)
 * that would lie above the clamped ack would read as a SACK: it goes. A SACKed request is
 * not sent again, so a block ends where one was consumed (I4). And none is told while the ack
 * stops at a consumed request: when that is acknowledged, behind a SACK, the client takes it for
 * reordered, and from then on waits with each loss.
 */
na_inline void na_map_out_sacks(struct na_flow *f, const struct na_segment *s,
				struct na_action *a)
{
	const volatile __u32 *blocks = &s->nsack;
	bool held = f->count && !na_seq_lt(f->s_ack, na_slot_of(f, 0)->req_s);
	__u32 i;

	a->nsack = 0;
	f->flags &= ~NA_FLOW_HELD;
	NA_NO_UNROLL
	for (i = 0; i < NA_SACKS && i < *blocks; i++) {
		__u32 left = na_map_out_ack(f, s->sack[i].left, false);
		__u32 right = na_map_out_ack(f, s->sack[i].right, true);
		bool dsack = na_seq_lt(s->sack[i].left, s->ack);

		if (!dsack && held)
			f->flags |= NA_FLOW_HELD;
		if (na_seq_le(right, left) || (dsack ? na_seq_lt(a->ack, right) : held))
			continue;
		if (!dsack)
			right = na_sack_stop(f, left, right);
		na_keep_sack(a, left, right);
	}
}

/* Where the first reply injected behind q begins, if that is before end. */
na_inline bool na_find_injected(const struct na_flow *f, __u32 q, __u32 end, __u32 *start)
{
	__u32 i = na_slots_before(f, q, NA_EDGE_REP_S);
	const struct na_fifo_slot *slot = na_slot_of(f, i);

	if (i >= f->count || !na_seq_lt(slot->rep_s, end))
		return false;
	*start = slot->rep_s;
	return true;
}

/* Follow the server's stream. Returns false if the segment cannot be sent on. */
na_inline bool na_follow_server(struct na_flow *f, const struct na_segment *s, struct na_action *a)
{
	__u32 end = s->seq + s->len + !!(s->flags & NA_TCP_FIN);
	__u32 start;

	a->seq = na_map_out_seq(f, s->seq);
	a->keep = s->len;
	if (s->seq == end)
		return true;
	if (na_find_injected(f, s->seq, end, &start)) {
		if (s->facts & NA_SEG_GSO)
			return false; /* as if lost: the timer resends one packet */
		a->keep = start - s->seq;
		a->todo |= NA_DO_TRIM | NA_DO_REWRITE; /* even if it is the FIN alone that goes */
		end = start;
	}
	if (!na_seq_lt(f->s_high, end)) {
		if (end != f->s_high)
			na_trouble(f); /* sent again; the last of all may be a probe */
		return true;
	}
	if (s->seq != f->s_high || !(s->facts & NA_SEG_SCANNED) ||
	    !na_records_equal(&f->s_rec, &s->rec_from))
		f->s_rec.sync = 0;
	else
		f->s_rec = s->rec_to;
	f->s_high = end;
	return true;
}

na_inline void na_learn_ts(struct na_flow *f, const struct na_segment *s, struct na_action *a)
{
	__s32 offset = (__s32)(s->tsval - (__u32)(s->now / 1000000));

	a->tsval = s->tsval;
	a->tsecr = s->tsecr;
	if (!na_has_ts(s))
		return;
	if (!(f->flags & NA_FLOW_TS)) {
		f->flags |= NA_FLOW_TS;
		f->ts_offset = offset;
		f->ts_last = s->tsval;
	}
	if (na_seq_diff((__u32)offset, (__u32)f->ts_offset) > 0)
		f->ts_offset = offset;
	f->ts_last = na_seq_max(f->ts_last, s->tsval);
	/* the server may have believed what we did not */
	if (s->tsecr && (s->flags & NA_TCP_ACK))
		f->c_tsval = f->c_tsval ? na_seq_max(f->c_tsval, s->tsecr) : s->tsecr;
	if (!na_spliced(f))
		return;
	a->tsval = f->ts_last;
	a->tsecr = na_seq_max(s->tsecr, f->c_tsval);
}

/* Nobody's state any more: all pins are let go of, and whoever still has a pointer is too late. */
na_inline void na_abandon(struct na_flow *f, struct na_action *a)
{
	__u32 i;

	NA_NO_UNROLL
	for (i = 0; i < NA_FIFO && i < *(volatile __u32 *)&f->count; i++)
		a->unpin[i] = f->fifo[(f->head + i) & (NA_FIFO - 1)].entry;
	a->nunpin = i;
	f->count = 0;
	f->flags |= NA_FLOW_DEAD;
	a->todo |= NA_DO_FORGET;
}

na_inline void na_splice_out(struct na_flow *f, const struct na_segment *s, struct na_action *a)
{
	__u32 edge, win, end = s->seq + s->len + !!(s->flags & NA_TCP_FIN), news;

	na_action_init(a);
	f->last_seen = s->now;
	if (f->flags & NA_FLOW_DEAD)
		return;
	if (s->facts & NA_SEG_WARM)
		f->flags |= NA_FLOW_SHAVE;
	if (s->flags & NA_TCP_SYN) {
		/* the port is used again: this connection's state is nobody's (I11) */
		if ((f->flags & NA_FLOW_REUSE) && (s->flags & NA_TCP_ACK) &&
		    s->ack == f->syn_isn + 1)
			na_abandon(f, a);
		return;
	}
	if (s->flags & (NA_TCP_FIN | NA_TCP_RST))
		f->flags |= NA_FLOW_CLOSING;
	na_learn_ts(f, s, a);

	if ((s->flags & NA_TCP_RST) && (s->facts & NA_SEG_DYING) && na_spliced(f)) {
		/* our reset: at the client's own last ack, and raw from now on */
		a->seq = f->c_ack;
		a->ack = f->told;
		a->win = s->win;
		a->keep = s->len;
		a->todo |= NA_DO_REWRITE;
		f->flags |= NA_FLOW_DEAD;
		f->kept = 0;
		return;
	}
	/* who heard ECE will hear it again from whatever is sent */
	news = s->flags & (f->flags & NA_FLOW_ECHO ? NA_TCP_RST : NA_TCP_RST | NA_TCP_ECE);
	na_follow_marks(f, s);
	if (!na_follow_server(f, s, a)) {
		a->todo = NA_DO_DROP;
		return;
	}
	if ((s->flags & (NA_TCP_RST | NA_TCP_ACK)) == NA_TCP_RST && na_spliced(f))
		a->seq = f->c_ack; /* nobody's answer to a segment: exact at that segment's ack */
	a->ack = s->ack;
	a->win = s->win;
	if (s->flags & NA_TCP_ACK) {
		/* an acknowledgement that the clamp makes a duplicate: three of them mean loss */
		bool dup = s->seq == end && !s->nsack && na_seq_lt(f->s_ack, s->ack);

		if (na_seq_lt(f->s_ack, s->ack)) {
			f->s_ack = s->ack;
			f->last_alive = s->now;
			na_retire(f, na_settled(f, f->c_ack), a);
		}
		f->s_edge = na_seq_max(f->s_edge, s->ack + ((__u32)s->win << f->s_wscale));
		edge = s->ack + ((__u32)s->win << f->s_wscale) + f->din;
		/* a challenge ACK, too: the RST it draws is made exact again (I11) */
		dup = dup && f->count && na_seq_le(na_frontier(f), f->told);
		f->told = na_seq_max(f->told, na_frontier(f));
		a->ack = f->told;
		win = na_seq_lt(edge, a->ack) ? 0 : (edge - a->ack) >> f->s_wscale;
		a->win = win > 0xffff ? 0xffff : win;
		na_map_out_sacks(f, s, a);
		if (dup && !news && !(f->flags & NA_FLOW_SYN)) {
			a->todo = NA_DO_DROP; /* the release will say it all */
			return;
		}
	}
	if (a->keep < s->len)
		a->todo |= NA_DO_TRIM | NA_DO_REWRITE;
	if (na_differs(s, a))
		a->todo |= NA_DO_REWRITE;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The splice, client to server: believe, answer, translate (splice.md).
 *
 * na_splice_in() runs under the flow's lock and calls nothing. It must be shown every
 * segment of the connection that TC ingress sees, in the order it sees them.
 */
#ifndef NFSACCEL_SPLICE_IN_H
#define NFSACCEL_SPLICE_IN_H

#include "nfsaccel/records.h"
#include "nfsaccel/splice_ecn.h"

#define NA_HEADROOM_MAX (1u << 20)
#define NA_SHAVE_PACKETS 2u /* headroom is kept out of windows of four times this */
#define NA_SHAVE_UNITS	 8u /* and of this many units, for scaling rounds down */
#define NA_SHAVE_BIG	 4096u /* packets beyond this fill small windows, lo's the initial one; */
#define NA_SHAVE_BIG_WIN (32u << 10) /* from this on a quarter is kept */
#define NA_SMALL_WIN	 8192u /* a client's window below this is nfsd's while that is at work */
#define NA_KEEP_TRAIN	 6000u /* of a client whose segments were longer nothing is kept back */
#define NA_JOINED	 8u /* requests that a client may have sent again in one segment */
#define NA_WATCH_NS	1000000000ull /* an adopted connection is only watched this long */

/* I9: may the acknowledgement, window and timestamp of this segment be acted upon? */
na_inline bool na_believe(const struct na_flow *f, const struct na_segment *s)
{
	if (!(s->facts & NA_SEG_CSUM) || !(s->flags & NA_TCP_ACK))
		return false;
	/* in window, as tcp_sequence() asks; told and the server's edge bound what is ours */
	if (na_seq_lt(s->seq + s->len, f->told) || na_seq_lt(f->s_edge + f->din, s->seq))
		return false;
	if (na_seq_lt(f->s_high + f->dout, s->ack))
		return false;
	if (na_has_ts(s) && f->c_tsval && na_seq_lt(s->tsval, f->c_tsval))
		return false; /* PAWS, RFC 7323 section 5 */
	return true;
}

/*
 * Learn from a believed segment, whose ack is mapped already. Returns whether it acknowledged something new.
 */
na_inline bool na_learn_ack(struct na_flow *f, const struct na_segment *s, __u32 settled,
			    struct na_action *a)
{
	__u32 edge = s->ack + ((__u32)s->win << f->c_wscale);
	bool advanced = na_seq_lt(f->c_ack, s->ack);

	if (na_has_ts(s)) {
		a->newest = !f->c_newest || na_seq_lt(f->c_newest, s->tsval);
		if (a->newest)
			f->c_newest = s->tsval;
	}
	/* RFC 7323 section 4.3: what overtook other bytes must not make these look old */
	if (na_has_ts(s) && na_seq_le(s->seq, f->told))
		f->c_tsval = s->tsval;
	if (advanced) {
		na_note_late(f);
		na_cwnd_grow(f, (s->ack - f->c_ack) - (a->ack - f->c_ack_s));
		f->c_ack = s->ack;
		f->c_ack_s = a->ack;
		if ((f->flags & NA_FLOW_RECOVERY) && na_seq_le(f->recover_c, s->ack))
			f->flags &= ~NA_FLOW_RECOVERY;
		if ((f->flags & NA_FLOW_CUT) && na_seq_lt(f->recover_c, s->ack))
			f->flags &= ~NA_FLOW_CUT;
		na_time_reply(f, settled, s->now);
		na_retire(f, settled, a);
	} else if (!(f->flags & NA_FLOW_SACK) && !s->len && s->ack == f->c_ack &&
		   edge == f->c_edge && na_slot_with(f, s->ack)) {
		f->above += f->mss; /* a duplicate: something behind the hole has come */
	}
	f->c_edge = na_seq_max(f->c_edge, edge);
	return advanced;
}

/*
 * The right edge the server may be told, server space: of the window some headroom is kept
 * for what is and will be injected (the server ignores windows that shrink while seq and ack
 * stand still, tcp_may_update_window()). Injections inside the headroom leave the server its
 * share: in want of it, it would stop inside a record, and nothing could be injected.
 * Not of a small window: half a packet's window would stop the server. A server that has
 * little under way gets a quarter, and no more before half of that is used: what it will not
 * fill is ours.
 */
na_inline __u32 na_server_edge(const struct na_flow *f, const struct na_segment *s, __u32 ack_s)
{
	__u32 win = (__u32)s->win << f->c_wscale;
	bool shave = (f->flags & NA_FLOW_SHAVE) && win >> 2 >= NA_SHAVE_PACKETS * f->mss &&
		     s->win > NA_SHAVE_UNITS;
	bool calm = na_seq_le(f->s_high, ack_s + (win >> 3));
	__u32 room = calm ? win - (win >> 2) : win / 2;
	__u32 out = f->dout - (s->ack - ack_s); /* injected, not acknowledged */
	__u32 edge;

	if (room > NA_HEADROOM_MAX)
		room = NA_HEADROOM_MAX;
	/*
	 * The server's packets are at most half the largest window it saw, whatever the MTU
	 * (tcp_bound_to_half_wnd()): three quarters of a window still let one pass.
	 */
	if (!shave && (f->flags & NA_FLOW_SHAVE) && f->mss > NA_SHAVE_BIG &&
	    win >= NA_SHAVE_BIG_WIN) {
		shave = true;
		room = win >> 2;
	}
	edge = ack_s + win - (shave && room > out ? room : out);
	if (shave && calm) {
		__u32 told = na_seq_min(f->s_edge_told, ack_s + win - out);

		if (na_seq_lt(edge, told) || na_seq_le(f->s_high + (win >> 3) + f->mss, told))
			edge = told;
	}
	return na_seq_lt(edge, ack_s) ? ack_s : edge;
}

/* Counted in memory: in a register, the verifier would follow each count by itself. */
na_inline void na_keep_sack(struct na_action *a, __u32 left, __u32 right)
{
	volatile __u32 *count = &a->nsack;
	__u32 n = *count;

	a->sack[n & (NA_SACKS - 1)].left = left;
	a->sack[n & (NA_SACKS - 1)].right = right;
	*count = n + 1;
}

/*
 * Does the first SACK block tell that what we sent again came twice? The server, which never
 * sent that, would from then on doubt all it is told of (tcp_dsack_seen()).
 */
na_inline bool na_dsack_of_ours(const struct na_flow *f, const struct na_segment *s)
{
	return na_is_dsack(s) && na_seq_le(f->undo_c, s->sack[0].left) &&
	       na_seq_le(s->sack[0].right, f->resent_c);
}

/* A SACK block of the client's in server space; one that begins at the ack or is empty goes. */
na_inline void na_map_in_sacks(const struct na_flow *f, const struct na_segment *s,
			       struct na_action *a)
{
	const volatile __u32 *blocks = &s->nsack;
	__u32 i;

	a->nsack = 0;
	NA_NO_UNROLL
	for (i = na_dsack_of_ours(f, s); i < NA_SACKS && i < *blocks; i++) {
		__u32 left = na_map_in_ack(f, s->sack[i].left);
		__u32 right = na_map_in_ack(f, s->sack[i].right);

		if (left != right && left != a->ack)
			na_keep_sack(a, left, right);
	}
}

/*
 * Fill in how the header of segment s looks to the server; ack and SACK blocks are mapped
 * already, before the ack settles what a DSACK beside it may be about.
 */
na_inline void na_header_to_server(const struct na_flow *f, const struct na_segment *s,
				   struct na_action *a, bool believed)
{
	__u32 edge;

	edge = na_server_edge(f, s, a->ack);
	/* the server may believe what we did not: then it must learn nothing new */
	if (!believed && na_seq_lt(f->s_edge_told, edge))
		edge = na_seq_max(f->s_edge_told, a->ack);
	a->win = (edge - a->ack) >> f->c_wscale;
	a->tsval = s->tsval;
	a->tsecr = s->tsecr;
}

/*
 * Does that header tell the server anything it does not know? ECE alone is no news: of marks on
 * the server's own packets the ACK says it that is for these.
 */
na_inline bool na_news_to_server(const struct na_flow *f, const struct na_segment *s,
				 const struct na_action *a)
{
	__u32 edge = a->ack + (a->win << f->c_wscale);

	return na_seq_lt(f->s_una, a->ack) || na_seq_lt(f->s_edge_last, edge) || a->nsack ||
	       (s->flags & (NA_TCP_RST | NA_TCP_CWR | NA_TCP_URG));
}

/* Remember what the server is being told. */
na_inline void na_tell_server(struct na_flow *f, const struct na_action *a)
{
	f->s_una = na_seq_max(f->s_una, a->ack);
	f->s_edge_last = a->ack + (a->win << f->c_wscale);
	f->s_edge_told = na_seq_max(f->s_edge_told, f->s_edge_last);
}

/* What keeps all requests of this segment from being answered; NA_V_MAX if nothing does. */
na_inline __u32 na_refuse_offer(const struct na_flow *f, const struct na_segment *s, bool believed)
{
	if (f->flags & (NA_FLOW_SYN | NA_FLOW_CLOSING))
		return NA_V_PASS_FLAGS;
	if ((s->flags & ~(NA_TCP_PSH | na_ecn_flags(f))) != NA_TCP_ACK || (s->facts & NA_SEG_CE))
		return NA_V_PASS_FLAGS;
	if (na_has_ts(s) != !!(f->flags & NA_FLOW_TS))
		return NA_V_PASS_UNSYNC;
	if (!believed)
		return NA_V_PASS_CSUM;
	if (s->seq != f->c_next || !f->c_rec.sync || !(s->facts & NA_SEG_SCANNED) ||
	    !na_records_equal(&f->c_rec, &s->rec_from) || !f->s_rec.sync)
		return NA_V_PASS_UNSYNC;
	if (!(f->flags & NA_FLOW_FRESH) && s->now - f->born < NA_WATCH_NS)
		return NA_V_PASS_UNSYNC;
	if (!na_records_at_boundary(&f->s_rec, f->s_high))
		return NA_V_PASS_EGRESS_BUSY;
	if (f->flags & NA_FLOW_RECOVERY)
		return NA_V_PASS_RECOVERY;
	if (na_stands_back(f, s->now))
		return NA_V_PASS_TROUBLE;
	/* nfsd waits for what this client makes room for: it would come later by a round trip */
	if (f->c_edge - f->c_ack < NA_SMALL_WIN && na_under_way(f))
		return NA_V_PASS_WINDOW;
	return NA_V_MAX;
}

/* What keeps this one from being answered behind those that are; NA_V_MAX if nothing does. */
na_inline __u32 na_refuse_one(const struct na_flow *f, const struct na_question *q)
{
	if (f->count == NA_FIFO)
		return NA_V_PASS_FIFO;
	/* even if the server fills the edge it was told, all must fit the client's window */
	if (na_seq_lt(f->c_edge, f->s_edge_told + f->dout + q->rep_len))
		return NA_V_PASS_WINDOW;
	/* alone, a reply may go: an allowance that fell below one would never grow again */
	if (f->count && na_injected_in_flight(f) + q->rep_len > f->cwnd)
		return NA_V_PASS_CWND;
	return NA_V_MAX;
}

/*
 * How many bytes of the segment's end to keep back behind requests that are answered, 0 or all of
 * the tail: then the record that begins there may be answered, too. Nobody has them meanwhile, so
 * their other half must be on its way already: of a client that sends whole packets because it
 * has more, does not wait for ACKs with the rest (RFC 9293 section 3.7.4), and lost none of late
 * nor met congestion, so that its allowance is more than a packet. And the rest must come in a
 * segment that can be put aside: where segments are long, few requests lie across their ends.
 */
na_inline __u32 na_keep_back(const struct na_flow *f, const struct na_segment *s,
			     const struct na_offer *o)
{
	if (!o->tail ||
	    (f->flags & (NA_FLOW_PROMPT | NA_FLOW_ECHO | NA_FLOW_CUT)) != NA_FLOW_PROMPT ||
	    f->trouble || f->c_most > NA_KEEP_TRAIN || (s->len - s->kept) % f->mss)
		return 0;
	return o->tail;
}

/*
 * Does the segment carry on behind the bytes that are kept back? Then these are its first from
 * here on. Where it does not, the client will have to send them again.
 */
na_inline bool na_joins(const struct na_flow *f, const struct na_segment *s, __u32 kept)
{
	return s->seq == f->c_next + kept && s->len && s->len <= NA_REST_MAX - NA_KEEP_MAX &&
	       (s->facts & NA_SEG_CSUM) &&
	       !(s->flags & (NA_TCP_SYN | NA_TCP_RST | NA_TCP_URG)) &&
	       na_records_at_boundary(&f->c_rec, f->c_next);
}

/*
 * Consume the requests there is room for: reserve their replies' places in the client's
 * stream. If that is none, nothing was done.
 */
na_inline void na_consume(struct na_flow *f, const struct na_segment *s, const struct na_offer *o,
			  struct na_action *a)
{
	__u32 din = f->din, dout = f->dout, count = f->count, tail, i;
	volatile __u32 *taken = &a->taken;

	NA_NO_UNROLL
	for (i = 0; i < NA_OFFER_MAX && i < *(const volatile __u32 *)&o->n; i++) {
		const struct na_question *q = &o->q[i];
		struct na_fifo_slot *slot = &f->fifo[(f->head + f->count) & (NA_FIFO - 1)];

		a->why = na_refuse_one(f, q);
		if (a->why != NA_V_MAX)
			break;
		slot->req_c = s->seq + q->at;
		slot->req_len = q->req_len;
		slot->req_s = slot->req_c - f->din;
		slot->rep_c = f->s_high + f->dout;
		slot->rep_len = q->rep_len;
		slot->rep_s = f->s_high;
		slot->entry = q->entry;
		slot->xid = q->xid;
		slot->count = q->count;
		slot->fid = q->fid;
		slot->offset = na_offset32(q->offset);
		slot->sent = na_usec(s->now);
		f->din += q->req_len;
		f->dout += q->rep_len;
		f->count++;
		*taken = i + 1;
	}
	if (!*taken)
		return;
	tail = na_keep_back(f, s, o);
	a->keep = s->len - (f->din - din) - tail;
	if (a->keep > NA_REST_MAX) {
		f->din = din;
		f->dout = dout;
		f->count = count;
		*taken = 0;
		a->why = NA_V_PASS_SPLIT;
		return;
	}
	a->seq = s->seq - din;
	f->c_next = s->seq + s->len - tail;
	f->c_rec = s->rec_to;
	f->kept = tail;
	na_header_to_client(f, s, a, f->s_high + dout);
	na_mark_new(f, a);
	a->todo = NA_DO_REPLY;
	if (tail) {
		na_records_start(&f->c_rec, f->c_next);
		a->todo |= NA_DO_KEEP;
	}
}

/* What is left of a segment goes on to the server: the rest, or its news alone (I3). */
na_inline void na_pass_rest(struct na_flow *f, const struct na_segment *s, struct na_action *a)
{
	na_header_to_server(f, s, a, true);
	if (a->keep) {
		a->todo |= NA_DO_PASS | NA_DO_SPLIT | NA_DO_REWRITE;
	} else if (na_news_to_server(f, s, a)) {
		a->todo |= NA_DO_BARE;
	} else {
		return;
	}
	na_tell_server(f, a);
}

/* A repeated byte at seq: the answered request it belongs to, or the first one behind it. */
na_inline bool na_find_consumed(const struct na_flow *f, __u32 seq, __u32 *start)
{
	__u32 i = na_slots_before(f, seq, NA_EDGE_REQ_END);

	if (i >= f->count)
		return false;
	*start = na_slot_of(f, i)->req_c;
	return true;
}

/*
 * A repeat from seq to end begins inside an answered request: does the server want what is behind
 * that, from *from on? Only if nothing there was answered.
 */
na_inline bool na_wanted_behind(const struct na_flow *f, __u32 seq, __u32 end, __u32 *from)
{
	__u32 i = na_slots_before(f, seq, NA_EDGE_REQ_END), n;

	*from = seq;
	NA_NO_UNROLL
	for (n = 0; n < NA_JOINED; n++, i++) {
		const struct na_fifo_slot *slot = na_slot_of(f, i);

		if (i >= f->count || na_seq_lt(*from, slot->req_c))
			return na_seq_lt(*from, end) &&
			       (i >= f->count || na_seq_le(end, slot->req_c)) &&
			       na_seq_lt(f->s_ack, na_map_in_seq(f, end));
		*from = slot->req_c + slot->req_len;
	}
	return false;
}

/* The parser follows a segment that brings new bytes, in order or not. */
na_inline void na_follow_client(struct na_flow *f, const struct na_segment *s)
{
	bool good = (s->facts & NA_SEG_SCANNED) && (s->facts & NA_SEG_CSUM);

	f->kept = 0;
	if (s->seq != f->c_next)
		na_trouble(f);
	if (good && s->seq == f->c_next) {
		if (na_records_equal(&f->c_rec, &s->rec_from)) {
			f->c_rec = s->rec_to;
			return;
		}
		if (!f->c_rec.sync && na_records_equal(&f->gap.behind, &s->rec_from)) {
			f->gap.behind = s->rec_to;
			return;
		}
	} else if (good && f->c_rec.sync && na_records_at_boundary(&s->rec_from, s->seq)) {
		f->gap.from = f->c_next;
		f->gap.to = s->seq;
		f->gap.before = f->c_rec;
		f->gap.behind = s->rec_to;
		f->c_rec.sync = 0;
		return;
	}
	f->c_rec.sync = 0;
	f->gap.behind.sync = 0;
}

/* And one that brings what was missing. */
na_inline void na_fill_gap(struct na_flow *f, const struct na_segment *s, __u32 end)
{
	if (!f->gap.behind.sync || s->seq != f->gap.from || na_seq_lt(f->gap.to, end) ||
	    !(s->facts & NA_SEG_SCANNED) || !(s->facts & NA_SEG_CSUM) ||
	    !na_records_equal(&f->gap.before, &s->rec_from))
		return;
	f->gap.from = end;
	f->gap.before = s->rec_to;
	if (end != f->gap.to)
		return;
	if (na_records_at_boundary(&f->gap.before, end))
		f->c_rec = f->gap.behind;
	f->gap.behind.sync = 0;
}

/*
 * The client repeats what was passed: did its timer run for want of our reply at its ack? It
 * probes with what it sent last, whichever reply is missing.
 */
na_inline bool na_overdue(const struct na_flow *f, const struct na_segment *s)
{
	const struct na_fifo_slot *slot = na_slot_with(f, s->ack);
	__u32 least = f->rtt > NA_COPY_USEC ? f->rtt : NA_COPY_USEC;

	return slot && s->ack == f->c_ack && na_usec(s->now) - slot->sent >= least;
}

/* The segment's place in the server's stream, and what of it may go on. */
na_inline void na_place_payload(struct na_flow *f, const struct na_segment *s, struct na_action *a,
				__u32 end)
{
	__u32 start;

	a->seq = na_map_in_seq(f, s->seq);
	a->keep = s->len;
	if (s->seq == end && !na_seq_lt(s->seq, f->told))
		return; /* no bytes: no boundary is crossed, even behind a hole */
	if (!na_seq_lt(s->seq, f->s_edge + f->din))
		return; /* out of window, so not taken: garbage must not move c_next */
	if (!na_seq_lt(s->seq, f->c_next)) {
		/* new: the next byte, or something behind a hole */
		na_follow_client(f, s);
		f->c_next = end;
		return;
	}
	if (a->newest && s->len && na_overdue(f, s)) {
		a->again_now = 1;
		if (na_seq_le(na_map_in_seq(f, s->seq + s->len), f->s_ack)) {
			a->keep = 0;
			a->todo = NA_DO_BARE;
			a->seq = f->c_next - f->din;
			return;
		}
		/* the server may lack it */
	}
	if (na_spliced(f) && na_seq_le(end, f->told) && na_seq_lt(s->seq, f->told) &&
	    !(s->flags & NA_TCP_FIN)) {
		/* a repeat, keep-alive or probe: the server must see an old byte, or it is silent */
		a->seq = f->s_ack - 1;
		a->keep = s->len ? 1 : 0;
		return;
	}
	if (na_seq_lt(f->told, end) && na_find_consumed(f, s->seq, &start) &&
	    na_seq_lt(start, end)) {
		if (na_seq_le(start, s->seq)) {
			/* a repeated request that was answered */
			a->again_now = (s->facts & NA_SEG_CSUM) &&
				       !na_network_copy(f, start, s->now);
			if ((s->facts & NA_SEG_CSUM) && !(s->flags & NA_TCP_FIN) &&
			    s->len <= NA_REST_MAX && na_seq_le(end, f->c_next) &&
			    na_wanted_behind(f, s->seq, end, &start)) {
				a->skip = start - s->seq;
				a->keep = end - start;
				a->seq = na_map_in_seq(f, start);
				a->todo |= NA_DO_SPLIT | NA_DO_REWRITE;
				return;
			}
			a->keep = 0;
			a->todo = NA_DO_BARE;
			a->seq = f->c_next - f->din;
			return;
		}
		a->keep = start - s->seq;
		return;
	}
	if (na_seq_lt(f->c_next, end)) {
		f->kept = 0;
		f->c_next = end;
		f->c_rec.sync = 0;
		f->gap.behind.sync = 0;
	}
	na_fill_gap(f, s, end);
}

/* All of the segment's payload goes on, and can be put aside while its skb carries something else. */
na_inline bool na_goes_on_whole(const struct na_segment *s, const struct na_action *a, __u32 end)
{
	return a->keep == end - s->seq && s->len <= NA_REST_MAX;
}

/* Whether the passed segment must be written to. */
na_inline bool na_differs(const struct na_segment *s, const struct na_action *a)
{
	__u32 i;

	if (a->seq != s->seq || a->ack != s->ack || a->win != s->win || a->nsack != s->nsack ||
	    (na_has_ts(s) && (a->tsval != s->tsval || a->tsecr != s->tsecr)))
		return true;
	NA_NO_UNROLL
	for (i = 0; i < NA_SACKS && i < s->nsack; i++)
		if (a->sack[i].left != s->sack[i].left || a->sack[i].right != s->sack[i].right)
			return true;
	return false;
}

/*
 * A segment with new bytes: is it shorter than a packet, and its client had no ACK yet of all it
 * sent before, or of the request that was answered last? Who waits for such (Nagle) would not
 * have sent it, but for a probe, some time behind what came last.
 */
na_inline void na_note_prompt(struct na_flow *f, const struct na_segment *s)
{
	__u32 since;

	if (!s->len || s->seq != f->c_next)
		return;
	since = na_usec(s->now) - f->c_at;
	f->c_at = na_usec(s->now);
	if (f->c_most < s->len)
		f->c_most = s->len;
	if (!(f->flags & NA_FLOW_PROMPT) && since < NA_COPY_USEC && (s->len - s->kept) % f->mss &&
	    (na_seq_lt(f->told, s->seq + s->kept) ||
	     (f->count && na_seq_le(s->ack, na_slot_of(f, f->count - 1)->rep_c))))
		f->flags |= NA_FLOW_PROMPT;
}

na_inline void na_action_init(struct na_action *a)
{
	a->todo = NA_DO_PASS;
	a->why = NA_V_MAX;
	a->taken = 0;
	a->skip = 0;
	a->newest = 0;
	a->again_now = 0;
	a->nsack = 0;
	a->nunpin = 0;
}

na_inline void na_splice_in(struct na_flow *f, const struct na_segment *s, const struct na_offer *o,
			    struct na_action *a)
{
	__u32 end = s->seq + s->len + !!(s->flags & NA_TCP_FIN);
	bool believed, advanced = false, release;
	__u32 settled, split = 0;

	na_action_init(a);
	f->last_seen = s->now;
	if (f->flags & NA_FLOW_DEAD)
		return;
	if (s->kept && (s->kept != f->kept || s->seq != f->c_next)) {
		a->todo = NA_DO_DROP; /* another segment came first */
		a->why = NA_V_PASS_UNSYNC;
		return;
	}
	if (s->flags & NA_TCP_SYN) { /* never translated (I11) */
		if ((s->facts & NA_SEG_CSUM) && s->seq != f->syn_isn) {
			f->flags |= NA_FLOW_SYN | NA_FLOW_REUSE;
			f->syn_isn = s->seq;
		}
		return;
	}
	if (s->len && na_seq_lt(f->c_next, end) && !(s->facts & NA_SEG_NOTED))
		f->flags |= NA_FLOW_DARK;
	if (s->facts & NA_SEG_WARM)
		f->flags |= NA_FLOW_SHAVE;
	settled = na_settled(f, s->ack);
	a->ack = na_map_settled(f, settled, s->ack);
	na_map_in_sacks(f, s, a);
	/* an old acknowledgement may still say so */
	if ((s->facts & NA_SEG_CSUM) && na_is_dsack(s))
		na_unlose(f, s);
	believed = na_believe(f, s);
	if (believed) {
		na_hear_ece(f, s);
		advanced = na_learn_ack(f, s, settled, a);
		na_note_prompt(f, s);
	}
	if (f->kept && !s->kept && s->len && s->seq == f->c_next)
		na_trouble(f); /* the client's timer ran for want of an ACK */
	if (believed && (advanced || s->len))
		f->flags &= ~NA_FLOW_SYN; /* who sent that SYN, it was not this client's end */
	if ((s->facts & NA_SEG_DYING) && na_spliced(f)) {
		a->todo = NA_DO_DROP; /* but its ack is where our reset will have to be */
		return;
	}
	if ((believed && (s->flags & NA_TCP_FIN)) ||
	    ((s->flags & NA_TCP_RST) && (s->facts & NA_SEG_CSUM) &&
	     na_seq_le(f->told, s->seq) && na_seq_le(s->seq, f->s_edge + f->din)))
		f->flags |= NA_FLOW_CLOSING;

	if (o->n) {
		a->why = na_refuse_offer(f, s, believed);
		if (a->why == NA_V_MAX)
			na_consume(f, s, o, a);
		na_weigh(f, s, o, a);
		if (*(volatile __u32 *)&a->taken) {
			na_pass_rest(f, s, a);
			return;
		}
	}

	na_header_to_server(f, s, a, believed);
	if (s->flags & NA_TCP_RST) {
		/* one that answers an acknowledgement of ours must be exact for the server */
		a->seq = s->seq == f->told ? f->s_ack : na_map_in_seq(f, s->seq);
		a->keep = s->len;
	} else {
		na_place_payload(f, s, a, end);
	}

	a->from = f->c_ack;
	a->above = 0;
	if (believed && (a->todo & NA_DO_PASS) && !s->len)
		a->again_now = na_hear_of_loss(f, s, advanced, a);
	/* what is passed beside a reply must be whole: it is put aside meanwhile */
	if (*(volatile __u32 *)&a->again_now &&
	    ((a->todo & (NA_DO_BARE | NA_DO_SPLIT)) || !s->len || na_goes_on_whole(s, a, end))) {
		na_resend(f, s, a);
		if ((a->todo & NA_DO_RESEND) && s->len && !(a->todo & NA_DO_BARE))
			a->todo |= NA_DO_SPLIT | NA_DO_REWRITE;
	}
	/* a repeated request, or an ACK of nothing but our own replies, may have no news */
	release = (a->todo & NA_DO_BARE) || (advanced && end == s->seq);
	if (release && !na_news_to_server(f, s, a))
		a->todo &= ~(NA_DO_PASS | NA_DO_BARE);
	release = release || (a->todo & NA_DO_SPLIT);
	/* with the SACKs in one, the client would measure what was lost by what came long before */
	if (advanced && (f->flags & NA_FLOW_HELD) && a->todo == NA_DO_PASS && s->len &&
	    na_goes_on_whole(s, a, end)) {
		release = true;
		split = NA_DO_SPLIT;
	}
	/* I5: nobody else would tell the client */
	if (release && na_seq_lt(f->told, na_frontier(f)) && !(a->todo & NA_DO_RESEND)) {
		na_header_to_client(f, s, a, f->s_high + f->dout);
		a->todo |= NA_DO_ACK | split;
	}
	if (s->kept)
		a->todo |= NA_DO_SPLIT | NA_DO_REWRITE;
	if (!(a->todo & (NA_DO_PASS | NA_DO_BARE))) {
		a->todo |= NA_DO_DROP;
		return;
	}
	if (believed)
		na_tell_server(f, a);
	if ((a->todo & (NA_DO_PASS | NA_DO_SPLIT)) == NA_DO_PASS && a->keep < s->len)
		a->todo |= NA_DO_TRIM | NA_DO_REWRITE;
	if (!(s->facts & NA_SEG_CSUM) && (a->todo & (NA_DO_TRIM | NA_DO_BARE))) {
		/* a new checksum would make garbage valid (I9) */
		a->todo = NA_DO_DROP;
		return;
	}
	if (na_differs(s, a))
		a->todo |= NA_DO_REWRITE;
}

#endif

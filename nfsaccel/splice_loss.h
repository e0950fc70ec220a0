/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of our packets are lost, which only late, and what follows: sending again, and the
 * congestion allowance (splice.md I6, I8).
 *
 * There is no timer here: what the client says, or asks for again, is all there is. A hole
 * is lost when three packets' bytes above it have come (RFC 6675), or three replies' ends, or,
 * without SACK, three duplicate acknowledgements. On a connection that is known to lose, two
 * and a bit will do, as a reply's last packet is seldom full; and if it is not known to
 * reorder, all that is outstanding above the hole (RFC 5827), since small replies never have
 * so many.
 */
#ifndef NFSACCEL_SPLICE_LOSS_H
#define NFSACCEL_SPLICE_LOSS_H

#include "nfsaccel/splice_map.h"
#include "nfsaccel/splice_trouble.h"

#define NA_CWND_PACKETS 10u /* RFC 6928 */
#define NA_CWND_MAX	(1u << 20)
#define NA_RESEND_NS	1000000ull /* the same hole is not filled twice within this */
#define NA_BIG_TRIES	2u /* after as many, packets are taken for too big for the path */
#define NA_MSS_SAFE	536u /* what any path carries, RFC 9293 section 3.7.1 */
#define NA_LOST_PACKETS 3u /* SACKed above a hole make it lost, RFC 6675 */
#define NA_STALE_USEC	1000000u /* what is not acknowledged by then is lost: RFC 6298's guess */
#define NA_REORDER_MAX	(1u << 19)
#define NA_COPY_USEC	2000u /* no timer of a client's is shorter */

na_inline bool na_has_ts(const struct na_segment *s)
{
	return s->facts & NA_SEG_TS;
}

na_inline __u32 na_offset32(__u64 offset)
{
	return offset > 0xffffffff ? 0xffffffff : (__u32)offset;
}

/* In units of 1.024 us; wraps after more than an hour. */
na_inline __u32 na_usec(__u64 now)
{
	return (__u32)(now >> 10);
}

/*
 * Slow start, then congestion avoidance, by bytes of ours acknowledged (I8); not of an allowance
 * of which not even half was used in this round trip, for then nothing is known of the rest
 * (RFC 7661).
 */
na_inline void na_cwnd_grow(struct na_flow *f, __u32 acked)
{
	__u32 flight = na_injected_in_flight(f);

	if (f->peak < flight || na_seq_le(f->peak_c, f->c_ack)) {
		f->peak = flight;
		f->peak_c = f->s_high + f->dout;
	}
	if ((f->flags & (NA_FLOW_RECOVERY | NA_FLOW_CUT)) || 2 * f->peak < f->cwnd)
		return;
	if (f->cwnd < f->ssthresh)
		f->cwnd += acked;
	else if (f->cwnd)
		f->cwnd += (__u32)((__u64)acked * f->mss / f->cwnd);
	if (f->cwnd > NA_CWND_MAX)
		f->cwnd = NA_CWND_MAX;
}

/* Header of whatever we send to the client now; acknowledges up to the frontier. */
na_inline void na_header_to_client(struct na_flow *f, const struct na_segment *s,
				   struct na_action *a, __u32 seq)
{
	__u32 ts = (__u32)(s->now / 1000000) + (__u32)f->ts_offset;
	__u32 win;

	f->told = na_seq_max(f->told, na_frontier(f));
	win = (f->s_edge + f->din - f->told) >> f->s_wscale;
	f->ts_last = na_seq_max(f->ts_last, ts);
	a->c_seq = seq;
	a->c_ack = f->told;
	a->c_win = win > 0xffff ? 0xffff : win;
	a->c_tsval = f->ts_last;
	a->c_tsecr = f->c_tsval;
	a->c_flags = NA_TCP_ACK | ((f->flags >> 8) & NA_TCP_ECE);
	a->c_tos = f->way.tos & ~NA_ECN;
	a->mss = f->mss;
}

/* Does the first SACK block tell of something that came twice (RFC 2883 section 4)? */
na_inline bool na_is_dsack(const struct na_segment *s)
{
	if (!s->nsack)
		return false;
	return na_seq_lt(s->sack[0].left, s->ack) ||
	       (s->nsack > 1 && na_seq_le(s->sack[1].left, s->sack[0].left) &&
		na_seq_le(s->sack[0].right, s->sack[1].right));
}

/* The shortest time a reply took to be acknowledged; forgets slowly what is no longer so. */
na_inline void na_time_reply(struct na_flow *f, __u32 settled, __u64 now)
{
	__u32 rtt = na_usec(now) - na_slot_of(f, settled - 1)->sent;

	if (!settled || !rtt)
		return;
	if (!f->rtt || na_seq_lt(rtt, f->rtt))
		f->rtt = rtt;
	else
		f->rtt += (rtt - f->rtt) >> 6;
}

/*
 * Is the repeat of the request at `req_c` a copy the network made? Who sends one again for
 * want of a reply has waited at least as long as that takes. If a doubt is wrong, the
 * client asks once more.
 */
na_inline bool na_network_copy(const struct na_flow *f, __u32 req_c, __u64 now)
{
	const struct na_fifo_slot *slot = na_slot_of(f, na_slots_before(f, req_c, NA_EDGE_REQ_END));

	return na_usec(now) - slot->sent < (f->rtt > NA_COPY_USEC ? f->rtt : NA_COPY_USEC);
}

/* Is the reply at the client's ack on its way for the second time already? */
na_inline bool na_resent(const struct na_flow *f)
{
	return (f->flags & NA_FLOW_RECOVERY) && na_seq_lt(f->c_ack, f->resent_c);
}

/*
 * A hole of ours has been filled: if nothing was sent again, that byte was only late, and so
 * were as many bytes before it.
 */
na_inline void na_note_late(struct na_flow *f)
{
	if (f->above && !na_resent(f)) {
		if (f->reorder < f->above)
			f->reorder = f->above;
		f->flags &= ~NA_FLOW_LOSSY;
	}
	f->above = 0;
}

/* A duplicate of what was taken for lost: it was late, and the allowance need not have shrunk. */
na_inline void na_unlose(struct na_flow *f, const struct na_segment *s)
{
	__u32 above = 2 * f->undo_above;

	if (!f->undo_cwnd || na_seq_lt(f->undo_c, s->sack[0].left) ||
	    !na_seq_lt(f->undo_c, s->sack[0].right))
		return;
	if (f->cwnd < f->undo_cwnd)
		f->cwnd = f->undo_cwnd;
	f->ssthresh = f->undo_ssthresh;
	f->undo_cwnd = 0;
	if (above > NA_REORDER_MAX)
		above = NA_REORDER_MAX;
	if (f->reorder < above)
		f->reorder = above;
	f->flags &= ~NA_FLOW_LOSSY;
}

/* Has this connection lost a packet? Who was sent one in vain has said so in four round trips. */
na_inline bool na_loses(const struct na_flow *f, __u64 now)
{
	return (f->flags & NA_FLOW_LOSSY) ||
	       (f->undo_cwnd && f->rtt && now - f->last_resend > 4096ull * f->rtt);
}

/*
 * RFC 5681 section 3.1. Not what is in flight: that has nfsd's share of the connection's requests,
 * and a lull would take the last of it.
 */
na_inline void na_halve(struct na_flow *f)
{
	__u32 half = f->cwnd / 2, least = 2u * f->mss;

	f->ssthresh = half > least ? half : least;
	f->cwnd = f->ssthresh;
}

/* A loss begins: halve the allowance, once; the client's ECE may have done so already. */
na_inline void na_lose(struct na_flow *f, const struct na_segment *s, __u32 from, __u32 above)
{
	na_trouble(f);
	if (na_loses(f, s->now))
		f->flags |= NA_FLOW_LOSSY;
	if (!above)
		f->reorder /= 2; /* it took the client's timer */
	f->undo_cwnd = f->cwnd;
	f->undo_ssthresh = f->ssthresh;
	f->undo_c = from;
	f->undo_above = above;
	if (!(f->flags & NA_FLOW_CUT))
		na_halve(f);
	f->recover_c = f->s_high + f->dout;
	f->flags |= NA_FLOW_RECOVERY;
	if (f->flags & NA_FLOW_ECN)
		f->flags |= NA_FLOW_CUT | NA_FLOW_CWR;
}

/*
 * Send again, from the byte a->from on, the reply which that byte belongs to, unless that was
 * just done.
 */
na_inline void na_resend(struct na_flow *f, const struct na_segment *s, struct na_action *a)
{
	__u32 from = a->from;
	bool again = na_resent(f) && na_seq_lt(from, f->resent_c);

	if (!na_hole(f, from, &a->again) || (again && s->now - f->last_resend < NA_RESEND_NS))
		return;
	/* an ICMP about a packet of ours tells the server's socket nothing (RFC 4821) */
	if (!again)
		f->tries = 0;
	else if (s->len && ++f->tries > NA_BIG_TRIES && f->mss > NA_MSS_SAFE)
		f->mss = f->mss / 2 > NA_MSS_SAFE ? f->mss / 2 : NA_MSS_SAFE;
	if (!(f->flags & NA_FLOW_RECOVERY))
		na_lose(f, s, from, a->above);
	f->resent_c = a->again.rep_c + a->again.rep_len;
	f->last_resend = s->now;
	na_header_to_client(f, s, a, from);
	a->todo |= NA_DO_RESEND;
}

/* All ones if a lies before b, else 0: without a branch, as na_if_negative(). */
na_inline __u32 na_if_before(__u32 a, __u32 b)
{
	return na_if_negative(na_seq_diff(a, b));
}

/*
 * What has come above a->from by the SACK blocks of s. Each reply's end is a packet's, however
 * small. A first block that tells of a duplicate (all ones in dsack) does not count.
 */
na_inline void na_sum_sacks(const struct na_flow *f, const struct na_segment *s, __u32 dsack,
			    struct na_action *a)
{
	/* in memory: registers are few, and the stack is short */
	volatile __u32 *above = &a->above, *ends = &a->above_replies, *high = &a->above_end;
	__u32 i;

	*ends = 0;
	*high = a->from;
	NA_NO_UNROLL
	for (i = 0; i < NA_SACKS && i < *(const volatile __u32 *)&s->nsack; i++) {
		__u32 left = s->sack[i].left, right = s->sack[i].right;
		__u32 counts = na_if_before(a->from, left) & ~dsack;

		dsack = 0;
		*above += (right - left) & counts;
		*ends += (na_settled(f, right) - na_settled(f, left)) & counts;
		counts &= na_if_before(*high, right);
		*high = (right & counts) | (*high & ~counts);
	}
}

/* The first byte at or behind p that has not come. */
na_inline __u32 na_skip_sacked(const struct na_segment *s, __u32 p)
{
	__u32 i, q = p;

	NA_NO_UNROLL
	for (i = 0; i < NA_SACKS && i < *(const volatile __u32 *)&s->nsack; i++) {
		__u32 right = s->sack[i].right;
		__u32 inside = na_if_before(p, right) & ~na_if_before(p, s->sack[i].left);

		q = (right & inside) | (q & ~inside);
	}
	return q;
}

/* Need `len` bytes of a reply from seq on not be sent again? */
na_inline bool na_has_come(const struct na_segment *s, __u32 seq, __u32 len)
{
	__u32 end = na_skip_sacked(s, seq);

	return end != seq && na_seq_le(seq + len, end);
}

/*
 * Does the client's ack stop at a reply that was sent long ago? Then all of that is gone, as
 * when the link was down, and the client's timer has backed off or been set anew since.
 */
na_inline bool na_stale(const struct na_flow *f, __u64 now)
{
	const struct na_fifo_slot *slot = na_slot_with(f, f->c_ack);

	return slot && na_usec(now) - slot->sent > NA_STALE_USEC &&
	       now - f->last_resend > 1024ull * NA_STALE_USEC;
}

/*
 * What a bare acknowledgement says of our packets: is one lost? Then a->from is its first byte
 * and a->above what has come behind it.
 */
na_inline bool na_hear_of_loss(struct na_flow *f, const struct na_segment *s, bool advanced,
			       struct na_action *a)
{
	bool resent = na_resent(f), loses;

	/* in recovery an ACK that stops at another reply says that this is lost, too */
	if ((f->flags & NA_FLOW_RECOVERY) && f->undo_cwnd && advanced && !resent)
		return true;
	if (na_stale(f, s->now))
		return true;
	if (!f->count)
		return false;
	if (!(f->flags & NA_FLOW_SACK)) {
		a->above = f->above;
		return !resent && a->above > f->reorder && a->above >= NA_LOST_PACKETS * f->mss;
	}
	if (!s->nsack)
		return false;
	a->from = na_skip_sacked(s, resent ? f->resent_c : f->c_ack);
	na_sum_sacks(f, s, 0u - na_is_dsack(s), a);
	if (!resent)
		f->above = na_slot_with(f, f->c_ack) ? a->above : 0;
	loses = na_loses(f, s->now);
	if (a->above && !f->reorder && a->above_end == f->s_high + f->dout && loses)
		return true; /* no more is to come that could tell */
	return a->above > f->reorder && (a->above_replies >= NA_LOST_PACKETS ||
				       a->above > NA_LOST_PACKETS * f->mss - (loses ? f->mss : 1));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks instead of losses: explicit congestion notification (RFC 3168), and what else of the
 * IP header ours have from the server's own packets.
 *
 * 1. What we send has the DSCP of the server's newest packet. New data has also the ECN field
 *    of the server's newest new data; what is sent again, and bare ACKs, have none of it.
 * 2. The client's ECE halves the allowance as a loss does, and our next new data says CWR, unless
 *    the server's does before; so it does after a loss. Until that has come, ECE is old news.
 *    The server hears ECE with the ACKs that are for its own packets, and answers that itself:
 *    a bare ACK for each ECE would be one duplicate after the other. A CWR too many does no harm.
 * 3. A request that is marked (CE), or says CWR, is the server's: only its socket answers those,
 *    with ECE or the end of that. What we send says ECE whenever the server's newest packet does.
 * 4. All that where both ends agreed to RFC 3168's ECN, as the server's socket knows
 *    (NA_FLOW_ECN). With other rules for these bits (DCTCP) whatever carries them is the server's,
 *    and ours has no ECN field; connections with accurate ECN (RFC 9768), which count marks in
 *    every header, are left alone.
 */
#ifndef NFSACCEL_SPLICE_ECN_H
#define NFSACCEL_SPLICE_ECN_H

#include "nfsaccel/splice_loss.h"

_Static_assert(NA_FLOW_ECHO >> 8 == NA_TCP_ECE && NA_FLOW_CWR >> 8 == NA_TCP_CWR,
	       "flags of the flow that become flags of packets");

/* TCP flags that keep no request from being answered. */
na_inline __u32 na_ecn_flags(const struct na_flow *f)
{
	return f->flags & NA_FLOW_ECN ? NA_TCP_ECE : 0;
}

/* The client's acknowledgement, of which nothing is learnt yet: does it tell of a mark? */
na_inline void na_hear_ece(struct na_flow *f, const struct na_segment *s)
{
	if (!(s->flags & na_ecn_flags(f)) || na_seq_lt(s->ack, f->c_ack))
		return;
	/* else the client may not have heard yet that we know */
	if (!(f->flags & (NA_FLOW_RECOVERY | NA_FLOW_CWR)) &&
	    (!(f->flags & NA_FLOW_CUT) || na_seq_lt(f->recover_c, s->ack))) {
		na_halve(f);
		f->recover_c = f->s_high + f->dout;
		f->flags |= NA_FLOW_CUT | NA_FLOW_CWR;
	}
	/* the path is full, so a loss that proves to be none does not undo more than that */
	if (f->cwnd < f->undo_cwnd)
		f->undo_cwnd = f->cwnd;
	f->undo_ssthresh = f->ssthresh;
}

/* CWR goes out at position c of the client's stream. */
na_inline void na_say_cwr(struct na_flow *f, __u32 c)
{
	if (!(f->flags & NA_FLOW_CWR))
		return;
	f->flags &= ~NA_FLOW_CWR;
	if (f->flags & NA_FLOW_RECOVERY)
		return;
	f->flags |= NA_FLOW_CUT;
	f->recover_c = c;
}

/* The header of ours is that of new data. */
na_inline void na_mark_new(struct na_flow *f, struct na_action *a)
{
	a->c_tos = f->way.tos;
	a->c_flags |= (f->flags >> 8) & NA_TCP_CWR;
	na_say_cwr(f, a->c_seq);
}

/* The server's segment, whose place is not followed yet: how are its packets marked? */
na_inline void na_follow_marks(struct na_flow *f, const struct na_segment *s)
{
	__u32 tos = f->way.tos, ecn = s->tos & NA_ECN;

	if (s->flags & NA_TCP_RST)
		return; /* not always its socket's */
	if (s->len && !na_seq_lt(s->seq, f->s_high))
		tos = !(f->flags & NA_FLOW_ECN) ? 0 : ecn == NA_ECN_CE ? NA_ECN_ECT0 : ecn;
	f->way.tos = (s->tos & ~NA_ECN) | (tos & NA_ECN);
	f->flags &= ~NA_FLOW_ECHO;
	if (f->flags & NA_FLOW_ECN)
		f->flags |= (__u32)(s->flags & NA_TCP_ECE) << 8;
	if (s->flags & NA_TCP_CWR)
		na_say_cwr(f, f->s_high + f->dout);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a connection is left to nfsd for a while: the path loses or reorders much, or less, but many
 * requests that could be answered are passed all the same.
 *
 * There is no timer here: if the last packet of a reply is lost, and no more follows, the client
 * waits for its own, 200 ms, and nfsd for two round trips (tcp_schedule_loss_probe()). On a path
 * that is bad enough that costs more than answering saves.
 *
 * Each of the two senders has an allowance of its own, and nfsd's, cut by losses and little
 * used, ends in the middle of a record; so what follows must be passed too, and waits behind
 * that. All from one sender comes sooner. Where few are passed the client gains, if, once a
 * packet was lost of late, nothing is answered behind what nfsd has under way: were the last
 * packet of that lost, what the client has of ours behind it would tell nfsd nothing, and that
 * would wait for its timer. Meanwhile nfsd's being busy on a bad path prolongs it: those requests
 * could not be answered either.
 */
#ifndef NFSACCEL_SPLICE_TROUBLE_H
#define NFSACCEL_SPLICE_TROUBLE_H

#include "nfsaccel/segment.h"
#include "nfsaccel/verdict.h"

#define NA_BACK_NS	4000000000ull
#define NA_TROUBLE_STEP 64u /* what a loss or a gap adds; of that, a segment of requests */
#define NA_TROUBLE_FADE 6u /* takes off a part in 1 << that many */
#define NA_TROUBLE_MOST 2048u
#define NA_TROUBLE_FEW	16u /* so much of it: there was one of late, */
#define NA_TROUBLED	128u /* it is no rare event, */
#define NA_TROUBLE_BAD	256u /* or comes with each sixteenth request */
/* what a request adds that is passed; one that is answered takes one off */
#define NA_REGRET_STEP 16u
#define NA_REGRET_MOST 128u

/* A packet of the connection was lost, or came late. */
na_inline void na_trouble(struct na_flow *f)
{
	f->trouble += NA_TROUBLE_STEP;
	if (f->trouble > NA_TROUBLE_MOST)
		f->trouble = NA_TROUBLE_MOST;
}

/* Has nfsd something under way: a reply that is not acknowledged, or a call? */
na_inline bool na_under_way(const struct na_flow *f)
{
	return f->c_ack_s != f->s_high || f->s_ack != f->c_next - f->din;
}

/* Is a request better left to nfsd, all of them or while it has something under way? */
na_inline bool na_stands_back(const struct na_flow *f, __u64 now)
{
	return now < f->back_at || f->trouble >= NA_TROUBLE_BAD ||
	       (f->trouble >= NA_TROUBLE_FEW && na_under_way(f));
}

/* Passed for that reason, does a request wait for what nfsd has under way? */
na_inline bool na_regretted(__u32 why)
{
	return why == NA_V_PASS_EGRESS_BUSY || why == NA_V_PASS_CWND || why == NA_V_PASS_RECOVERY;
}

/* Of the offer so many requests were answered, and that is why the others were not. */
na_inline void na_weigh(struct na_flow *f, const struct na_segment *s, const struct na_offer *o,
			const struct na_action *a)
{
	__u32 taken = *(const volatile __u32 *)&a->taken;

	f->trouble -= (f->trouble + (1u << NA_TROUBLE_FADE) - 1) >> NA_TROUBLE_FADE;
	f->regret = taken < f->regret ? f->regret - taken : 0;
	if (f->trouble < NA_TROUBLED || !na_regretted(a->why))
		return;
	f->regret += (o->n - taken) * NA_REGRET_STEP;
	if (f->regret < NA_REGRET_MOST)
		return;
	f->regret = 0;
	f->back_at = s->now + NA_BACK_NS;
}

#endif

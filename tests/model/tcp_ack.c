// SPDX-License-Identifier: GPL-2.0-only
/* The sender's view of an acknowledgement: tcp_ack() and what hangs on it. */
#include "tests/model/sim.h"

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define RTO_MIN (200 * MSEC)
#define RTO_MAX (6 * SEC)

static void rtt_sample(struct tcp *t, uint64_t rtt)
{
	t->worst_rtt = max(t->worst_rtt, rtt);
	if (!t->srtt) {
		t->srtt = rtt;
		t->rttvar = rtt / 2;
	} else {
		uint64_t d = rtt > t->srtt ? rtt - t->srtt : t->srtt - rtt;

		t->rttvar += (d >> 2) - (t->rttvar >> 2);
		t->srtt += (rtt >> 3) - (t->srtt >> 3);
	}
	t->rto = min(max(t->srtt + max(4 * t->rttvar, RTO_MIN), RTO_MIN), RTO_MAX);
}

/* tcp_may_update_window(): with sequence and ack frozen a window may only grow. */
static void update_window(struct tcp *t, const struct pkt *p)
{
	uint32_t win = (uint32_t)p->win << t->snd_wscale;

	if (na_seq_lt(t->snd_una, p->ack) || na_seq_lt(t->snd_wl1, p->seq) ||
	    (t->snd_wl1 == p->seq && win > t->snd_wnd)) {
		t->snd_wl1 = p->seq;
		t->snd_wnd = win;
		t->max_wnd = max(t->max_wnd, win);
	}
}

/* Mark what the blocks cover. Sets *dsack to whether the first reports a duplicate. */
static bool take_sacks(struct tcp *t, const struct pkt *p, bool *dsack, bool *tlp_dsack)
{
	uint32_t i, b;
	bool news = false;

	if (!t->sack || !p->nsack)
		return false;
	*dsack = na_seq_lt(p->sack[0].left, p->ack) ||
		 (p->nsack > 1 && na_seq_le(p->sack[1].left, p->sack[0].left) &&
		  na_seq_le(p->sack[0].right, p->sack[1].right));
	*tlp_dsack = *dsack && t->tlp_high && p->sack[0].right == t->tlp_high;
	for (b = *dsack; b < p->nsack; b++) {
		for (i = 0; i < t->nseg; i++) {
			struct tcp_seg *g = &t->seg[(t->head + i) % TCP_SEGS];

			if (g->sacked || na_seq_lt(g->seq, p->sack[b].left) ||
			    na_seq_lt(p->sack[b].right, g->end))
				continue;
			g->sacked = true;
			news = true;
		}
	}
	return news;
}

/* Three packets SACKed above one, or three duplicate ACKs: it is lost. */
static bool mark_lost(struct tcp *t)
{
	uint32_t i, above = 0;
	bool any = false;

	if (!t->sack) {
		struct tcp_seg *g = &t->seg[t->head];

		if (t->dupacks < 3 || !t->nseg || g->lost)
			return false;
		g->lost = true;
		return true;
	}
	for (i = t->nseg; i-- > 0;) {
		struct tcp_seg *g = &t->seg[(t->head + i) % TCP_SEGS];

		if (g->sacked) {
			above++;
		} else if (above >= 3 && !g->lost) {
			g->lost = true;
			any = true;
		}
	}
	return any;
}

static void reduce(struct tcp *t)
{
	t->reductions++;
	trace(t->sim, "%s: allowance cut", t->client ? "client" : "server");
	t->queue_cwr = t->ecn;
	t->ssthresh = max(t->cwnd / 2, 2u);
	t->cwnd = t->ssthresh;
	t->high_seq = t->snd_nxt;
}

/* tcp_process_tlp_ack(): was the probe needed? */
static void tlp_answered(struct tcp *t, const struct pkt *p, bool dsack, bool plain_dup)
{
	if (!t->tlp_high || na_seq_lt(p->ack, t->tlp_high))
		return;
	if (!t->tlp_retrans || dsack) {
		t->tlp_high = 0;
	} else if (na_seq_lt(t->tlp_high, p->ack)) {
		if (t->ca == CA_OPEN)
			reduce(t);
		t->tlp_high = 0;
	} else if (plain_dup) {
		t->tlp_high = 0;
	}
}

/* Take acknowledged segments off; returns how many. Samples the round trip. */
static uint32_t clean_queue(struct tcp *t, const struct pkt *p)
{
	uint32_t acked = 0;
	uint64_t karn = 0;

	while (t->nseg) {
		struct tcp_seg *g = &t->seg[t->head];

		if (na_seq_lt(p->ack, g->end)) {
			if (na_seq_lt(g->seq, p->ack))
				g->seq = p->ack;
			break;
		}
		karn = g->ever ? 0 : t->sim->now - g->sent;
		t->head = (t->head + 1) % TCP_SEGS;
		t->nseg--;
		acked++;
	}
	if (t->ts && p->ts && p->tsecr) {
		uint32_t ms = tcp_ms(t) - p->tsecr;

		if ((int32_t)ms >= 0)
			rtt_sample(t, max(ms, 1u) * MSEC);
	} else if (karn) {
		rtt_sample(t, karn);
	}
	return acked;
}

static void grow(struct tcp *t, uint32_t acked)
{
	if (t->ca == CA_RECOVERY || t->ca == CA_CWR)
		return;
	while (acked--) {
		if (t->cwnd < t->ssthresh) {
			t->cwnd++;
		} else if (++t->cwnd_cnt >= t->cwnd) {
			t->cwnd_cnt = 0;
			t->cwnd++;
		}
	}
}

bool tcp_ack(struct tcp *t, const struct pkt *p)
{
	bool advanced = na_seq_lt(t->snd_una, p->ack), dsack = false, tlp_dsack = false, news;
	uint32_t acked = 0, wnd = t->snd_wnd, out = t->nseg;

	if (na_seq_lt(t->snd_nxt, p->ack))
		return false;
	if (na_seq_lt(p->ack, t->snd_una)) {
		take_sacks(t, p, &dsack, &tlp_dsack);
		return true;
	}
	update_window(t, p);
	if (t->timer == TIMER_PROBE && t->snd_wnd != wnd)
		t->backoff = 0;
	if (advanced) {
		t->snd_una = p->ack;
		t->rearm = true;
		acked = clean_queue(t, p);
		t->backoff = 0;
		t->dupacks = 0;
		if (!t->sack && t->ca == CA_RECOVERY && t->nseg)
			t->seg[t->head].lost = true; /* NewReno: the next hole */
	}
	news = take_sacks(t, p, &dsack, &tlp_dsack);
	if (!advanced && !p->len && t->nseg && wnd == t->snd_wnd && !(p->flags & NA_TCP_FIN))
		t->dupacks++;
	tlp_answered(t, p, tlp_dsack, !advanced && !p->len && wnd == t->snd_wnd && !news);
	/* what was sent after the cut must have come, with CWR */
	if (t->ca != CA_OPEN && na_seq_le(t->high_seq + (t->ca == CA_CWR), t->snd_una)) {
		t->ca = CA_OPEN;
		t->dupacks = 0;
	}
	if (mark_lost(t) && t->ca <= CA_CWR) {
		if (t->ca == CA_OPEN)
			reduce(t);
		t->high_seq = t->snd_nxt;
		t->ca = CA_RECOVERY;
		t->tlp_high = 0;
	}
	if (t->ecn && out && (p->flags & NA_TCP_ECE) && t->ca == CA_OPEN) {
		reduce(t);
		t->ca = CA_CWR;
	}
	if (advanced)
		grow(t, acked);
	return true;
}

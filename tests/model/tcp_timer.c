// SPDX-License-Identifier: GPL-2.0-only
#include "tests/model/sim.h"

#define min(a, b) ((a) < (b) ? (a) : (b))

#define RTO_MAX	    (6 * SEC)
#define KA_IDLE	    (5 * SEC)
#define KA_INTERVAL (1 * SEC)
#define KA_PROBES   9u

static uint64_t backed_off(const struct tcp *t)
{
	uint64_t d = t->rto << min(t->backoff, 6u);

	return min(d, RTO_MAX);
}

/* Choose the timer: probe of the tail, retransmission, or window probe. */
void tcp_arm(struct tcp *t)
{
	uint64_t now = t->sim->now, wait = backed_off(t);

	if (t->state != TCP_OPEN)
		return;
	if (!t->nseg) {
		if (na_seq_lt(t->snd_nxt, t->write_seq + t->fin_queued)) {
			if (t->timer != TIMER_PROBE) {
				t->timer = TIMER_PROBE;
				t->timer_at = now + wait;
			}
		} else {
			t->timer = TIMER_NONE;
			t->timer_at = NEVER;
		}
		return;
	}
	t->timer = TIMER_RTO;
	if (t->sack && t->ca <= CA_CWR && !t->tlp_high && !t->backoff && t->srtt) {
		uint64_t pto = 2 * t->srtt + (t->nseg == 1 ? 200 * MSEC : 8 * MSEC);

		if (pto < wait) {
			t->timer = TIMER_TLP;
			wait = pto;
		}
	}
	t->timer_at = now + wait;
}

uint64_t tcp_next_timer(const struct tcp *t)
{
	uint64_t at = t->timer_at;

	at = min(at, t->delack_at);
	return min(at, t->ka_at);
}

static void reset_locally(struct tcp *t)
{
	t->state = TCP_CLOSED;
	t->was_reset = true;
	t->timer_at = t->delack_at = t->ka_at = NEVER;
}

static void on_rto(struct tcp *t)
{
	uint32_t i;
	bool reneged = t->seg[t->head].sacked;

	t->rtos++;
	t->ssthresh = t->cwnd / 2 > 2 ? t->cwnd / 2 : 2;
	t->cwnd = 1;
	t->ca = CA_LOSS;
	t->queue_cwr = t->ecn;
	t->high_seq = t->snd_nxt;
	t->tlp_high = 0;
	for (i = 0; i < t->nseg; i++) {
		struct tcp_seg *g = &t->seg[(t->head + i) % TCP_SEGS];

		if (reneged)
			g->sacked = false;
		g->lost = !g->sacked;
		g->retrans = false;
	}
	t->backoff++;
	trace(t->sim, "%s: RTO, backoff %u", t->client ? "client" : "server", t->backoff);
	tcp_retransmit(t);
	t->timer = TIMER_RTO;
	t->timer_at = t->sim->now + backed_off(t);
}

/* RFC 8985 section 7: new data if there is any, else the last segment again. */
static void on_tlp(struct tcp *t)
{
	t->tlps++;
	trace(t->sim, "%s: tail-loss probe", t->client ? "client" : "server");
	t->tlp_retrans = false;
	if (!tcp_resend_tail(t)) {
		t->retransmits--; /* counted as a probe */
		t->tlp_retrans = tcp_resend_head(t);
	}
	t->tlp_high = t->snd_nxt;
	t->timer = TIMER_RTO;
	t->timer_at = t->sim->now + backed_off(t);
}

static void on_probe(struct tcp *t)
{
	t->backoff++;
	t->probes++;
	trace(t->sim, "%s: window probe", t->client ? "client" : "server");
	if (!tcp_resend_tail(t))
		tcp_send_probe(t);
	if (t->nseg) {
		tcp_arm(t);
		return;
	}
	t->timer = TIMER_PROBE;
	t->timer_at = t->sim->now + backed_off(t);
}

static void on_keepalive(struct tcp *t)
{
	uint64_t idle = t->sim->now - t->heard;

	if (t->nseg || idle < KA_IDLE) {
		t->ka_unanswered = 0;
		t->ka_at = t->nseg ? t->sim->now + KA_IDLE : t->heard + KA_IDLE;
		return;
	}
	if (t->ka_unanswered++ >= KA_PROBES)
		fail(t->sim, "keep-alive: nobody answers, the connection is given up");
	tcp_send_probe(t);
	t->ka_at = t->sim->now + KA_INTERVAL;
}

void tcp_timers(struct tcp *t)
{
	uint64_t now = t->sim->now;

	if (t->delack_at <= now)
		tcp_send_ack(t);
	if (t->ka_at <= now) {
		if (t->state == TCP_OPEN)
			on_keepalive(t);
		else
			t->ka_at = now + KA_IDLE;
	}
	if (t->timer_at > now)
		return;
	switch (t->timer) {
	case TIMER_NONE:
		t->timer_at = NEVER;
		break;
	case TIMER_RTO:
		on_rto(t);
		break;
	case TIMER_TLP:
		on_tlp(t);
		break;
	case TIMER_PROBE:
		on_probe(t);
		break;
	case TIMER_SYN:
		if (t->backoff++ >= 12)
			reset_locally(t);
		else
			tcp_send_syn(t);
		t->timer_at = t->state == TCP_CLOSED ? NEVER : now + backed_off(t);
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/model/sim.h"

#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

uint32_t tcp_ms(const struct tcp *t)
{
	return (uint32_t)(t->sim->now / MSEC) + t->ts_skew;
}

/* __tcp_select_window(): never shrinks, never silly. Returns it unscaled. */
static uint32_t select_window(struct tcp *t)
{
	uint32_t used = t->rcv_nxt - t->copied;
	uint32_t room = t->rcvbuf > used ? t->rcvbuf - used : 0;
	uint32_t cur = na_seq_lt(t->rcv_nxt, t->rcv_edge) ? t->rcv_edge - t->rcv_nxt : 0;
	uint32_t unit = 1u << t->rcv_wscale, win;

	if (room < min(t->mss, t->rcvbuf / 2) || room < t->rcvbuf >> 4)
		room = 0;
	win = room & ~(unit - 1);
	if (win < cur)
		win = (cur + unit - 1) & ~(unit - 1);
	return min(win, 0xffffu << t->rcv_wscale);
}

/* tcp_ecn_send(); the server is given another DSCP half-way. */
static void mark(struct tcp *t, struct pkt *p, bool fresh)
{
	const struct sim *s = t->sim;

	if (!t->client)
		p->tos = (uint8_t)((s->cfg.dscp + (s->app.answered > s->cfg.nreq / 2)) << 2);
	if (!t->ecn || (p->flags & (NA_TCP_SYN | NA_TCP_RST)))
		return;
	if (fresh && p->len) {
		p->tos |= NA_ECN_ECT0;
		if (t->queue_cwr)
			p->flags |= NA_TCP_CWR;
		t->queue_cwr = false;
	}
	if (t->demand_cwr)
		p->flags |= NA_TCP_ECE;
}

/* Hand a packet to the network, with the header as it stands now. */
static void emit(struct tcp *t, uint32_t seq, const uint8_t *data, uint32_t len, uint8_t flags,
		 bool fresh)
{
	struct sim *s = t->sim;
	struct pkt *p = pkt_new(s);
	uint32_t win = select_window(t), i;

	p->seq = seq;
	p->data = data;
	p->len = len;
	p->flags = flags;
	mark(t, p, fresh);
	if (flags & NA_TCP_ACK) {
		p->ack = t->rcv_nxt;
		t->rcv_wup = t->rcv_nxt;
		t->rcv_edge = na_seq_max(t->rcv_edge, t->rcv_nxt + win);
		t->delack_at = NEVER;
		t->ack_now = false;
		if (t->quick)
			t->quick--;
	}
	win = flags & NA_TCP_SYN ? min(t->rcvbuf, 0xffffu) : win >> t->rcv_wscale;
	p->win = (uint16_t)win;
	p->ts = t->ts && !(flags & NA_TCP_RST);
	if (p->ts) {
		p->tsval = tcp_ms(t);
		p->tsecr = t->ts_recent;
	}
	if (t->sack && (flags & NA_TCP_ACK) && !(flags & (NA_TCP_SYN | NA_TCP_RST))) {
		uint32_t room = p->ts ? 3 : 4;

		if (t->have_dsack) {
			p->sack[p->nsack].left = t->dsack.seq;
			p->sack[p->nsack++].right = t->dsack.end;
			t->have_dsack = false;
		}
		for (i = 0; i < t->nofo && p->nsack < room; i++) {
			p->sack[p->nsack].left = t->ofo[i].seq;
			p->sack[p->nsack++].right = t->ofo[i].end;
		}
	}
	t->sent_pkts++;
	trace_pkt(s, t->client ? "client  ->" : "      <- server", p);
	if (t->client)
		link_send(s, &s->up, EV_TC_IN, p);
	else
		tc_egress(s, p);
}

void tcp_send_ack(struct tcp *t)
{
	emit(t, t->snd_nxt, NULL, 0, NA_TCP_ACK, false);
}

void tcp_send_rst(struct tcp *t, uint32_t seq, bool ack)
{
	emit(t, seq, NULL, 0, NA_TCP_RST | (ack ? NA_TCP_ACK : 0), false);
}

void tcp_send_syn(struct tcp *t)
{
	emit(t, t->iss, NULL, 0, NA_TCP_SYN | (t->client ? 0 : NA_TCP_ACK), false);
}

/* Keep-alive and window probe alike: tcp_xmit_probe_skb(); others send a byte of garbage. */
void tcp_send_probe(struct tcp *t)
{
	static const uint8_t garbage[1] = {0xee};

	emit(t, t->snd_una - 1, garbage, t->probe_byte, NA_TCP_ACK, false);
}

uint32_t tcp_in_flight(const struct tcp *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < t->nseg; i++) {
		const struct tcp_seg *g = &t->seg[(t->head + i) % TCP_SEGS];

		n += !g->sacked && (!g->lost || g->retrans);
	}
	return n;
}

static uint32_t send_end(const struct tcp *t)
{
	return t->write_seq + t->fin_queued;
}

static void send_range(struct tcp *t, uint32_t seq, uint32_t end, bool fresh)
{
	uint32_t stop = na_seq_min(end, t->write_seq);
	uint32_t len = na_seq_lt(seq, stop) ? stop - seq : 0;
	uint8_t flags = NA_TCP_ACK;

	if (stop == t->write_seq)
		flags |= NA_TCP_PSH;
	if (na_seq_lt(t->write_seq, end))
		flags |= NA_TCP_FIN;
	emit(t, seq, t->wbuf + (seq - t->wbase), len, flags, fresh);
}

/* Cut the next new packet's worth of stream, if window and allowance let it go. */
static struct tcp_seg *next_seg(struct tcp *t, bool probe)
{
	uint32_t left = t->write_seq - t->snd_nxt;
	uint32_t len = na_seq_lt(t->snd_nxt, t->write_seq) ? min(left, t->mss) : 0;
	uint32_t edge = t->snd_una + t->snd_wnd;
	struct tcp_seg *g;

	if (!na_seq_lt(t->snd_nxt, send_end(t)) || t->nseg == TCP_SEGS)
		return NULL;
	if (t->client && t->sim->cfg.nagle && !probe && len < t->mss && t->snd_una != t->snd_nxt &&
	    !t->fin_queued)
		return NULL;
	if (na_seq_lt(edge, t->snd_nxt + len)) {
		/* a probe may fill what little window there is, tcp_write_wakeup() */
		if (!probe || !na_seq_lt(t->snd_nxt, edge))
			return NULL;
		len = edge - t->snd_nxt;
	}
	g = &t->seg[(t->head + t->nseg++) % TCP_SEGS];
	memset(g, 0, sizeof(*g));
	g->seq = t->snd_nxt;
	g->end = g->seq + len;
	if (g->end == t->write_seq && t->fin_queued)
		g->end++;
	g->sent = t->sim->now;
	t->snd_nxt = g->end;
	return g;
}

void tcp_push(struct tcp *t)
{
	uint32_t flight = tcp_in_flight(t);
	struct tcp_seg *g = NULL;

	if (t->state != TCP_OPEN)
		return;
	if (t->ca != CA_OPEN)
		tcp_retransmit(t);
	while (flight < t->cwnd) {
		uint32_t seq = t->snd_nxt, n = 0;

		/* as much as fits into one GSO packet */
		while (n < t->sim->cfg.gso && flight < t->cwnd && (g = next_seg(t, false))) {
			n++;
			flight++;
			if (g->end - g->seq < t->mss)
				break;
		}
		if (!n)
			break;
		send_range(t, seq, t->snd_nxt, true);
		t->rearm = true;
	}
	/* what acknowledges nothing new does not put the timer off */
	if (t->rearm || t->timer == TIMER_NONE || t->timer == TIMER_PROBE)
		tcp_arm(t);
	t->rearm = false;
}

void tcp_write(struct tcp *t, uint32_t len)
{
	t->write_seq += len;
	tcp_push(t);
}

void tcp_close(struct tcp *t)
{
	if (t->fin_queued || t->state != TCP_OPEN)
		return;
	t->fin_queued = true;
	tcp_push(t);
}

/* Send lost segments again, short neighbours joined (tcp_retrans_try_collapse()). */
void tcp_retransmit(struct tcp *t)
{
	uint32_t i, flight = tcp_in_flight(t);

	for (i = 0; i < t->nseg && flight < t->cwnd; i++) {
		struct tcp_seg *g = &t->seg[(t->head + i) % TCP_SEGS];
		uint32_t seq = g->seq, end = g->end;

		if (!g->lost || g->retrans || g->sacked)
			continue;
		for (;;) {
			struct tcp_seg *n = &t->seg[(t->head + i + 1) % TCP_SEGS];

			g->retrans = g->ever = true;
			g->sent = t->sim->now;
			if (i + 1 >= t->nseg || !n->lost || n->retrans || n->sacked ||
			    n->end - seq > t->mss)
				break;
			g = n;
			end = g->end;
			i++;
		}
		t->retransmits++;
		trace(t->sim, "%s: retransmits", t->client ? "client" : "server");
		flight++;
		send_range(t, seq, end, false);
	}
}

/* Zero-window probing with data, or a tail-loss probe's new data. */
bool tcp_resend_tail(struct tcp *t)
{
	struct tcp_seg *g = next_seg(t, true);

	if (!g)
		return false;
	send_range(t, g->seq, g->end, true);
	return true;
}

bool tcp_resend_head(struct tcp *t)
{
	struct tcp_seg *g = &t->seg[(t->head + t->nseg - 1) % TCP_SEGS];

	if (!t->nseg)
		return false;
	g->ever = true;
	t->retransmits++;
	send_range(t, g->seq, g->end, false);
	return true;
}

/* The window has opened enough to be told: tcp_cleanup_rbuf(). */
void tcp_read(struct tcp *t, uint32_t upto)
{
	uint32_t before, after, n = upto - t->copied;

	if (!n)
		return;
	before = na_seq_lt(t->rcv_nxt, t->rcv_edge) ? t->rcv_edge - t->rcv_nxt : 0;
	t->copied = upto;
	t->rcvbuf = min(t->rcvbuf_max, t->rcvbuf + 2 * n);
	if (t->state != TCP_OPEN)
		return;
	after = select_window(t);
	if ((after && after >= 2 * before) ||
	    (t->delack_at != NEVER && t->rcv_nxt - t->rcv_wup > t->rcv_mss))
		tcp_send_ack(t);
}

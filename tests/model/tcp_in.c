// SPDX-License-Identifier: GPL-2.0-only
/* The receiver's side: what is acceptable, what is kept, and when an ACK is sent. */
#include "tests/model/sim.h"

#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

static void report_dup(struct tcp *t, uint32_t seq, uint32_t end)
{
	if (!t->sack || !na_seq_lt(seq, end))
		return;
	t->dsack.seq = seq;
	t->dsack.end = end;
	t->have_dsack = true;
}

static void reset(struct tcp *t)
{
	t->state = TCP_CLOSED;
	t->was_reset = true;
	t->timer_at = t->delack_at = t->ka_at = NEVER;
	trace(t->sim, "%s: reset", t->client ? "client" : "server");
}

/* Copy bytes into the stream, but never over what is there already. */
static void keep_bytes(struct tcp *t, uint32_t seq, const uint8_t *data, uint32_t len)
{
	uint32_t off = seq - t->rbase;

	if (off > t->rcap || len > t->rcap - off)
		fail(t->sim, "data beyond any stream was accepted");
	memcpy(t->rbuf + off, data, len);
}

/* Put [seq, end) among the out-of-order ranges, joined with those it touches. */
static void ofo_add(struct tcp *t, uint32_t seq, uint32_t end, const uint8_t *data)
{
	uint32_t i, n = 0, at = seq;
	bool whole_dup = false;

	/* bytes already held win, so copy only the gaps: walk upward */
	while (na_seq_lt(at, end)) {
		uint32_t stop = end;
		bool held = false;

		for (i = 0; i < t->nofo; i++) {
			if (na_seq_le(t->ofo[i].seq, at) && na_seq_lt(at, t->ofo[i].end)) {
				held = true;
				stop = na_seq_min(end, t->ofo[i].end);
				break;
			}
			if (na_seq_lt(at, t->ofo[i].seq))
				stop = na_seq_min(stop, t->ofo[i].seq);
		}
		if (held && at == seq && stop == end)
			whole_dup = true;
		if (!held)
			keep_bytes(t, at, data + (at - seq), stop - at);
		at = stop;
	}
	if (whole_dup)
		report_dup(t, seq, end);
	for (i = 0; i < t->nofo; i++) {
		struct tcp_range r = t->ofo[i];

		if (na_seq_lt(r.end, seq) || na_seq_lt(end, r.seq)) {
			t->ofo[n++] = r;
		} else {
			seq = na_seq_min(seq, r.seq);
			end = na_seq_max(end, r.end);
		}
	}
	if (n == TCP_OFO)
		n--;
	memmove(&t->ofo[1], &t->ofo[0], n * sizeof(t->ofo[0]));
	t->ofo[0].seq = seq;
	t->ofo[0].end = end;
	t->nofo = n + 1;
}

static void ofo_drain(struct tcp *t)
{
	uint32_t i;

	for (i = 0; i < t->nofo;) {
		struct tcp_range r = t->ofo[i];

		if (na_seq_lt(t->rcv_nxt, r.seq)) {
			i++;
			continue;
		}
		t->rcv_nxt = na_seq_max(t->rcv_nxt, r.end);
		memmove(&t->ofo[i], &t->ofo[i + 1], (t->nofo - i - 1) * sizeof(r));
		t->nofo--;
		i = 0;
	}
}

/* tcp_prune_ofo_queue(): the highest goes, and who sent it was told already that it is here. */
static void prune(struct tcp *t)
{
	uint32_t i, top = 0;

	for (i = 1; i < t->nofo; i++)
		if (na_seq_lt(t->ofo[top].seq, t->ofo[i].seq))
			top = i;
	memmove(&t->ofo[top], &t->ofo[top + 1], (t->nofo - top - 1) * sizeof(t->ofo[0]));
	t->nofo--;
	if (t->have_dsack && na_seq_lt(t->rcv_nxt, t->dsack.end))
		t->have_dsack = false; /* of what has just gone */
}

/* tcp_data_queue() */
static void queue_data(struct tcp *t, const struct pkt *p)
{
	uint32_t seq = p->seq, end = p->seq + p->len, window;

	if (seq == end)
		return;
	window = na_seq_lt(t->rcv_nxt, t->rcv_edge) ? t->rcv_edge - t->rcv_nxt : 0;
	if (na_seq_le(end, t->rcv_nxt)) {
		report_dup(t, seq, end);
		t->ack_now = true;
		return;
	}
	if (!na_seq_lt(seq, t->rcv_nxt + window)) {
		t->ack_now = true;
		return;
	}
	t->rcv_mss = min(t->mss, max(p->len, 64u));
	if (t->ecn && (p->tos & NA_ECN) == NA_ECN_CE && !t->demand_cwr) {
		t->demand_cwr = true;
		t->quick = max(t->quick, 2u);
	}
	if (na_seq_lt(t->rcv_nxt, seq)) {
		ofo_add(t, seq, end, p->data);
		t->ack_now = true;
		return;
	}
	if (!window) {
		t->ack_now = true;
		return;
	}
	if (na_seq_lt(seq, t->rcv_nxt)) {
		report_dup(t, seq, t->rcv_nxt);
		t->ack_now = true;
	}
	if (t->nofo) {
		ofo_add(t, t->rcv_nxt, end, p->data + (t->rcv_nxt - seq));
		ofo_drain(t);
		t->have_dsack = false;
		t->ack_now = true;
	} else {
		keep_bytes(t, t->rcv_nxt, p->data + (t->rcv_nxt - seq), end - t->rcv_nxt);
		t->rcv_nxt = end;
	}
}

static void want_ack(struct tcp *t, bool data)
{
	if (!data && !t->ack_now)
		return;
	if (t->ack_now || t->quick || t->nofo || t->rcv_nxt - t->rcv_wup > t->rcv_mss)
		tcp_send_ack(t);
	else if (t->delack_at == NEVER)
		t->delack_at = t->sim->now + 40 * MSEC;
}

static void no_socket(struct tcp *t, const struct pkt *p)
{
	if (p->flags & NA_TCP_RST)
		return;
	if (p->flags & NA_TCP_ACK)
		tcp_send_rst(t, p->ack, false);
}

static void syn_sent(struct tcp *t, const struct pkt *p)
{
	if ((p->flags & NA_TCP_ACK) && p->ack != t->iss + 1) {
		no_socket(t, p);
		return;
	}
	if ((p->flags & NA_TCP_RST) || !(p->flags & NA_TCP_SYN) || !(p->flags & NA_TCP_ACK))
		return;
	t->irs = p->seq;
	t->rcv_nxt = t->rcv_wup = t->copied = t->rbase = p->seq + 1;
	t->rcv_edge = t->rcv_nxt + min(t->rcvbuf, 0xffffu);
	t->snd_una = t->snd_nxt = t->write_seq = t->wbase = t->iss + 1;
	t->snd_wl1 = p->seq;
	t->snd_wnd = t->max_wnd = p->win;
	t->ts_recent = p->tsval;
	t->have_ts = p->ts;
	t->state = TCP_OPEN;
	t->backoff = 0;
	t->timer = TIMER_NONE;
	t->timer_at = NEVER;
	tcp_send_ack(t);
	app_start(t->sim);
}

/* Whatever is not acceptable is answered, and nothing in it believed. */
static bool acceptable(struct tcp *t, const struct pkt *p, uint32_t end)
{
	bool rst = p->flags & NA_TCP_RST;
	bool old_ts = p->ts && t->have_ts && (int32_t)(t->ts_recent - p->tsval) > 0;
	uint32_t edge = na_seq_max(t->rcv_nxt, t->rcv_edge);

	if (old_ts && !rst && !(!p->len && p->seq == t->rcv_nxt && p->ack == t->snd_una)) {
		t->paws_drops++;
		report_dup(t, p->seq, na_seq_min(end, t->rcv_nxt));
		tcp_send_ack(t);
		return false;
	}
	if (na_seq_lt(end, t->rcv_wup) || na_seq_lt(edge, p->seq)) {
		if (!rst) {
			report_dup(t, p->seq, na_seq_min(end, t->rcv_nxt));
			tcp_send_ack(t);
		}
		return false;
	}
	if (rst) {
		if (p->seq == t->rcv_nxt)
			reset(t);
		else
			tcp_send_ack(t); /* RFC 5961 section 3.2 */
		return false;
	}
	if (p->flags & NA_TCP_SYN) {
		tcp_send_ack(t); /* RFC 5961 section 4.2 */
		return false;
	}
	return p->flags & NA_TCP_ACK;
}

void tcp_receive(struct tcp *t, const struct pkt *p)
{
	uint32_t end = p->seq + p->len + !!(p->flags & NA_TCP_FIN), had = t->rcv_nxt;
	struct sim *s = t->sim;

	if (p->bad)
		return;
	t->got_pkts++;
	if (t->state == TCP_CLOSED) {
		no_socket(t, p);
		return;
	}
	if (t->state == TCP_SYN_SENT) {
		syn_sent(t, p);
		return;
	}
	if (t->state == TCP_SYN_RCVD) {
		if (p->flags & NA_TCP_RST) {
			if (p->seq == t->rcv_nxt)
				reset(t);
			return;
		}
		if (!(p->flags & NA_TCP_ACK) || p->ack != t->iss + 1) {
			if (p->flags & NA_TCP_SYN)
				tcp_send_syn(t);
			return;
		}
		t->state = TCP_OPEN;
		t->timer = TIMER_NONE;
		t->timer_at = NEVER;
		t->backoff = 0;
	}
	t->heard = s->now;
	t->ka_unanswered = 0;
	if ((p->flags & NA_TCP_SYN) && !(p->flags & NA_TCP_RST)) {
		tcp_send_ack(t);
		return;
	}
	if (!acceptable(t, p, end) || !tcp_ack(t, p))
		return;
	if (p->ts && !na_seq_lt(t->rcv_wup, p->seq) && (int32_t)(p->tsval - t->ts_recent) >= 0) {
		t->ts_recent = p->tsval;
		t->have_ts = true;
	}
	if (t->client)
		check_client_got(s, p);
	if (p->flags & NA_TCP_CWR) {
		t->demand_cwr = false;
		t->ack_now |= !!p->len;
	}
	/* no memory: the acknowledgement has been taken, the payload has not */
	if (!p->len || s->now >= s->cfg.heal || !rng_pm(&s->rng, s->cfg.data_drop))
		queue_data(t, p);
	if (t->nofo && s->now < s->cfg.heal && rng_pm(&s->rng, s->cfg.prune))
		prune(t);
	if ((p->flags & NA_TCP_FIN) && na_seq_le(p->seq + p->len, t->rcv_nxt) && !t->peer_fin &&
	    t->rcv_nxt == p->seq + p->len) {
		t->rcv_nxt++;
		t->peer_fin = true;
		t->ack_now = true;
	} else if (p->flags & NA_TCP_FIN) {
		t->ack_now = true;
	}
	if (t->rcv_nxt != had) {
		if (t->client) {
			repair_done(s);
			check_ecn_client(s, p);
		}
		app_readable(s, t);
	}
	if (t->state != TCP_OPEN)
		return;
	tcp_push(t);
	want_ack(t, na_seq_lt(t->rcv_wup, t->rcv_nxt));
}

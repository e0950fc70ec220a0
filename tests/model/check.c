// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be true, told from the world itself: a complete list of what was consumed and
 * injected, and what each end really holds. None of the splice's own maps are used.
 */
#include "tests/model/sim.h"

#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

void fail(struct sim *s, const char *what)
{
	s->violation = what;
	longjmp(s->out, 1);
}

void check_start(struct sim *s)
{
	struct shadow *h = &s->sh;

	h->on = true;
	h->raw = false;
	h->n = h->done = h->passed_in = h->din_behind = 0;
	h->acked_injected = 0;
	h->headers = false;
	h->resent_at = 0;
	h->doubt_cwnd = 0;
	h->cut = h->heard = h->cwr_due = h->marks = h->echoing = false;
	h->reasons = h->cap = 0;
	h->peak[0] = h->peak[1] = 0;
	h->peak_c = s->tc.f.c_ack;
	h->resent_c = s->tc.f.s_high - 1;
	h->canon_base = h->canon_high = s->tc.f.s_high;
	h->dup_ack = s->tc.f.c_ack;
	h->dup_edge = s->tc.f.c_edge;
}

/* Injected bytes the client has not acknowledged. */
static uint32_t in_flight(const struct shadow *h, uint32_t c_ack)
{
	uint32_t i, flight = 0;

	for (i = 0; i < h->n; i++)
		if (na_seq_lt(c_ack, h->c[i].rep_c + h->c[i].rep_len))
			flight += h->c[i].rep_c + h->c[i].rep_len - na_seq_max(c_ack, h->c[i].rep_c);
	return flight;
}

void check_consumed(struct sim *s, const struct na_flow *f, const struct na_fifo_slot *slot)
{
	struct shadow *h = &s->sh;
	struct consumed *c = &h->c[h->n], *last = h->n ? c - 1 : NULL;
	uint32_t flight, i;

	if (!h->on)
		return;
	if (h->n == MAX_REQ)
		fail(s, "more requests consumed than were written");
	c->req_c = slot->req_c;
	c->req_len = slot->req_len;
	c->req_s = slot->req_s;
	c->rep_c = slot->rep_c;
	c->rep_len = slot->rep_len;
	c->rep_s = slot->rep_s;
	c->sent = s->now;
	if (last && (na_seq_lt(c->req_c, last->req_c + last->req_len) ||
		     na_seq_lt(c->rep_c, last->rep_c + last->rep_len)))
		fail(s, "I1: consumed or injected out of order");
	h->n++;
	/* I8: no more in flight than a sender in slow start would have had, save one reply */
	flight = in_flight(h, f->c_ack);
	for (i = 0, h->acked_injected = 0; i < h->n; i++)
		if (na_seq_lt(h->c[i].rep_c, f->c_ack))
			h->acked_injected += na_seq_min(f->c_ack, h->c[i].rep_c + h->c[i].rep_len) -
					     h->c[i].rep_c;
	if (flight > 10u * f->mss + h->acked_injected || (f->count > 1 && flight > f->cwnd))
		fail(s, "I8: more injected than the congestion allowance");
	if (na_seq_lt(s->cl.rcv_edge, c->rep_c + c->rep_len))
		fail(s, "I8: injected beyond the client's window");
}

/* Nothing but copies and late packets: whatever was sent will come. */
static bool only_late(const struct config *c)
{
	return !c->loss[0] && !c->loss[1] && !c->down && !c->bad && !c->drop && !c->data_drop &&
	       !c->prune && !c->emit_fail && !c->pauses && !c->stray_syn;
}

/* Is the first block a DSACK? */
static bool tells_of_copy(const struct na_segment *g)
{
	const struct na_sack *b = g->sack;

	return g->nsack && (na_seq_lt(b->left, g->ack) ||
			    (g->nsack > 1 && na_seq_le(b[1].left, b->left) &&
			     na_seq_le(b->right, b[1].right)));
}

/*
 * Unless the client asks, nothing is sent again before that can have been acknowledged, nor
 * for a few packets out of order.
 */
void check_resend(struct sim *s, const struct na_segment *g, const struct na_action *a, bool again,
		  uint32_t cwnd)
{
	const struct na_fifo_slot *slot = &a->again;
	struct shadow *h = &s->sh;
	const struct config *c = &s->cfg;
	uint32_t i, j, above = 0, ends = 0;
	bool asked = g->len || (!(s->tc.f.flags & NA_FLOW_SACK) && h->dups >= 3);
	uint32_t most = cwnd / 2 > 2u * s->tc.f.mss ? cwnd / 2 : 2u * s->tc.f.mss;

	if (!again && !(s->tc.f.flags & NA_FLOW_CUT) && s->tc.f.cwnd > most)
		fail(s, "I8: the allowance is not halved by a loss");
	if ((c->clean || c->marked) && !c->pauses)
		fail(s, "a reply was sent again, and nothing was lost");
	if (c->copies && only_late(c) && c->sack) /* else a copy looks like a packet behind a hole */
		fail(s, "a reply was sent again because of a copy");
	for (i = tells_of_copy(g); i < g->nsack; i++) {
		if (!na_seq_lt(a->c_seq, g->sack[i].left))
			continue;
		above += g->sack[i].right - g->sack[i].left;
		for (j = 0; j < h->n; j++) {
			uint32_t end = h->c[j].rep_c + h->c[j].rep_len;

			ends += na_seq_lt(g->sack[i].left, end) && na_seq_le(end, g->sack[i].right);
		}
	}
	if (!asked && !again && only_late(c) && c->late <= 2 * c->delay &&
	    above <= 2u * s->tc.f.mss && ends < 3)
		fail(s, "a reply was sent again for want of two packets, and was only late");
	if (!asked && !c->dup[0] && !c->reorder[0] && !c->bad && c->delay > MSEC &&
	    h->resent_c == slot->rep_c && s->now - h->resent_at < 2 * c->delay &&
	    s->now > h->resent_at)
		fail(s, "a reply was sent again twice in a round trip");
	h->resent_c = slot->rep_c;
	h->resent_at = s->now;
}

/* Acknowledgements in a row that say nothing but that something has come. */
void check_count_dups(struct sim *s, const struct na_segment *g)
{
	struct shadow *h = &s->sh;
	uint32_t edge = g->ack + ((uint32_t)g->win << s->cfg.c_wscale);

	if (!(g->facts & NA_SEG_CSUM) || (g->flags & NA_TCP_SYN)) /* a SYN's window is not scaled */
		return;
	if (na_seq_lt(h->dup_ack, g->ack))
		h->dups = 0;
	else if (!g->len && g->ack == h->dup_ack && edge == h->dup_edge)
		h->dups++;
	h->dup_ack = na_seq_max(h->dup_ack, g->ack);
	h->dup_edge = na_seq_max(h->dup_edge, edge);
}

/* What has gone unacknowledged for a second is sent again when the client's newest word says so. */
void check_stale(struct sim *s, const struct na_segment *g, const struct na_action *a)
{
	const struct na_flow *f = &s->tc.f;
	uint64_t old = 1050 * MSEC;
	uint32_t i;

	if (g->len || (g->flags & ~NA_TCP_PSH) != NA_TCP_ACK || !(g->facts & NA_SEG_CSUM) ||
	    (g->facts & NA_SEG_DYING) || (f->flags & NA_FLOW_DEAD) || g->ack != f->c_ack ||
	    g->seq != s->cl.snd_nxt || na_seq_lt(g->tsval, f->c_tsval) ||
	    (a->todo & NA_DO_RESEND) || s->now < s->sh.resent_at + old)
		return;
	for (i = s->sh.done; i < s->sh.n; i++)
		if (na_seq_le(s->sh.c[i].rep_c, g->ack) && s->now > s->sh.c[i].sent + old &&
		    na_seq_lt(g->ack, s->sh.c[i].rep_c + s->sh.c[i].rep_len))
			fail(s, "a reply was not sent again a second after it was lost");
}

/*
 * What is known of the path lets the allowance grow, no more. What proved to be late does not
 * leave it cut.
 */
void check_allowance(struct sim *s, const struct na_segment *g, uint32_t c_ack, uint32_t cwnd)
{
	struct shadow *h = &s->sh;
	bool undone = h->doubt_cwnd || (g->nsack && na_seq_lt(g->sack[0].left, g->ack));
	uint32_t flight = h->on ? in_flight(h, c_ack) : 0;

	if (na_seq_le(h->peak_c, c_ack)) {
		h->peak[1] = h->peak[0];
		h->peak[0] = flight;
		h->peak_c = s->tc.f.s_high + s->tc.f.dout;
	}
	h->peak[0] = max(h->peak[0], flight);
	if (h->on && !undone && s->tc.f.cwnd > cwnd && 2 * max(h->peak[0], h->peak[1]) < cwnd)
		fail(s, "I8: the allowance grows, and not half of it was used");

	if (h->doubt_cwnd && !(s->tc.f.flags & NA_FLOW_DEAD) && (g->facts & NA_SEG_CSUM) && g->nsack &&
	    na_seq_lt(g->sack[0].left, g->ack) && na_seq_le(g->sack[0].left, h->doubt_c) &&
	    na_seq_lt(h->doubt_c, g->sack[0].right)) {
		if (s->tc.f.cwnd < h->doubt_cwnd)
			fail(s, "I8: the allowance stays cut for what was only late");
		h->doubt_cwnd = 0;
	}
}

void repair_lost(struct sim *s, const struct pkt *p)
{
	uint32_t i;

	for (i = 0; i < s->nlost; i++)
		if (na_seq_lt(p->seq, s->lost[i].end) && na_seq_lt(s->lost[i].seq, p->seq + p->len))
			return; /* again: it is the first loss that counts */
	if (s->nlost == MAX_LOST || na_seq_le(p->seq + p->len, s->cl.rcv_nxt))
		return;
	s->lost[s->nlost].seq = p->seq;
	s->lost[s->nlost].end = p->seq + p->len;
	s->lost[s->nlost++].at = s->now;
}

void repair_done(struct sim *s)
{
	uint32_t i, n = 0;

	for (i = 0; i < s->nlost; i++) {
		uint64_t tenths = (s->now - s->lost[i].at) * 5 / s->cfg.delay;

		if (na_seq_lt(s->cl.rcv_nxt, s->lost[i].end)) {
			s->lost[n++] = s->lost[i];
			continue;
		}
		s->st->repairs++;
		s->st->repaired[min(tenths, REPAIR_MAX)]++;
	}
	s->nlost = n;
}

/* Does t hold all of [seq, end)? */
static bool holds(const struct tcp *t, uint32_t seq, uint32_t end)
{
	uint32_t i;

	if (na_seq_lt(seq, t->rcv_nxt))
		seq = t->rcv_nxt;
	if (!na_seq_lt(seq, end))
		return true;
	for (i = 0; i < t->nofo; i++)
		if (na_seq_le(t->ofo[i].seq, seq) && na_seq_le(end, t->ofo[i].end))
			return true;
	return false;
}

static void advance(struct sim *s)
{
	struct shadow *h = &s->sh;

	while (h->done < h->n &&
	       na_seq_le(h->c[h->done].rep_c + h->c[h->done].rep_len, s->cl.rcv_nxt))
		h->done++;
	while (h->passed_in < h->n && na_seq_le(h->c[h->passed_in].req_s, s->sv.rcv_nxt))
		h->din_behind += h->c[h->passed_in++].req_len;
}

/* A SACK block promises the client that all in it has arrived: requests of ours included. */
static void check_sack_to_client(struct sim *s, const struct na_sack *b)
{
	const struct shadow *h = &s->sh;
	uint32_t at = b->left, din = 0, i;

	for (i = 0; i < h->n; i++) {
		const struct consumed *c = &h->c[i];

		if (na_seq_lt(at, c->req_c)) {
			uint32_t stop = na_seq_min(b->right, c->req_c);

			if (!holds(&s->sv, at - din, stop - din))
				fail(s, "SACK to the client of bytes the server lacks");
			at = stop;
		}
		din += c->req_len;
		if (na_seq_le(b->right, c->req_c))
			return;
		if (na_seq_lt(at, c->req_c + c->req_len)) {
			if (i >= h->done)
				fail(s, "I4: SACK to the client of a request not settled");
			at = c->req_c + c->req_len;
		}
	}
	if (na_seq_lt(at, b->right) && !holds(&s->sv, at - din, b->right - din))
		fail(s, "SACK to the client of bytes the server lacks");
}

/* I7: one position of the client's stream has one content for ever. */
static void check_canon(struct sim *s, const struct pkt *p)
{
	struct shadow *h = &s->sh;
	uint32_t seq = p->seq, end = p->seq + p->len, have;
	const uint8_t *d = p->data;
	uint32_t floor = na_seq_max(s->cl.rcv_nxt, h->canon_base);

	if (na_seq_lt(seq, floor)) { /* old, or from before we came: the client drops it */
		if (na_seq_le(end, floor))
			return;
		d += floor - seq;
		seq = floor;
	}
	if (na_seq_lt(h->canon_high, seq))
		fail(s, "a hole in the client's stream as it left TC");
	have = na_seq_lt(h->canon_high, end) ? h->canon_high - seq : end - seq;
	if (memcmp(h->canon + (seq - h->canon_base), d, have))
		fail(s, "I7: other bytes at the same position");
	if (na_seq_lt(h->canon_high, end)) {
		memcpy(h->canon + (h->canon_high - h->canon_base), d + have, end - h->canon_high);
		h->canon_high = end;
	}
}

/* Window edge and timestamps never go back, save for the rounding of a scaled window. */
static void check_header(struct sim *s, const struct pkt *p)
{
	struct shadow *h = &s->sh;
	uint32_t unit = 1u << s->cfg.s_wscale,
		 edge = p->ack + ((uint32_t)p->win << s->cfg.s_wscale);

	if (p->win != 0xffff && h->headers && na_seq_lt(edge + 2 * unit, h->edge))
		fail(s, "the window told to the client shrank");
	if (p->ts && h->headers && (na_seq_lt(p->tsval, h->tsval) || na_seq_lt(p->tsecr, h->tsecr)))
		fail(s, "a timestamp to the client went back");
	h->edge = h->headers ? na_seq_max(h->edge, edge) : edge;
	if (p->ts) {
		h->tsval = p->tsval;
		h->tsecr = p->tsecr;
	}
	h->headers = true;
}

void check_to_client(struct sim *s, const struct pkt *p)
{
	struct shadow *h = &s->sh;
	uint32_t i;

	if (!h->on || h->raw || p->bad || s->vanished ||
	    (p->flags & (NA_TCP_RST | NA_TCP_SYN | NA_TCP_ACK)) != NA_TCP_ACK)
		return;
	advance(s);
	if (h->done < h->n && na_seq_lt(h->c[h->done].req_c, p->ack))
		fail(s, "I4: a request is acknowledged before its reply");
	if (na_seq_lt(s->sv.rcv_nxt + h->din_behind, p->ack))
		fail(s, "the client is told of bytes the server lacks");
	for (i = 0; i < p->nsack; i++) {
		if (na_seq_le(p->sack[i].right, p->sack[i].left))
			fail(s, "an empty SACK block to the client");
		if (i == 0 && na_seq_lt(p->sack[i].left, p->ack)) {
			if (na_seq_lt(p->ack, p->sack[i].right))
				fail(s, "a DSACK to the client that reaches above its ack");
			continue;
		}
		if (h->done < h->n && h->c[h->done].req_c == p->ack)
			fail(s, "a SACK in front of which a request waits for its reply");
		check_sack_to_client(s, &p->sack[i]);
	}
	if (p->len)
		check_canon(s, p);
	check_header(s, p);
}

/* The server-space bytes [left, right) must all be at the client. */
static bool client_holds(struct sim *s, uint32_t left, uint32_t right)
{
	const struct shadow *h = &s->sh;
	uint32_t at = left, dout = 0, i;

	for (i = 0; i < h->n && na_seq_lt(at, right); i++) {
		const struct consumed *c = &h->c[i];

		if (na_seq_lt(at, c->rep_s)) {
			uint32_t stop = na_seq_min(right, c->rep_s);

			if (!holds(&s->cl, at + dout, stop + dout))
				return false;
			at = stop;
		}
		dout += c->rep_len;
	}
	return !na_seq_lt(at, right) || holds(&s->cl, at + dout, right + dout);
}

void check_to_server(struct sim *s, const struct pkt *p)
{
	struct shadow *h = &s->sh;
	uint32_t i, most = s->cl.rcv_nxt, dout = 0;

	if (!h->on || h->raw || p->bad || s->vanished || s->sv.state != TCP_OPEN ||
	    (p->flags & (NA_TCP_RST | NA_TCP_SYN)) || !(p->flags & NA_TCP_ACK))
		return;
	advance(s);
	for (i = 0; i < h->n && na_seq_lt(h->c[i].rep_c, most); i++)
		dout += min(h->c[i].rep_len, most - h->c[i].rep_c);
	if (na_seq_lt(most - dout, p->ack))
		fail(s, "the server is told of bytes the client lacks");
	for (i = 0; i < p->nsack; i++) {
		if (na_seq_lt(p->sack[i].left, p->ack)) {
			if (!s->cfg.dup[1] && !s->cfg.reorder[1] && !s->sv.retransmits &&
			    !s->sv.tlps)
				fail(s, "a DSACK to the server of what it sent but once");
			continue;
		}
		if (p->sack[i].left == p->ack)
			fail(s, "a SACK block to the server that begins at the ack");
		if (!s->cfg.prune && !client_holds(s, p->sack[i].left, p->sack[i].right))
			fail(s, "SACK to the server of bytes the client lacks");
	}
	if (p->len > 1 && na_seq_lt(s->sv.rcv_edge, p->seq + p->len))
		fail(s, "data beyond the server's window");
}

void check_client_got(struct sim *s, const struct pkt *p)
{
	if (!s->sh.on || s->sh.raw || p->len <= 1)
		return;
	if (na_seq_lt(s->cl.rcv_edge, p->seq + p->len))
		fail(s, "I8: data beyond the client's window");
}

/* A run in which nothing was lost must look as if nobody sat in the middle. */
static void check_clean(struct sim *s)
{
	const struct config *c = &s->cfg;
	uint64_t rtt = 2 * (c->delay + c->jitter) + c->backlog + 4 * MSEC;

	if ((s->sv.probes || s->cl.probes) && !c->pauses && !c->server_slow &&
	    c->c_buf >= 2 * c->s_mss && c->c_buf >= 16u << c->c_wscale)
		fail(s, "a window had to be probed, and nobody dawdled");
	if (s->cl.rtos)
		fail(s, "the client's timer ran out, and nothing was lost");
	if (s->sv.rtos)
		fail(s, "the server's timer ran out, and nothing was lost");
	if (s->cl.retransmits || s->sv.retransmits)
		fail(s, "data was sent again, and nothing was lost");
	/*
	 * A probe repeats an answered request that is held back by a passed one before it:
	 * its late acknowledgement has no DSACK, and the client takes it for a repaired loss.
	 */
	if (s->cl.reductions > s->app.held || s->sv.reductions)
		fail(s, "a congestion window was cut, and nothing was lost");
	if (s->cl.paws_drops || s->sv.paws_drops)
		fail(s, "PAWS dropped a segment, and nothing was late");
	/* a receiver that dawdles or a window that is shut makes a round trip long */
	if (c->ts && !c->pauses && !c->server_slow && s->sv.worst_rtt > rtt + 45 * MSEC)
		fail(s, "the server measured a round trip that never was");
}

void check_end(struct sim *s)
{
	const struct na_flow *f = &s->tc.f;

	if (s->tc.have && s->tc.pins - s->tc.unpins != f->count)
		fail(s, "pins and FIFO differ");
	switch (s->cfg.ending) {
	case END_IDLE:
	case END_FIN:
	case END_SERVER_FIN:
	case END_VANISH:
		if (!app_done(s) && !s->cfg.early_end)
			fail(s, "hang: requests are left unanswered");
		if (s->cl.state != TCP_OPEN || s->sv.state != TCP_OPEN)
			fail(s, "an end was reset");
		if (s->cl.snd_una != s->cl.write_seq + s->cl.fin_queued)
			fail(s, "I5: the client is left without acknowledgement");
		if (s->sv.snd_una != s->sv.write_seq + s->sv.fin_queued)
			fail(s, "the server is left without acknowledgement");
		if (s->tc.have && f->count)
			fail(s, "answered requests that are never settled");
		if (s->cfg.clean)
			check_clean(s);
		/* by other rules each ECE counts, also in an ACK that the clamp makes a duplicate */
		if (s->cfg.marked && (s->cfg.sack || !s->cfg.ecn_other) &&
		    s->cl.retransmits + s->sv.retransmits + s->cl.rtos + s->sv.rtos)
			fail(s, "data was sent again, and was only marked");
		break;
	case END_RST:
	case END_GONE:
		if (s->sv.state != TCP_CLOSED)
			fail(s, "the server never learnt that the client is gone");
		break;
	case END_SERVER_RST:
	case END_DYING:
		if (s->cl.state != TCP_CLOSED)
			fail(s, "the client was never reset");
		break;
	}
}

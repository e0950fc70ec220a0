// SPDX-License-Identifier: GPL-2.0-only
/* What must be true of marks (nfsaccel/splice_ecn.h), told from what passes TC. */
#include "tests/model/sim.h"

#include "nfsaccel/splice_out.h"

#define ROUNDS 6u /* round trips in which the client must have heard that its ECE was heard */

void check_ecn_before(const struct sim *s, struct ecn_before *b)
{
	const struct na_flow *f = &s->tc.f;

	b->cwnd = f->cwnd;
	b->flags = f->flags;
	b->c_ack = f->c_ack;
	b->s_una = f->s_una;
}

/* Is the segment the client's newest word, so that nothing keeps it from being believed? */
static bool is_news(const struct sim *s, const struct na_segment *g)
{
	const struct na_flow *f = &s->tc.f;

	return (g->facts & NA_SEG_CSUM) && !(g->facts & NA_SEG_DYING) && !(g->flags & NA_TCP_RST) &&
	       !(f->flags & NA_FLOW_DEAD) && g->ack == f->c_ack &&
	       g->seq + g->len + !!(g->flags & NA_TCP_FIN) == s->cl.snd_nxt &&
	       (!(g->facts & NA_SEG_TS) || na_seq_le(f->c_tsval, g->tsval));
}

/* The allowance fell, or must have: at most once while a packet goes there and back. */
static void check_cut(struct sim *s, const struct na_segment *g, const struct na_action *a,
		      const struct ecn_before *b)
{
	const struct na_flow *f = &s->tc.f;
	struct shadow *h = &s->sh;
	uint32_t out = b->cwnd + (f->c_ack - b->c_ack), least = 2u * f->mss; /* may have grown before */
	bool lost = (a->todo & NA_DO_RESEND) && !(b->flags & NA_FLOW_RECOVERY);
	bool told = (g->flags & NA_TCP_ECE) && (b->flags & NA_FLOW_ECN);
	bool again = h->cut && na_seq_lt(f->c_ack, h->cut_high + !lost);
	bool known = h->heard && na_seq_le(g->ack, h->heard_high);
	bool fell = f->cwnd < b->cwnd;
	bool undone = f->cwnd > b->cwnd && f->c_ack == b->c_ack;

	if (na_is_dsack(g) && out < h->doubt_cwnd)
		out = h->doubt_cwnd; /* a doubted cut is taken back before */
	h->reasons += told || lost;
	if (told) /* and so it stays cut, whatever turns out to be late */
		h->doubt_cwnd = 0;
	if (fell && again)
		fail(s, "I8: the allowance is cut twice in a round trip");
	if (fell && !lost && na_seq_lt(g->ack, f->c_ack))
		fail(s, "I8: the allowance is cut by an old acknowledgement");
	if (undone && h->cap && f->cwnd > h->cap)
		fail(s, "I8: a cut is undone that a mark has confirmed");
	if (told && is_news(s, g) && !again && !known && !h->cwr_due &&
	    !(b->flags & NA_FLOW_RECOVERY)) {
		if (f->cwnd > (out / 2 > least ? out / 2 : least))
			fail(s, "I8: the allowance is not halved by a mark");
		fell = true;
	}
	if (told && !known) {
		h->heard = true;
		h->heard_high = h->canon_high;
	}
	if (lost || (told && is_news(s, g)))
		h->cap = lost ? 0 : f->cwnd;
	if (fell || lost) {
		h->cut = true;
		h->cut_high = h->canon_high;
		h->cwr_due = b->flags & NA_FLOW_ECN;
	}
}

void check_ecn_in(struct sim *s, const struct pkt *p, const struct na_segment *g,
		  const struct na_action *a, const struct ecn_before *b)
{
	if (!s->sh.on || s->sh.raw || (p->flags & NA_TCP_SYN))
		return;
	if (a->taken && ((p->tos & NA_ECN) == NA_ECN_CE || (p->flags & NA_TCP_CWR)))
		fail(s, "the server does not hear of a mark, or of its end");
	if (a->taken && (p->flags & NA_TCP_ECE) && !(b->flags & NA_FLOW_ECN))
		fail(s, "ECE was taken for RFC 3168's");
	if ((p->flags & NA_TCP_ECE) && !p->bad && na_seq_lt(b->s_una, a->ack) &&
	    !(g->facts & NA_SEG_DYING) && !(a->todo & (NA_DO_PASS | NA_DO_BARE)))
		fail(s, "I3: ECE is swallowed, and the server's data is acknowledged");
	check_cut(s, g, a, b);
}

/* Until more than that is there, the client may say ECE for what was answered. */
static void answered(struct shadow *h)
{
	h->cwr_due = false;
	h->reasons = 0;
	h->heard = true;
	h->heard_high = h->canon_high;
}

/* The server's packet, as its socket made it. */
void check_ecn_out(struct sim *s, const struct pkt *p)
{
	struct shadow *h = &s->sh;

	if (p->flags & (NA_TCP_SYN | NA_TCP_RST))
		return;
	h->dscp = p->tos >> 2;
	if (!h->marks || (p->tos & NA_ECN))
		h->ecn = p->tos & NA_ECN;
	h->echo = p->flags & NA_TCP_ECE;
	h->marks = true;
	if (p->flags & NA_TCP_CWR)
		answered(h);
}

/* Ours, with new data, or something sent again, or a bare ACK. */
void check_ecn_ours(struct sim *s, const struct pkt *p, bool fresh)
{
	struct shadow *h = &s->sh;
	bool ecn = s->tc.f.flags & NA_FLOW_ECN;

	if (!h->on || h->raw)
		return;
	if (h->marks && p->tos >> 2 != h->dscp)
		fail(s, "another DSCP than the server's");
	if ((p->tos & NA_ECN) != (fresh && h->marks && ecn ? h->ecn : 0))
		fail(s, "another ECN field than the server would send");
	if (h->marks && !(p->flags & NA_TCP_ECE) != !(ecn && h->echo))
		fail(s, "ECE as the server does not say it");
	if ((p->flags & NA_TCP_CWR) && (!fresh || !h->reasons))
		fail(s, "CWR, and nobody waits for it");
	if (fresh && h->cwr_due && !(p->flags & NA_TCP_CWR))
		fail(s, "the client is not told that its ECE was heard");
	if (p->flags & NA_TCP_CWR)
		answered(h);
}

/* The client got something new. How long has it been saying ECE? */
void check_ecn_client(struct sim *s, const struct pkt *p)
{
	struct shadow *h = &s->sh;
	const struct tcp *t = &s->cl;
	bool well = s->cfg.marked || s->now >= s->cfg.heal;

	if (!h->on || h->raw || !t->demand_cwr || (p->flags & NA_TCP_CWR) || !well) {
		h->echoing = false;
		return;
	}
	if (!h->echoing) {
		h->echoing = true;
		h->rounds = 0;
		h->round_end = h->canon_high;
	} else if (na_seq_lt(h->round_end, t->rcv_nxt)) {
		h->round_end = h->canon_high;
		if (++h->rounds > ROUNDS)
			fail(s, "nobody answers the client's ECE");
	}
}

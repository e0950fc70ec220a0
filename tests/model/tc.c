// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the BPF programs do around the splice: find the flow, fill in the segment, offer
 * answers, and carry out what the machine wants done, to the letter of segment.h.
 */
#include "tests/model/sim.h"

#include <string.h>

#include "nfsaccel/splice_out.h"

#define min(a, b) ((a) < (b) ? (a) : (b))

void tc_start(struct sim *s)
{
	struct tc *t = &s->tc;

	t->have = t->dying = false;
	t->pins = t->unpins = t->npin = 0;
	t->attach_at = t->dying_at = NEVER;
	t->attached = !s->cfg.attach && !s->cfg.plain;
	if (s->cfg.attach && !s->cfg.plain)
		t->attach_at = s->cfg.attach;
}

static void fill_segment(struct sim *s, const struct pkt *p, struct na_segment *g, uint32_t mss)
{
	uint32_t i;

	memset(g, 0, sizeof(*g));
	g->now = s->now;
	g->seq = p->seq;
	g->ack = p->ack;
	g->len = p->len;
	g->tsval = p->tsval;
	g->tsecr = p->tsecr;
	g->win = p->win;
	g->flags = p->flags;
	g->tos = p->tos;
	g->nsack = p->nsack;
	for (i = 0; i < p->nsack; i++)
		g->sack[i] = p->sack[i];
	if (p->ts)
		g->facts |= NA_SEG_TS;
	if (!p->bad)
		g->facts |= NA_SEG_CSUM;
	if (p->len > mss)
		g->facts |= NA_SEG_GSO;
	if (s->tc.dying)
		g->facts |= NA_SEG_DYING;
	if ((s->cfg.ce && rng_pm(&s->rng, s->cfg.ce)) || (p->tos & NA_ECN) == NA_ECN_CE)
		g->facts |= NA_SEG_CE;
}

static void scan(const struct na_records *from, const struct pkt *p, struct na_segment *g)
{
	uint32_t off, bytes;
	struct na_records r = *from;

	g->rec_from = r;
	while (na_records_want(&r, p->seq, p->seq + p->len, &off, &bytes)) {
		const uint8_t *b = p->data + off;

		na_records_feed(&r, bytes == 4 ? na_get_be32(b) : b[0], bytes);
	}
	g->rec_to = r;
	g->facts |= NA_SEG_SCANNED;
}

static void unpin(struct sim *s, uint32_t entry)
{
	if (!entry || entry > s->tc.npin || !s->tc.pinned[entry - 1])
		fail(s, "an entry was unpinned that was not pinned");
	s->tc.pinned[entry - 1] = 0;
	s->tc.unpins++;
}

/* The answer to one record: false if there is none to be had. */
static bool make_question(struct sim *s, uint32_t xid, uint32_t rep, struct na_question *q)
{
	const struct config *c = &s->cfg;

	if (rep > c->max_packets * s->tc.f.mss || !rng_pm(&s->rng, c->cached) ||
	    rng_pm(&s->rng, c->torn))
		return false;
	if (s->tc.npin == MAX_PINS)
		return false;
	memset(q, 0, sizeof(*q));
	s->tc.pinned[s->tc.npin] = 1;
	s->tc.pin_xid[s->tc.npin] = xid;
	s->tc.pins++;
	q->entry = ++s->tc.npin;
	q->rep_len = rep;
	q->xid = xid;
	return true;
}

/* Does the packet end, behind what can be answered, with the beginning of such a record? */
static void keep_tail(const struct pkt *p, uint32_t at, struct na_offer *o)
{
	uint32_t left = p->len - at, mark;

	if (!o->n || at >= p->len || left < 16)
		return;
	mark = na_get_be32(p->data + at);
	if ((mark & NA_RPC_LAST) && (mark & ~NA_RPC_LAST) + 4 > left &&
	    (mark & ~NA_RPC_LAST) + 4 <= NA_KEEP_MAX)
		o->tail = left;
}

/* What was kept back goes before the packet that carries on there. */
static void join_kept(struct sim *s, struct pkt *p, struct na_segment *g)
{
	const struct na_flow *f = &s->tc.f;
	uint32_t n = f->kept;
	uint8_t *d;

	if (!n)
		return;
	if (!na_joins(f, g, n)) {
		if (p->seq == f->c_next + n && p->len && p->len <= NA_REST_MAX - NA_KEEP_MAX &&
		    !p->bad && !(p->flags & (NA_TCP_SYN | NA_TCP_RST | NA_TCP_URG)))
			fail(s, "what was kept back does not go before what follows it");
		return;
	}
	d = arena(s, p->len + n);
	if (!d)
		fail(s, "out of room for payload");
	memcpy(d, f->keep, n);
	memcpy(d + n, p->data, p->len);
	p->data = d;
	p->seq = g->seq = p->seq - n;
	p->len = g->len = p->len + n;
	g->kept = n;
	s->st->joins++;
}

/* Find the answers to the records that lie whole in the packet; they are pinned. */
static void make_offer(struct sim *s, const struct pkt *p, struct na_offer *o)
{
	const struct na_records *from = &s->tc.f.c_rec;
	uint32_t at = from->next - p->seq, rec, xid, rep;
	bool cacheable;

	if (from->have || from->inside)
		return;
	while (at < p->len && o->n < NA_OFFER_MAX &&
	       request_parse(p->data + at, p->len - at, &rec, &xid, &cacheable, &rep)) {
		struct na_question *q = &o->q[o->n];

		if (cacheable && make_question(s, xid, rep, q)) {
			q->at = at;
			q->req_len = rec;
			o->n++;
		}
		at += rec;
	}
	keep_tail(p, at, o);
}

static struct pkt *to_client(struct sim *s, const struct na_action *a, uint32_t seq)
{
	struct pkt *p = pkt_new(s);

	if (a->c_win > 0xffff)
		fail(s, "a window that does not fit its field");
	p->seq = seq;
	p->ack = a->c_ack;
	p->win = (uint16_t)a->c_win;
	p->flags = (uint8_t)a->c_flags;
	p->tos = (uint8_t)a->c_tos;
	p->ts = !!(s->tc.f.flags & NA_FLOW_TS);
	p->tsval = p->ts ? a->c_tsval : 0;
	p->tsecr = p->ts ? a->c_tsecr : 0;
	return p;
}

static void check_wanted(struct sim *s, const struct na_segment *again, uint32_t seq, uint32_t len)
{
	uint32_t i;

	for (i = 0; again && i < again->nsack; i++)
		if (na_seq_le(again->sack[i].left, seq) && na_seq_le(seq + len, again->sack[i].right))
			fail(s, "sent again, and the client has just said that it has it");
}

/* Send the bytes of an entry's reply from `skip` on, in packets the path carries. */
static void send_reply(struct sim *s, struct na_action *a, const struct na_segment *again,
		       uint32_t entry, uint32_t xid, uint32_t rep_len, uint32_t skip, uint32_t seq)
{
	uint8_t *d = arena(s, rep_len);

	if (entry > s->tc.npin || !s->tc.pinned[entry - 1] || s->tc.pin_xid[entry - 1] != xid)
		fail(s, "a reply is sent from an entry that is not pinned for it");
	if (skip >= rep_len)
		fail(s, "a reply is sent again from behind its end");
	if (!d)
		return;
	reply_bytes(d, xid, rep_len);
	while (skip < rep_len) {
		uint32_t len = min(rep_len - skip, (uint32_t)s->tc.f.mss);
		struct pkt *p;

		if (again && na_has_come(again, seq, len)) {
			skip += len;
			seq += len;
			continue;
		}
		check_wanted(s, again, seq, len);
		p = to_client(s, a, seq);
		p->len = len;
		p->data = d + skip;
		p->flags |= NA_TCP_PSH;
		a->c_flags &= ~NA_TCP_CWR;
		skip += p->len;
		seq += p->len;
		trace_pkt(s, "   <= TC", p);
		check_ecn_ours(s, p, !again);
		check_to_client(s, p);
		if (s->now < s->cfg.heal && rng_pm(&s->rng, s->cfg.emit_fail))
			pkt_free(s, p);
		else
			link_send(s, &s->down, EV_CLIENT, p);
	}
}

static void settle(struct sim *s, const struct na_action *a)
{
	uint32_t i;

	if (a->nunpin > NA_FIFO)
		fail(s, "more entries to unpin than there are");
	for (i = 0; i < a->nunpin; i++)
		unpin(s, a->unpin[i]);
}

/* The header of p becomes what the action says. */
static void rewrite(struct sim *s, struct pkt *p, const struct na_action *a)
{
	uint32_t i;

	if (a->win > 0xffff || a->nsack > NA_SACKS || a->nsack > p->nsack)
		fail(s, "a header field that does not fit");
	p->seq = a->seq;
	p->ack = a->ack;
	p->win = (uint16_t)a->win;
	if (p->ts) {
		p->tsval = a->tsval;
		p->tsecr = a->tsecr;
	}
	p->nsack = a->nsack;
	for (i = 0; i < a->nsack; i++)
		p->sack[i] = a->sack[i];
}

static void trim(struct sim *s, struct pkt *p, const struct na_action *a)
{
	if (a->keep > p->len)
		fail(s, "more is kept than there is");
	p->flags &= (uint8_t)~NA_TCP_FIN;
	p->len = a->keep;
	p->bad = false; /* the checksum was made anew */
	s->st->trims++;
}

/* The taken requests go out of the packet; what is left is joined. */
static void join_rest(struct sim *s, struct pkt *p, const struct na_offer *o,
		      const struct na_action *a)
{
	uint8_t *d = arena(s, p->len);
	uint32_t i, at = a->skip, n = 0;
	bool keep = a->todo & NA_DO_KEEP;

	if (!d)
		fail(s, "out of room for payload");
	for (i = 0; i <= a->taken; i++) {
		uint32_t end = i < a->taken ? o->q[i].at : p->len - (keep ? o->tail : 0);

		memcpy(d + n, p->data + at, end - at);
		n += end - at;
		at = i < a->taken ? end + o->q[i].req_len : end;
	}
	if (n != a->keep)
		fail(s, "what goes on is not what was left");
	p->data = d;
	p->len = n;
	p->bad = false; /* the checksum was made anew */
}

/* Everything that must hold of an action, whatever it says. */
static void check_action(struct sim *s, const struct na_action *a)
{
	uint32_t way = !!(a->todo & NA_DO_PASS) + !!(a->todo & NA_DO_BARE);

	if (!!(a->todo & NA_DO_REPLY) != !!a->taken ||
	    (a->skip && (a->taken || !(a->todo & NA_DO_SPLIT))))
		fail(s, "replies and taken requests differ");
	if ((a->todo & NA_DO_RESEND) && (a->todo & NA_DO_PASS) && a->keep && !(a->todo & NA_DO_SPLIT))
		fail(s, "a resend takes the place of what goes on");
	if (way > 1 || (way && (a->todo & NA_DO_DROP)))
		fail(s, "contradictory action");
	if ((a->todo & (NA_DO_ACK | NA_DO_RESEND)) == (NA_DO_ACK | NA_DO_RESEND))
		fail(s, "release and resend at once");
	if (!na_spliced(&s->tc.f) && (a->todo & (NA_DO_DROP | NA_DO_TRIM | NA_DO_BARE | NA_DO_ACK)))
		fail(s, "touched, though nothing was ever answered");
	if ((a->todo & NA_DO_KEEP) && !(a->todo & NA_DO_REPLY))
		fail(s, "bytes are kept back, though nothing was answered");
	if (s->tc.f.count > NA_FIFO)
		fail(s, "more answered requests than the FIFO holds");
	if (a->why > NA_V_MAX)
		fail(s, "a reason that is none");
}

static void answer(struct sim *s, const struct na_offer *o, struct na_action *a)
{
	const struct na_flow *f = &s->tc.f;
	uint32_t i, seq = a->c_seq;

	for (i = 0; i < a->taken; i++) {
		uint32_t k = (f->head + f->count - a->taken + i) & (NA_FIFO - 1);

		check_consumed(s, f, &f->fifo[k]);
		trace(s, "TC takes %u", f->fifo[k].xid & 0xffff);
	}
	for (i = 0; i < a->taken; i++) {
		send_reply(s, a, NULL, o->q[i].entry, o->q[i].xid, o->q[i].rep_len, 0, seq);
		seq += o->q[i].rep_len;
	}
	s->app.hits += a->taken;
}

static void count_in(struct sim *s, uint32_t len, const struct na_offer *o,
		     const struct na_action *a)
{
	uint32_t i;

	s->st->why[a->why] += o->n - a->taken;
	for (i = a->taken; s->cfg.steady && i < o->n; i++)
		if ((o->q[i].xid & 0xffff) >= load_warm(&s->cfg))
			s->st->qd_why[load_of(&s->cfg)][a->why]++;
	s->st->splits += !!(a->todo & NA_DO_SPLIT);
	s->st->resends += !!(a->todo & NA_DO_RESEND);
	s->st->releases += !!(a->todo & NA_DO_ACK);
	s->st->bares += !!(a->todo & NA_DO_BARE);
	s->app.held += len && (a->todo & (NA_DO_BARE | NA_DO_DROP)) && !(a->todo & NA_DO_REPLY);
	s->st->drops += !!(a->todo & NA_DO_DROP);
}

void tc_ingress(struct sim *s, struct pkt *p)
{
	struct na_flow *f = &s->tc.f;
	struct na_segment g;
	struct na_offer o;
	struct na_action a;
	struct ecn_before ecn;
	struct na_records rec;
	uint32_t cwnd, c_ack;
	bool again;

	o.n = o.tail = 0;
	s->st->segments++;
	if (p->flags & NA_TCP_SYN && !p->bad)
		s->tc.syn = *p;
	if (!s->tc.attached || !s->tc.have) {
		link_send(s, &s->back, EV_SOCKET, p);
		return;
	}
	fill_segment(s, p, &g, s->cfg.c_mss);
	join_kept(s, p, &g);
	na_records_for(f, p->seq, &rec);
	if (p->len && rec.sync)
		scan(&rec, p, &g);
	if (p->len && f->c_rec.sync && p->seq == f->c_next) {
		/* the programs make a flow of a full socket only */
		if (s->sv.state != TCP_SYN_RCVD && !rng_pm(&s->rng, s->cfg.alive_pass))
			make_offer(s, p, &o);
		if (o.n && s->cfg.warm)
			g.facts |= NA_SEG_WARM;
	}
	check_count_dups(s, &g);
	again = f->flags & NA_FLOW_RECOVERY;
	cwnd = f->cwnd;
	c_ack = f->c_ack;
	check_ecn_before(s, &ecn);
	na_splice_in(f, &g, &o, &a);
	check_action(s, &a);
	check_ecn_in(s, p, &g, &a, &ecn);
	check_allowance(s, &g, c_ack, cwnd);
	check_stale(s, &g, &a);
	count_in(s, p->len, &o, &a);
	if (o.n && a.why < NA_V_MAX)
		trace(s, "%u not taken: reason %u", o.n - a.taken, a.why);
	if (g.kept && (a.todo & (NA_DO_PASS | NA_DO_SPLIT)) == NA_DO_PASS)
		fail(s, "what was kept back cannot go on");
	if ((p->flags & NA_TCP_RST) && !p->bad && !(g.facts & NA_SEG_DYING) &&
	    !(a.todo & NA_DO_PASS))
		fail(s, "the client's reset does not go on");
	if (p->bad && (a.todo & NA_DO_RESEND))
		fail(s, "garbage had a reply sent again");
	if (a.todo & NA_DO_KEEP)
		memcpy(f->keep, p->data + p->len - o.tail, o.tail);
	if (a.todo & NA_DO_REPLY)
		answer(s, &o, &a);
	if (a.todo & NA_DO_SPLIT)
		join_rest(s, p, &o, &a);
	while (o.n > a.taken)
		unpin(s, o.q[--o.n].entry);
	if (a.todo & NA_DO_RESEND) {
		check_resend(s, &g, &a, again, cwnd + (f->c_ack - c_ack));
		if (!again) {
			s->sh.doubt_c = a.c_seq;
			s->sh.doubt_cwnd = cwnd;
		}
		send_reply(s, &a, &g, a.again.entry, a.again.xid, a.again.rep_len,
			   a.c_seq - a.again.rep_c, a.c_seq);
	}
	settle(s, &a);
	if (a.todo & NA_DO_ACK) {
		struct pkt *ack = to_client(s, &a, a.c_seq);

		trace_pkt(s, "   <= TC releases", ack);
		check_ecn_ours(s, ack, false);
		check_to_client(s, ack);
		link_send(s, &s->down, EV_CLIENT, ack);
	}
	if (a.todo & NA_DO_BARE) {
		rewrite(s, p, &a);
		p->len = 0;
		p->flags &= NA_TCP_ACK | NA_TCP_ECE | NA_TCP_CWR;
		p->bad = false;
	} else if (a.todo & NA_DO_PASS) {
		if (a.todo & NA_DO_REWRITE)
			rewrite(s, p, &a);
		if (a.todo & NA_DO_TRIM)
			trim(s, p, &a);
	} else {
		pkt_free(s, p);
		return;
	}
	trace_pkt(s, "> TC", p);
	check_to_server(s, p);
	link_send(s, &s->back, EV_SOCKET, p);
}

static uint32_t ecn_flag(const struct sim *s)
{
	return s->cfg.ecn && !s->cfg.ecn_other ? NA_FLOW_ECN : 0;
}

/* The handshake has been seen from its first packet. */
static void flow_new(struct sim *s, const struct pkt *synack)
{
	struct na_flow *f = &s->tc.f;
	uint32_t c = synack->ack, q = synack->seq + 1;

	memset(f, 0, sizeof(*f));
	f->flags = NA_FLOW_FRESH | ecn_flag(s) | (s->cfg.shave ? NA_FLOW_SHAVE : 0) |
		   (s->cfg.sack ? NA_FLOW_SACK : 0);
	f->syn_isn = c - 1;
	f->told = f->s_ack = f->c_next = c;
	f->s_edge = c + synack->win;
	f->s_high = f->c_ack = f->c_ack_s = f->s_una = q;
	f->c_edge = f->s_edge_told = f->s_edge_last = q + s->tc.syn.win;
	f->c_wscale = s->cfg.c_wscale;
	f->s_wscale = s->cfg.s_wscale;
	f->mss = (uint16_t)s->cfg.s_mss;
	f->cwnd = NA_CWND_PACKETS * f->mss;
	f->ssthresh = NA_CWND_MAX;
	f->born = s->now;
	na_records_start(&f->c_rec, c);
	na_records_start(&f->s_rec, q);
	s->tc.have = true;
	check_start(s);
}

/* A connection that was there before: everything is taken from the socket. */
void tc_adopt(struct sim *s)
{
	struct na_flow *f = &s->tc.f;
	struct tcp *t = &s->sv;

	s->tc.attach_at = NEVER;
	s->tc.attached = true;
	if (t->state != TCP_OPEN)
		return;
	memset(f, 0, sizeof(*f));
	f->flags = ecn_flag(s) | (s->cfg.shave ? NA_FLOW_SHAVE : 0) | (s->cfg.sack ? NA_FLOW_SACK : 0);
	f->syn_isn = t->irs;
	f->told = f->s_ack = t->rcv_wup;
	f->c_next = t->rcv_nxt;
	f->s_edge = na_seq_max(t->rcv_edge, t->rcv_wup);
	f->s_high = t->snd_nxt;
	f->c_ack = f->c_ack_s = f->s_una = t->snd_una;
	f->c_edge = f->s_edge_told = f->s_edge_last = t->snd_una + t->snd_wnd;
	f->c_wscale = s->cfg.c_wscale;
	f->s_wscale = s->cfg.s_wscale;
	f->mss = (uint16_t)s->cfg.s_mss;
	f->c_tsval = t->ts_recent;
	f->cwnd = NA_CWND_PACKETS * f->mss;
	f->ssthresh = NA_CWND_MAX;
	f->born = s->now;
	s->tc.have = true;
	check_start(s);
	trace(s, "TC adopts the connection");
}

void tc_hook_in(struct sim *s, uint32_t copied_seq)
{
	struct na_flow *f = &s->tc.f;

	if (!s->tc.have || f->c_rec.sync || copied_seq != f->c_next - f->din)
		return;
	na_records_resync(f);
	s->st->resync_in++;
}

void tc_hook_out(struct sim *s, uint32_t write_seq)
{
	struct na_flow *f = &s->tc.f;

	if (!s->tc.have || f->s_rec.sync || write_seq != f->s_high)
		return;
	na_records_start(&f->s_rec, f->s_high);
	s->st->resync_out++;
}

void tc_egress(struct sim *s, struct pkt *p)
{
	struct na_flow *f = &s->tc.f;
	struct na_segment g;
	struct na_action a;

	if (s->tc.attached && s->tc.have) {
		fill_segment(s, p, &g, s->cfg.s_mss);
		if (f->s_rec.sync && p->seq == f->s_high && p->len)
			scan(&f->s_rec, p, &g);
		na_splice_out(f, &g, &a);
		check_action(s, &a);
		check_ecn_out(s, p);
		settle(s, &a);
		if (a.todo & NA_DO_FORGET) {
			uint32_t i;

			for (i = 0; i < f->count; i++)
				unpin(s, f->fifo[(f->head + i) & (NA_FIFO - 1)].entry);
			s->tc.have = false;
			s->sh.on = false;
			trace(s, "TC forgets the flow");
		}
		if (a.todo & NA_DO_DROP) {
			trace_pkt(s, "   TC drops", p);
			pkt_free(s, p);
			return;
		}
		if (a.todo & NA_DO_REWRITE)
			rewrite(s, p, &a);
		if (a.todo & NA_DO_TRIM)
			trim(s, p, &a);
		if (f->flags & NA_FLOW_DEAD)
			s->sh.raw = true;
	}
	if (s->tc.attached && !s->tc.have &&
	    (p->flags & (NA_TCP_SYN | NA_TCP_ACK)) == (NA_TCP_SYN | NA_TCP_ACK) &&
	    p->ack == s->tc.syn.seq + 1)
		flow_new(s, p);
	trace_pkt(s, "   < TC", p);
	check_to_client(s, p);
	link_send(s, &s->down, EV_CLIENT, p);
}

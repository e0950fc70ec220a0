// SPDX-License-Identifier: GPL-2.0-only
/* One run, from the handshake to the silence after the end. */
#include "tests/model/sim.h"

#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))

#define PATIENCE (150 * SEC) /* after the wire has healed all must be done by then */
#define LINGER	 (40 * SEC)
#define STEPS	 3000000u

static void tcp_start(struct sim *s, struct tcp *t, bool client)
{
	const struct config *c = &s->cfg;

	memset(t, 0, offsetof(struct tcp, seg));
	memset(&t->head, 0, sizeof(*t) - offsetof(struct tcp, head));
	t->sim = s;
	t->client = client;
	t->conn = s->conn;
	t->iss = client ? c->c_isn : c->s_isn;
	t->wbuf = client ? s->c_stream : s->s_stream;
	t->wcap = client ? CLIENT_STREAM : SERVER_STREAM;
	t->rbuf = client ? s->c_in : s->s_in;
	t->rcap = client ? SERVER_STREAM : CLIENT_STREAM;
	t->mss = client ? c->c_mss : c->s_mss;
	t->snd_wscale = client ? c->s_wscale : c->c_wscale;
	t->rcv_wscale = client ? c->c_wscale : c->s_wscale;
	t->sack = c->sack;
	t->ts = c->ts;
	t->ecn = c->ecn;
	t->cwnd = 10;
	t->ssthresh = 10000;
	t->rto = SEC;
	t->rcvbuf = client ? c->c_buf : c->s_buf;
	t->rcvbuf_max = client ? c->c_buf_max : c->s_buf;
	t->rcv_mss = 536;
	t->ts_skew = client ? c->ts_skew : c->ts_skew * 7 + 5;
	t->quick = c->quick;
	t->probe_byte = client && c->probe_byte;
	t->keepalive = client && c->keepalive;
	t->timer_at = t->delack_at = t->ka_at = NEVER;
}

static void connect_client(struct sim *s)
{
	tcp_start(s, &s->cl, true);
	s->cl.state = TCP_SYN_SENT;
	s->cl.timer = TIMER_SYN;
	s->cl.timer_at = s->now + SEC;
	s->cl.ka_at = s->cl.keepalive ? s->now + 5 * SEC : NEVER;
	s->cl.heard = s->now;
	tcp_send_syn(&s->cl);
}

/* A listening socket meets a SYN. */
static void accept_client(struct sim *s, const struct pkt *p)
{
	struct tcp *t = &s->sv;

	tcp_start(s, t, false);
	t->state = TCP_SYN_RCVD;
	t->irs = p->seq;
	t->rcv_nxt = t->rcv_wup = t->copied = t->rbase = p->seq + 1;
	t->rcv_edge = t->rcv_nxt + min(t->rcvbuf, 0xffffu);
	t->snd_una = t->snd_nxt = t->write_seq = t->wbase = t->iss + 1;
	t->snd_wl1 = p->seq;
	t->snd_wnd = t->max_wnd = p->win;
	t->ts_recent = p->tsval;
	t->have_ts = p->ts;
	t->timer = TIMER_SYN;
	t->timer_at = s->now + SEC;
	tcp_send_syn(t);
}

void link_deliver(struct sim *s, enum event_kind at, struct pkt *p)
{
	switch (at) {
	case EV_TC_IN:
		trace_pkt(s, "> TC in", p);
		tc_ingress(s, p);
		return;
	case EV_SOCKET:
		trace_pkt(s, "> server", p);
		if (!p->bad && s->sv.state == TCP_CLOSED && !s->closing &&
		    (p->flags & (NA_TCP_SYN | NA_TCP_ACK)) == NA_TCP_SYN)
			accept_client(s, p);
		else
			tcp_receive(&s->sv, p);
		break;
	case EV_CLIENT:
		trace_pkt(s, "client <", p);
		tcp_receive(&s->cl, p);
		break;
	case EV_REST:
	case EV_REPLY:
	case EV_HOOK_IN:
	case EV_HOOK_OUT:
		break;
	}
	pkt_free(s, p);
}

static void handle(struct sim *s, const struct event *e)
{
	switch ((enum event_kind)e->kind) {
	case EV_TC_IN:
		link_arrive(s, &s->up, EV_TC_IN, e->p);
		break;
	case EV_SOCKET:
		link_deliver(s, EV_SOCKET, e->p);
		break;
	case EV_CLIENT:
		link_arrive(s, &s->down, EV_CLIENT, e->p);
		break;
	case EV_REST:
		if (e->conn == s->conn)
			app_server_rest(s);
		break;
	case EV_REPLY:
		if (e->conn == s->conn)
			app_server_reply(s, e->arg);
		break;
	case EV_HOOK_IN:
		if (e->conn == s->conn)
			tc_hook_in(s, e->arg);
		break;
	case EV_HOOK_OUT:
		if (e->conn == s->conn)
			tc_hook_out(s, e->arg);
		break;
	}
}

static void client_forgets(struct sim *s)
{
	s->cl.state = TCP_CLOSED;
	s->cl.timer_at = s->cl.delack_at = s->cl.ka_at = NEVER;
	s->app.c_wake = s->app.c_read_at = NEVER;
}

/* The work is done, or half of it: now the connection meets its end. */
static void begin_end(struct sim *s)
{
	trace(s, "the end begins: %d", s->cfg.ending);
	s->closing = true;
	s->linger_at = s->now + LINGER;
	if (s->cfg.early_end && s->cfg.ending != END_IDLE)
		s->linger_at += PATIENCE;
	s->cfg.heal = s->up_at = s->now;
	switch (s->cfg.ending) {
	case END_IDLE:
		break;
	case END_FIN:
		tcp_close(&s->cl);
		break;
	case END_SERVER_FIN:
		tcp_close(&s->sv);
		break;
	case END_RST:
		tcp_send_rst(&s->cl, s->cl.snd_nxt, true);
		client_forgets(s);
		break;
	case END_VANISH:
		client_forgets(s);
		s->closing = false;
		s->vanished = true;
		s->sh.on = false;
		s->conn++;
		s->cfg.ending = END_IDLE;
		s->cfg.early_end = false;
		s->cfg.heal = s->now;
		s->cfg.nreq = min(s->cfg.nreq, 8u);
		s->cfg.c_isn += 100000 + rng_below(&s->rng, 1u << 30);
		s->cfg.s_isn += 100000 + rng_below(&s->rng, 1u << 30);
		s->st->reuses++;
		connect_client(s);
		break;
	case END_GONE:
		client_forgets(s);
		s->closed_at = s->now + SEC;
		break;
	case END_DYING:
		s->tc.dying = true;
		s->closed_at = s->now + (s->cfg.early_end ? 5 * MSEC : SEC);
		break;
	case END_SERVER_RST:
		s->closed_at = s->now + (s->cfg.early_end ? 5 * MSEC : SEC);
		break;
	}
}

/* The second half of some endings. */
static void finish_end(struct sim *s)
{
	bool killed = s->cfg.ending == END_DYING || s->cfg.ending == END_SERVER_RST;

	s->closed_at = NEVER;
	if (killed && s->sv.state == TCP_CLOSED && s->cl.state == TCP_OPEN) {
		if (s->cfg.clean && !s->cfg.early_end)
			fail(s, "the reset of an idle connection had no effect");
		tcp_send_probe(&s->cl); /* sooner or later an idle client says something */
	}
	if (s->sv.state != TCP_OPEN)
		return;
	if (killed) {
		struct tcp *t = &s->sv;

		tcp_send_rst(t, t->snd_nxt, true);
		t->state = TCP_CLOSED;
		t->timer_at = t->delack_at = t->ka_at = NEVER;
		s->st->resets++;
		s->closed_at = s->now + 20 * SEC;
		return;
	}
	tcp_close(&s->sv); /* nfsd closes what has been idle for long */
}

static uint64_t next_time(const struct sim *s)
{
	uint64_t at = s->nheap ? s->heap[0].at : NEVER;

	at = min(at, tcp_next_timer(&s->cl));
	at = min(at, tcp_next_timer(&s->sv));
	at = min(at, s->app.c_wake);
	at = min(at, s->app.c_read_at);
	at = min(at, s->app.s_read_at);
	at = min(at, s->up.gro_at);
	at = min(at, s->down.gro_at);
	at = min(at, s->tc.attach_at);
	return min(at, s->closed_at);
}

static void step(struct sim *s)
{
	struct event e;

	if (s->nheap && s->heap[0].at <= s->now) {
		event_take(s, &e);
		handle(s, &e);
	}
	if (s->up.gro_at <= s->now)
		link_flush(s, &s->up, EV_TC_IN);
	if (s->down.gro_at <= s->now)
		link_flush(s, &s->down, EV_CLIENT);
	if (tcp_next_timer(&s->cl) <= s->now)
		tcp_timers(&s->cl);
	if (tcp_next_timer(&s->sv) <= s->now)
		tcp_timers(&s->sv);
	if (s->app.c_wake <= s->now)
		app_client_wake(s);
	if (s->app.c_read_at <= s->now)
		app_client_read(s);
	if (s->app.s_read_at <= s->now)
		app_server_read(s);
	if (s->tc.attach_at <= s->now)
		tc_adopt(s);
	if (s->closed_at <= s->now)
		finish_end(s);
}

static void live(struct sim *s)
{
	uint64_t limit, steps = 0;

	connect_client(s);
	for (;;) {
		uint32_t half = s->cfg.early_end ? s->cfg.nreq / 2 : s->cfg.nreq;

		if (!s->closing && s->cl.state == TCP_OPEN && s->app.answered >= half) {
			begin_end(s);
			continue;
		}
		limit = s->cfg.heal + PATIENCE + s->cfg.gap * s->cfg.gaps;
		s->now = next_time(s);
		if (s->closing && s->now > s->linger_at)
			break;
		if (s->now == NEVER || (!s->closing && s->now > limit))
			fail(s, "hang: no progress");
		if (s->vanished && s->cl.state == TCP_OPEN)
			s->vanished = false;
		if (++steps > STEPS)
			fail(s, "a storm: the ends never fall silent");
		step(s);
	}
	check_end(s);
}

enum load load_of(const struct config *c)
{
	if (c->busy)
		return c->depth <= 32 ? LOAD_BUSY_32 : LOAD_BUSY_128;
	if (c->torn_up)
		return LOAD_PIECES;
	return c->depth == 1 ? LOAD_1 : c->depth <= 8 ? LOAD_8 : c->depth <= 32 ? LOAD_32 : LOAD_64;
}

/* The first round trips, when all must pass or the allowance is small, do not count. */
uint32_t load_warm(const struct config *c)
{
	return c->busy ? 6 * c->depth : 3 * c->depth + 3;
}

static void account(struct sim *s)
{
	struct stats *st = s->st;
	uint32_t i, eligible = 0;

	for (i = 0; i < s->app.written; i++)
		eligible += s->app.req[i].cacheable;
	st->runs++;
	st->requests += s->app.written;
	st->eligible += eligible;
	st->hits += s->app.hits;
	st->c_rto += s->cl.rtos;
	st->s_rto += s->sv.rtos;
	st->c_tlp += s->cl.tlps;
	st->c_retrans += s->cl.retransmits;
	st->s_retrans += s->sv.retransmits;
	if (s->cfg.steady) {
		for (i = load_warm(&s->cfg); i < s->app.written; i++) {
			if (!s->app.req[i].cacheable)
				continue;
			st->qd_eligible[load_of(&s->cfg)]++;
			st->qd_hits[load_of(&s->cfg)] += !s->app.req[i].at_server;
		}
	}
}

bool sim_run(struct sim *s)
{
	s->now = 0;
	s->nheap = s->order = 0;
	s->conn = 1;
	s->arena_used = 0;
	s->violation = NULL;
	s->closing = s->vanished = false;
	s->up_at = 0;
	s->closed_at = s->linger_at = NEVER;
	memset(&s->up, 0, sizeof(s->up));
	memset(&s->down, 0, sizeof(s->down));
	memset(&s->back, 0, sizeof(s->back));
	s->nlost = 0;
	s->up.gro_at = s->down.gro_at = s->back.gro_at = NEVER;
	s->sh.on = false;
	s->free = NULL;
	s->npool = 0;
	app_start(s);
	s->app.c_wake = NEVER;
	tc_start(s);
	tcp_start(s, &s->sv, false);
	if (setjmp(s->out)) {
		s->st->runs++;
		return false;
	}
	live(s);
	account(s);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs at both ends: a client with so many requests outstanding, a server that
 * answers in any order. What a record holds follows from its number, so each end can
 * tell whether it got what was sent, and only once.
 */
#include "tests/model/sim.h"

#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define LAST	  0x80000000u
#define HEAD	  16u /* mark, number, kind, length of the reply */
#define PATTERN	  32768u
#define CACHEABLE 1u

static const uint8_t *pattern(uint32_t xid)
{
	static uint8_t bytes[PATTERN + 4096];
	static bool filled;

	if (!filled) {
		for (uint32_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)rng_mix(i * 0x9e3779b97f4a7c15ull + 1);
		filled = true;
	}
	return bytes + (rng_mix(xid) & 4095);
}

uint32_t reply_bytes(uint8_t *out, uint32_t xid, uint32_t rep_len)
{
	na_put_be32(out, LAST | (rep_len - 4));
	na_put_be32(out + 4, xid);
	memcpy(out + 8, pattern(xid), rep_len - 8);
	return rep_len;
}

/* What TC knows of a request: false if it is not whole, or not one of the simple kind. */
bool request_parse(const uint8_t *p, uint32_t len, uint32_t *rec_len, uint32_t *xid,
		   bool *cacheable, uint32_t *rep_len)
{
	uint32_t mark;

	if (len < HEAD)
		return false;
	mark = na_get_be32(p);
	*rec_len = 4 + (mark & ~LAST);
	if (!(mark & LAST) || *rec_len > len || *rec_len < HEAD)
		return false;
	*xid = na_get_be32(p + 4);
	*cacheable = na_get_be32(p + 8) & CACHEABLE;
	*rep_len = na_get_be32(p + 12);
	return *rep_len >= 8 && *rep_len <= PATTERN;
}

/*
 * What fills a request looks like requests, so that whoever takes up a record in the
 * middle of another finds something to answer.
 */
static void fill_body(uint8_t *p, uint32_t len, uint32_t xid)
{
	uint8_t fake[HEAD];
	uint32_t i;

	na_put_be32(fake, LAST | (HEAD - 4));
	na_put_be32(fake + 4, xid | CACHEABLE);
	na_put_be32(fake + 8, 16 | CACHEABLE); /* a length, too, if taken for one */
	na_put_be32(fake + 12, HEAD + 8);
	for (i = 0; i < len; i++)
		p[i] = fake[i % HEAD];
}

static uint32_t write_request(struct sim *s, uint32_t n)
{
	const struct config *c = &s->cfg;
	struct request *q = &s->app.req[n];
	uint32_t off = s->cl.write_seq - s->cl.wbase, xid = (uint32_t)s->conn << 16 | n;
	uint32_t body = rng_below(&s->rng, c->req_max - HEAD + 1);
	bool multi = rng_pm(&s->rng, c->multi);
	uint8_t *p;

	if (!rng_pm(&s->rng, 200))
		body &= ~(HEAD - 1);
	memset(q, 0, sizeof(*q));
	/* requests written together follow each other */
	if (n && s->app.req[n - 1].off + s->app.req[n - 1].len > off)
		off = s->app.req[n - 1].off + s->app.req[n - 1].len;
	p = s->c_stream + off;
	q->off = off;
	q->rep_len = 8 + rng_below(&s->rng, c->rep_max - 7);
	q->cacheable = !multi && rng_pm(&s->rng, c->cacheable);
	na_put_be32(p + 4, xid);
	na_put_be32(p + 8, q->cacheable ? CACHEABLE : 0);
	na_put_be32(p + 12, q->rep_len);
	q->len = HEAD + body;
	if (multi) { /* the header is a fragment of its own */
		na_put_be32(p, HEAD - 4);
		na_put_be32(p + HEAD, LAST | body);
		fill_body(p + HEAD + 4, body, xid);
		q->len += 4;
	} else {
		na_put_be32(p, LAST | (HEAD - 4 + body));
		fill_body(p + HEAD, body, xid);
	}
	return q->len;
}

void app_start(struct sim *s)
{
	struct app *a = &s->app;

	memset(a, 0, sizeof(*a));
	a->c_wake = s->now;
	a->c_read_at = a->s_read_at = NEVER;
	a->idle_left = s->cfg.gaps;
	a->down_at = 1 + rng_below(&s->rng, s->cfg.nreq / 2 + 1);
}

/* The link fails in the midst of it all, or what was out when it did has come. */
static void note_link(struct sim *s, uint32_t n)
{
	struct app *a = &s->app;
	struct stats *st = s->st;
	uint32_t i;

	if (a->waiting && n < a->out && !--a->waiting && s->now >= s->up_at) {
		uint64_t tenths = (s->now - s->up_at) / (100 * MSEC);

		st->resumes++;
		st->resumed[min(tenths, RESUME_MAX)]++;
	}
	if (!s->cfg.downs || a->answered < a->down_at || s->now < s->up_at)
		return;
	s->cfg.downs--;
	s->up_at = s->now + (s->cfg.down - rng_below(&s->rng, s->cfg.down / MSEC * 9 / 10) * MSEC);
	s->cfg.heal = max(s->cfg.heal, s->up_at);
	a->down_at = a->answered + 1 + rng_below(&s->rng, s->cfg.nreq / 2 + 1);
	a->out = a->written;
	for (i = a->waiting = 0; i < a->out; i++)
		a->waiting += !a->req[i].replied;
	if (!a->waiting) { /* then it is the next request that counts */
		a->out++;
		a->waiting = 1;
	}
	trace(s, "the link fails until %.3f, %u requests are out", (double)s->up_at / SEC,
	      a->waiting);
}

void app_client_wake(struct sim *s)
{
	struct app *a = &s->app;
	const struct config *c = &s->cfg;
	uint32_t len = 0;

	a->c_wake = NEVER;
	if (s->cl.state != TCP_OPEN || s->cl.fin_queued)
		return;
	while (a->written < c->nreq && a->written - a->answered < c->depth) {
		if (a->idle_left && a->written && a->written == a->answered &&
		    rng_pm(&s->rng, 150)) {
			a->idle_left--;
			a->c_wake = s->now + c->gap;
			break;
		}
		len += write_request(s, a->written++);
		if (rng_pm(&s->rng, 300)) {
			tcp_write(&s->cl, len);
			len = 0;
		}
	}
	if (len)
		tcp_write(&s->cl, len);
}

/* One whole record at p, of any number of fragments: its length, or 0. */
static uint32_t whole_record(const uint8_t *p, uint32_t len)
{
	uint32_t at = 0;

	while (at + 4 <= len) {
		uint32_t mark = na_get_be32(p + at);

		at += 4 + (mark & ~LAST);
		if (at > len || at < 4)
			return 0;
		if (mark & LAST)
			return at;
	}
	return 0;
}

void app_client_read(struct sim *s)
{
	struct app *a = &s->app;
	struct tcp *t = &s->cl;
	uint32_t have = t->rcv_nxt - t->rbase - t->peer_fin, n, got = a->answered;

	a->c_read_at = NEVER;
	while ((n = whole_record(t->rbuf + a->c_pos, have - a->c_pos))) {
		const uint8_t *p = t->rbuf + a->c_pos;
		uint32_t xid = na_get_be32(p + 4), i = xid & 0xffff;

		if (xid >> 16 != s->conn || i >= a->written)
			fail(s, "a reply that nobody asked for");
		if (a->req[i].replied)
			fail(s, "a second reply");
		if (n != a->req[i].rep_len || memcmp(p + 8, pattern(xid), n - 8))
			fail(s, "wrong bytes in a reply");
		a->req[i].replied = true;
		a->answered++;
		a->c_pos += n;
		trace(s, "client has reply %u", i);
		note_link(s, i);
	}
	tcp_read(t, t->rbase + have);
	if (a->answered != got && a->c_wake == NEVER)
		a->c_wake =
			s->now + (s->cfg.think ? rng_below(&s->rng, (uint32_t)s->cfg.think) : 0);
}

void app_server_read(struct sim *s)
{
	struct app *a = &s->app;
	struct tcp *t = &s->sv;
	uint32_t have = t->rcv_nxt - t->rbase - t->peer_fin, n;

	a->s_read_at = NEVER;
	if (t->conn != s->conn) { /* a connection the client knows nothing of any more */
		tcp_read(t, t->rbase + have);
		return;
	}
	while ((n = whole_record(t->rbuf + a->s_pos, have - a->s_pos))) {
		const uint8_t *p = t->rbuf + a->s_pos;
		uint32_t xid = na_get_be32(p + 4), i = xid & 0xffff;
		struct request *q = &a->req[i];

		if (n < HEAD || xid >> 16 != s->conn || i >= a->written)
			fail(s, "a request that nobody wrote");
		if (q->at_server)
			fail(s, "a second request");
		if (n != q->len || memcmp(p, s->c_stream + q->off, n))
			fail(s, "wrong bytes in a request");
		q->at_server = true;
		a->s_pos += n;
		event_add(s, s->now + 1 + rng_below(&s->rng, (uint32_t)s->cfg.server_delay),
			  EV_REPLY, NULL, i);
	}
	if (have > a->s_pos + 70000)
		fail(s, "no request in what the server got");
	tcp_read(t, t->rbase + have);
	/* a hook on the receive path sees the socket empty at a record's end */
	if (a->s_pos == have && !t->nofo && !rng_pm(&s->rng, s->cfg.deaf)) {
		if (rng_pm(&s->rng, 100))
			event_add(s, s->now + rng_below(&s->rng, 50000), EV_HOOK_IN, NULL,
				  t->copied);
		else
			tc_hook_in(s, t->copied);
	}
	if (t->peer_fin && t->rcv_nxt == t->copied + 1)
		tcp_close(t);
}

/* A hook on the send path sees the stream end with a record. */
static void reply_written(struct sim *s)
{
	uint32_t end = s->sv.write_seq;

	if (rng_pm(&s->rng, s->cfg.deaf))
		return;
	if (rng_pm(&s->rng, 100))
		event_add(s, s->now + rng_below(&s->rng, 50000), EV_HOOK_OUT, NULL, end);
	else
		tc_hook_out(s, end);
}

void app_server_reply(struct sim *s, uint32_t n)
{
	struct request *q = &s->app.req[n];
	struct tcp *t = &s->sv;
	uint32_t len, part;

	if (t->state != TCP_OPEN || t->fin_queued)
		return;
	if (s->app.rest) { /* another reply is half written: that comes first */
		event_add(s, s->now + 10 * USEC, EV_REPLY, NULL, n);
		return;
	}
	trace(s, "server answers %u", n);
	len = reply_bytes(s->s_stream + (t->write_seq - t->wbase), (uint32_t)s->conn << 16 | n,
			  q->rep_len);
	part = rng_pm(&s->rng, s->cfg.split_write) ? rng_below(&s->rng, len) : 0;
	if (part) {
		s->app.rest = len - part;
		tcp_write(t, part);
		event_add(s, s->now + rng_below(&s->rng, 300000), EV_REST, NULL, 0);
	} else {
		tcp_write(t, len);
		reply_written(s);
	}
}

/* The second half of a reply. */
void app_server_rest(struct sim *s)
{
	uint32_t len = s->app.rest;

	s->app.rest = 0;
	if (s->sv.state != TCP_OPEN || s->sv.fin_queued)
		return;
	tcp_write(&s->sv, len);
	reply_written(s);
}

/* There is something to read: now, or when the program finds the time. */
void app_readable(struct sim *s, struct tcp *t)
{
	struct app *a = &s->app;
	uint64_t *at = t->client ? &a->c_read_at : &a->s_read_at;

	if (*at != NEVER)
		return;
	if (s->now < s->cfg.heal &&
	    rng_pm(&s->rng, t->client ? s->cfg.pauses : s->cfg.server_slow)) {
		*at = s->now + rng_below(&s->rng, (uint32_t)s->cfg.pause);
		return;
	}
	if (t->client)
		app_client_read(s);
	else
		app_server_read(s);
}

bool app_done(const struct sim *s)
{
	return s->app.answered == s->cfg.nreq;
}

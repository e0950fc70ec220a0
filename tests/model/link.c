// SPDX-License-Identifier: GPL-2.0-only
/* The wire, GSO and GRO at its ends, and the way between TC and the server's socket. */
#include "tests/model/sim.h"

#include <string.h>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define GRO_WAIT (20 * USEC)
#define GRO_MAX	 16384u

static struct pkt *copy_of(struct sim *s, const struct pkt *p)
{
	struct pkt *c = pkt_new(s);

	*c = *p;
	return c;
}

/* A copy with something in it wrong, which only the checksum tells. */
static struct pkt *corrupted(struct sim *s, const struct pkt *p)
{
	struct pkt *c = copy_of(s, p);
	uint32_t noise = 1u << rng_below(&s->rng, 32);

	c->bad = true;
	switch (rng_below(&s->rng, 6)) {
	case 0:
		c->seq ^= noise;
		break;
	case 1:
		c->ack ^= noise;
		break;
	case 2:
		c->win = (uint16_t)(c->win ^ noise);
		break;
	case 3:
		c->tsval ^= noise;
		break;
	case 4:
		c->ack += rng_below(&s->rng, 4000);
		break;
	case 5: {
		uint8_t *d = arena(s, p->len);

		if (!d || !p->len)
			break;
		memcpy(d, p->data, p->len);
		if (p->len > 4 && rng_pm(&s->rng, 500))
			d[3] ^= 0x10; /* a record mark that says another length */
		else
			d[rng_below(&s->rng, p->len)] ^= 1u << rng_below(&s->rng, 8);
		c->data = d;
		break;
	}
	}
	return c;
}

/* Somebody else's SYN, on this connection's ports. */
static struct pkt *forged_syn(struct sim *s, const struct pkt *p)
{
	struct pkt *c = copy_of(s, p);

	c->seq = rng_next(&s->rng);
	c->ack = c->len = c->nsack = 0;
	c->flags = NA_TCP_SYN;
	return c;
}

static void one(struct sim *s, struct link *l, enum event_kind to, struct pkt *p)
{
	const struct config *c = &s->cfg;
	bool well = s->now >= c->heal;
	uint32_t dir = to == EV_CLIENT;
	uint64_t at = s->now + c->delay;

	if (s->now < s->up_at) {
		trace_pkt(s, dir ? "     link down" : "> link down", p);
		pkt_free(s, p);
		return;
	}
	if (c->jitter)
		at += rng_below(&s->rng, (uint32_t)c->jitter);
	if (!well) {
		if (to == EV_TC_IN && rng_pm(&s->rng, c->stray_syn))
			event_add(s, at, to, forged_syn(s, p), 0);
		if (rng_pm(&s->rng, c->bad))
			event_add(s, at, to, corrupted(s, p), 0);
		if (rng_pm(&s->rng, c->loss[dir])) {
			trace_pkt(s, dir ? "     lost" : "> lost", p);
			if (dir && c->percent && p->len)
				repair_lost(s, p);
			pkt_free(s, p);
			return;
		}
		if ((p->tos & NA_ECN) == NA_ECN_ECT0 && rng_pm(&s->rng, c->mark[dir]))
			p->tos |= NA_ECN_CE;
		if (rng_pm(&s->rng, c->dup[dir]))
			event_add(s, at + rng_below(&s->rng, (uint32_t)c->late + 1), to,
				  copy_of(s, p), 0);
		if (rng_pm(&s->rng, c->reorder[dir])) {
			event_add(s, at + rng_below(&s->rng, (uint32_t)c->late + 1), to, p, 0);
			return;
		}
	}
	at = max(at, l->last);
	l->last = at;
	event_add(s, at, to, p, 0);
}

/* 1 to most, with a liking for what splits a record mark, and for the end of a header. */
static uint32_t odd_cut(struct sim *s, uint32_t most)
{
	uint32_t n = 1 + rng_below(&s->rng, most);

	if (rng_pm(&s->rng, 300))
		n = rng_pm(&s->rng, 500) ? 1 + rng_below(&s->rng, 3) : 16;
	return min(n, most);
}

/* Cut to what the wire carries, and at times smaller still. */
static void cut(struct sim *s, struct link *l, enum event_kind to, struct pkt *p, uint32_t mss)
{
	while (p->len > mss || (p->len > 1 && rng_pm(&s->rng, s->cfg.split))) {
		uint32_t n = p->len > mss ? mss : odd_cut(s, p->len - 1);
		struct pkt *head = copy_of(s, p);

		head->len = n;
		head->flags &= (uint8_t) ~(NA_TCP_FIN | NA_TCP_PSH);
		p->flags &= (uint8_t)~NA_TCP_CWR;
		p->seq += n;
		p->len -= n;
		p->data += n;
		one(s, l, to, head);
	}
	one(s, l, to, p);
}

void link_send(struct sim *s, struct link *l, enum event_kind to, struct pkt *p)
{
	if (to == EV_SOCKET) {
		uint64_t at = s->now;

		if (s->now < s->cfg.heal && rng_pm(&s->rng, s->cfg.drop)) {
			trace_pkt(s, "> dropped", p);
			pkt_free(s, p);
			return;
		}
		if (!s->cfg.backlog) {
			link_deliver(s, to, p);
			return;
		}
		at += rng_below(&s->rng, (uint32_t)s->cfg.backlog);
		at = max(at, l->last);
		l->last = at;
		event_add(s, at, to, p, 0);
		return;
	}
	cut(s, l, to, p, to == EV_CLIENT ? s->cfg.s_mss : s->cfg.c_mss);
}

/* tcp_gro_receive(), without its limits on age */
static bool merge(struct sim *s, struct pkt *a, const struct pkt *b)
{
	if (a->seq + a->len != b->seq || a->ack != b->ack || a->bad || b->bad || a->nsack ||
	    b->nsack || a->ts != b->ts || a->tsval != b->tsval || a->tsecr != b->tsecr ||
	    a->flags & NA_TCP_FIN || a->len + b->len > GRO_MAX || !b->len ||
	    ((a->flags ^ b->flags) & ~(NA_TCP_PSH | NA_TCP_FIN)) || a->tos != b->tos)
		return false;
	if (a->data + a->len != b->data) {
		uint8_t *d = arena(s, a->len + b->len);

		if (!d)
			return false;
		memcpy(d, a->data, a->len);
		memcpy(d + a->len, b->data, b->len);
		a->data = d;
	}
	a->len += b->len;
	a->flags |= b->flags;
	return true;
}

void link_flush(struct sim *s, struct link *l, enum event_kind at)
{
	struct pkt *p = l->gro;

	l->gro = NULL;
	l->gro_at = NEVER;
	if (p)
		link_deliver(s, at, p);
}

void link_arrive(struct sim *s, struct link *l, enum event_kind at, struct pkt *p)
{
	if (l->gro && merge(s, l->gro, p)) {
		pkt_free(s, p);
		return;
	}
	link_flush(s, l, at);
	if (p->len && !p->nsack && rng_pm(&s->rng, s->cfg.gro)) {
		l->gro = p;
		l->gro_at = s->now + GRO_WAIT;
		return;
	}
	link_deliver(s, at, p);
}

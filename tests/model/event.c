// SPDX-License-Identifier: GPL-2.0-only
/* The queue of events, the pool of packets, the trace. */
#include "tests/model/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct pkt *pkt_new(struct sim *s)
{
	struct pkt *p = s->free;

	if (p)
		s->free = p->next;
	else if (s->npool < sizeof(s->pool) / sizeof(s->pool[0]))
		p = &s->pool[s->npool++];
	else
		fail(s, "out of packets: a storm");
	memset(p, 0, sizeof(*p));
	return p;
}

void pkt_free(struct sim *s, struct pkt *p)
{
	p->next = s->free;
	s->free = p;
}

uint8_t *arena(struct sim *s, uint32_t len)
{
	uint8_t *p = s->arena + s->arena_used;

	if (len > sizeof(s->arena) - s->arena_used)
		return NULL;
	s->arena_used += len;
	return p;
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : (int32_t)(a->order - b->order) < 0;
}

void event_add(struct sim *s, uint64_t at, enum event_kind kind, struct pkt *p, uint32_t arg)
{
	struct event e = {
		.at = at, .order = s->order++, .arg = arg, .kind = kind, .conn = s->conn, .p = p};
	uint32_t i = s->nheap++;

	if (s->nheap == sizeof(s->heap) / sizeof(s->heap[0]))
		fail(s, "out of events: a storm");
	while (i && before(&e, &s->heap[(i - 1) / 2])) {
		s->heap[i] = s->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->heap[i] = e;
}

bool event_take(struct sim *s, struct event *e)
{
	struct event last;
	uint32_t i = 0, child;

	if (!s->nheap)
		return false;
	*e = s->heap[0];
	last = s->heap[--s->nheap];
	for (; (child = 2 * i + 1) < s->nheap; i = child) {
		if (child + 1 < s->nheap && before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &last))
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = last;
	return true;
}

void trace(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->trace)
		return;
	fprintf(s->log, "%12.6f  ", (double)s->now / SEC);
	va_start(ap, fmt);
	vfprintf(s->log, fmt, ap);
	va_end(ap);
	putc('\n', s->log);
}

/* Sequence numbers are shown relative to both sides' first bytes. */
void trace_pkt(struct sim *s, const char *where, const struct pkt *p)
{
	bool up = where[0] == '>' || !strncmp(where, "client  -", 9);
	uint32_t i;

	if (!s->trace)
		return;
	fprintf(s->log, "%12.6f  %-18s %s%s%s%s%s%s%s%s seq %d+%u ack %d win %u", (double)s->now / SEC, where,
	       p->flags & NA_TCP_SYN ? "S" : "", p->flags & NA_TCP_FIN ? "F" : "",
	       p->flags & NA_TCP_RST ? "R" : "", p->flags & NA_TCP_ACK ? "." : "",
	       p->flags & NA_TCP_ECE ? "E" : "", p->flags & NA_TCP_CWR ? "W" : "",
	       (p->tos & NA_ECN) == NA_ECN_CE ? " CE" : "", p->bad ? " BAD" : "", (int)(p->seq - (up ? s->cfg.c_isn : s->cfg.s_isn) - 1), p->len,
	       (int)(p->ack - (up ? s->cfg.s_isn : s->cfg.c_isn) - 1), p->win);
	if (p->ts)
		fprintf(s->log, " ts %u/%u", p->tsval, p->tsecr);
	for (i = 0; i < p->nsack; i++)
		fprintf(s->log, " sack %d-%d",
		       (int)(p->sack[i].left - (up ? s->cfg.s_isn : s->cfg.c_isn) - 1),
		       (int)(p->sack[i].right - (up ? s->cfg.s_isn : s->cfg.c_isn) - 1));
	putc('\n', s->log);
}

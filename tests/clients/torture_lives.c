// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "tests/clients/torture_lives.h"

#define BY(field) ((x->field > y->field) - (x->field < y->field))

static int by_file(const void *a, const void *b)
{
	const struct torture_origin *x = a, *y = b;

	return BY(file);
}

static int by_gen(const void *a, const void *b)
{
	const struct torture_change *x = a, *y = b;

	return BY(file) ?: BY(gen);
}

static int by_name(const void *a, const void *b)
{
	const struct torture_naming *x = a, *y = b;

	return BY(name) ?: BY(start);
}

/* READs of one handle together, those that know their file first. */
static int by_handle(const void *a, const void *b)
{
	const struct torture_read *x = a, *y = b;

	return BY(handle) ?: -BY(file);
}

static int by_life(const void *a, const void *b)
{
	const struct life_read *x = a, *y = b;

	return BY(life) ?: BY(read->start);
}

const struct torture_state *life_state(const struct life *life, uint32_t k)
{
	return k ? &life->changes[k - 1].after : &life->origin->state;
}

uint32_t life_block(const struct life *life, uint32_t k, uint32_t block)
{
	for (; k; k--) {
		const struct torture_change *c = &life->changes[k - 1];

		if (block >= c->data.first && block < c->data.last)
			return c->gen;
		if (block >= c->zero.first && block < c->zero.last)
			return 0;
	}
	return life->origin->blocks[block];
}

void life_window(const struct life *life, uint64_t start, uint64_t end, uint32_t *lo, uint32_t *hi)
{
	uint32_t from = 0, to = life->n;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (life->changes[middle].end <= start)
			from = middle + 1;
		else
			to = middle;
	}
	*lo = *hi = from;
	while (*hi < life->n && life->changes[*hi].start <= end)
		++*hi;
}

static struct life *find(const struct lives *l, uint32_t file)
{
	size_t from = 0, to = l->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (l->lives[middle].origin->file < file)
			from = middle + 1;
		else
			to = middle;
	}
	return from < l->n && l->lives[from].origin->file == file ? &l->lives[from] : NULL;
}

static int take_changes(struct lives *l, const struct torture_history *h)
{
	for (size_t i = 0; i < h->n_changes; i++) {
		const struct torture_change *c = &h->changes[i], *last;
		struct life *life = find(l, c->file);

		if (!life || c->end < c->start || c->gen <= life->origin->gen)
			return -EINVAL;
		if (!life->n++) {
			life->changes = c;
			continue;
		}
		last = c - 1;
		if (c->gen == last->gen || c->start < last->end)
			return -EINVAL;
	}
	return 0;
}

/*
 * The file a name stood for while it was looked up. If it may have been one of several, the
 * words of the READ choose among them; if they name none of these, it is one of these anyway.
 */
static const struct life *named(const struct lives *l, const struct torture_history *h,
				const struct torture_read *r)
{
	const struct life *only = NULL, *chosen = NULL;
	bool several = false;

	for (size_t i = 0; i < h->n_namings; i++) {
		const struct torture_naming *n = &h->namings[i];
		const struct life *life;

		if (n->name != r->name || n->start > r->lookup_end)
			continue;
		life = find(l, n->file);
		if (n->end <= r->lookup_start) {
			several = false;
			chosen = NULL;
		} else {
			several = true;
		}
		only = life;
		if (life && life->origin->words == r->file)
			chosen = life;
	}
	if (!several || chosen)
		return several ? chosen : only;
	return r->file ? only : NULL;
}

static void take_reads(struct lives *l, const struct torture_history *h)
{
	const struct life *life = NULL;

	for (size_t i = 0; i < h->n_reads; i++) {
		const struct torture_read *r = &h->reads[i];

		if (!i || !r->handle || r->handle != r[-1].handle)
			life = named(l, h, r);
		l->reads[i] = (struct life_read){.read = r, .life = life};
	}
	l->n_reads = h->n_reads;
	qsort(l->reads, l->n_reads, sizeof(*l->reads), by_life);
}

int lives_build(struct lives *l, struct torture_history *h)
{
	int rc;

	*l = (struct lives){
		.lives = calloc(h->n_origins + 1, sizeof(*l->lives)),
		.reads = calloc(h->n_reads + 1, sizeof(*l->reads)),
		.n = h->n_origins,
	};
	if (!l->lives || !l->reads) {
		lives_free(l);
		return -ENOMEM;
	}
	qsort(h->origins, h->n_origins, sizeof(*h->origins), by_file);
	qsort(h->changes, h->n_changes, sizeof(*h->changes), by_gen);
	qsort(h->namings, h->n_namings, sizeof(*h->namings), by_name);
	qsort(h->reads, h->n_reads, sizeof(*h->reads), by_handle);
	for (size_t i = 0; i < h->n_origins; i++)
		l->lives[i].origin = &h->origins[i];
	rc = take_changes(l, h);
	if (rc)
		lives_free(l);
	else
		take_reads(l, h);
	return rc;
}

void lives_free(struct lives *l)
{
	free(l->lives);
	free(l->reads);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/clients/torture_check.h"
#include "tests/clients/torture_lives.h"

const char *const torture_wrong_names[TORTURE_WRONGS] = {
	[TORTURE_STALE] = "stale",	   [TORTURE_FUTURE] = "future",
	[TORTURE_BACKWARDS] = "backwards", [TORTURE_BROKEN] = "broken",
	[TORTURE_ALIEN] = "alien",	   [TORTURE_SIZE] = "size",
	[TORTURE_ATTR] = "attributes",	   [TORTURE_GONE] = "gone",
	[TORTURE_REFUSED] = "refused",	   [TORTURE_LET_IN] = "let-in",
};

#define PAGE (4096 / TORTURE_BLOCK)
#define TORN 8 /* words of a block that a copy under way may be amidst of */

/* One READ being judged. */
struct judged {
	const struct torture_read *read;
	const struct life *life;
	uint32_t lo, hi; /* states it may show: after change lo .. hi of its file */
	uint32_t wrong;	 /* bits of enum torture_wrong */
	uint32_t wrong_block;
};

static void blame(struct judged *j, enum torture_wrong wrong)
{
	j->wrong |= 1u << wrong;
}

static bool covers(struct torture_span span, uint32_t block)
{
	return block >= span.first && block < span.last;
}

/* The same of the page that block is in. */
static bool covers_page(struct torture_span span, uint32_t block)
{
	uint32_t first = block / PAGE * PAGE;

	return span.first < span.last && first < span.last && first + PAGE > span.first;
}

/* Did a change that may have been under way leave the block as of gen (0: zeros)? */
static bool under_way(const struct judged *j, uint32_t block, uint32_t gen)
{
	for (uint32_t i = j->lo; i < j->hi; i++) {
		const struct torture_change *c = &j->life->changes[i];

		if (gen ? c->gen == gen && covers(c->data, block)
			: covers(c->zero, block) || (c->blank && (covers_page(c->data, block) ||
								  covers_page(c->zero, block))))
			return true;
	}
	return false;
}

static uint32_t newest_gen(const struct judged *j)
{
	return j->hi ? j->life->changes[j->hi - 1].gen : j->life->origin->gen;
}

static void judge_gen(struct judged *j, uint32_t block, uint32_t gen)
{
	if (gen == life_block(j->life, j->lo, block) || under_way(j, block, gen))
		return;
	j->wrong_block = block;
	blame(j, gen > newest_gen(j) ? TORTURE_FUTURE : TORTURE_STALE);
}

/*
 * Is the block cut off by a change that may have been under way? A server that has looked up
 * the size before and the pages after may send anything there, and Linux's nfsd does.
 */
static bool cut_off(const struct judged *j, uint32_t block)
{
	for (uint32_t i = j->lo; i < j->hi; i++)
		if (j->life->changes[i].size_low <= block * TORTURE_BLOCK)
			return true;
	return false;
}

/* Words need not change at once. */
static bool torn(const struct judged *j, uint32_t block, const struct torture_seen *seen)
{
	for (uint32_t i = j->lo; i < j->hi; i++) {
		const struct torture_change *c = &j->life->changes[i];

		if (covers(c->data, block) || covers(c->zero, block))
			return seen->broken <= TORN;
	}
	return false;
}

static void judge_block(struct judged *j, uint32_t block, const struct torture_seen *seen)
{
	if ((seen->broken && !torn(j, block, seen)) || seen->mixed ||
	    (seen->file && seen->file != j->life->origin->words)) {
		j->wrong_block = block;
		blame(j, seen->broken ? TORTURE_BROKEN : TORTURE_ALIEN);
		return;
	}
	if (seen->oldest)
		judge_gen(j, block, seen->oldest);
	if (seen->newest != seen->oldest)
		judge_gen(j, block, seen->newest);
	if (seen->zero)
		judge_gen(j, block, 0);
}

static void judge_blocks(struct judged *j)
{
	const struct torture_read *r = j->read;
	uint32_t first = r->offset / TORTURE_BLOCK, n = r->len / TORTURE_BLOCK;

	for (uint32_t i = 0; i < n && first + i < TORTURE_BLOCKS; i++)
		if (!cut_off(j, first + i))
			judge_block(j, first + i, &r->seen[i]);
}

/* What a READ brings of a file of that size. */
static uint64_t share(const struct torture_read *r, uint64_t size)
{
	uint64_t left = size > r->offset ? size - r->offset : 0;

	return left < r->count ? left : r->count;
}

static void judge_size(struct judged *j)
{
	const struct torture_read *r = j->read;
	uint64_t size = life_state(j->life, j->lo)->attr.size;
	bool good = r->len == share(r, size);

	for (uint32_t i = j->lo; i < j->hi && !good; i++) {
		const struct torture_change *c = &j->life->changes[i];

		good = r->len >= share(r, c->size_low) && r->len <= share(r, c->size_high);
	}
	if (!good || (r->exact && j->lo == j->hi && r->eof != (r->offset + r->len >= size)))
		blame(j, TORTURE_SIZE);
}

static bool same_attr(const struct torture_attr *a, const struct torture_attr *b)
{
	return a->size == b->size && a->mtime == b->mtime && a->ctime == b->ctime &&
	       a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->nlink == b->nlink;
}

/*
 * Amidst changes: each field as some state has it, times in order. Owner and group are two fields,
 * too: chown sets one after the other, and nfsd looks at them without a lock.
 */
static bool attr_between(const struct judged *j, const struct torture_attr *a)
{
	const struct torture_attr *first = &life_state(j->life, j->lo)->attr;
	bool size = false, mode = false, uid = false, gid = false, nlink = false;

	for (uint32_t k = j->lo; k <= j->hi; k++) {
		const struct torture_attr *s = &life_state(j->life, k)->attr;

		size |= a->size == s->size;
		mode |= a->mode == s->mode;
		uid |= a->uid == s->uid;
		gid |= a->gid == s->gid;
		nlink |= a->nlink == s->nlink;
		if (k > j->lo) {
			const struct torture_change *c = &j->life->changes[k - 1];

			size |= a->size >= c->size_low && a->size <= c->size_high;
		}
	}
	return size && mode && uid && gid && nlink && a->ctime >= first->ctime &&
	       a->ctime <= life_state(j->life, j->hi)->attr.ctime;
}

static void judge_attr(struct judged *j)
{
	const struct torture_read *r = j->read;
	const struct torture_state *before = life_state(j->life, j->lo);

	if (before->erased || (before->gone && (!r->has_attr || r->attr.nlink)))
		blame(j, TORTURE_GONE);
	else if (before->gone || !r->has_attr)
		return;
	else if (j->lo == j->hi ? !same_attr(&r->attr, &before->attr) : !attr_between(j, &r->attr))
		blame(j, TORTURE_ATTR);
}

static bool some_state(const struct judged *j, bool (*is)(const struct torture_state *))
{
	for (uint32_t k = j->lo; k <= j->hi; k++)
		if (is(life_state(j->life, k)))
			return true;
	return false;
}

static bool is_gone(const struct torture_state *s)
{
	return s->gone;
}

static bool is_open(const struct torture_state *s)
{
	return s->stranger;
}

static bool is_closed(const struct torture_state *s)
{
	return !s->stranger;
}

static void judge_refusal(struct judged *j)
{
	switch (-j->read->error) {
	case EACCES:
		if (j->read->stranger && some_state(j, is_closed))
			return;
		break;
	case ESTALE:
		if (some_state(j, is_gone))
			return;
		break;
	}
	blame(j, TORTURE_REFUSED);
}

static void judge(struct judged *j)
{
	const struct torture_read *r = j->read;

	if (r->error) {
		judge_refusal(j);
		return;
	}
	if (j->life->origin->start > r->end)
		blame(j, TORTURE_FUTURE);
	if (r->odd)
		blame(j, TORTURE_BROKEN);
	judge_blocks(j);
	if (r->stranger && !some_state(j, is_open))
		blame(j, TORTURE_LET_IN);
	judge_size(j);
	judge_attr(j);
}

static void record(struct torture_verdict *v, const struct judged *j)
{
	struct torture_violation *told;

	if (!j->wrong)
		return;
	if (v->violations < TORTURE_TOLD) {
		told = &v->told[v->violations];
		told->read = *j->read;
		told->file = j->life->origin->file;
		told->block = j->wrong_block;
		told->before = *life_state(j->life, j->lo);
		told->after = *life_state(j->life, j->hi);
		told->gen_before = j->lo ? j->life->changes[j->lo - 1].gen : j->life->origin->gen;
		told->gen_after = newest_gen(j);
		told->wrong = (enum torture_wrong)__builtin_ctz(j->wrong);
	}
	v->violations++;
	for (uint32_t i = 0; i < TORTURE_WRONGS; i++)
		v->wrong[i] += j->wrong >> i & 1;
}

/* The newest that READs of a file have shown which had ended by some time. */
struct shown {
	uint32_t oldest[TORTURE_BLOCKS], newest[TORTURE_BLOCKS];
	int64_t ctime;
};

/* Zeros have no number. */
static bool in_order(const struct judged *j, uint32_t block, const struct torture_seen *seen)
{
	return !seen->zero && !seen->mixed && !seen->broken && !cut_off(j, block);
}

static void show(struct shown *s, const struct judged *j)
{
	const struct torture_read *r = j->read;
	uint32_t first = r->offset / TORTURE_BLOCK, n = r->len / TORTURE_BLOCK;

	for (uint32_t i = 0; i < n && first + i < TORTURE_BLOCKS; i++) {
		const struct torture_seen *seen = &r->seen[i];

		if (!in_order(j, first + i, seen))
			continue;
		if (seen->oldest > s->oldest[first + i])
			s->oldest[first + i] = seen->oldest;
		if (seen->newest > s->newest[first + i])
			s->newest[first + i] = seen->newest;
	}
	if (r->has_attr && r->attr.ctime > s->ctime)
		s->ctime = r->attr.ctime;
}

static void judge_order(struct judged *j, const struct shown *s)
{
	const struct torture_read *r = j->read;
	uint32_t first = r->offset / TORTURE_BLOCK, n = r->len / TORTURE_BLOCK;

	for (uint32_t i = 0; i < n && first + i < TORTURE_BLOCKS; i++) {
		const struct torture_seen *seen = &r->seen[i];

		if (!in_order(j, first + i, seen) ||
		    (seen->oldest >= s->oldest[first + i] && seen->newest >= s->newest[first + i]))
			continue;
		j->wrong_block = first + i;
		blame(j, TORTURE_BACKWARDS);
	}
	if (r->has_attr && r->attr.ctime < s->ctime)
		blame(j, TORTURE_BACKWARDS);
}

static int by_end(const void *a, const void *b)
{
	const struct judged *x = a, *y = b;

	return (x->read->end > y->read->end) - (x->read->end < y->read->end);
}

/* reads: n of one file, by their start; ends: room for as many. */
static void judge_file(const struct life *life, const struct life_read *reads, size_t n,
		       struct judged *ends, struct torture_verdict *v)
{
	struct shown shown = {.ctime = INT64_MIN};
	size_t ended = 0;

	for (size_t i = 0; i < n; i++) {
		ends[i] = (struct judged){.read = reads[i].read, .life = life};
		life_window(life, ends[i].read->start, ends[i].read->end, &ends[i].lo, &ends[i].hi);
	}
	qsort(ends, n, sizeof(*ends), by_end);
	for (size_t i = 0; i < n; i++) {
		struct judged j = {.read = reads[i].read, .life = life};

		life_window(life, j.read->start, j.read->end, &j.lo, &j.hi);
		for (; ended < n && ends[ended].read->end < j.read->start; ended++)
			if (!ends[ended].read->error)
				show(&shown, &ends[ended]);
		judge(&j);
		if (!j.read->error)
			judge_order(&j, &shown);
		record(v, &j);
	}
	v->judged += n;
}

int torture_check(struct torture_history *h, struct torture_verdict *v)
{
	struct lives lives;
	struct judged *ends = calloc(h->n_reads + 1, sizeof(*ends));
	int rc;

	memset(v, 0, sizeof(*v));
	rc = ends ? lives_build(&lives, h) : -ENOMEM;
	if (rc) {
		free(ends);
		return rc;
	}
	for (size_t from = 0, to; from < lives.n_reads; from = to) {
		const struct life *life = lives.reads[from].life;

		for (to = from; to < lives.n_reads && lives.reads[to].life == life; to++)
			;
		if (life)
			judge_file(life, &lives.reads[from], to - from, ends, v);
		else
			v->open += to - from;
	}
	lives_free(&lives);
	free(ends);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "tests/clients/torture_change.h"
#include "tests/clients/torture_tell.h"

#define TOLD_ROUNDS 20 /* violations told in a whole run */

static void tell_state(const char *what, uint32_t gen, const struct torture_state *s)
{
	fprintf(stderr,
		"    %s gen %u: size %" PRIu64 " mtime %" PRId64 " ctime %" PRId64
		" mode %o uid %u gid %u nlink %u%s%s\n",
		what, gen, s->attr.size, s->attr.mtime, s->attr.ctime, s->attr.mode, s->attr.uid,
		s->attr.gid, s->attr.nlink, s->stranger ? " open to strangers" : "",
		s->gone ? " gone" : "");
}

static void tell_changes(const struct torture_history *h, const struct torture_violation *v)
{
	uint32_t from = v->gen_before > 5 ? v->gen_before - 5 : 0;

	for (size_t i = 0; i < h->n_changes; i++) {
		const struct torture_change *c = &h->changes[i];

		if (c->file != v->file || c->gen < from || c->gen > v->gen_after + 1)
			continue;
		fprintf(stderr,
			"    change %u: %s, %" PRId64 " to %" PRId64
			" us, data %u-%u zero %u-%u, size %" PRIu64 " mode %o%s ctime %" PRId64
			"\n",
			c->gen, torture_kinds[c->how].name,
			((int64_t)c->start - (int64_t)v->read.start) / 1000,
			((int64_t)c->end - (int64_t)v->read.start) / 1000, c->data.first,
			c->data.last, c->zero.first, c->zero.last, c->after.attr.size,
			c->after.attr.mode, c->after.stranger ? " open to strangers" : "",
			c->after.attr.ctime);
	}
}

static void tell(const struct torture_history *h, const struct torture_violation *v)
{
	const struct torture_read *r = &v->read;
	const struct torture_state seen = {.attr = r->attr};
	uint32_t i = v->block - r->offset / TORTURE_BLOCK;

	fprintf(stderr,
		"VIOLATION %s: name %u file %u%s%s, READ of %" PRIu64
		" us offset %u count %u: error %d, %u bytes, eof %d, words of file %u\n",
		torture_wrong_names[v->wrong], r->name, v->file, r->stranger ? ", stranger" : "",
		r->exact ? "" : ", kernel mount", (r->end - r->start) / 1000, r->offset, r->count,
		r->error, r->len, r->eof, r->file);
	if (i < TORTURE_BLOCKS)
		fprintf(stderr, "    block %u shows file %u gen %u to %u%s, %u words broken\n",
			v->block, r->seen[i].file, r->seen[i].oldest, r->seen[i].newest,
			r->seen[i].zero ? " and zeros" : "", r->seen[i].broken);
	if (r->has_attr)
		tell_state("seen", 0, &seen);
	tell_state("oldest possible", v->gen_before, &v->before);
	if (v->gen_after != v->gen_before)
		tell_state("newest possible", v->gen_after, &v->after);
	tell_changes(h, v);
}

void torture_tell_round(struct torture_result *r, const struct torture_history *h,
			const struct torture_verdict *v)
{
	for (uint64_t i = 0; i < v->violations && i < TORTURE_TOLD; i++)
		if (r->violations + i < TOLD_ROUNDS)
			tell(h, &v->told[i]);
	r->rounds++;
	r->reads += h->n_reads;
	r->judged += v->judged;
	r->changes += h->n_changes;
	r->violations += v->violations;
	for (uint32_t i = 0; i < TORTURE_WRONGS; i++)
		r->wrong[i] += v->wrong[i];
}

static uint64_t changes_of(const struct torture_shared *s, uint32_t kind)
{
	uint64_t done = 0;

	for (uint32_t i = 0; i < TORTURE_MAX_WORKERS; i++)
		done += s->logs[i].done[kind];
	return done;
}

static void tell_json(const struct torture_result *r, const struct torture_shared *s)
{
	printf("{\"rounds\":%" PRIu64 ",\"reads\":%" PRIu64 ",\"judged\":%" PRIu64
	       ",\"changes\":%" PRIu64 ",\"violations\":%" PRIu64,
	       r->rounds, r->reads, r->judged, r->changes, r->violations);
	for (uint32_t i = 0; i < TORTURE_WRONGS; i++)
		printf(",\"%s\":%" PRIu64, torture_wrong_names[i], r->wrong[i]);
	printf(",\"done\":{");
	for (uint32_t k = 0; k < torture_n_kinds; k++)
		printf("%s\"%s\":%" PRIu64, k ? "," : "", torture_kinds[k].name, changes_of(s, k));
	printf("}}\n");
}

void torture_tell_result(const struct torture_result *r, const struct torture_shared *s, bool json)
{
	if (json) {
		tell_json(r, s);
		return;
	}
	printf("%" PRIu64 " rounds, %" PRIu64 " READs (%" PRIu64 " judged), %" PRIu64
	       " changes, %" PRIu64 " violations",
	       r->rounds, r->reads, r->judged, r->changes, r->violations);
	for (uint32_t i = 0; i < TORTURE_WRONGS; i++)
		if (r->wrong[i])
			printf(", %s %" PRIu64, torture_wrong_names[i], r->wrong[i]);
	printf("\n");
	for (uint32_t k = 0; k < torture_n_kinds; k++)
		printf("%s%s %" PRIu64, k ? ", " : "", torture_kinds[k].name, changes_of(s, k));
	printf("\n");
}

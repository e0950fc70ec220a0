// SPDX-License-Identifier: GPL-2.0-only
#include "admin/top_table.h"

#include "admin/latency.h"

#include <stdlib.h>
#include <string.h>

struct na_top_row *na_top_add(struct na_top_table *t, const char *key, const char *name)
{
	struct na_top_row *grown = reallocarray(t->row, t->n + 1, sizeof(*grown)), *r;

	if (!grown)
		return NULL;
	t->row = grown;
	r = &t->row[t->n];
	*r = (struct na_top_row){.key = strdup(key), .name = strdup(name)};
	if (!r->key || !r->name) {
		free(r->key);
		free(r->name);
		return NULL;
	}
	t->n++;
	return r;
}

static void drop(struct na_top_row *r)
{
	free(r->key);
	free(r->name);
}

void na_top_clear(struct na_top_table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		drop(&t->row[i]);
	free(t->row);
	*t = (struct na_top_table){0};
}

static int by_key(const void *a, const void *b)
{
	const struct na_top_row *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* What is new of a total; below 0 if that is not known. */
static double fresh(const struct na_top_row *r, const struct na_top_row *old, unsigned int total)
{
	return old ? r->total[total] - old->total[total] : -1;
}

static double most(const struct na_top_row *r, const struct na_top_row *old, unsigned int permille)
{
	__u64 times[NA_TIMES];
	unsigned int i;

	for (i = 0; old && i < NA_TIMES; i++) {
		if (r->times[i] < old->times[i])
			return -1;
		times[i] = r->times[i] - old->times[i];
	}
	return old && na_times_sum(times) ? (double)na_time_share(times, permille) : -1;
}

static double number(const struct na_top_row *r, const struct na_top_row *old, double seconds,
		     const struct na_top_column *c, double given)
{
	double n, all;

	switch (c->source) {
	case NA_TOP_GIVEN:
		return given;
	case NA_TOP_TOTAL:
		return r->total[c->of];
	case NA_TOP_RATE:
		n = fresh(r, old, c->of);
		return n >= 0 && seconds > 0 ? n / seconds : -1;
	case NA_TOP_SHARE:
		n = fresh(r, old, c->of);
		all = fresh(r, old, c->in);
		return n >= 0 && all > 0 ? n * 100 / all : -1;
	case NA_TOP_MOST:
		return most(r, old, c->of);
	}
	return -1;
}

void na_top_fill(struct na_top_table *t, const struct na_top_table *before, double seconds,
		 const struct na_top_column column[static NA_TOP_NUMBERS])
{
	const struct na_top_row **index = calloc(before->n + 1, sizeof(*index));
	size_t i;
	unsigned int k;

	for (i = 0; index && i < before->n; i++)
		index[i] = &before->row[i];
	if (index)
		qsort(index, before->n, sizeof(*index), by_key);
	for (i = 0; i < t->n; i++) {
		struct na_top_row *r = &t->row[i];
		const struct na_top_row *key = r, **old = NULL;

		if (index && before->n)
			old = bsearch(&key, index, before->n, sizeof(*index), by_key);
		for (k = 0; k < NA_TOP_NUMBERS; k++)
			r->n[k] = number(r, old ? *old : NULL, seconds, &column[k], r->n[k]);
	}
	free(index);
}

struct order {
	unsigned int column;
	bool falling;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct na_top_row *x = a, *y = b;
	const struct order *o = arg;
	int c = 0;

	if (o->column < NA_TOP_NUMBERS)
		c = (x->n[o->column] > y->n[o->column]) - (x->n[o->column] < y->n[o->column]);
	else
		c = strcmp(x->name, y->name);
	if (c)
		return o->falling ? -c : c;
	return strcmp(x->name, y->name) ?: strcmp(x->key, y->key);
}

void na_top_sort(struct na_top_table *t, unsigned int column, bool falling)
{
	struct order o = {column, falling};

	if (t->n)
		qsort_r(t->row, t->n, sizeof(*t->row), compare, &o);
}

void na_top_filter(struct na_top_table *t, const char *text)
{
	size_t i, kept = 0;

	for (i = 0; i < t->n; i++) {
		if (strcasestr(t->row[i].name, text))
			t->row[kept++] = t->row[i];
		else
			drop(&t->row[i]);
	}
	t->n = kept;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/top_table.h"

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

void na_top_rates(struct na_top_table *t, const struct na_top_table *before, double seconds)
{
	const struct na_top_row **index = calloc(before->n + 1, sizeof(*index));
	size_t i;

	for (i = 0; index && i < before->n; i++)
		index[i] = &before->row[i];
	if (index)
		qsort(index, before->n, sizeof(*index), by_key);
	for (i = 0; i < t->n; i++) {
		const struct na_top_row *r = &t->row[i], **old = NULL;

		if (index && before->n)
			old = bsearch(&r, index, before->n, sizeof(*index), by_key);
		t->row[i].n[NA_TOP_RATE] = -1;
		if (old && seconds > 0 && r->n[NA_TOP_TOTAL] >= (*old)->n[NA_TOP_TOTAL])
			t->row[i].n[NA_TOP_RATE] =
				(r->n[NA_TOP_TOTAL] - (*old)->n[NA_TOP_TOTAL]) / seconds;
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

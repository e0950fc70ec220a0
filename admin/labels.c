// SPDX-License-Identifier: GPL-2.0-only
#include "admin/labels.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_NS 3600000000000ull

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

bool na_labels_has(const struct na_labels *l, const __u8 addr[static 16])
{
	return l->n && bsearch(addr, l->addr, l->n, sizeof(l->addr[0]), by_address);
}

/* Since the last choice; one that counts from the beginning again has done no more than that. */
static __u64 lately(const struct na_labels *l, const struct na_label_count *c)
{
	const struct na_label_count *then =
		l->nthen ? bsearch(c->addr, l->then, l->nthen, sizeof(*l->then), by_address) : NULL;

	return then && then->ops <= c->ops ? c->ops - then->ops : c->ops;
}

/* The most first; among equals who has a place keeps it. */
static int by_merit(const void *a, const void *b)
{
	const struct na_label_count *x = a, *y = b;

	if (x->lately != y->lately)
		return x->lately > y->lately ? -1 : 1;
	if (x->named != y->named)
		return x->named ? -1 : 1;
	return memcmp(x->addr, y->addr, sizeof(x->addr));
}

static void name(struct na_labels *l, const struct na_label_count *c)
{
	memcpy(l->addr[l->n++], c->addr, sizeof(c->addr));
}

void na_labels_update(struct na_labels *l, struct na_label_count *c, size_t n, __u64 now)
{
	bool anew = !l->begun || now - l->chosen >= HOUR_NS;
	size_t i;

	if (!anew && l->n == l->max) {
		free(c);
		return;
	}
	for (i = 0; i < n; i++) {
		c[i].lately = lately(l, &c[i]);
		c[i].named = na_labels_has(l, c[i].addr);
	}
	if (n)
		qsort(c, n, sizeof(*c), by_merit);
	if (anew)
		l->n = 0;
	for (i = 0; i < n && l->n < l->max; i++)
		if ((anew && c[i].named) || (!c[i].named && c[i].lately))
			name(l, &c[i]);
	qsort(l->addr, l->n, sizeof(l->addr[0]), by_address);
	if (!anew) {
		free(c);
		return;
	}
	if (n)
		qsort(c, n, sizeof(*c), by_address);
	free(l->then);
	l->then = c;
	l->nthen = n;
	l->begun = true;
	l->chosen = now;
}

void na_labels_free(struct na_labels *l)
{
	free(l->then);
	*l = (struct na_labels){.max = l->max};
}

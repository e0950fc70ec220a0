/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of a view of nfsaccelctl top: rates, order, filter. Pure. */
#ifndef NFSACCEL_ADMIN_TOP_TABLE_H
#define NFSACCEL_ADMIN_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define NA_TOP_NUMBERS 5

/* Where a view has rates, they are numbers 0, of what number 1 counts. */
enum { NA_TOP_RATE, NA_TOP_TOTAL };
#define NA_TOP_NAME NA_TOP_NUMBERS /* as a column to sort by */

struct na_top_row {
	char *key;		  /* who it is, also in the next table */
	char *name;		  /* as shown */
	double n[NA_TOP_NUMBERS]; /* below 0: not known */
};

struct na_top_table {
	struct na_top_row *row;
	size_t n;
};

/* The row is the table's; NULL for want of memory. */
struct na_top_row *na_top_add(struct na_top_table *t, const char *key, const char *name);
void na_top_clear(struct na_top_table *t);

/* Of rows that were not in `before`, or count from 0 again since, the rate is not known. */
void na_top_rates(struct na_top_table *t, const struct na_top_table *before, double seconds);

/* Rows that are equal there are put by name, so that they keep their places. */
void na_top_sort(struct na_top_table *t, unsigned int column, bool falling);

/* Keeps the rows whose name has text in it, in upper or lower case; all if it is empty. */
void na_top_filter(struct na_top_table *t, const char *text);

#endif

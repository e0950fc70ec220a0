/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of a view of nfsaccelctl top: rates, order, filter. Pure. */
#ifndef NFSACCEL_ADMIN_TOP_TABLE_H
#define NFSACCEL_ADMIN_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "nfsaccel/tally.h"

#define NA_TOP_NUMBERS 8
#define NA_TOP_NAME    NA_TOP_NUMBERS /* as a column to sort by */
#define NA_TOP_TOTALS  5

enum na_top_format {
	NA_TOP_NONE, /* no such column */
	NA_TOP_PLAIN,
	NA_TOP_SIZE,
	NA_TOP_PERCENT,
	NA_TOP_TIME, /* nanoseconds */
};

/* Where a column's number comes from; "new" is since the table before. */
enum na_top_source {
	NA_TOP_GIVEN, /* the view's read() writes it */
	NA_TOP_TOTAL, /* total `of` */
	NA_TOP_RATE,  /* what is new of total `of`, a second */
	NA_TOP_SHARE, /* what is new of total `of` in what is new of total `in`, in percent */
	NA_TOP_MOST,  /* the time that `of` of a thousand new calls took at most */
};

struct na_top_column {
	const char *title;
	enum na_top_format format;
	enum na_top_source source;
	unsigned int of, in;
};

struct na_top_row {
	char *key;		     /* who it is, also in the next table */
	char *name;		     /* as shown */
	double n[NA_TOP_NUMBERS];    /* as shown; below 0: not known */
	double total[NA_TOP_TOTALS]; /* counters */
	__u64 times[NA_TIMES];	     /* counters of calls by how long they took */
};

struct na_top_table {
	struct na_top_row *row;
	size_t n;
};

/* The row is the table's; NULL for want of memory. */
struct na_top_row *na_top_add(struct na_top_table *t, const char *key, const char *name);
void na_top_clear(struct na_top_table *t);

/*
 * The numbers of columns that are not given. Of rows that were not in `before`, or count from 0
 * again since, what is new is not known.
 */
void na_top_fill(struct na_top_table *t, const struct na_top_table *before, double seconds,
		 const struct na_top_column column[static NA_TOP_NUMBERS]);

/* Rows that are equal there are put by name, so that they keep their places. */
void na_top_sort(struct na_top_table *t, unsigned int column, bool falling);

/* Keeps the rows whose name has text in it, in upper or lower case; all if it is empty. */
void na_top_filter(struct na_top_table *t, const char *text);

#endif

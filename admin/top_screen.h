/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal of nfsaccelctl top. */
#ifndef NFSACCEL_ADMIN_TOP_SCREEN_H
#define NFSACCEL_ADMIN_TOP_SCREEN_H

#include "admin/rates.h"
#include "admin/top_views.h"

#define NA_TOP_FILTER 64

struct na_top_screen {
	const struct na_top_view *view;
	struct json_object *status; /* the last reply; NULL before the first */
	struct na_rates rates;
	bool known; /* rates are */
	struct na_top_table table;
	size_t all;	     /* rows before the filter */
	size_t first;	     /* row shown at the top */
	unsigned int column; /* sorted by */
	bool falling;
	char filter[NA_TOP_FILTER];
	bool typing;	   /* the filter */
	char trouble[512]; /* why there is nothing new; "" if there is */
};

/* False when there is no terminal that can do it; that has been printed. */
bool na_top_open(void);
void na_top_close(void);
/* May move `first`, so that there are rows to be seen. */
void na_top_draw(struct na_top_screen *s);
/* Columns of numbers that fit, beside names. */
unsigned int na_top_columns(const struct na_top_view *view);
/* Rows that fit. */
size_t na_top_page(void);

#endif

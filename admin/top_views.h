/* SPDX-License-Identifier: GPL-2.0-only */
/* What nfsaccelctl top can show: which reply becomes which rows. */
#ifndef NFSACCEL_ADMIN_TOP_VIEWS_H
#define NFSACCEL_ADMIN_TOP_VIEWS_H

#include <json-c/json.h>

#include "admin/top_table.h"

enum na_top_format {
	NA_TOP_NONE, /* no such column */
	NA_TOP_PLAIN,
	NA_TOP_SIZE,
};

struct na_top_view {
	int key;
	const char *name;
	const char *request; /* the control command */
	int count;	     /* its argument; 0 for none */
	bool rates;
	struct {
		const char *title;
		enum na_top_format format;
	} column[NA_TOP_NUMBERS];
	const char *title; /* of the name */
	void (*read)(struct json_object *reply, struct na_top_table *t);
};

#define NA_TOP_VIEWS 4
extern const struct na_top_view na_top_views[NA_TOP_VIEWS];

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What nfsaccelctl top can show: which reply becomes which rows. */
#ifndef NFSACCEL_ADMIN_TOP_VIEWS_H
#define NFSACCEL_ADMIN_TOP_VIEWS_H

#include <json-c/json.h>

#include "admin/top_table.h"

struct na_top_view {
	int key;
	const char *name;
	const char *request;			     /* the control command */
	int count;				     /* its argument; 0 for none */
	struct na_top_column column[NA_TOP_NUMBERS]; /* the first of them where there is no room */
	unsigned int sorted;			     /* by this one, at first */
	const char *title;			     /* of the name */
	void (*read)(struct json_object *reply, struct na_top_table *t);
};

#define NA_TOP_VIEWS 5
extern const struct na_top_view na_top_views[NA_TOP_VIEWS];

#endif

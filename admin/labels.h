/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which clients the metrics name. Whoever keeps metrics pays for each name that was ever told,
 * and clients' addresses are up to them. Pure.
 *
 * 1. At most `max` are named at a time.
 * 2. They are chosen an hour apart or more, and from one choice to the next no more than `max`
 *    names are new, whatever clients do.
 * 3. Chosen are those with the most operations since the choice before; whoever comes while
 *    there are places left has one at once.
 */
#ifndef NFSACCEL_ADMIN_LABELS_H
#define NFSACCEL_ADMIN_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "nfsaccel/types.h"

#define NA_LABELS_MAX 256u

struct na_label_count {
	__u8 addr[16];
	__u64 ops;    /* so far */
	__u64 lately; /* na_labels_update()'s own */
	bool named;   /* likewise */
};

struct na_labels {
	size_t max;
	__u8 addr[NA_LABELS_MAX][16]; /* those that are named, in order */
	size_t n;
	bool begun;
	__u64 chosen;		     /* when, in ns */
	struct na_label_count *then; /* what there was then, by address */
	size_t nthen;
};

/* Look at all clients that are known, each once, in the order of addresses: takes `c`. */
void na_labels_update(struct na_labels *l, struct na_label_count *c, size_t n, __u64 now);

bool na_labels_has(const struct na_labels *l, const __u8 addr[static 16]);

void na_labels_free(struct na_labels *l);

#endif

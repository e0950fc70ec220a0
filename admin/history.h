/* SPDX-License-Identifier: GPL-2.0-only */
/* The last half hour in rates, for the status page: a point every five seconds. Pure. */
#ifndef NFSACCEL_ADMIN_HISTORY_H
#define NFSACCEL_ADMIN_HISTORY_H

#include <time.h>

#include "admin/rates.h"
#include "nfsaccel/tally.h"

#define NA_HISTORY_SECONDS 5
#define NA_HISTORY_POINTS  360

struct na_point {
	time_t time;
	double reads, hits, bytes, held; /* a second */
	double p50, p99;		 /* of nfsd's calls, ns; below 0: there were none */
};

struct na_history {
	struct na_sample last; /* ns 0: there is none */
	__u64 times[NA_TIMES]; /* with it */
	struct na_point point[NA_HISTORY_POINTS];
	size_t next, n;
};

/* times: calls of nfsd. Where no rate can be told (rates.h), no point is made. */
void na_history_add(struct na_history *h, const struct na_sample *s,
		    const __u64 times[static NA_TIMES], time_t now);

/* {"time": [...], "reads": [...], ...}, the oldest first. */
struct json_object *na_history_json(const struct na_history *h);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Rates from the counters of two replies to "stats". Pure: time is given. */
#ifndef NFSACCEL_ADMIN_RATES_H
#define NFSACCEL_ADMIN_RATES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "nfsaccel/verdict.h"

struct na_sample {
	uint64_t ns; /* when, by any clock that only goes forwards */
	uint64_t n[NA_V_MAX];
};

/* All a second, but for share. */
struct na_rates {
	double seconds; /* between the samples */
	double each[NA_V_MAX];
	double reads;	      /* hits and misses */
	double share;	      /* of hits in reads, 0 to 1; below 0 without reads */
	enum na_verdict miss; /* the most frequent reason for a miss; NA_V_MAX without misses */
};

/* By enum na_verdict, as in the reply. */
const char *na_counter_name(enum na_verdict v);

/* Counters that the reply lacks (another version's) are 0. */
void na_sample_read(struct json_object *stats, uint64_t ns, struct na_sample *s);

/*
 * False, with all rates 0, when none can be told: no time has passed, or a counter has gone
 * backwards, so that the state is another than before.
 */
bool na_rates(const struct na_sample *before, const struct na_sample *now, struct na_rates *r);

#endif

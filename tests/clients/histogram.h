// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency histogram, log-linear: every power of two is cut into 128 equal
 * buckets, so a percentile is off by less than 0.4 % (values below 256 and the
 * minimum and maximum are exact). Constant memory, no allocation after new.
 */
#ifndef TESTS_CLIENTS_HISTOGRAM_H
#define TESTS_CLIENTS_HISTOGRAM_H

#include <stdint.h>

struct histogram {
	uint64_t count;
	uint64_t min;
	uint64_t max;
	uint64_t *buckets;
};

int histogram_init(struct histogram *h);
void histogram_free(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t value);

/* The value that a fraction of all values (0 < fraction <= 1) does not exceed; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *h, double fraction);

#endif

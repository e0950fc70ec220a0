// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choice of one of n items: item i (from 0) has weight 1 / (i + 1)^theta;
 * theta 0 is the uniform choice. Exact: the distribution function is a table.
 */
#ifndef TESTS_CLIENTS_ZIPF_H
#define TESTS_CLIENTS_ZIPF_H

#include <stdint.h>

struct zipf {
	uint32_t n;
	double *cdf;
};

/* n > 0, theta >= 0. */
int zipf_init(struct zipf *z, uint32_t n, double theta);
void zipf_free(struct zipf *z);
uint32_t zipf_pick(const struct zipf *z, uint64_t *random_state);

#endif

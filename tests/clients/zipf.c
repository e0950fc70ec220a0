// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tests/clients/random.h"
#include "tests/clients/zipf.h"

int zipf_init(struct zipf *z, uint32_t n, double theta)
{
	double sum = 0, *cdf;

	if (!n || !(theta >= 0) || isinf(theta))
		return -EINVAL;
	cdf = calloc(n, sizeof(*cdf));
	if (!cdf)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		sum += pow(i + 1.0, -theta);
		cdf[i] = sum;
	}
	for (uint32_t i = 0; i < n; i++)
		cdf[i] /= sum;
	*z = (struct zipf){.n = n, .cdf = cdf};
	return 0;
}

void zipf_free(struct zipf *z)
{
	free(z->cdf);
	z->cdf = NULL;
}

uint32_t zipf_pick(const struct zipf *z, uint64_t *random_state)
{
	double u = random_unit(random_state);
	uint32_t low = 0, high = z->n - 1;

	/* The first item whose distribution function exceeds u. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (z->cdf[middle] > u)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tests/clients/histogram.h"

#define SUB_BITS    7
#define SUB_BUCKETS (1u << SUB_BITS)
/* Values below 2 * SUB_BUCKETS have a bucket each; every further power of two has SUB_BUCKETS. */
#define N_BUCKETS (2 * SUB_BUCKETS + (64 - SUB_BITS - 1) * SUB_BUCKETS)

static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < 2 * SUB_BUCKETS)
		return (unsigned int)value;
	shift = 63 - (unsigned int)__builtin_clzll(value) - SUB_BITS;
	return shift * SUB_BUCKETS + (unsigned int)(value >> shift);
}

static uint64_t bucket_middle(unsigned int bucket)
{
	unsigned int shift;
	uint64_t low;

	if (bucket < 2 * SUB_BUCKETS)
		return bucket;
	shift = bucket / SUB_BUCKETS - 1;
	low = (uint64_t)(bucket - shift * SUB_BUCKETS) << shift;
	return low + (1ULL << shift) / 2;
}

int histogram_init(struct histogram *h)
{
	uint64_t *buckets = calloc(N_BUCKETS, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	*h = (struct histogram){.min = UINT64_MAX, .buckets = buckets};
	return 0;
}

void histogram_free(struct histogram *h)
{
	free(h->buckets);
	h->buckets = NULL;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->count++;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

uint64_t histogram_percentile(const struct histogram *h, double fraction)
{
	uint64_t rank, seen = 0, middle;

	if (!h->count)
		return 0;
	rank = (uint64_t)ceil(fraction * (double)h->count);
	if (rank < 1)
		rank = 1;
	if (rank >= h->count)
		return h->max;
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen < rank)
			continue;
		middle = bucket_middle(i);
		/* A bucket's middle may lie outside of what was really seen. */
		if (middle < h->min)
			return h->min;
		return middle > h->max ? h->max : middle;
	}
	return h->max;
}

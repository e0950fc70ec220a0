/* SPDX-License-Identifier: GPL-2.0-only */
/* Where every decision of a run comes from: a seed, or the bytes of a fuzzer. */
#ifndef MODEL_RNG_H
#define MODEL_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
	const uint8_t *bytes; /* used up before `state` is */
	size_t left;
};

static inline uint64_t rng_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static inline uint32_t rng_next(struct rng *r)
{
	r->state += 0x9e3779b97f4a7c15ull;
	if (r->left) {
		uint32_t v = (uint32_t)*r->bytes++ * 0x01010101u;

		r->left--;
		/* the high bits are the fuzzer's, the low ones fill up large ranges */
		return v ^ (uint32_t)(rng_mix(r->state) >> 48);
	}
	return (uint32_t)(rng_mix(r->state) >> 32);
}

/* 0 .. n - 1 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return n ? (uint32_t)(((uint64_t)rng_next(r) * n) >> 32) : 0;
}

static inline uint32_t rng_range(struct rng *r, uint32_t lo, uint32_t hi)
{
	return hi <= lo ? lo : lo + rng_below(r, hi - lo + 1);
}

/* True pm times in a thousand; draws nothing when it cannot be. */
static inline bool rng_pm(struct rng *r, uint32_t pm)
{
	return pm && rng_below(r, 1000) < pm;
}

#endif

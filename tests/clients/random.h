// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small seeded generator. Tests must repeat bit by bit on every machine, so
 * neither rand() nor the system's entropy is used.
 */
#ifndef TESTS_CLIENTS_RANDOM_H
#define TESTS_CLIENTS_RANDOM_H

#include <stdint.h>

/* The finalizer of splitmix64: a bijection that spreads every input bit. */
static inline uint64_t random_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline uint64_t random_next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15ULL;
	return random_mix(*state);
}

/* Uniform in [0, bound); bound > 0. The product's high half avoids a modulo's bias. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return (uint64_t)(((unsigned __int128)random_next(state) * bound) >> 64);
}

/* Uniform in [0, 1), 53 random bits. */
static inline double random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1.0p-53;
}

#endif

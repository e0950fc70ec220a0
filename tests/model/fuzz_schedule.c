// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer drives the simulator: the input's bytes are the first decisions of a run, its
 * setting included, and what follows is derived from them. The properties are the same.
 */
#include "tests/model/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim *s;
	static struct stats st;
	size_t i;

	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			abort();
		s->st = &st;
	}
	memset(&s->rng, 0, sizeof(s->rng));
	for (i = 0; i < size; i++)
		s->rng.state = rng_mix(s->rng.state + data[i]);
	s->rng.bytes = data;
	s->rng.left = size;
	config_pick(s, NULL);
	if (!sim_run(s)) {
		fprintf(stderr, "violation: %s\n", s->violation);
		abort();
	}
	return 0;
}

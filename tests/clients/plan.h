// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which READs nfsaccel-verify sends. A pass goes through all files; each file is
 * read from start to end in steps of count and once past its end, or (sweep) at
 * every pairing of awkward offsets and counts, or (random) somewhere.
 */
#ifndef TESTS_CLIENTS_PLAN_H
#define TESTS_CLIENTS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum plan_mode {
	PLAN_WHOLE,
	PLAN_SWEEP,
	PLAN_RANDOM,
};

struct plan {
	enum plan_mode mode;
	uint32_t n_files;
	uint32_t count; /* step of whole, largest of sweep and random */
	uint64_t random_state;
	uint32_t file;
	uint64_t step;
};

/* n_files > 0, count > 0. */
void plan_init(struct plan *p, enum plan_mode mode, uint32_t n_files, uint32_t count,
	       uint64_t seed);

/*
 * The next READ of this pass, or false at its end (the one after belongs to a
 * new pass). size(arg, file) is asked for the size of a file.
 */
bool plan_next(struct plan *p, uint64_t (*size)(void *arg, uint32_t file), void *arg,
	       uint32_t *file, uint64_t *offset, uint32_t *count);

#endif

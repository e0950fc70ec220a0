// SPDX-License-Identifier: GPL-2.0-only
/*
 * A history in the order torture_check.c wants it: each file's changes one after the
 * other, and each READ with the file it was of.
 */
#ifndef TESTS_CLIENTS_TORTURE_LIVES_H
#define TESTS_CLIENTS_TORTURE_LIVES_H

#include "tests/clients/torture_history.h"

/* State k of a file is that after its first k changes. */
struct life {
	const struct torture_origin *origin;
	const struct torture_change *changes;
	uint32_t n;
};

struct life_read {
	const struct torture_read *read;
	const struct life *life; /* NULL if nothing tells */
};

struct lives {
	struct life *lives;	 /* by number of the file */
	struct life_read *reads; /* by file and start */
	size_t n, n_reads;
};

/* 0, -ENOMEM or -EINVAL. */
int lives_build(struct lives *l, struct torture_history *h);
void lives_free(struct lives *l);

const struct torture_state *life_state(const struct life *life, uint32_t k);
/* Of a block in state k: gen, or 0 for zeros. */
uint32_t life_block(const struct life *life, uint32_t k, uint32_t block);
/* States lo .. hi are those that something between start and end may show. */
void life_window(const struct life *life, uint64_t start, uint64_t end, uint32_t *lo, uint32_t *hi);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of files made from a seed: file i has a name, a size and contents that
 * follow from (seed, i, max_size) alone, so both ends can make them up. The
 * first files have the sizes at which page, block and XDR padding code breaks;
 * the rest have random sizes. Some have a hole in the middle.
 */
#ifndef TESTS_CLIENTS_PATTERN_H
#define TESTS_CLIENTS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_NAME_MAX 64

struct pattern_file {
	uint64_t seed;
	uint32_t index;
	uint32_t size;
	/* Bytes [hole_start, hole_end) are a hole and read as zero; empty when equal. */
	uint32_t hole_start;
	uint32_t hole_end;
	char name[PATTERN_NAME_MAX];
};

void pattern_file(struct pattern_file *f, uint64_t seed, uint32_t index, uint32_t max_size);

/* The file's bytes [offset, offset + len), as if it went on beyond its size. */
void pattern_fill(const struct pattern_file *f, uint64_t offset, void *buf, size_t len);

/* Writes file 0 .. n - 1 into directory dir, which is made when missing; negative errno on failure.
 */
int pattern_make(const char *dir, uint64_t seed, uint32_t n, uint32_t max_size);

#endif

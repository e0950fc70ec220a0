/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU time, in ns: this process's, and that of all threads of others. */
#ifndef TESTS_BENCH_NATIVE_USAGE_H
#define TESTS_BENCH_NATIVE_USAGE_H

#include <stdint.h>

struct usage {
	uint64_t self;
	uint64_t others;
};

/* A process that is gone counts as 0. */
void usage_read(struct usage *u, const int *pids, int n);

#endif

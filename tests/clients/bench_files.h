// SPDX-License-Identifier: GPL-2.0-only
/* The files nfsaccel-bench reads: made over NFS, found by listing a directory. */
#ifndef TESTS_CLIENTS_BENCH_FILES_H
#define TESTS_CLIENTS_BENCH_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "tests/clients/target.h"

struct bench_file {
	char *path; /* below the export */
	uint64_t size;
};

struct bench_files {
	uint32_t n;
	struct bench_file *files;
};

/* Makes directory dir (may be "") and n files of size bytes in it; negative errno with a sentence
 * in text. */
int bench_files_prepare(const struct target *target, const char *dir, uint32_t n, uint32_t size,
			char *text, size_t text_size);

/* The first max (by name) regular files of dir that are not empty. */
int bench_files_list(const struct target *target, const char *dir, uint32_t max,
		     struct bench_files *files, char *text, size_t text_size);
void bench_files_free(struct bench_files *files);

#endif

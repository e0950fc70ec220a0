// SPDX-License-Identifier: GPL-2.0-only
/* What the files on the server should contain: a local tree, or a seeded pattern. */
#ifndef TESTS_CLIENTS_SOURCE_H
#define TESTS_CLIENTS_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/clients/pattern.h"

struct source_file {
	char *path; /* relative to the directory, and to the export */
	uint64_t size;
	struct pattern_file pattern;
};

struct source {
	int dir_fd; /* the local tree; -1 for a pattern */
	uint32_t n_files;
	struct source_file *files;
	uint32_t open_index; /* the local file read last */
	int open_fd;
};

/* Every regular file below dir, in sorted order; links are not followed. */
int source_from_tree(struct source *s, const char *dir);
int source_from_pattern(struct source *s, uint64_t seed, uint32_t n, uint32_t max_size);
void source_free(struct source *s);

/* Exactly len bytes of the file at offset, within its size. */
int source_read(struct source *s, uint32_t file, uint64_t offset, void *buf, size_t len);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/clients/bench_files.h"
#include "tests/clients/high_level.h"
#include "tests/clients/pattern.h"

#define CHUNK 32768u

static int write_file(struct nfs_context *nfs, const char *path, uint32_t index, uint32_t size)
{
	struct pattern_file pattern = {.index = index, .size = size};
	struct nfsfh *fh;
	char buf[CHUNK];
	int rc;

	rc = nfs_creat(nfs, path, 0644, &fh);
	if (rc)
		return rc;
	for (uint32_t at = 0; at < size && rc >= 0; at += (uint32_t)rc) {
		uint32_t len = size - at < CHUNK ? size - at : CHUNK;

		pattern_fill(&pattern, at, buf, len);
		rc = api_pwrite(nfs, fh, buf, at, len);
		if (rc == 0)
			rc = -EIO;
	}
	if (nfs_close(nfs, fh) && rc >= 0)
		rc = -EIO;
	return rc < 0 ? rc : 0;
}

/* "" is the export itself. */
static void join(char *path, size_t size, const char *dir, const char *name)
{
	snprintf(path, size, "%s%s%s", dir, *dir ? "/" : "", name);
}

int bench_files_prepare(const struct target *target, const char *dir, uint32_t n, uint32_t size,
			char *text, size_t text_size)
{
	struct nfs_context *nfs = high_level_mount(target, text, text_size);
	char name[32], path[1024];
	int rc = 0;

	if (!nfs)
		return -EHOSTUNREACH;
	if (*dir) {
		rc = nfs_mkdir(nfs, dir);
		if (rc == -EEXIST)
			rc = 0;
		if (rc)
			snprintf(text, text_size, "making directory %s: %s", dir,
				 nfs_get_error(nfs));
	}
	for (uint32_t i = 0; i < n && !rc; i++) {
		snprintf(name, sizeof(name), "bench-%06u", i);
		join(path, sizeof(path), dir, name);
		rc = write_file(nfs, path, i, size);
		if (rc)
			snprintf(text, text_size, "writing %s: %s", path, nfs_get_error(nfs));
	}
	nfs_destroy_context(nfs);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct bench_file *)a)->path, ((const struct bench_file *)b)->path);
}

static int add(struct bench_files *files, const char *dir, const struct nfsdirent *entry)
{
	struct bench_file *grown;
	char path[1024];

	/* Grow at each power of two. */
	if (!(files->n & (files->n - 1))) {
		size_t n = files->n ? 2 * (size_t)files->n : 1;

		grown = realloc(files->files, n * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		files->files = grown;
	}
	join(path, sizeof(path), dir, entry->name);
	files->files[files->n] = (struct bench_file){.path = strdup(path), .size = entry->size};
	if (!files->files[files->n].path)
		return -ENOMEM;
	files->n++;
	return 0;
}

static void keep_first(struct bench_files *files, uint32_t max)
{
	if (files->n > 1)
		qsort(files->files, files->n, sizeof(*files->files), by_path);
	while (files->n > max)
		free(files->files[--files->n].path);
}

int bench_files_list(const struct target *target, const char *dir, uint32_t max,
		     struct bench_files *files, char *text, size_t text_size)
{
	struct nfs_context *nfs = high_level_mount(target, text, text_size);
	struct bench_files found = {.n = 0};
	const struct nfsdirent *entry;
	struct nfsdir *listing;
	int rc;

	if (!nfs)
		return -EHOSTUNREACH;
	rc = nfs_opendir(nfs, *dir ? dir : "/", &listing);
	if (rc) {
		snprintf(text, text_size, "listing %s: %s", *dir ? dir : "the export",
			 nfs_get_error(nfs));
		nfs_destroy_context(nfs);
		return rc;
	}
	while (!rc && (entry = nfs_readdir(nfs, listing)))
		if (entry->type == NF3REG && entry->size)
			rc = add(&found, dir, entry);
	nfs_closedir(nfs, listing);
	nfs_destroy_context(nfs);
	keep_first(&found, max);
	if (!rc && !found.n) {
		snprintf(text, text_size, "no file to read in %s; --prepare makes some",
			 *dir ? dir : "the export");
		rc = -ENOENT;
	}
	if (rc)
		bench_files_free(&found);
	else
		*files = found;
	return rc;
}

void bench_files_free(struct bench_files *files)
{
	for (uint32_t i = 0; i < files->n; i++)
		free(files->files[i].path);
	free(files->files);
	*files = (struct bench_files){.n = 0};
}

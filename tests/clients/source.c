// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/clients/source.h"

static int add(struct source *s, const char *path, uint64_t size)
{
	struct source_file *files = s->files;

	/* Grow at each power of two. */
	if (!(s->n_files & (s->n_files - 1))) {
		size_t n = s->n_files ? 2 * (size_t)s->n_files : 1;

		files = realloc(files, n * sizeof(*files));
		if (!files)
			return -ENOMEM;
		s->files = files;
	}
	files[s->n_files] = (struct source_file){.path = strdup(path), .size = size};
	if (!files[s->n_files].path)
		return -ENOMEM;
	s->n_files++;
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(struct source *s, FTS *fts, size_t prefix)
{
	const FTSENT *entry;
	int rc = 0;

	errno = 0;
	while (!rc && (entry = fts_read(fts))) {
		if (entry->fts_info == FTS_F)
			rc = add(s, entry->fts_path + prefix, (uint64_t)entry->fts_statp->st_size);
		else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
			 entry->fts_info == FTS_NS)
			rc = entry->fts_errno ? -entry->fts_errno : -EIO;
		errno = 0;
	}
	return rc ? rc : -errno;
}

int source_from_tree(struct source *s, const char *dir)
{
	size_t len = strlen(dir);
	char *roots[2] = {NULL, NULL};
	FTS *fts;
	int rc;

	*s = (struct source){.open_fd = -1};
	while (len > 1 && dir[len - 1] == '/')
		len--;
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return -errno;
	roots[0] = strndup(dir, len);
	if (!roots[0])
		return -ENOMEM;
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	rc = fts ? walk(s, fts, strcmp(roots[0], "/") ? len + 1 : 1) : -errno;
	if (fts)
		fts_close(fts);
	free(roots[0]);
	return rc;
}

int source_from_pattern(struct source *s, uint64_t seed, uint32_t n, uint32_t max_size)
{
	struct pattern_file f;
	int rc;

	*s = (struct source){.dir_fd = -1, .open_fd = -1};
	for (uint32_t i = 0; i < n; i++) {
		pattern_file(&f, seed, i, max_size);
		rc = add(s, f.name, f.size);
		if (rc)
			return rc;
		s->files[i].pattern = f;
	}
	return 0;
}

void source_free(struct source *s)
{
	for (uint32_t i = 0; i < s->n_files; i++)
		free(s->files[i].path);
	free(s->files);
	if (s->open_fd >= 0)
		close(s->open_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	*s = (struct source){.dir_fd = -1, .open_fd = -1};
}

static int open_local(struct source *s, uint32_t file)
{
	if (s->open_fd >= 0 && s->open_index == file)
		return 0;
	if (s->open_fd >= 0)
		close(s->open_fd);
	s->open_fd = openat(s->dir_fd, s->files[file].path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	s->open_index = file;
	return s->open_fd < 0 ? -errno : 0;
}

int source_read(struct source *s, uint32_t file, uint64_t offset, void *buf, size_t len)
{
	char *out = buf;
	int rc;

	if (s->dir_fd < 0) {
		pattern_fill(&s->files[file].pattern, offset, buf, len);
		return 0;
	}
	rc = open_local(s, file);
	while (!rc && len) {
		ssize_t n = pread(s->open_fd, out, len, (off_t)offset);

		if (n < 0)
			return -errno;
		/* Shorter than at the start: somebody works on the local copy. */
		if (n == 0)
			return -EBUSY;
		out += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return rc;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "tests/clients/libnfs_api.h"
#include "tests/clients/torture_change.h"
#include "tests/clients/torture_libnfs.h"

#define LATER_MS 50

/* 0 if done; 1 if the server asks to repeat it (NFS3ERR_JUKEBOX). */
static int done(struct torture_writer *w, const char *what, int rc)
{
	if (rc == -EAGAIN)
		return 1 + poll(NULL, 0, LATER_MS);
	if (rc < 0)
		torture_die(w->shared, "%s: libnfs %s: %s", w->path, what, nfs_get_error(w->nfs));
	return 0;
}

#define must(w, what, call)                                                                        \
	while (done(w, what, call))                                                                \
		;

static void write_span(struct torture_writer *w, const char *path, struct torture_span span,
		       bool make)
{
	uint32_t len = (uint32_t)(span.last - span.first) * TORTURE_BLOCK;
	struct nfsfh *fh;

	if (make) {
		must(w, "create", nfs_creat(w->nfs, path, 0644, &fh));
	} else {
		must(w, "open", nfs_open(w->nfs, path, O_WRONLY, &fh));
	}
	if (len) {
		must(w, "write",
		     api_pwrite(w->nfs, fh, w->buf, (uint64_t)span.first * TORTURE_BLOCK, len));
	}
	must(w, "close", nfs_close(w->nfs, fh));
}

int torture_libnfs_write(struct torture_writer *w)
{
	w->change.data = torture_some_blocks(w);
	write_span(w, w->path, w->change.data, false);
	return 0;
}

int torture_libnfs_append(struct torture_writer *w)
{
	uint32_t n = torture_blocks(w);
	struct torture_span span = {(uint8_t)n, (uint8_t)(n + 1 + torture_below(w, 4))};

	if (span.last > TORTURE_BLOCKS)
		return -EFBIG;
	torture_fill_buf(w, w->change.file, w->change.gen, span);
	write_span(w, w->path, span, false);
	w->change.data = span;
	return 0;
}

int torture_libnfs_truncate(struct torture_writer *w)
{
	uint32_t n = torture_below(w, TORTURE_BLOCKS + 1);

	must(w, "truncate", nfs_truncate(w->nfs, w->path, (uint64_t)n * TORTURE_BLOCK));
	w->change.zero = (struct torture_span){(uint8_t)n, TORTURE_BLOCKS};
	return 0;
}

int torture_libnfs_chmod(struct torture_writer *w)
{
	static const int modes[] = {0644, 0600, 0604, 0640};

	must(w, "chmod", nfs_chmod(w->nfs, w->path, modes[torture_below(w, 4)]));
	return 0;
}

int torture_libnfs_chown(struct torture_writer *w)
{
	int uid = torture_below(w, 2) ? 0 : 1000;

	must(w, "chown", nfs_chown(w->nfs, w->path, uid, torture_below(w, 2) ? 0 : 2000));
	return 0;
}

int torture_libnfs_link(struct torture_writer *w)
{
	struct torture_file *f = w->file;

	torture_path(w, w->dir, ".link", w->other);
	if (f->linked) {
		must(w, "unlink", nfs_unlink(w->nfs, w->other));
	} else {
		must(w, "link", nfs_link(w->nfs, w->path, w->other));
	}
	f->linked = !f->linked;
	return 0;
}

int torture_libnfs_rename(struct torture_writer *w)
{
	struct torture_span span = {0, (uint8_t)(1 + torture_below(w, TORTURE_BLOCKS))};

	if (w->file->linked)
		return -EMLINK;
	torture_new_file(w, span.last);
	snprintf(w->other, sizeof(w->other), "%s/live/t%02u", w->dir, w->number);
	write_span(w, w->other, span, true);
	must(w, "rename", nfs_rename(w->nfs, w->other, w->path));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "tests/clients/libnfs_api.h"
#include "tests/clients/torture_change.h"
#include "tests/clients/torture_libnfs.h"

#define LATER_MS  50
#define LATER_MAX 1200 /* as long as a minute */

/*
 * 0 if done; 1 if it has to be asked again, as the server says so (NFS3ERR_JUKEBOX) or says
 * nothing for as long as --resend: a plain nfsd of 6.1 loses calls that wait for mountd while
 * its caches are flushed. Asked again, what had been done but not answered fails with "already".
 */
static int done(struct torture_writer *w, const char *what, int rc, int already)
{
	if (rc == -EAGAIN)
		return 1 + poll(NULL, 0, LATER_MS);
	if (rc == -EINTR && w->unanswered < w->resends) {
		w->unanswered++;
		return 1;
	}
	if (rc < 0 && !(w->unanswered && rc == already))
		torture_die(w->shared, "%s: libnfs %s: %s", w->path, what, nfs_get_error(w->nfs));
	w->unanswered = 0;
	return 0;
}

#define must_now(w, what, call, already)                                                           \
	while (done(w, what, call, already))                                                       \
		;
#define must(w, what, call) must_now(w, what, call, 0)

/* Whatever comes of its COMMIT, libnfs has freed the handle, and others see what was written. */
static void close_once(struct torture_writer *w, struct nfsfh *fh)
{
	int rc = nfs_close(w->nfs, fh);

	if (rc != -EAGAIN && rc != -EINTR)
		done(w, "close", rc, 0);
}

/* libnfs says EFAULT where the answer was NFS3ERR_JUKEBOX, as while a delegation is recalled. */
static int put(struct torture_writer *w, struct nfsfh *fh, uint64_t at, uint32_t len,
	       uint32_t *later)
{
	int rc = api_pwrite(w->nfs, fh, w->buf, at, len);

	return rc == -EFAULT && (*later)++ < LATER_MAX ? -EAGAIN : rc;
}

static void write_span(struct torture_writer *w, const char *path, struct torture_span span,
		       bool make)
{
	uint32_t len = (uint32_t)(span.last - span.first) * TORTURE_BLOCK, later = 0;
	struct nfsfh *fh;

	if (make) {
		must(w, "create", nfs_creat(w->nfs, path, 0644, &fh));
	} else {
		must(w, "open", nfs_open(w->nfs, path, O_WRONLY, &fh));
	}
	if (len) {
		must(w, "write", put(w, fh, (uint64_t)span.first * TORTURE_BLOCK, len, &later));
	}
	close_once(w, fh);
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
		must_now(w, "unlink", nfs_unlink(w->nfs, w->other), -ENOENT);
	} else {
		must_now(w, "link", nfs_link(w->nfs, w->path, w->other), -EEXIST);
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
	must_now(w, "rename", nfs_rename(w->nfs, w->other, w->path), -ENOENT);
	return 0;
}

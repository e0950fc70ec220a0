// SPDX-License-Identifier: GPL-2.0-only
/* What can be done to a file by system calls. The libnfs ones are in torture_libnfs.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/clients/torture_acl.h"
#include "tests/clients/torture_change.h"
#include "tests/clients/torture_libnfs.h"

#define MODE 0644

/* Errors that say "not here", before anything was changed. */
static bool cannot(int error)
{
	return error == EOPNOTSUPP || error == EINVAL || error == ENOSYS || error == ENOTTY ||
	       error == EXDEV || error == EPERM;
}

static void die(struct torture_writer *w, const char *what)
{
	torture_die(w->shared, "%s: %s: %s", w->path, what, strerror(errno));
}

static void must(struct torture_writer *w, const char *what, bool good)
{
	if (!good)
		die(w, what);
}

/* For what a file system may not know at all. */
static int tried(struct torture_writer *w, const char *what, long rc)
{
	if (rc >= 0)
		return 0;
	if (!cannot(errno))
		die(w, what);
	return -errno;
}

static int open_path(struct torture_writer *w, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, MODE);

	if (fd < 0)
		die(w, "open");
	/* A client's cached pages must not go out again around what is written now. */
	if (w->via == TORTURE_MOUNT)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return fd;
}

static void close_written(struct torture_writer *w, int fd)
{
	/* With a delegation close() alone need not send anything. */
	if (w->via == TORTURE_MOUNT)
		must(w, "fsync", fsync(fd) == 0);
	must(w, "close", close(fd) == 0);
}

static void put(struct torture_writer *w, int fd, struct torture_span span, uint32_t at)
{
	size_t len = (size_t)(span.last - span.first) * TORTURE_BLOCK;

	must(w, "write", pwrite(fd, w->buf, len, (off_t)at * TORTURE_BLOCK) == (ssize_t)len);
}

/* Another file in the same directory, with what is in buf. */
static int make_other(struct torture_writer *w, struct torture_span span)
{
	int fd;

	snprintf(w->other, sizeof(w->other), "%s/live/t%02u", w->dir, w->number);
	fd = open_path(w, w->other, O_RDWR | O_CREAT | O_TRUNC);
	put(w, fd, span, span.first);
	return fd;
}

static void drop_other(struct torture_writer *w, int fd)
{
	must(w, "close", close(fd) == 0);
	must(w, "unlink", unlink(w->other) == 0);
}

static int apply_write(struct torture_writer *w)
{
	int fd = open_path(w, w->path, O_WRONLY);

	w->change.data = torture_some_blocks(w);
	put(w, fd, w->change.data, w->change.data.first);
	close_written(w, fd);
	return 0;
}

static int apply_writes(struct torture_writer *w)
{
	int fd = open_path(w, w->path, O_WRONLY);
	struct torture_span all = w->change.data = torture_some_blocks(w);

	for (struct torture_span one = {0, 1}; all.first + one.first < all.last; one.first++) {
		one.last = (uint8_t)(one.first + 1);
		torture_fill_buf(w, w->change.file, w->change.gen,
				 (struct torture_span){(uint8_t)(all.first + one.first),
						       (uint8_t)(all.first + one.last)});
		put(w, fd, one, all.first + one.first);
	}
	close_written(w, fd);
	return 0;
}

static int apply_append(struct torture_writer *w)
{
	uint32_t n = torture_blocks(w);
	struct torture_span span = {(uint8_t)n, (uint8_t)(n + 1 + torture_below(w, 4))};
	int fd;

	if (span.last > TORTURE_BLOCKS)
		return -EFBIG;
	torture_fill_buf(w, w->change.file, w->change.gen, span);
	fd = open_path(w, w->path, O_WRONLY | O_APPEND);
	put(w, fd, span, span.first);
	close_written(w, fd);
	w->change.data = span;
	return 0;
}

static int apply_rewrite(struct torture_writer *w)
{
	struct torture_span span = {0, (uint8_t)(1 + torture_below(w, TORTURE_BLOCKS))};
	int fd;

	torture_fill_buf(w, w->change.file, w->change.gen, span);
	fd = open_path(w, w->path, O_WRONLY | O_TRUNC);
	put(w, fd, span, 0);
	close_written(w, fd);
	w->change.data = span;
	w->change.zero = (struct torture_span){span.last, TORTURE_BLOCKS};
	w->change.blank = w->change.emptied = true;
	return 0;
}

static int apply_truncate(struct torture_writer *w)
{
	uint32_t n = torture_below(w, TORTURE_BLOCKS + 1);

	must(w, "truncate", truncate(w->path, (off_t)n * TORTURE_BLOCK) == 0);
	w->change.zero = (struct torture_span){(uint8_t)n, TORTURE_BLOCKS};
	return 0;
}

static int apply_mapped(struct torture_writer *w)
{
	size_t size = w->file->now.state.attr.size;
	int fd = open_path(w, w->path, O_RDWR);
	struct torture_span span = torture_some_blocks(w);
	char *memory = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : NULL;

	must(w, "close", close(fd) == 0);
	if (!memory)
		return -EINVAL;
	must(w, "mmap", memory != MAP_FAILED);
	for (uint32_t b = span.first; b < span.last; b++)
		memcpy(memory + b * TORTURE_BLOCK, w->buf + (b - span.first) * TORTURE_BLOCK,
		       TORTURE_BLOCK);
	/* On the server nothing needs it: a store is seen at once. */
	if (w->via == TORTURE_MOUNT)
		must(w, "msync", msync(memory, size, MS_SYNC) == 0);
	must(w, "munmap", munmap(memory, size) == 0);
	w->change.data = span;
	return 0;
}

/* In units of 4 KiB, which every file system takes. */
static int apply_direct(struct torture_writer *w)
{
	const uint32_t page = 4096 / TORTURE_BLOCK;
	uint32_t n = torture_blocks(w) / page;
	struct torture_span span = {0, 0};
	int fd;

	if (w->no_direct)
		return -EOPNOTSUPP;
	fd = open(w->path, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return tried(w, "open O_DIRECT", -1);
	if (n) {
		span.first = (uint8_t)(page * torture_below(w, n));
		span.last = (uint8_t)(span.first + page);
		torture_fill_buf(w, w->change.file, w->change.gen, span);
		put(w, fd, span, span.first);
	}
	close_written(w, fd);
	w->change.data = span;
	return n ? 0 : -EFBIG;
}

static int apply_uring(struct torture_writer *w)
{
	int fd = open_path(w, w->path, O_WRONLY);
	struct torture_span span = torture_some_blocks(w);
	uint32_t len = (uint32_t)(span.last - span.first) * TORTURE_BLOCK;
	int rc = torture_uring_write(fd, w->buf, len, (uint64_t)span.first * TORTURE_BLOCK);

	must(w, "close", close(fd) == 0);
	errno = rc < 0 ? -rc : EIO;
	if (rc < 0)
		return tried(w, "io_uring", -1);
	must(w, "io_uring", (uint32_t)rc == len);
	w->change.data = span;
	return 0;
}

static int apply_sendfile(struct torture_writer *w)
{
	struct torture_span span = torture_some_blocks(w);
	size_t len = (size_t)(span.last - span.first) * TORTURE_BLOCK;
	off_t at = (off_t)span.first * TORTURE_BLOCK, from = at;
	int other = make_other(w, span), fd = open_path(w, w->path, O_WRONLY);

	must(w, "lseek", lseek(fd, at, SEEK_SET) == at);
	must(w, "sendfile", sendfile(fd, other, &from, len) == (ssize_t)len);
	close_written(w, fd);
	drop_other(w, other);
	w->change.data = span;
	return 0;
}

static int apply_copy(struct torture_writer *w)
{
	struct torture_span span = torture_some_blocks(w);
	size_t len = (size_t)(span.last - span.first) * TORTURE_BLOCK;
	loff_t at = (loff_t)span.first * TORTURE_BLOCK, from = at;
	int other = make_other(w, span), fd = open_path(w, w->path, O_WRONLY), rc = 0;

	if (w->via == TORTURE_MOUNT)
		must(w, "fsync", fsync(other) == 0);
	while (len && !rc) {
		ssize_t n = copy_file_range(other, &from, fd, &at, len, 0);

		must(w, "copy_file_range", n != 0);
		rc = tried(w, "copy_file_range", n);
		len -= rc ? 0 : (size_t)n;
	}
	close_written(w, fd);
	drop_other(w, other);
	w->change.data = span;
	/* It may be done by sharing blocks, as FICLONE is: pages go and come again. */
	w->change.blank = true;
	return rc;
}

/* All of a file of the same size: block sizes of file systems do not matter then. */
static int apply_clone(struct torture_writer *w)
{
	struct torture_span all = {0, (uint8_t)torture_blocks(w)};
	int other, fd, rc;

	torture_fill_buf(w, w->change.file, w->change.gen, all);
	other = make_other(w, all);
	fd = open_path(w, w->path, O_WRONLY);
	rc = tried(w, "FICLONE", ioctl(fd, FICLONE, other));
	must(w, "close", close(fd) == 0);
	drop_other(w, other);
	w->change.data = all;
	w->change.blank = true;
	return rc;
}

/* The same bytes, shared: nothing that may be seen changes. */
static int apply_dedupe(struct torture_writer *w)
{
	union {
		struct file_dedupe_range range;
		char room[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)];
	} u = {0};
	uint32_t n = torture_blocks(w);
	size_t size = (size_t)n * TORTURE_BLOCK;
	int other, fd, rc;

	fd = open(w->path, O_RDONLY | O_CLOEXEC);
	must(w, "open", fd >= 0);
	must(w, "read", pread(fd, w->buf, size, 0) == (ssize_t)size);
	other = make_other(w, (struct torture_span){0, (uint8_t)n});
	u.range.src_length = size;
	u.range.dest_count = 1;
	u.range.info[0].dest_fd = fd;
	rc = tried(w, "FIDEDUPERANGE", ioctl(other, FIDEDUPERANGE, &u));
	if (!rc && u.range.info[0].status) {
		errno = u.range.info[0].status < 0 ? -u.range.info[0].status : EIO;
		rc = tried(w, "FIDEDUPERANGE", -1);
	}
	must(w, "close", close(fd) == 0);
	drop_other(w, other);
	return rc;
}

static int apply_punch(struct torture_writer *w)
{
	int fd = open_path(w, w->path, O_WRONLY);
	struct torture_span span = torture_some_blocks(w);
	off_t len = (off_t)(span.last - span.first) * TORTURE_BLOCK;
	int rc = tried(w, "punch hole",
		       fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				 (off_t)span.first * TORTURE_BLOCK, len));

	close_written(w, fd);
	w->change.zero = span;
	w->change.blank = true;
	return rc;
}

static int apply_chmod(struct torture_writer *w)
{
	static const mode_t modes[] = {0644, 0600, 0604, 0640};

	must(w, "chmod", chmod(w->path, modes[torture_below(w, 4)]) == 0);
	return 0;
}

static int apply_chown(struct torture_writer *w)
{
	uid_t uid = torture_below(w, 2) ? 0 : 1000;

	must(w, "chown", chown(w->path, uid, torture_below(w, 2) ? 0 : 2000) == 0);
	return 0;
}

static int apply_acl(struct torture_writer *w)
{
	struct torture_acl acl;
	int rc;

	if (w->file->acl)
		rc = tried(w, "removexattr", removexattr(w->path, TORTURE_ACL));
	else
		rc = tried(w, "setxattr",
			   setxattr(w->path, TORTURE_ACL,
				    torture_acl(&acl, w->file->now.state.attr.mode, 1000),
				    sizeof(acl), 0));
	if (!rc)
		w->file->acl = !w->file->acl;
	return rc;
}

static int apply_chattr(struct torture_writer *w)
{
	int fd = open(w->path, O_RDONLY | O_CLOEXEC), flags = 0, rc;

	must(w, "open", fd >= 0);
	rc = tried(w, "FS_IOC_GETFLAGS", ioctl(fd, FS_IOC_GETFLAGS, &flags));
	flags ^= FS_NODUMP_FL;
	if (!rc)
		rc = tried(w, "FS_IOC_SETFLAGS", ioctl(fd, FS_IOC_SETFLAGS, &flags));
	close(fd);
	return rc;
}

static int apply_times(struct torture_writer *w)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
				    {.tv_sec = 1000000000 + (time_t)w->change.gen, .tv_nsec = 7}};

	must(w, "utimensat", utimensat(AT_FDCWD, w->path, times, 0) == 0);
	return 0;
}

static int apply_link(struct torture_writer *w)
{
	struct torture_file *f = w->file;

	torture_path(w, w->dir, ".link", w->other);
	if (f->linked)
		must(w, "unlink", unlink(w->other) == 0);
	else
		must(w, "link", link(w->path, w->other) == 0);
	f->linked = !f->linked;
	return 0;
}

static int apply_rename(struct torture_writer *w)
{
	struct torture_span span = {0, (uint8_t)(1 + torture_below(w, TORTURE_BLOCKS))};
	int fd;

	if (w->file->linked)
		return -EMLINK;
	torture_new_file(w, span.last);
	fd = make_other(w, span);
	close_written(w, fd);
	must(w, "rename", rename(w->other, w->path) == 0);
	return 0;
}

static int apply_unlink(struct torture_writer *w)
{
	struct torture_span span = {0, (uint8_t)(1 + torture_below(w, TORTURE_BLOCKS))};
	int fd;

	if (w->file->linked)
		return -EMLINK;
	torture_new_file(w, span.last);
	must(w, "unlink", unlink(w->path) == 0);
	fd = make_other(w, span);
	close_written(w, fd);
	must(w, "rename", rename(w->other, w->path) == 0);
	return 0;
}

#define BOTH (TORTURE_LOCAL | TORTURE_MOUNT)

const struct torture_kind torture_kinds[] = {
	{"write", apply_write, BOTH, true},
	{"several writes", apply_writes, BOTH, true},
	{"append", apply_append, BOTH, true},
	{"O_TRUNC", apply_rewrite, BOTH, true},
	{"truncate", apply_truncate, BOTH, false},
	{"mmap", apply_mapped, BOTH, true},
	{"O_DIRECT", apply_direct, BOTH, true},
	{"io_uring", apply_uring, TORTURE_LOCAL, true},
	{"sendfile", apply_sendfile, TORTURE_LOCAL, true},
	{"copy_file_range", apply_copy, BOTH, true},
	{"FICLONE", apply_clone, BOTH, true},
	{"dedupe", apply_dedupe, TORTURE_LOCAL, false},
	{"punch hole", apply_punch, BOTH, true},
	{"chmod", apply_chmod, BOTH, false},
	{"chown", apply_chown, BOTH, false},
	{"ACL", apply_acl, BOTH, false},
	{"chattr", apply_chattr, TORTURE_LOCAL, false},
	{"utimes", apply_times, BOTH, false},
	{"link, unlink", apply_link, BOTH, false},
	{"rename over", apply_rename, BOTH, true},
	{"unlink, create", apply_unlink, BOTH, true},
	{"exchange", torture_exchange, TORTURE_LOCAL, false},
	{"snapshot", torture_snapshot_turn, TORTURE_LOCAL, false},
	{"libnfs write", torture_libnfs_write, TORTURE_LIBNFS, true},
	{"libnfs append", torture_libnfs_append, TORTURE_LIBNFS, true},
	{"libnfs truncate", torture_libnfs_truncate, TORTURE_LIBNFS, false},
	{"libnfs chmod", torture_libnfs_chmod, TORTURE_LIBNFS, false},
	{"libnfs chown", torture_libnfs_chown, TORTURE_LIBNFS, false},
	{"libnfs link", torture_libnfs_link, TORTURE_LIBNFS, false},
	{"libnfs rename", torture_libnfs_rename, TORTURE_LIBNFS, true},
};

const uint32_t torture_n_kinds = sizeof(torture_kinds) / sizeof(torture_kinds[0]);

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/prog/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <stdio.h>

#define XATTR "trusted.nfsaccel"

static int done(long ret)
{
	return ret < 0 ? -errno : 0;
}

static int close_after(int fd, int ret)
{
	if (fd >= 0)
		close(fd);
	return ret;
}

static int op_open_write(struct target *t)
{
	int fd = open(t->a, O_WRONLY);

	return close_after(fd, done(fd));
}

static int op_open_trunc(struct target *t)
{
	int fd = open(t->a, O_RDWR | O_TRUNC);

	return close_after(fd, done(fd));
}

static int op_chmod(struct target *t)
{
	return done(chmod(t->a, 0600));
}

static int op_chown(struct target *t)
{
	return done(chown(t->a, 12, 34));
}

static int op_truncate(struct target *t)
{
	return done(truncate(t->a, 1));
}

static int op_utimes(struct target *t)
{
	const struct timespec times[2] = {{1, 2}, {3, 4}};

	return done(utimensat(AT_FDCWD, t->a, times, 0));
}

/* An ACL as the kernel takes it: version 2, entries of tag, permissions, id. */
static int op_setfacl(struct target *t)
{
	static const struct {
		__u32 version;
		struct {
			__u16 tag;
			__u16 perm;
			__u32 id;
		} e[5];
	} acl = {2,
		 {{0x01, 6, ~0u}, {0x02, 4, 1234}, {0x04, 4, ~0u}, {0x10, 4, ~0u}, {0x20, 4, ~0u}}};

	return done(setxattr(t->a, "system.posix_acl_access", &acl, sizeof(acl), 0));
}

static int op_setxattr(struct target *t)
{
	return done(setxattr(t->a, XATTR, "x", 1, 0));
}

static int op_removexattr(struct target *t)
{
	return done(removexattr(t->a, XATTR));
}

static int op_link(struct target *t)
{
	return done(link(t->a, t->b));
}

static int op_unlink(struct target *t)
{
	return done(unlink(t->a));
}

static int op_rename(struct target *t)
{
	return done(rename(t->a, t->b));
}

static int op_exchange(struct target *t)
{
	return done(syscall(SYS_renameat2, AT_FDCWD, t->a, AT_FDCWD, t->b, RENAME_EXCHANGE));
}

static int op_chattr(struct target *t)
{
	int flags = 0;

	if (ioctl(t->fd, FS_IOC_GETFLAGS, &flags))
		return -errno;
	flags |= FS_NODUMP_FL;
	return done(ioctl(t->fd, FS_IOC_SETFLAGS, &flags));
}

/* Handled by the file system itself, unlike the flags. */
static int op_getversion(struct target *t)
{
	long version = 0;

	return done(ioctl(t->fd, FS_IOC_GETVERSION, &version));
}

/* As Python's open() asks, of every file. */
static int op_isatty(struct target *t)
{
	return isatty(t->fd) || errno != ENOTTY ? -EINVAL : 0;
}

/* As a 32-bit program does it: through the old entry, from any process. */
static int op_ioctl32(struct target *t)
{
#ifdef __x86_64__
	int *flags = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret = 54; /* ioctl */

	if (flags == MAP_FAILED)
		return -errno;
	asm volatile("int $0x80"
		     : "+a"(ret)
		     : "b"((long)t->fd), "c"((long)FS_IOC32_GETFLAGS), "d"((long)flags)
		     : "memory", "r8", "r9", "r10", "r11");
	munmap(flags, 4096);
	return (int)ret;
#else
	(void)t;
	return -EOPNOTSUPP;
#endif
}

/* The first 4 KiB of b, which hold the same, are to be a's: a is changed, open for reading. */
static int op_dedupe(struct target *t)
{
	union {
		struct file_dedupe_range range;
		char room[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)];
	} u = {0};
	int fd = open(t->b, O_RDONLY);
	int ret;

	if (fd < 0)
		return -errno;
	u.range.src_length = 4096;
	u.range.dest_count = 1;
	u.range.info[0].dest_fd = t->fd;
	ret = done(ioctl(fd, FIDEDUPERANGE, &u.range));
	return close_after(fd, ret);
}

static int op_lease(struct target *t)
{
	return done(fcntl(t->fd, F_SETLEASE, F_RDLCK));
}

static int op_read(struct target *t)
{
	char buf[8192];
	void *map;

	if (pread(t->fd, buf, sizeof(buf), 0) < 0)
		return -errno;
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, t->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	buf[0] = *(volatile char *)map;
	return done(munmap(map, 4096));
}

static int op_open_read(struct target *t)
{
	int fd = open(t->a, O_RDONLY);

	return close_after(fd, done(fd));
}

static int op_stat(struct target *t)
{
	struct stat st;

	return done(stat(t->a, &st)) ?: done(access(t->a, R_OK));
}

static int op_getxattr(struct target *t)
{
	char buf[256];

	return done(listxattr(t->a, buf, sizeof(buf)));
}

const struct op ops[] = {
	{.name = "open_write", .run = op_open_write},
	{.name = "open_trunc", .run = op_open_trunc},
	{.name = "chmod", .run = op_chmod},
	{.name = "chown", .run = op_chown},
	{.name = "truncate", .run = op_truncate},
	{.name = "utimes", .run = op_utimes},
	{.name = "setfacl", .run = op_setfacl},
	{.name = "setxattr", .run = op_setxattr},
	{.name = "removexattr", .run = op_removexattr},
	{.name = "link", .run = op_link},
	{.name = "unlink", .run = op_unlink},
	{.name = "unlink_open", .run = op_unlink, .open = true},
	{.name = "rename", .run = op_rename},
	{.name = "rename_over", .run = op_rename, .two = true},
	{.name = "exchange", .run = op_exchange, .two = true},
	{.name = "chattr", .run = op_chattr, .open = true},
	{.name = "getversion", .run = op_getversion, .open = true, .only = "ext4 xfs btrfs"},
	{.name = "ioctl32", .run = op_ioctl32, .open = true},
	{.name = "dedupe", .run = op_dedupe, .two = true, .open = true, .only = "xfs btrfs"},
	{.name = "lease", .run = op_lease, .open = true},
	{.name = "read", .run = op_read, .open = true, .keeps = true},
	{.name = "open_read", .run = op_open_read, .keeps = true},
	{.name = "stat", .run = op_stat, .keeps = true},
	{.name = "getxattr", .run = op_getxattr, .keeps = true},
	{.name = "isatty", .run = op_isatty, .open = true, .keeps = true},
};

const unsigned int op_count = sizeof(ops) / sizeof(ops[0]);

// SPDX-License-Identifier: GPL-2.0-only
/* The scratch file system the operations work on. */
#include "tests/prog/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int target_init(struct target *t, const char *dir)
{
	char line[2 * PATH_MAX], mount[PATH_MAX];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	unsigned int major, minor;
	int err = -ENOENT;

	*t = (struct target){.fd = -1};
	snprintf(t->dir, sizeof(t->dir), "%s", dir);
	snprintf(t->a, sizeof(t->a), "%.4000s/a", dir);
	snprintf(t->b, sizeof(t->b), "%.4000s/b", dir);
	if (!f)
		return -errno;
	/* stat's st_dev is not s_dev on btrfs; mountinfo's is. */
	while (err && fgets(line, sizeof(line), f)) {
		const char *type = strstr(line, " - ");

		if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major, &minor, mount) != 3 ||
		    strcmp(mount, dir) || !type)
			continue;
		t->dev = major << 20 | minor;
		if (sscanf(type, " - %31s %4095s", t->fs, t->device) == 2)
			err = 0;
	}
	fclose(f);
	return err;
}

static int make(const char *path, __u64 *ino)
{
	char block[4096];
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int err = 0;

	memset(block, 'x', sizeof(block));
	if (fd < 0)
		return -errno;
	if (write(fd, block, sizeof(block)) != sizeof(block) || fsync(fd) || fstat(fd, &st))
		err = -errno;
	close(fd);
	*ino = st.st_ino;
	return err;
}

int target_prepare(struct target *t, const struct op *op)
{
	int err = make(t->a, &t->ino_a);

	t->ino_b = 0;
	if (!err && op->two)
		err = make(t->b, &t->ino_b);
	if (!err && setxattr(t->a, "trusted.nfsaccel", "old", 3, 0))
		err = -errno;
	if (!err && op->open) {
		t->fd = open(t->a, O_RDONLY | O_CLOEXEC);
		err = t->fd < 0 ? -errno : 0;
	}
	return err;
}

void target_clean(struct target *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	unlink(t->a);
	unlink(t->b);
}

int target_remount(struct target *t)
{
	umount(t->dir);
	return mount(t->device, t->dir, t->fs, 0, NULL) ? -errno : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/bpffs.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define BPFFS_ROOT "/sys/fs/bpf"

static void na_cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int mount_root(void)
{
	struct statfs fs;

	if (statfs(BPFFS_ROOT, &fs))
		return -errno;
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", BPFFS_ROOT, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700")
		       ? -errno
		       : 0;
}

static int make_dir(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int na_bpffs_prepare(const char *pin)
{
	static const char *const subs[] = {"maps", "links"};
	struct statfs fs;
	unsigned int i;
	int err;

	if (!strncmp(pin, BPFFS_ROOT "/", strlen(BPFFS_ROOT "/"))) {
		err = mount_root();
		if (err)
			return err;
	}
	err = make_dir(pin);
	if (err)
		return err;
	if (statfs(pin, &fs))
		return -errno;
	if (fs.f_type != BPF_FS_MAGIC) {
		rmdir(pin);
		return -EMEDIUMTYPE;
	}
	for (i = 0; i < 2; i++) {
		char path[PATH_MAX];

		err = na_bpffs_path(path, pin, "", subs[i]) ?: make_dir(path);
		if (err)
			return err;
	}
	return 0;
}

int na_bpffs_path(char path[static PATH_MAX], const char *pin, const char *sub, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s%s%s/%s", pin, sub[0] ? "/" : "", sub, name);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int na_bpffs_pin(int fd, const char *pin, const char *sub, const char *name)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int err;

	err = na_bpffs_path(path, pin, sub, name);
	if (err)
		return err;
	/* bpffs allows no dot in names. */
	if (snprintf(fresh, sizeof(fresh), "%s__new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh);
	err = bpf_obj_pin(fd, fresh);
	if (err)
		return err;
	if (rename(fresh, path)) {
		err = -errno;
		unlink(fresh);
	}
	return err;
}

int na_bpffs_get(const char *pin, const char *sub, const char *name)
{
	char path[PATH_MAX];

	return na_bpffs_path(path, pin, sub, name) ?: bpf_obj_get(path);
}

int na_bpffs_each(const char *pin, const char *sub, int (*cb)(const char *name, void *data),
		  void *data)
{
	_cleanup_(closedir) DIR *dir = NULL;
	char path[PATH_MAX];
	struct dirent *d;
	int err;

	err = na_bpffs_path(path, pin, "", sub);
	if (err)
		return err;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			err = cb(d->d_name, data);
	return err;
}

struct removal {
	const char *pin;
	const char *sub;
};

static int remove_one(const char *name, void *data)
{
	const struct removal *r = data;
	char path[PATH_MAX];

	return na_bpffs_path(path, r->pin, r->sub, name) ?: unlink(path) ? -errno : 0;
}

int na_bpffs_remove(const char *pin)
{
	static const char *const subs[] = {"links", "maps"};
	char path[PATH_MAX];
	unsigned int i;
	int err;

	err = na_bpffs_path(path, pin, "", "meta");
	if (err)
		return err;
	if (unlink(path) && errno != ENOENT)
		return -errno;
	for (i = 0; i < 2; i++) {
		struct removal r = {pin, subs[i]};

		err = na_bpffs_each(pin, subs[i], remove_one, &r)
			      ?: na_bpffs_path(path, pin, "", subs[i]);
		if (err)
			return err;
		if (rmdir(path) && errno != ENOENT)
			return -errno;
	}
	return rmdir(pin) && errno != ENOENT ? -errno : 0;
}

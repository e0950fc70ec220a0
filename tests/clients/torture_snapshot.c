// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/clients/torture_change.h"

#define SNAPSHOT "snap"

static int in_dir(const char *dir, unsigned long request, void *args)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, request, args) ? -errno : 0;
	close(fd);
	return rc;
}

int torture_subvolume(const char *dir, const char *name)
{
	struct btrfs_ioctl_vol_args args = {0};
	char path[512];
	int rc;

	snprintf(args.name, sizeof(args.name), "%s", name);
	rc = in_dir(dir, BTRFS_IOC_SUBVOL_CREATE, &args);
	if (rc != -ENOTTY)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return mkdir(path, 0755) ? -errno : 0;
}

static int take_snapshot(struct torture_writer *w)
{
	struct btrfs_ioctl_vol_args_v2 args = {.name = SNAPSHOT};
	char path[512];
	int rc;

	snprintf(path, sizeof(path), "%s/live", w->local);
	args.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (args.fd < 0)
		return -errno;
	rc = in_dir(w->local, BTRFS_IOC_SNAP_CREATE_V2, &args);
	close((int)args.fd);
	return rc;
}

static int delete_snapshot(struct torture_writer *w)
{
	struct btrfs_ioctl_vol_args args = {.name = SNAPSHOT};

	return in_dir(w->local, BTRFS_IOC_SNAP_DESTROY, &args);
}

/* The snapshot's file of that name is new, with the contents of its original. */
static void appear(struct torture_writer *w, struct torture_file *f, const struct torture_file *of)
{
	char path[512];

	f->now = of->now;
	f->now.file = atomic_fetch_add(&w->shared->last_file, 1) + 1;
	f->now.start = w->change.start;
	f->acl = of->acl;
	f->absent = false;
	snprintf(path, sizeof(path), "%s/%s", w->local, f->path);
	torture_look(w, AT_FDCWD, path, &f->now.state);
	w->log->origins[w->log->n_origins++] = f->now;
}

static void vanish(struct torture_writer *w, struct torture_file *f)
{
	struct torture_change c = {.file = f->now.file,
				   .gen = f->now.gen + 1,
				   .how = w->change.how,
				   .start = w->change.start,
				   .end = torture_now(),
				   .after = f->now.state};

	c.after.gone = c.after.erased = true;
	torture_log_change(w, f, &c);
	f->absent = true;
}

static void turn(struct torture_writer *w, bool there)
{
	struct torture_shared *s = w->shared;
	struct torture_file *mine = w->file;
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_names; i++) {
		struct torture_file *f = &s->files[i];

		if (!f->frozen)
			continue;
		w->file = f;
		if (there)
			vanish(w, f);
		else
			appear(w, f, &s->files[n]);
		torture_log_naming(
			w, &(struct torture_naming){.name = i,
						    .file = f->absent ? TORTURE_NONE : f->now.file,
						    .start = w->change.start,
						    .end = torture_now()});
		n++;
	}
	w->file = mine;
}

int torture_snapshot_turn(struct torture_writer *w)
{
	struct torture_shared *s = w->shared;
	bool there = false;
	uint32_t n = 0;
	int rc;

	/* One alone may wait for more than one lock. */
	if (w->number)
		return -EBUSY;
	for (uint32_t i = 0; i < s->n_names; i++)
		if (s->files[i].frozen) {
			there = !s->files[i].absent;
			n++;
		}
	if (!n)
		return -EOPNOTSUPP;
	for (uint32_t i = 0; i < n; i++)
		if (&s->files[i] != w->file)
			pthread_mutex_lock(&s->files[i].lock);
	w->change.start = torture_now();
	rc = there ? delete_snapshot(w) : take_snapshot(w);
	if (rc)
		torture_die(s, "snapshot: %s", strerror(-rc));
	turn(w, there);
	for (uint32_t i = 0; i < n; i++)
		if (&s->files[i] != w->file)
			pthread_mutex_unlock(&s->files[i].lock);
	return 0;
}

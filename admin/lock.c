// SPDX-License-Identifier: GPL-2.0-only
#include "admin/lock.h"

#include "admin/cleanup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

int na_lock_take(const char *run, struct na_why *why)
{
	_cleanup_(close) int fd = -1;
	char path[PATH_MAX], pid[32] = "";

	if (mkdir(run, 0755) && errno != EEXIST)
		return na_why(why, -errno, "cannot make %s: %m", run);
	if (snprintf(path, sizeof(path), "%s/lock", run) >= (int)sizeof(path))
		return na_why(why, -ENAMETOOLONG, "the run directory's name is too long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return na_why(why, -errno, "cannot open %s: %m", path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return na_why(why, -errno, "cannot lock %s: %m", path);
		if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
			pid[0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		return na_why(why, -EBUSY,
			      "another nfsacceld%s%s is running with %s; stop it first, or "
			      "give this one a run and pin of its own in nfsaccel.conf",
			      pid[0] ? ", pid " : "", pid, run);
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0)
		return na_why(why, -errno, "cannot write %s: %m", path);
	return na_take_fd(&fd);
}

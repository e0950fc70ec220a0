/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scope-bound resources: `_cleanup_(close) int fd = -1;`. A cleanup never changes errno.
 */
#ifndef NFSACCEL_ADMIN_CLEANUP_H
#define NFSACCEL_ADMIN_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(what) __attribute__((cleanup(na_cleanup_##what)))

static inline void na_cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void na_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void na_cleanup_fclose(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}

/* Hand an fd to the caller: the variable's cleanup then does nothing. */
static inline int na_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong and what to do about it, for people. Functions that can fail in ways
 * an errno does not explain fill one in; the program prints it, once.
 */
#ifndef NFSACCEL_ADMIN_WHY_H
#define NFSACCEL_ADMIN_WHY_H

#include <limits.h>

struct na_why {
	char text[PATH_MAX + 512];
};

/* Writes the text and returns err, so that `return na_why(why, -EBUSY, "...")` reads well. */
int na_why(struct na_why *why, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

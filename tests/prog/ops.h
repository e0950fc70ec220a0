/* SPDX-License-Identifier: GPL-2.0-only */
/* What may happen to a file, one operation each, as real system calls. */
#ifndef TESTS_PROG_OPS_H
#define TESTS_PROG_OPS_H

#include <limits.h>
#include <stdbool.h>

#include "nfsaccel/types.h"

struct target {
	char dir[PATH_MAX]; /* mount point of a scratch file system */
	char device[PATH_MAX];
	char fs[32];
	__u32 dev; /* s_dev as the kernel encodes it */
	char a[PATH_MAX];
	char b[PATH_MAX];
	__u64 ino_a;
	__u64 ino_b; /* 0 without a second file */
	int fd;	     /* a, open for reading, or -1 */
};

/* Negative errno where the operation itself fails. */
typedef int (*op_fn)(struct target *t);

struct op {
	const char *name;
	op_fn run;
	bool two;	  /* needs file b */
	bool open;	  /* needs a open for reading */
	bool keeps;	  /* changes nothing: no slot may move */
	const char *only; /* file systems that can do it; NULL for all */
};

extern const struct op ops[];
extern const unsigned int op_count;

/* Finds out about the file system mounted at dir. */
int target_init(struct target *t, const char *dir);

/* Fresh files as the operation needs them. */
int target_prepare(struct target *t, const struct op *op);
void target_clean(struct target *t);

/* The mount again, after an operation that ended it. */
int target_remount(struct target *t);

#endif

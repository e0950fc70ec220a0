/* SPDX-License-Identifier: GPL-2.0-only */
/* The live inodes of open files, as guard 2 will see them. */
#ifndef TESTS_BENCH_NATIVE_SNAP_H
#define TESTS_BENCH_NATIVE_SNAP_H

#include "nfsaccel/abi.h"

/* 0, or -ENOENT if not all were found (or the kernel has no such iterator). */
int snap_files(const int *fds, struct na_inode_snap *snaps, __u32 n);

#endif

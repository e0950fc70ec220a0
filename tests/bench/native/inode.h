/* SPDX-License-Identifier: GPL-2.0-only */
/* What inode.bpf.c writes for each open file of the process that reads it. */
#ifndef TESTS_BENCH_NATIVE_INODE_H
#define TESTS_BENCH_NATIVE_INODE_H

#include "nfsaccel/abi.h"

struct inode_seen {
	__u32 fd;
	__s32 err;
	struct na_inode_snap snap;
};

#endif

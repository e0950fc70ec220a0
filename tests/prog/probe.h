/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_PROG_PROBE_H
#define TESTS_PROG_PROBE_H

#include "nfsaccel/abi.h"

struct probe_result {
	__u64 runs;
	__s32 err;
	__s32 writers;
	__u32 freeing;
	__u32 pad;
	struct na_inode_snap snap;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What nfsd_expiry.bpf.c notes for the fill hook. */
#ifndef NFSACCEL_BPF_EXPIRY_H
#define NFSACCEL_BPF_EXPIRY_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel.bpf.h"

/* Seconds since boot, as sunrpc counts; 0 where this thread never looked one up. */
struct na_expiry {
	__s64 key; /* nfsd.fh: which file system a handle's fsid means */
	__s64 gid; /* auth.unix.gid: groups by uid (mountd --manage-gids), or that there are none */
};

struct na_expiry_map {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct na_expiry);
};

extern struct na_expiry_map na_expiry SEC(".maps");

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What nfsd_expiry.bpf.c notes for the fill hook. */
#ifndef NFSACCEL_BPF_EXPIRY_H
#define NFSACCEL_BPF_EXPIRY_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel.bpf.h"

/*
 * One cache entry: when it expires, in seconds since boot, as sunrpc counts; and when it
 * was looked up, by which the fill hook tells that it was for this request.
 */
struct na_expiry_note {
	__s64 expiry;
	__u64 noted;
};

struct na_expiry {
	struct na_expiry_note key; /* nfsd.fh: which file system a handle's fsid means */
	struct na_expiry_note gid; /* auth.unix.gid: groups by uid (mountd --manage-gids), or that
				      there are none */
};

struct na_expiry_map {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct na_expiry);
};

extern struct na_expiry_map na_expiry SEC(".maps");

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers about what runs, as status, stats and the metrics tell them. */
#ifndef NFSACCEL_ADMIN_FIGURES_H
#define NFSACCEL_ADMIN_FIGURES_H

#include "admin/plane.h"
#include "nfsaccel/verdict.h"

struct na_verdict_name {
	const char *name; /* unique, lower case and '_' */
	const char *help;
};

/* By enum na_verdict. */
extern const struct na_verdict_name na_verdict_names[NA_V_MAX];

/* Since the state was made: over all CPUs, and what the daemon itself has counted. */
int na_counters_read(const struct na_plane *p, __u64 out[static NA_V_MAX]);

struct na_cache_use {
	__u64 files;	    /* that may be answered from */
	__u64 file_bytes;   /* their sizes */
	__u64 cached_bytes; /* of those, held in blocks */
};

/* Looks at every entry. */
void na_cache_use(const struct na_plane *p, struct na_cache_use *use);

/* Bytes of kernel memory that the maps take, cache and tables; 0 where it cannot be told. */
__u64 na_maps_memory(const struct na_plane *p);

/* CLOCK_MONOTONIC, nanoseconds. */
__u64 na_now_ns(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the times of tally.h say. Pure. */
#ifndef NFSACCEL_ADMIN_LATENCY_H
#define NFSACCEL_ADMIN_LATENCY_H

#include "nfsaccel/tally.h"

/* Nanoseconds that bucket i ends before; ~0 for the last one. */
__u64 na_time_end(unsigned int i);

__u64 na_times_sum(const __u64 times[NA_TIMES]);

/*
 * Nanoseconds that so many of a thousand took at most, as if those of a bucket were spread
 * evenly over it; of the last one its beginning. 0 where nothing was counted.
 */
__u64 na_time_share(const __u64 times[NA_TIMES], unsigned int permille);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/latency.h"

#define MICROSECOND 1000ull

__u64 na_time_end(unsigned int i)
{
	return i < NA_TIMES - 1 ? MICROSECOND << i : ~0ull;
}

__u64 na_times_sum(const __u64 times[NA_TIMES])
{
	__u64 sum = 0;
	unsigned int i;

	for (i = 0; i < NA_TIMES; i++)
		sum += times[i];
	return sum;
}

__u64 na_time_share(const __u64 times[NA_TIMES], unsigned int permille)
{
	double want = (double)na_times_sum(times) * permille / 1000, before = 0;
	unsigned int i;

	for (i = 0; i < NA_TIMES; i++) {
		__u64 from = i ? MICROSECOND << (i - 1) : 0;

		if (times[i] && before + (double)times[i] >= want) {
			double part = i < NA_TIMES - 1 ? (want - before) / (double)times[i] : 0;

			return from + (__u64)((double)((MICROSECOND << i) - from) * part);
		}
		before += (double)times[i];
	}
	return 0;
}

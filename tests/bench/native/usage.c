// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bench/native/usage.h"

#include <time.h>

#include "tests/clients/clock.h"

static uint64_t of_clock(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) ? 0
					: (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* Threads that have ended are in it. */
static uint64_t of_process(int pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) ? 0 : of_clock(clock);
}

void usage_read(struct usage *u, const int *pids, int n)
{
	u->self = of_clock(CLOCK_PROCESS_CPUTIME_ID);
	u->others = 0;
	while (n-- > 0)
		u->others += of_process(pids[n]);
}

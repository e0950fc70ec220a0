// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bench/native/usage.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>

#include "tests/clients/clock.h"

/* The first number of schedstat is how long the thread was on a CPU. */
static uint64_t of_thread(int pid, const char *tid)
{
	char path[300];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	fclose(f);
	return ns;
}

static uint64_t of_process(int pid)
{
	char path[64];
	struct dirent *d;
	uint64_t ns = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			ns += of_thread(pid, d->d_name);
	if (dir)
		closedir(dir);
	return ns;
}

void usage_read(struct usage *u, const int *pids, int n)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	u->self = (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
	u->others = 0;
	while (n-- > 0)
		u->others += of_process(pids[n]);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/memory.h"

#include "admin/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define WAIT_MAX (16 * NA_MEMORY_GOOD)

static FILE *open_below(const char *proc, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", proc, name);

	return n < (int)sizeof(path) ? fopen(path, "re") : NULL;
}

int na_memory_read(const char *proc, struct na_memory_reading *r)
{
	_cleanup_(fclose) FILE *info = open_below(proc, "meminfo");
	_cleanup_(fclose) FILE *pressure = open_below(proc, "pressure/memory");
	unsigned long long kib;
	double stalled = 0;
	char line[256];

	if (!info)
		return -ENOENT;
	/* Kernels without PSI have no such file, or one that cannot be read. */
	while (pressure && fgets(line, sizeof(line), pressure))
		if (sscanf(line, "full avg10=%lf", &stalled) == 1)
			break;
	while (fgets(line, sizeof(line), info)) {
		if (sscanf(line, "MemAvailable: %llu kB", &kib) != 1)
			continue;
		*r = (struct na_memory_reading){.available = kib * 1024, .stalled = stalled};
		return 0;
	}
	return -ENODATA;
}

/*
 * Stalls alone tell little: those of a container at its own limit count too. They do where
 * not much is left.
 */
bool na_memory_scarce(const struct na_memory_reading *r, uint64_t spare)
{
	return r->available < spare ||
	       (r->stalled >= NA_MEMORY_STALL && r->available / 4 < spare);
}

static bool ample(const struct na_memory_reading *r, uint64_t spare, uint64_t given)
{
	return r->available >= spare + spare / 2 + given && r->stalled < NA_MEMORY_STALL / 2.0;
}

bool na_memory_judge(struct na_memory *m, const struct na_memory_reading *r, uint64_t spare,
		     uint64_t given)
{
	unsigned int wait = m->wait ?: NA_MEMORY_GOOD;
	bool against = m->short_of ? ample(r, spare, given) : na_memory_scarce(r, spare);

	m->run = against ? m->run + 1 : 0;
	if (m->run < (m->short_of ? wait : NA_MEMORY_BAD))
		return false;
	m->short_of = !m->short_of;
	m->run = 0;
	return true;
}

void na_memory_again(struct na_memory *m)
{
	m->short_of = true;
	m->run = 0;
	m->wait = m->wait ? 2 * m->wait : 2 * NA_MEMORY_GOOD;
	if (m->wait > WAIT_MAX)
		m->wait = WAIT_MAX;
}

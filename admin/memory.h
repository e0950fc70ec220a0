/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the machine is short of memory, so that the cache gives way (shrink.h).
 *
 * 1. It takes several bad readings to step down, and many good ones in a row, with room for
 *    the cache that would come back, to end it.
 * 2. What cannot be read changes nothing.
 */
#ifndef NFSACCEL_ADMIN_MEMORY_H
#define NFSACCEL_ADMIN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define NA_MEMORY_BAD	3  /* readings, one a second, to step down */
#define NA_MEMORY_GOOD	30 /* to come back */
#define NA_MEMORY_STALL 10 /* percent of the time in which nobody could run for want of memory */

struct na_memory_reading {
	uint64_t available; /* bytes: MemAvailable */
	double stalled;	    /* percent, over ten seconds: "full avg10"; 0 where it is not told */
};

struct na_memory {
	bool short_of;
	unsigned int run;  /* readings in a row that speak against short_of */
	unsigned int wait; /* good readings it takes; 0: NA_MEMORY_GOOD */
};

/* From meminfo and pressure/memory in proc, "/proc" as a rule. */
int na_memory_read(const char *proc, struct na_memory_reading *r);

/* Is this reading a bad one? spare 0: never. */
bool na_memory_scarce(const struct na_memory_reading *r, uint64_t spare);

/* One more reading; returns whether short_of has changed. given is what would be taken back. */
bool na_memory_judge(struct na_memory *m, const struct na_memory_reading *r, uint64_t spare,
		     uint64_t given);

/* It was not enough after all: wait for longer next time. */
void na_memory_again(struct na_memory *m);

#endif

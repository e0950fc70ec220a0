// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the torture's processes share: the files as they are now, and who has done what in
 * this round.
 *
 * 1. The main process works out a round's verdict while all others wait (parked): only
 *    then are logs and files at rest.
 * 2. Whoever changes a file holds its lock from before the start to after the end that he
 *    logs. READs take no lock.
 */
#ifndef TESTS_CLIENTS_TORTURE_SHARED_H
#define TESTS_CLIENTS_TORTURE_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tests/clients/torture_history.h"

#define TORTURE_MAX_NAMES   64
#define TORTURE_MAX_WORKERS 24
#define TORTURE_MAX_KINDS   32
#define TORTURE_LOG_READS   16384 /* of one worker in one round: more is not read */
#define TORTURE_LOG_CHANGES 8192

/* What a name stands for now. */
struct torture_file {
	pthread_mutex_t lock;
	char path[32]; /* below the directory */
	bool frozen;   /* in a snapshot: nobody changes it */
	bool absent;
	struct torture_origin now; /* as the next round's history begins; start is not used */
	bool acl;		   /* an ACL keeps strangers out */
	bool linked;		   /* has a second name, path.link */
};

struct torture_log {
	size_t n_origins, n_changes, n_namings, n_reads;
	struct torture_origin origins[TORTURE_LOG_CHANGES];
	struct torture_change changes[TORTURE_LOG_CHANGES];
	struct torture_naming namings[TORTURE_LOG_CHANGES];
	struct torture_read reads[TORTURE_LOG_READS];
	uint64_t done[TORTURE_MAX_KINDS], refused[TORTURE_MAX_KINDS]; /* of the whole run */
};

struct torture_shared {
	_Atomic uint32_t round; /* a worker works when this moves */
	_Atomic uint32_t parked;
	_Atomic uint64_t deadline; /* of this round */
	_Atomic bool quit;
	_Atomic uint32_t last_file; /* number given to a file last */
	uint32_t n_names;
	char why[256]; /* what stopped a worker that failed */
	struct torture_file files[TORTURE_MAX_NAMES];
	struct torture_log logs[TORTURE_MAX_WORKERS];
};

/* Zeroed, shared with children; NULL if there is no memory. */
struct torture_shared *torture_shared_new(void);

/* The clock of every time in a history. */
static inline uint64_t torture_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static inline void torture_sleep(uint64_t ns)
{
	struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000)};

	nanosleep(&ts, NULL);
}

/* For workers: false when there is no further round. */
bool torture_wait_round(struct torture_shared *s, uint32_t *round);
static inline bool torture_round_over(struct torture_shared *s)
{
	return torture_now() >= atomic_load(&s->deadline);
}

/* Notes why and ends the process. */
void torture_die(struct torture_shared *s, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* For the main process: all logs and the files as one history; empties the logs. 0 or -ENOMEM. */
int torture_gather(struct torture_shared *s, struct torture_history *h);
void torture_history_free(struct torture_history *h);
/* After that: the next history begins with the files as they are now. */
void torture_start_over(struct torture_shared *s);

#endif

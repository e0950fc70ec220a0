// SPDX-License-Identifier: GPL-2.0-only
/* The processes of a torture, its rounds, and what is said about them. */
#ifndef TESTS_CLIENTS_TORTURE_RUN_H
#define TESTS_CLIENTS_TORTURE_RUN_H

#include "tests/clients/target.h"
#include "tests/clients/torture_shared.h"

#define TORTURE_FROZEN 4 /* names in a snapshot, where there are snapshots */

/* In this order processes are numbered. */
enum torture_job {
	TORTURE_LOCAL_WRITER,
	TORTURE_LIBNFS_WRITER,
	TORTURE_READER,
	TORTURE_STRANGER,
	/* These have a directory, or a command. */
	TORTURE_MOUNT3_WRITER,
	TORTURE_MOUNT4_WRITER,
	TORTURE_MOUNT_READER,
	TORTURE_COMMAND,
	TORTURE_JOBS,
};

struct torture_worker {
	enum torture_job job;
	const char *dir;
	int pid;
};

struct torture_options {
	struct target target;
	const char *local;
	uint32_t n_files, rounds, pause_ms, min_reads;
	uint64_t round_ns, time_ns;
	uint32_t n[TORTURE_JOBS];
	uint32_t n_workers;
	struct torture_worker workers[TORTURE_MAX_WORKERS];
	bool json, aligned;
};

/* Exit status, see exit_code.h. */
int torture_run(struct torture_options *o);

#endif

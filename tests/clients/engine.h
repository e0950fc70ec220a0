// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a fixed number of READs outstanding on each of some connections, from
 * one poll loop. It asks the caller which READ is next and tells what each one
 * brought.
 *
 * 1. Every READ that next() handed out is reported to done() exactly once,
 *    unless engine_run() fails.
 * 2. A lost connection is made anew and its READs are sent again; their latency
 *    counts from the first time.
 * 3. A READ or a connect that takes longer than the target's timeout fails the
 *    run: nothing here waits for ever.
 * 4. Version 3 goes through libnfs's raw calls, so count, eof and attributes
 *    are the server's own. Version 4 goes through pread, which hides them.
 */
#ifndef TESTS_CLIENTS_ENGINE_H
#define TESTS_CLIENTS_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/clients/session.h"
#include "tests/clients/target.h"

enum engine_op {
	ENGINE_READ,
	ENGINE_GETATTR, /* as what follows: version 3 only */
	ENGINE_LOOKUP,	/* of the file's name, in its directory */
	ENGINE_ACCESS,	/* to read */
};

/* A call to send; count and offset matter to a READ alone. */
struct engine_read {
	enum engine_op op;
	uint32_t file;
	uint32_t count;
	uint64_t offset;
	uint32_t tag; /* the caller's own */
};

struct engine_reply {
	int error; /* 0 or the server's refusal as negative errno; the rest counts only for 0 */
	uint32_t count;
	uint32_t data_len;
	const char *data;
	bool exact; /* count, eof and attributes are the server's (version 3) */
	bool eof;
	bool has_attributes;
	bool is_regular;
	uint64_t size; /* from the attributes, as what follows */
	uint32_t mode, nlink, uid, gid;
	int64_t mtime_ns, ctime_ns;
	uint64_t latency_ns;
};

struct engine_calls {
	/* Fills in the READ to send next; false when there are no more (it is not asked again). */
	bool (*next)(void *arg, struct engine_read *read);
	/* Less than 0 stops the run with that value. */
	int (*done)(void *arg, const struct engine_read *read, const struct engine_reply *reply);
	void *arg;
};

struct engine_file {
	char *path; /* relative to the mounted directory */
	struct handle handle;
	struct handle dir; /* empty after engine_add_handle() */
};

struct engine_stats {
	uint64_t reconnects;
	uint64_t resent;  /* READs sent again after a reconnect */
	uint64_t delayed; /* READs the server asked to repeat later (NFS3ERR_JUKEBOX) */
};

struct engine;

/* NULL only without memory. The target must outlive the engine. */
struct engine *engine_new(const struct target *target, uint32_t max_count);
void engine_free(struct engine *e);

/* 0 or negative errno with a sentence in engine_error(). */
int engine_mount(struct engine *e);
int engine_add_file(struct engine *e, const char *path);
/* A file whose handle is known already: needs no mount (version 3 only). */
int engine_add_handle(struct engine *e, const char *path, const struct handle *handle);
/* Looks the file's path up again: another may have that name now (version 3 only). */
int engine_refresh_file(struct engine *e, uint32_t index);
/* May be called again when it has returned 0; connections stay. */
int engine_run(struct engine *e, const struct engine_calls *calls);

const struct engine_file *engine_file(const struct engine *e, uint32_t index);
uint32_t engine_n_files(const struct engine *e);
const struct engine_stats *engine_stats(const struct engine *e);
const char *engine_error(const struct engine *e);
/* The time of the event being handled; saves calls to the clock. */
uint64_t engine_now(const struct engine *e);

#endif

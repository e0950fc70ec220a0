// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making changes: the frame that locks, times and logs, and the tables of what can be done
 * to a file, by system calls (on the server or on a mount) and by libnfs.
 */
#ifndef TESTS_CLIENTS_TORTURE_CHANGE_H
#define TESTS_CLIENTS_TORTURE_CHANGE_H

#include "tests/clients/torture_shared.h"

enum torture_via {
	TORTURE_LOCAL = 1,
	TORTURE_MOUNT = 2, /* kernel mount, version 3 or 4 */
	TORTURE_LIBNFS = 4,
};

struct nfs_context;

struct torture_writer {
	struct torture_shared *shared;
	struct torture_log *log;
	uint32_t number;
	uint64_t random;
	enum torture_via via;
	const char *local; /* the directory on the server */
	const char *dir;   /* where this writer sees it; below the mount for libnfs */
	struct nfs_context *nfs;
	uint32_t resends;    /* how often libnfs asks again what is not answered */
	uint32_t unanswered; /* how often it has, for the call under way */
	/* nfsd keeps files open for seconds after a version 3 WRITE: only some are written so. */
	bool lingers;
	/*
	 * btrfs: a local direct write beside a READ may fail to drop the cached page ("Page cache
	 * invalidation failure" in the kernel's log), which is then stale for nfsd itself, and the
	 * next fsync says EIO.
	 */
	bool no_direct;
	struct torture_file *file; /* under change, locked */
	struct torture_change change;
	struct torture_origin born;   /* what takes its name, if any; born.file is 0 if none */
	struct torture_file *swapped; /* locked; changes names with file, when logged */
	char path[512];		      /* of the file, as this writer sees it */
	char other[512];	      /* a second path, for renames and copies */
	char *buf;		      /* room for the largest file, aligned for O_DIRECT */
};

struct torture_kind {
	const char *name;
	/*
	 * 0, negative errno if nothing was changed as this cannot be done here, or death. Sets
	 * data, zero, blank and emptied of w->change where they are not empty and false.
	 */
	int (*apply)(struct torture_writer *w);
	uint32_t via; /* who can */
	bool writes;  /* contents */
};

extern const struct torture_kind torture_kinds[];
extern const uint32_t torture_n_kinds;

int torture_writer_init(struct torture_writer *w, struct torture_shared *s, uint32_t number);
/* Some change of some file that nobody else is changing. */
void torture_change_some(struct torture_writer *w);

/* ---- for the kinds */

uint32_t torture_below(struct torture_writer *w, uint32_t n);
/* Blocks the file has. */
uint32_t torture_blocks(const struct torture_writer *w);
/* Some blocks of the file, at least one if it has any; in the change's gen, in buf. */
struct torture_span torture_some_blocks(struct torture_writer *w);
void torture_fill_buf(struct torture_writer *w, uint32_t file, uint32_t gen,
		      struct torture_span span);
void torture_path(const struct torture_writer *w, const char *dir, const char *suffix, char *path);
/* As the server has it. Dies if there is no such file. */
void torture_look(struct torture_writer *w, int fd, const char *path, struct torture_state *state);
/* For a new file, of one generation, n blocks: sets w->born but its state. */
void torture_new_file(struct torture_writer *w, uint32_t n);
void torture_log_change(struct torture_writer *w, struct torture_file *f, struct torture_change *c);
void torture_log_naming(struct torture_writer *w, const struct torture_naming *naming);

/* A kind: RENAME_EXCHANGE. */
int torture_exchange(struct torture_writer *w);
/* torture_uring.c: pwrite() by io_uring. Number of bytes or negative errno. */
int torture_uring_write(int fd, const void *buf, uint32_t len, uint64_t offset);
/* torture_snapshot.c: makes a directory, on btrfs a subvolume; 0 or negative errno. */
int torture_subvolume(const char *dir, const char *name);
/* A kind: some files appear in a snapshot, or that snapshot is deleted. */
int torture_snapshot_turn(struct torture_writer *w);

#endif

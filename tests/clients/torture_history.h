// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happened to some files: every change and every READ with its start and its end, by
 * one clock. torture_check.h judges it.
 *
 * 1. A file is an inode for its whole life, numbered from 1; a name is a directory entry,
 *    numbered from 0, that stands for one file after the other.
 * 2. The changes of one file do not overlap and are numbered (gen) in their order. READs
 *    overlap anything.
 * 3. Contents are blocks. Each word of a block says which file and gen it belongs to
 *    (torture_words.h), or is zero where nothing was ever written.
 */
#ifndef TESTS_CLIENTS_TORTURE_HISTORY_H
#define TESTS_CLIENTS_TORTURE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TORTURE_BLOCK  512
#define TORTURE_BLOCKS 24 /* of the largest file */
#define TORTURE_NONE   0  /* no file */

struct torture_attr {
	uint64_t size;
	int64_t mtime, ctime; /* ns */
	uint32_t mode, uid, gid, nlink;
};

struct torture_state {
	struct torture_attr attr;
	bool stranger; /* may one who is neither owner nor root read it? */
	bool gone;     /* it has no name any more, anywhere */
	bool erased;   /* gone, and not even an open file keeps it (deleted snapshot) */
};

/* Blocks first .. last - 1. */
struct torture_span {
	uint8_t first, last;
};

/* A file as it was when the history began, or when it got its first name. */
struct torture_origin {
	uint32_t file, gen;
	uint32_t
		words; /* whose number its words have: its own, or that of which it is a snapshot */
	uint64_t start;			 /* 0: before the history */
	uint32_t blocks[TORTURE_BLOCKS]; /* gen, or 0: zeros */
	struct torture_state state;
};

struct torture_change {
	uint32_t file, gen;
	uint32_t how; /* for reports */
	uint64_t start, end;
	struct torture_span data, zero; /* what it wrote; what it made zero, or cut off */
	bool blank;			/* its pages were zero, or missing, for a moment */
	bool emptied;			/* its size was 0 for a moment */
	uint64_t size_low, size_high;	/* of all sizes the file had meanwhile */
	struct torture_state after;
};

struct torture_naming {
	uint32_t name, file;
	uint64_t start, end;
};

/* What the words of one block say. */
struct torture_seen {
	uint32_t file;		 /* TORTURE_NONE if all were zero or broken, as the next two */
	uint32_t oldest, newest; /* gen */
	bool zero;		 /* there were zeros */
	bool mixed;		 /* several files */
	uint16_t broken;	 /* words that no writer wrote */
};

struct torture_read {
	uint32_t name;
	/* When the name was looked up; handle numbers what came of it (0: none seen). */
	uint64_t lookup_start, lookup_end;
	uint32_t handle;
	uint64_t start, end;
	uint32_t offset, count, len;
	int error;  /* 0 or negative errno */
	bool exact; /* eof and attributes are the server's */
	bool eof, has_attr;
	bool stranger; /* read as one */
	struct torture_attr attr;
	uint32_t file; /* that the first words name, TORTURE_NONE if there were none */
	bool odd;      /* the length is none that a file has */
	struct torture_seen seen[TORTURE_BLOCKS]; /* from block offset / TORTURE_BLOCK on */
};

struct torture_history {
	struct torture_origin *origins;
	struct torture_change *changes;
	struct torture_naming *namings;
	struct torture_read *reads;
	size_t n_origins, n_changes, n_namings, n_reads;
};

#endif

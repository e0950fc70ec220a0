// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a history one that a file server without any cache could have had?
 *
 * With a file's changes in one order, that is: each block a READ shows is as of some
 * moment between the READ's start and its end. A change that ended before is seen, one
 * that started after is not; meanwhile either. And no READ shows less than one that had
 * ended before it began. Attributes, size, end of file and refusals likewise.
 *
 * Reads nothing but the history, which it sorts.
 */
#ifndef TESTS_CLIENTS_TORTURE_CHECK_H
#define TESTS_CLIENTS_TORTURE_CHECK_H

#include "tests/clients/torture_history.h"

enum torture_wrong {
	TORTURE_STALE,	   /* a block as it was before a change that had ended */
	TORTURE_FUTURE,	   /* as no change had made it yet */
	TORTURE_BACKWARDS, /* older than a READ had shown that ended before */
	TORTURE_BROKEN,	   /* bytes that nobody wrote */
	TORTURE_ALIEN,	   /* another file's bytes, or two files' */
	TORTURE_SIZE,	   /* too short, too long, or wrong end of file */
	TORTURE_ATTR,	   /* attributes of no moment between start and end */
	TORTURE_GONE,	   /* answered as if the file still had a name */
	TORTURE_REFUSED,   /* refused, and nothing says why */
	TORTURE_LET_IN,	   /* answered to one who may not read */
	TORTURE_WRONGS,
};

extern const char *const torture_wrong_names[TORTURE_WRONGS];

struct torture_violation {
	enum torture_wrong wrong;
	struct torture_read read;
	uint32_t file;	/* what it was judged as */
	uint32_t block; /* of the file, where that matters */
	/* The states the READ may have shown: before it the last change that had ended. */
	struct torture_state before, after;
	uint32_t gen_before, gen_after;
};

#define TORTURE_TOLD 16

struct torture_verdict {
	uint64_t judged, open; /* READs; open: nothing tells which file they were of */
	uint64_t wrong[TORTURE_WRONGS];
	uint64_t violations;			     /* READs with anything wrong */
	struct torture_violation told[TORTURE_TOLD]; /* the first ones */
};

/* 0, -ENOMEM, or -EINVAL for a history that cannot be (a test's fault, not the server's). */
int torture_check(struct torture_history *h, struct torture_verdict *verdict);

#endif

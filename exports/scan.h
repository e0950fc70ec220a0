/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the policy file character by character, knowing where we are. */
#ifndef NFSACCEL_EXPORTS_SCAN_H
#define NFSACCEL_EXPORTS_SCAN_H

#include "exports/policy.h"

#define NA_WORD_MAX 4095

struct na_scan {
	const char *name; /* of the file */
	const char *at, *end;
	unsigned int line, column; /* of *at, from 1 */
	struct na_policy_error *err;
};

/* A word with its quotes and escapes taken away, and where it began. */
struct na_word {
	char text[NA_WORD_MAX + 1];
	size_t len;
	bool quoted; /* some of it */
	unsigned int line, column;
};

/* Each sets the error, at a word's beginning or here, and returns -EINVAL. */
int na_scan_fail(struct na_scan *s, unsigned int line, unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
#define na_scan_here(s, ...) na_scan_fail(s, (s)->line, (s)->column, __VA_ARGS__)
#define na_scan_at(s, w, ...) na_scan_fail(s, (w)->line, (w)->column, __VA_ARGS__)

/* The next character, or -1; a backslash and a newline are one blank. */
int na_scan_peek(const struct na_scan *s);
int na_scan_next(struct na_scan *s);

/* Blanks and comments; true if the line goes on. */
bool na_scan_line_goes_on(struct na_scan *s);

/* To the next line that has something on it; false at the end. */
bool na_scan_to_line(struct na_scan *s);

/* A word up to a blank, the line's end or one of `stop`. */
int na_scan_word(struct na_scan *s, const char *stop, struct na_word *w);

#endif

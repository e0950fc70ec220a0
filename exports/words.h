/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a line: paths, clients, option lists. On failure s->err is set. */
#ifndef NFSACCEL_EXPORTS_WORDS_H
#define NFSACCEL_EXPORTS_WORDS_H

#include "exports/scan.h"

/* "*" or an absolute path, cleaned in place of double and trailing slashes. */
int na_path_parse(struct na_scan *s, struct na_word *w);

int na_client_parse(struct na_scan *s, const struct na_word *w, struct na_client *c);
bool na_client_equal(const struct na_client *a, const struct na_client *b);

/*
 * "ops=500,shared" up to a blank, the line's end or a closing bracket. Each word may stand
 * there once; it replaces what o says by default.
 */
int na_options_parse(struct na_scan *s, struct na_options *o);

#endif

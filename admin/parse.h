/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, sizes ("64M") and times ("60s") as people write them. */
#ifndef NFSACCEL_ADMIN_PARSE_H
#define NFSACCEL_ADMIN_PARSE_H

#include <stdint.h>

/* -EINVAL or -ERANGE; the output is then untouched. */
int na_parse_number(const char *text, uint64_t *n);
int na_parse_size(const char *text, uint64_t *bytes); /* K, M, G: powers of 1024 */
int na_parse_time(const char *text, uint64_t *ns);    /* ms, s, min; seconds without a unit */

/* Return buf. Sizes are rounded to what three digits can say. */
char *na_format_size(uint64_t bytes, char buf[static 32]);
char *na_format_time(uint64_t ns, char buf[static 32]);

#endif

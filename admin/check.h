/* SPDX-License-Identifier: GPL-2.0-only */
/* nfsacceld --check: what this kernel supports and what would be attached. */
#ifndef NFSACCEL_ADMIN_CHECK_H
#define NFSACCEL_ADMIN_CHECK_H

#include <stdbool.h>

#include "admin/config.h"

/*
 * Prints one row each, changing nothing (the programs are loaded to see whether the
 * kernel takes them, and dropped). Exit status: 0 it would answer, 1 it would not.
 */
int na_check(const struct na_config *c, bool json, bool brief);

#endif

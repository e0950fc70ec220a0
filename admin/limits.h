/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits into the kernel. The maps are the truth: nothing is kept here, and a policy that
 * was applied stays in force when the daemon is killed.
 *
 * 1. A policy is written beside the one in force, then takes its place at once, for live
 *    connections too; if it cannot be written, the old one stays in force.
 * 2. A rule of the same clients, export and each|shared keeps its buckets' debts.
 */
#ifndef NFSACCEL_ADMIN_LIMITS_H
#define NFSACCEL_ADMIN_LIMITS_H

#include <stddef.h>

#include "admin/plane.h"
#include "nfsaccel/limit.h"

/*
 * Put this policy in force; n == 0: no limits. -EINVAL: a rule with bits > 128, with bits
 * of addr set behind them, or two rules for the same clients and export (of everybody in an
 * export there may be one shared and one each); -E2BIG: too many rules.
 */
int na_limits_apply(struct na_plane *p, const struct na_limit_rule *rules, size_t n);

/* Have all connections look at their rules and devices again. */
void na_limits_renew(struct na_plane *p);

#endif

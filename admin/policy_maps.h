/* SPDX-License-Identifier: GPL-2.0-only */
/* A resolved policy into the maps of the programs. */
#ifndef NFSACCEL_ADMIN_POLICY_MAPS_H
#define NFSACCEL_ADMIN_POLICY_MAPS_H

#include "admin/exported.h"
#include "admin/nets.h"
#include "admin/plane.h"

/*
 * Cache rules of all exports. What was cached under the ones before is gone (a flush) when
 * `flush`, or when rules begin or cease to be. -E2BIG: too many.
 */
int na_cache_rules_apply(struct na_plane *p, const struct na_policy *policy,
			 const struct na_nets *nets, const struct na_export_list *exports,
			 bool flush);

/* Limits. Numbers are given to paths that are not exported, too. */
int na_limit_rules_apply(struct na_plane *p, const struct na_policy *policy,
			 const struct na_nets *nets, struct na_export_list *exports);

#endif

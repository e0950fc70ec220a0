/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy in force: what nfsaccel.exports says and what was set at run time.
 *
 * 1. A new policy is built first; one that cannot be put in force leaves the old one there.
 * 2. Rules set at run time outlive the daemon as long as the pinned state does.
 */
#ifndef NFSACCEL_ADMIN_POLICY_H
#define NFSACCEL_ADMIN_POLICY_H

#include <time.h>

#include "admin/exported.h"
#include "admin/names.h"
#include "admin/nets.h"
#include "exports/policy.h"

struct na_daemon;

struct na_policy_state {
	struct na_policy file;	  /* from the files */
	struct na_policy runtime; /* limits set since; they replace those of the file */
	struct na_policy both;	  /* borrows from the two */
	struct na_nets nets;	  /* of both */
	struct na_export_list exports;
	struct na_names *names;
	struct na_addr *seen; /* clients, sorted, while patterns want names */
	size_t nseen;
	__u64 told; /* exports were looked at after nfsd was told of them so often */
	time_t loaded; /* CLOCK_REALTIME */
	unsigned int ticks; /* seconds since names were looked up */
	bool inherited; /* the file is bad: rules are those the last daemon left */
};

/* A bad file is an error unless the state was taken over: then its rules stay. */
int na_policy_start(struct na_daemon *d, struct na_why *why);

/* Read the files again. -EINVAL and the like with err set. */
int na_policy_reload(struct na_daemon *d, struct na_policy_error *err);

/* Put file and runtime in force together; flush: they may allow less than before. */
int na_policy_apply(struct na_daemon *d, bool flush);

/* Once a second: exports and clients that came. */
void na_policy_tick(struct na_daemon *d);

void na_policy_stop(struct na_daemon *d);

/* Is the rule's path exported, as far as the kernel and exportfs say? */
bool na_policy_exported(const struct na_policy_state *s, const struct na_rule *r);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy's rules as address prefixes: hosts and netgroups looked up, patterns matched with
 * the names of the clients that are there. No map and no daemon is needed for it.
 *
 * Of the rules for a client in an export those of its path come before those of "*"; among
 * them, as with mountd: hosts and addresses, subnets (the narrower first), patterns,
 * netgroups, everybody. Each option is taken from the first rule that has it.
 */
#ifndef NFSACCEL_ADMIN_NETS_H
#define NFSACCEL_ADMIN_NETS_H

#include "admin/names.h"
#include "exports/policy.h"

enum na_net_class {
	NA_CLASS_HOST,
	NA_CLASS_SUBNET,
	NA_CLASS_PATTERN,
	NA_CLASS_NETGROUP,
	NA_CLASS_ANY,
};

struct na_net {
	uint8_t addr[16];
	unsigned int bits;
	enum na_net_class class;
	const struct na_rule *rule;
};

/* A client with a connection. */
struct na_seen {
	uint8_t addr[16];
	bool settled; /* its name, or that it has none, is known */
};

struct na_nets {
	struct na_net *net;
	size_t n;
	struct na_seen *seen;
	size_t nseen;
	bool patterns; /* there are such rules: who is not settled may yet match */
	bool waiting;  /* a host or netgroup was not looked up yet */
	unsigned int unknown; /* hosts and netgroups that turned out to be nobody */
	const struct na_rule *unknown_first;
};

/* seen: addresses, which are copied. 0 or -ENOMEM. */
int na_nets_make(struct na_nets *out, const struct na_policy *p, struct na_names *names,
		 const struct na_addr *seen, size_t nseen);
void na_nets_free(struct na_nets *n);

/* Is all that addr/bits lies in within the net? */
bool na_net_covers(const struct na_net *net, const uint8_t addr[16], unsigned int bits);

/* The entry of the policy that an exported path belongs to: the longest above it; or NULL. */
const char *na_nets_path(const struct na_policy *p, const char *exported);

/*
 * The options that hold for addr/bits within the entry `path` (NULL: none), of those in mask;
 * `given` says which any rule has.
 */
struct na_options na_nets_options(const struct na_nets *n, const char *path, unsigned int mask,
				  const uint8_t addr[16], unsigned int bits);

/* May other rules turn out to hold for this prefix once names are known? */
bool na_nets_unsettled(const struct na_nets *n, const uint8_t addr[16], unsigned int bits);

#endif

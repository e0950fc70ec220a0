/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon meets: connections, forged state of theirs, other people's filters. */
#ifndef NFSACCEL_TESTS_ADMIN_CLIENT_H
#define NFSACCEL_TESTS_ADMIN_CLIENT_H

#include <stdbool.h>

#include "nfsaccel/splice_state.h"
#include "nfsaccel/tally.h"
#include "nfsaccel/verdict.h"

struct connection {
	int family;
	int listener;
	int client;
	int server;
	struct na_flow_key key;
};

/* family AF_INET or AF_INET6; mapped: IPv4 to a dual-stack IPv6 socket. */
void connection_make(struct connection *c, int family, bool mapped);
void connection_close(struct connection *c);

/* Has the client been told that the connection is gone? Sends a byte to find out. */
bool connection_is_reset(void *c);
/* Do bytes still get through? */
bool connection_works(struct connection *c);

/* Write a flow with these fields into the pinned map; others are as for a fresh one. */
int flow_forge(const struct na_flow_key *key, const struct na_flow *like);
bool flow_exists(const struct na_flow_key *key);

/* How many programs of ours the device has at clsact or tcx; the id of the last. */
unsigned int clsact_programs(const char *device, bool egress, __u32 *id);
unsigned int tcx_programs(const char *device, bool egress, __u32 *id);
bool kernel_has_tcx(void);
/* As somebody else would who knows no better. */
int tcx_remove(const char *device, bool egress);

/* Attaches a filter that is not ours, with our handle. */
int other_filter(const char *device, unsigned int priority);

/* The programs' counter of this verdict goes up by n. */
void counter_add(enum na_verdict v, __u64 n);

/* A client that has made so many calls, as the hook at nfsd_dispatch would write it down. */
void client_forge(const __u8 addr[static 16], __u64 calls);

/* nfsd took so long over each of so many calls. */
void op_forge(enum na_op op, __u64 calls, __u64 ns);

/* How many of the limits the programs see have this backlog. */
unsigned int limits_with_backlog(__u64 ns);

/* ref of cache entry number, plus delta; through the pinned map. */
__u32 entry_ref(__u32 number, int delta);

#endif

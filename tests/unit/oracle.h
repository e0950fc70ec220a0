/* SPDX-License-Identifier: GPL-2.0-only */
/* libtirpc's opinion of the messages that nfsaccel/ parses. */
#ifndef TESTS_UNIT_ORACLE_H
#define TESTS_UNIT_ORACLE_H

#include "nfsaccel/nfs3.h"

/*
 * Is this record a READ call that any knfsd takes at face value? Decoded by libtirpc
 * throughout; *c and *a are set only if so.
 */
bool oracle_read_call(const void *msg, __u32 len, struct na_rpc_call *c, struct na_read3args *a);

/* READ3args alone, nothing after them. */
bool oracle_read_args(const void *msg, __u32 len, struct na_read3args *a);

/* A reply of any kind; *results is where the results of a plain one begin. */
bool oracle_reply(const void *msg, __u32 len, struct na_rpc_reply *r, __u32 *results);

/*
 * READ3res in full, its data included, with nothing after it. data_pos is relative to
 * msg; r->attr is not set.
 */
bool oracle_read_res(const void *msg, __u32 len, struct na_read3res *r);

struct oracle_call {
	__u32 xid;
	bool sys; /* else AUTH_NONE */
	__u32 stamp;
	__u32 name; /* bytes of the machine name */
	__u32 uid;
	__u32 gid;
	__u32 ngids;
	__u32 gids[NA_AUTH_GIDS];
	struct na_read3args args;
};

/* Written by libtirpc; returns the length, 0 if cap is too small. */
__u32 oracle_write_call(const struct oracle_call *c, void *msg, __u32 cap);

/* A plain reply around READ3res; data_len bytes of data are written too. */
__u32 oracle_write_reply(__u32 xid, const struct na_read3res *r, const void *data, void *msg,
			 __u32 cap);

#endif

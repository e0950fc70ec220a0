/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough of an NFSv3 client to know the xid, the handle and the port of a READ:
 * a real client library keeps them to itself. IPv4 and IPv6, AUTH_SYS as root.
 */
#ifndef TESTS_PROG_RPC_H
#define TESTS_PROG_RPC_H

#include "nfsaccel/abi.h"

struct rpc {
	int fd;
	__u32 xid;		 /* of the last call */
	struct na_flow_key flow; /* as the maps know the connection */
	__u8 reply[70000];	 /* results of the last call, after the RPC header */
	__u32 len;
};

/* Connects from a privileged port. 0 or negative errno. */
int rpc_connect(struct rpc *r, const char *server, __u16 port);
void rpc_close(struct rpc *r);

/* Send a call; args are XDR already. The xid is chosen before, so that it can be noted. */
int rpc_send(struct rpc *r, __u32 prog, __u32 proc, const void *args, __u32 len);

/* Receive its reply: 0, or negative errno if it is none that was accepted. */
int rpc_receive(struct rpc *r);

int rpc_mount(const char *server, __u16 mountd_port, const char *path, struct na_fh *root);
int rpc_lookup(struct rpc *r, const struct na_fh *dir, const char *name, struct na_fh *fh);
int rpc_send_read(struct rpc *r, const struct na_fh *fh, __u64 offset, __u32 count);

#endif

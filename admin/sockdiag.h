/* SPDX-License-Identifier: GPL-2.0-only */
/* The server's TCP sockets, by sock_diag(7). */
#ifndef NFSACCEL_ADMIN_SOCKDIAG_H
#define NFSACCEL_ADMIN_SOCKDIAG_H

#include <linux/inet_diag.h>
#include <stdbool.h>

#include "admin/netlink.h"
#include "nfsaccel/abi.h"

struct na_socket {
	struct na_flow_key key; /* "client" is the peer, as in na_flows */
	struct inet_diag_sockid id;
	__u8 family;
	__u8 state; /* TCP_LISTEN, ... */
	__u32 inode;
};

typedef int (*na_socket_cb)(const struct na_socket *s, void *data);

struct mnl_socket *na_sockdiag_open(void);

/*
 * All IPv4 and IPv6 sockets with this local port (host order) in one of the states
 * (bits 1 << TCP_...). cb returns 0 to go on or a negative errno.
 */
int na_sockdiag_each(struct mnl_socket *nl, __u16 port, __u32 states, na_socket_cb cb, void *data);

/* Resets the connection. -ENOENT: no longer there. */
int na_sockdiag_destroy(struct mnl_socket *nl, const struct na_socket *s);

/* Whether the kernel was built with INET_DIAG_DESTROY: 0 or -EOPNOTSUPP. */
int na_sockdiag_can_destroy(struct mnl_socket *nl);

#endif

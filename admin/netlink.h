/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink dumps and requests over libmnl, in the daemon's own network namespace. */
#ifndef NFSACCEL_ADMIN_NETLINK_H
#define NFSACCEL_ADMIN_NETLINK_H

#include <libmnl/libmnl.h>

static inline void na_cleanup_mnl(struct mnl_socket **nl)
{
	if (*nl)
		mnl_socket_close(*nl);
}

/* An unbound-by-group socket of one netlink family; NULL with errno set. */
struct mnl_socket *na_netlink_open(int family);

/*
 * Send req and feed every answer to cb until the dump ends or the request is
 * acknowledged; req needs NLM_F_DUMP or NLM_F_ACK. cb returns MNL_CB_OK to go on; what
 * it returns else, and errors from the kernel, come back as negative errno.
 */
int na_netlink_call(struct mnl_socket *nl, struct nlmsghdr *req, mnl_cb_t cb, void *data);

#endif

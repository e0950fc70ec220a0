/* SPDX-License-Identifier: GPL-2.0-only */
/* Network devices of this namespace, by rtnetlink(7). */
#ifndef NFSACCEL_ADMIN_LINKS_H
#define NFSACCEL_ADMIN_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "admin/netlink.h"

struct na_link {
	int ifindex;
	char name[IF_NAMESIZE];
	bool up;
	bool address; /* has one, IPv4 or IPv6 */
	bool port;    /* of a bridge or bond: its master carries the traffic */
};

struct na_links {
	struct na_link *link; /* free() it */
	size_t n;
};

int na_links_read(struct na_links *out);

/* Up, has an address (lo too), is not a port of another device. */
bool na_link_carries(const struct na_link *l);

/*
 * A socket that becomes readable when links, addresses or traffic control change;
 * NULL with errno set. na_links_drain() empties it.
 */
struct mnl_socket *na_links_watch(void);
void na_links_drain(struct mnl_socket *nl);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/links.h"

#include "admin/cleanup.h"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Bridges, bonds and teams take their ports' packets; a VRF's ports keep their own. */
static bool is_port(const struct nlattr *linkinfo)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, linkinfo)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return strcmp(mnl_attr_get_str(attr), "vrf") != 0;
	}
	return false;
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct na_links *links = data;
	struct na_link *grown, *l;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	grown = reallocarray(links->link, links->n + 1, sizeof(*links->link));
	if (!grown)
		return MNL_CB_ERROR; /* errno is ENOMEM */
	links->link = grown;
	l = &links->link[links->n];
	*l = (struct na_link){.ifindex = ifi->ifi_index, .up = ifi->ifi_flags & IFF_UP};
	/* Without Ethernet headers (tun, wg, ppp) the programs see nothing of ours. */
	if (ifi->ifi_type != ARPHRD_ETHER && ifi->ifi_type != ARPHRD_LOOPBACK)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi))
	{
		if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(l->name, sizeof(l->name), "%s", mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == IFLA_LINKINFO)
			l->port = is_port(attr);
	}
	links->n++;
	return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct na_links *links = data;
	size_t i;

	for (i = 0; i < links->n; i++)
		if (links->link[i].ifindex == (int)ifa->ifa_index)
			links->link[i].address = true;
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *nl, __u16 type, size_t header, mnl_cb_t cb, void *data)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, header); /* zeroed: AF_UNSPEC */
	return na_netlink_call(nl, nlh, cb, data);
}

int na_links_read(struct na_links *out)
{
	_cleanup_(mnl) struct mnl_socket *nl = na_netlink_open(NETLINK_ROUTE);
	struct na_links links = {0};
	int err;

	if (!nl)
		return -errno;
	err = dump(nl, RTM_GETLINK, sizeof(struct ifinfomsg), on_link, &links);
	if (!err)
		err = dump(nl, RTM_GETADDR, sizeof(struct ifaddrmsg), on_address, &links);
	if (err) {
		free(links.link);
		return err;
	}
	*out = links;
	return 0;
}

bool na_link_carries(const struct na_link *l)
{
	return l->up && l->address && !l->port;
}

struct mnl_socket *na_links_watch(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	unsigned int groups = RTMGRP_LINK | RTMGRP_TC | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;

	if (nl && mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) < 0) {
		int saved = errno;

		mnl_socket_close(nl);
		errno = saved;
		return NULL;
	}
	return nl;
}

void na_links_drain(struct mnl_socket *nl)
{
	char buf[8192];

	/* ENOBUFS says messages were lost, which is a reason to look as well. */
	while (recv(mnl_socket_get_fd(nl), buf, sizeof(buf), MSG_DONTWAIT) >= 0 ||
	       errno == ENOBUFS || errno == EINTR)
		;
}

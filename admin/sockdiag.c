// SPDX-License-Identifier: GPL-2.0-only
#include "admin/sockdiag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

struct mnl_socket *na_sockdiag_open(void)
{
	return na_netlink_open(NETLINK_SOCK_DIAG);
}

static struct inet_diag_req_v2 *new_request(void *buf, __u16 type, __u16 flags, __u8 family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	return req;
}

/* Addresses as flow keys have them: IPv4 is ::ffff:a.b.c.d. */
static void key_address(__u8 out[16], __u8 family, const __be32 addr[4])
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == AF_INET6) {
		memcpy(out, addr, 16);
		return;
	}
	memcpy(out, mapped, 12);
	memcpy(out + 12, addr, 4);
}

struct each {
	na_socket_cb cb;
	void *data;
	int err;
};

static int on_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *m;
	struct each *e = data;
	struct na_socket s;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return MNL_CB_OK;
	m = mnl_nlmsg_get_payload(nlh);
	s = (struct na_socket){
		.id = m->id,
		.family = m->idiag_family,
		.state = m->idiag_state,
		.inode = m->idiag_inode,
		.key.client_port = m->id.idiag_dport,
		.key.server_port = m->id.idiag_sport,
	};
	key_address(s.key.client, s.family, m->id.idiag_dst);
	key_address(s.key.server, s.family, m->id.idiag_src);
	if (!e->err)
		e->err = e->cb(&s, e->data);
	return MNL_CB_OK;
}

int na_sockdiag_each(struct mnl_socket *nl, __u16 port, __u32 states, na_socket_cb cb, void *data)
{
	static const __u8 families[] = {AF_INET, AF_INET6};
	struct each e = {.cb = cb, .data = data};
	unsigned int i;
	int err;

	for (i = 0; i < 2 && !e.err; i++) {
		char buf[256] __attribute__((aligned(8)));
		struct inet_diag_req_v2 *req =
			new_request(buf, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, families[i]);

		req->idiag_states = states;
		req->id.idiag_sport = htons(port);
		err = na_netlink_call(nl, (struct nlmsghdr *)buf, on_socket, &e);
		/* A kernel without IPv6 has no such family to ask. */
		if (err && !(err == -ENOENT && families[i] == AF_INET6))
			return err;
	}
	return e.err;
}

int na_sockdiag_destroy(struct mnl_socket *nl, const struct na_socket *s)
{
	char buf[256] __attribute__((aligned(8)));
	struct inet_diag_req_v2 *req = new_request(buf, SOCK_DESTROY, NLM_F_ACK, s->family);

	req->idiag_states = -1;
	req->id = s->id;
	return na_netlink_call(nl, (struct nlmsghdr *)buf, NULL, NULL);
}

int na_sockdiag_can_destroy(struct mnl_socket *nl)
{
	/* 192.0.2.0/24 is TEST-NET-1 (RFC 5737): nobody has this connection. */
	struct na_socket nobody = {
		.family = AF_INET,
		.id = {.idiag_sport = htons(1),
		       .idiag_dport = htons(1),
		       .idiag_src = {htonl(0xc0000201)},
		       .idiag_dst = {htonl(0xc0000202)},
		       .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
	};
	int err = na_sockdiag_destroy(nl, &nobody);

	return err == -ENOENT ? 0 : err ? err : -EOPNOTSUPP;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/netlink.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

struct mnl_socket *na_netlink_open(int family)
{
	/* The kernel answers at once; a lost answer must not stop the daemon. */
	const struct timeval patience = {.tv_sec = 2};
	struct mnl_socket *nl = mnl_socket_open2(family, SOCK_CLOEXEC);

	if (!nl)
		return NULL;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0) {
		int saved = errno;

		mnl_socket_close(nl);
		errno = saved;
		return NULL;
	}
	return nl;
}

int na_netlink_call(struct mnl_socket *nl, struct nlmsghdr *req, mnl_cb_t cb, void *data)
{
	static unsigned int counter;
	/* Kept here: cb may call us for another socket. */
	const unsigned int seq = ++counter;
	char buf[32768];
	ssize_t n;
	int run;

	req->nlmsg_seq = seq;
	if (mnl_socket_sendto(nl, req, req->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		run = mnl_cb_run(buf, n, seq, mnl_socket_get_portid(nl), cb, data);
		/* Answers to an earlier request that we gave up on. */
		if (run < 0 && errno == EPROTO)
			run = MNL_CB_OK;
		else if (run < 0)
			return -errno;
	} while (run > MNL_CB_STOP);
	return 0;
}

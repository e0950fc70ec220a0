// SPDX-License-Identifier: GPL-2.0-only
#include "tests/prog/rpc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROG_NFS   100003
#define PROG_MOUNT 100005

/* An address and port as the maps' keys have them. */
static void key_of(const struct sockaddr_storage *sa, __u8 *addr, __u16 *port)
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;

	if (sa->ss_family == AF_INET) {
		memcpy(addr, mapped, sizeof(mapped));
		memcpy(addr + sizeof(mapped), &v4->sin_addr, 4);
		*port = v4->sin_port;
	} else {
		memcpy(addr, &v6->sin6_addr, 16);
		*port = v6->sin6_port;
	}
}

int rpc_connect(struct rpc *r, const char *server, __u16 port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct sockaddr_storage sa;
	struct addrinfo *ai;
	socklen_t len = sizeof(sa);
	char service[8];
	int err = 0;

	memset(r, 0, sizeof(*r));
	r->xid = 0x4e410000u ^ (__u32)getpid();
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(server, service, &hints, &ai))
		return -EINVAL;
	r->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(&sa, ai->ai_addr, ai->ai_addrlen);
	/* To the server from its own address, which the exports know. */
	if (r->fd < 0 || bindresvport(r->fd, NULL) || connect(r->fd, ai->ai_addr, ai->ai_addrlen))
		err = -errno;
	freeaddrinfo(ai);
	if (err)
		return err;
	key_of(&sa, r->flow.server, &r->flow.server_port);
	if (getsockname(r->fd, (struct sockaddr *)&sa, &len))
		return -errno;
	key_of(&sa, r->flow.client, &r->flow.client_port);
	return 0;
}

void rpc_close(struct rpc *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

int rpc_send(struct rpc *r, __u32 prog, __u32 proc, const void *args, __u32 len)
{
	__u8 buf[1024];
	__u32 head[] = {0,
			r->xid,
			0 /* CALL */,
			2,
			prog,
			3,
			proc,
			1 /* AUTH_SYS */,
			20,
			0,
			0 /* no name */,
			0,
			0,
			0,
			0 /* AUTH_NONE */,
			0};
	__u32 i, n = sizeof(head) / sizeof(head[0]);

	if (sizeof(head) + len > sizeof(buf))
		return -EMSGSIZE;
	head[0] = 0x80000000u | (sizeof(head) - 4 + len);
	for (i = 0; i < n; i++)
		na_put_be32(buf + 4 * i, head[i]);
	memcpy(buf + sizeof(head), args, len);
	if (send(r->fd, buf, sizeof(head) + len, MSG_NOSIGNAL) != (ssize_t)(sizeof(head) + len))
		return -errno;
	return 0;
}

static int receive(int fd, void *buf, __u32 len)
{
	ssize_t n = recv(fd, buf, len, MSG_WAITALL);

	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -ECONNRESET;
}

int rpc_receive(struct rpc *r)
{
	__u8 head[28];
	__u32 mark;
	int err = receive(r->fd, head, sizeof(head));

	if (err)
		return err;
	mark = na_get_be32(head);
	r->len = (mark & 0x7fffffffu) - 24;
	if (!(mark >> 31) || (mark & 0x7fffffffu) < 24 || r->len > sizeof(r->reply))
		return -EPROTO;
	err = receive(r->fd, r->reply, r->len);
	if (err)
		return err;
	/* The right xid, REPLY, ACCEPTED, no verifier, SUCCESS. */
	if (na_get_be32(head + 4) != r->xid || na_get_be32(head + 8) != 1 ||
	    na_get_be32(head + 12) || na_get_be32(head + 20) || na_get_be32(head + 24))
		return -EACCES;
	return 0;
}

static __u32 put_opaque(__u8 *to, const void *data, __u32 len)
{
	na_put_be32(to, len);
	memset(to + 4, 0, (len + 3) & ~3u);
	memcpy(to + 4, data, len);
	return 4 + ((len + 3) & ~3u);
}

/* Status 0 and a handle: how the results of MNT and LOOKUP begin. JUKEBOX is -EAGAIN. */
static int take_fh(const struct rpc *r, struct na_fh *fh)
{
	if (r->len < 8 || na_get_be32(r->reply))
		return r->len >= 4 && na_get_be32(r->reply) == 10008 ? -EAGAIN : -EACCES;
	memset(fh, 0, sizeof(*fh));
	fh->len = na_get_be32(r->reply + 4);
	if (!fh->len || fh->len > sizeof(fh->data) || r->len < 8 + fh->len)
		return -EPROTO;
	memcpy(fh->data, r->reply + 8, fh->len);
	return 0;
}

int rpc_mount(const char *server, __u16 mountd_port, const char *path, struct na_fh *root)
{
	static struct rpc r;
	__u8 args[512];
	int err = strlen(path) > 256 ? -EINVAL : rpc_connect(&r, server, mountd_port);

	if (err)
		return err;
	r.xid++;
	err = rpc_send(&r, PROG_MOUNT, 1, args, put_opaque(args, path, strlen(path))) ?:
	      rpc_receive(&r) ?:
	      take_fh(&r, root);
	rpc_close(&r);
	return err;
}

int rpc_lookup(struct rpc *r, const struct na_fh *dir, const char *name, struct na_fh *fh)
{
	__u8 args[512];
	__u32 n = put_opaque(args, dir->data, dir->len);

	n += put_opaque(args + n, name, strlen(name));
	r->xid++;
	return rpc_send(r, PROG_NFS, 3, args, n) ?: rpc_receive(r) ?: take_fh(r, fh);
}

int rpc_send_read(struct rpc *r, const struct na_fh *fh, __u64 offset, __u32 count)
{
	__u8 args[512];
	__u32 n = put_opaque(args, fh->data, fh->len);

	na_put_be64(args + n, offset);
	na_put_be32(args + n + 8, count);
	return rpc_send(r, PROG_NFS, 6, args, n + 12);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll --port P {--server A --path P --files N | --fake N --fake-size N}: the least a server
 * in user space can do for READs. One thread, epoll, non-blocking sockets; all calls that a
 * read brings are answered by one send of replies that were asked of the real server (or
 * made up) beforehand: find the handle in a hash, copy, put the xid in. It does not look at
 * credentials, offsets, counts or files, so it is no NFS server; it is what one cannot beat
 * without being in the kernel. It gets segmentation offload for its large sends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/native/set.h"

#define SIZES	  4
#define IN_MAX	  65536u
#define OUT_MAX	  (4u << 20)
#define EVENTS	  256
#define CALL_FH	  64u /* where a READ call of AUTH_SYS without a name and groups has its handle */
#define CALL_CRED 32u /* its credential's length */

static const __u32 sizes[SIZES] = {1024, 4096, 16384, 65536};

struct client {
	int fd;
	bool waits; /* for room to send */
	__u32 in, out, sent;
	__u8 *to;
	__u8 from[IN_MAX];
};

static struct bench_file **table; /* open addressing */
static __u32 slots = 1;
static struct bench_file fake; /* the reply of any made-up file, all of the same size */
static int poller;

static __u32 hash(const __u8 *p, __u32 len)
{
	__u32 h = 2166136261u, i;

	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static void add(struct bench_file *file)
{
	__u32 at = hash(file->fh.data, file->fh.len);

	while (table[at & (slots - 1)])
		at++;
	table[at & (slots - 1)] = file;
}

static const struct bench_file *find(const __u8 *fh, __u32 len)
{
	__u32 at = hash(fh, len);
	const struct bench_file *f;

	if (fake.reply)
		return bench_fake_number(fh, len) >= 0 ? &fake : NULL;
	while ((f = table[at & (slots - 1)])) {
		if (f->fh.len == len && !memcmp(f->fh.data, fh, len))
			return f;
		at++;
	}
	return NULL;
}

static int load(const char *server, const char *path, __u32 files)
{
	static struct bench_set sets[SIZES];
	char dir[256];
	__u32 i, k;
	int err;

	while (slots < 4 * SIZES * files)
		slots *= 2;
	table = calloc(slots, sizeof(struct bench_file *));
	if (!table)
		return -ENOMEM;
	for (i = 0; i < SIZES; i++) {
		snprintf(dir, sizeof(dir), "%s/d%u", path, sizes[i]);
		err = bench_set_ask(&sets[i], server, dir, files, sizes[i]);
		if (err)
			return err;
		for (k = 0; k < sets[i].n; k++)
			add(&sets[i].files[k]);
	}
	return 0;
}

/* Replies to all whole calls; false if one is not understood. */
static bool answer(struct client *c)
{
	__u32 at = 0;

	while (c->in - at >= 4) {
		const __u8 *call = c->from + at;
		__u32 len = (na_get_be32(call) & 0x7fffffff) + 4, fh, fh_at;
		const struct bench_file *file;

		if (len > IN_MAX || len < CALL_FH + 8)
			return false;
		if (c->in - at < len)
			break;
		/* the credential and an empty verifier lie before it */
		fh_at = CALL_CRED + 4 + na_get_be32(call + CALL_CRED) + 8;
		if (fh_at > len - 8)
			return false;
		fh = na_get_be32(call + fh_at);
		if (fh > NA_NFS_FHSIZE || fh_at + 4 + fh > len)
			return false;
		file = find(call + fh_at + 4, fh);
		if (!file)
			return false;
		if (c->out + file->len > OUT_MAX)
			break;
		memcpy(c->to + c->out, file->reply, file->len);
		memcpy(c->to + c->out + 4, call + 4, 4);
		c->out += file->len;
		at += len;
	}
	memmove(c->from, c->from + at, c->in - at);
	c->in -= at;
	return true;
}

/* As much as there is room for; false if the client is gone. */
static bool flush(struct client *c)
{
	while (c->sent < c->out) {
		ssize_t n = send(c->fd, c->to + c->sent, c->out - c->sent, MSG_NOSIGNAL);
		struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};

		if (n < 0 && errno == EAGAIN) {
			if (!c->waits)
				epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &ev);
			c->waits = true;
			return true;
		}
		if (n < 0)
			return false;
		c->sent += (__u32)n;
	}
	c->sent = c->out = 0;
	if (c->waits) {
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

		epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &ev);
		c->waits = false;
	}
	return true;
}

static bool serve(struct client *c)
{
	ssize_t n;

	if (c->waits && !flush(c))
		return false;
	if (c->waits)
		return true;
	n = recv(c->fd, c->from + c->in, IN_MAX - c->in, 0);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	c->in += (__u32)n;
	return answer(c) && flush(c);
}

static void meet(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
	struct client *c = fd >= 0 ? calloc(1, sizeof(*c)) : NULL;
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	if (c)
		c->to = malloc(OUT_MAX);
	if (!c || !c->to) {
		free(c);
		close(fd);
		return;
	}
	c->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
}

static void part(struct client *c)
{
	close(c->fd);
	free(c->to);
	free(c);
}

static int listen_on(__u16 port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 4096))
		return -errno;
	return fd;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"port", 1, NULL, 'o'},	 {"server", 1, NULL, 's'},    {"path", 1, NULL, 'p'},
		{"files", 1, NULL, 'n'}, {"fake-size", 1, NULL, 'z'}, {0}};
	struct epoll_event ev = {.events = EPOLLIN}, evs[EVENTS];
	const char *server = NULL, *path = NULL;
	__u32 files = 0, fake_size = 0, port = 0;
	struct rlimit many = {65536, 65536};
	int listener, err, n, i, o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 's')
			server = optarg;
		else if (o == 'p')
			path = optarg;
		else if (o == 'n')
			files = (__u32)strtoul(optarg, NULL, 10);
		else if (o == 'z')
			fake_size = (__u32)strtoul(optarg, NULL, 10);
		else if (o == 'o')
			port = (__u32)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (!port || (!fake_size && (!server || !path || !files))) {
		fprintf(stderr, "usage: epoll --port P {--server A --path P --files N | "
				"--fake-size N}\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &many);
	err = fake_size ? bench_fake_reply(&fake, 0, fake_size) : load(server, path, files);
	listener = err ?: listen_on((__u16)port);
	if (listener < 0) {
		fprintf(stderr, "epoll: %s\n", strerror(-listener));
		return 1;
	}
	poller = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(poller, EPOLL_CTL_ADD, listener, &ev);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		n = epoll_wait(poller, evs, EVENTS, -1);
		for (i = 0; i < n; i++) {
			struct client *c = evs[i].data.ptr;

			if (!c)
				meet(listener);
			else if (!serve(c))
				part(c);
		}
	}
}

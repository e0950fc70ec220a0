// SPDX-License-Identifier: GPL-2.0-only
/*
 * client OPTION...: READs of whole files, so many outstanding on each of so many connections,
 * and what they took, as one JSON object. It does as little as a client can: one send for
 * each call, as the kernel's client and libnfs do, and one receive for what has come. While
 * warming up it compares every byte with what the server itself said; later the head only.
 *	--server A --port P	where the READs go
 *	--ask A --path P	the server that knows the handles (its directory dSIZE); or
 *	--fake			files of no server (bench_fake_fh())
 *	--any			replies hold one and the same file, whatever was asked (the floor)
 *	--size N --files N --depth N --connections N --warmup READS --ms N --pid SERVER...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/native/set.h"
#include "tests/bench/native/usage.h"
#include "tests/clients/clock.h"
#include "tests/clients/histogram.h"

#define DEPTH_MAX 256u
#define PATIENCE  20 /* seconds without a reply */
#define EVENTS	  256
#define PIDS	  8

struct asked {
	__u64 at; /* 0: none */
	__u32 file;
	__u32 xid;
};

struct link {
	int fd;
	__u32 in;
	__u32 serial;
	__u32 nfree;
	__u8 free[DEPTH_MAX]; /* places in asked[], which an xid's low byte is */
	struct asked *asked;
	__u8 *from; /* two replies and more */
};

static struct options {
	const char *server, *ask, *path;
	__u16 port;
	__u32 size, files, depth, links, warmup, ms;
	int pids[PIDS];
	int npids;
	bool fake, any;
} opt = {.port = 2049,
	 .size = 4096,
	 .files = 100,
	 .depth = 1,
	 .links = 1,
	 .warmup = 2000,
	 .ms = 1000};

static struct bench_set set;
static struct histogram took;
static __u32 dice = 12345, room;
static __u64 got, warmed; /* replies; those before measuring began */
static bool measuring;

static int fail(const char *why)
{
	fprintf(stderr, "client: %s\n", why);
	return -EPROTO;
}

static int ask(struct link *l)
{
	__u32 place = l->free[--l->nfree], len;
	__u8 call[BENCH_CALL];
	struct asked *a = &l->asked[place];
	struct na_fh fh;

	dice = dice * 1664525u + 1013904223u;
	a->file = (__u32)((__u64)dice * opt.files >> 32);
	if (opt.fake)
		bench_fake_fh(&fh, a->file);
	a->xid = l->serial++ << 8 | place;
	len = bench_call(call, opt.fake ? &fh : &set.files[a->file].fh, a->xid, opt.size);
	a->at = clock_now();
	if (send(l->fd, call, len, MSG_NOSIGNAL) != (ssize_t)len)
		return -errno;
	return 0;
}

/* The whole reply at p, len bytes. */
static int check(struct link *l, const __u8 *p, __u32 len)
{
	__u32 xid = na_get_be32(p + 4);
	struct asked *a = &l->asked[(xid & 0xff) < opt.depth ? xid & 0xff : 0];
	const struct bench_file *file = opt.fake || opt.any ? NULL : &set.files[a->file];
	__u64 now = clock_now();

	if (!a->at || a->xid != xid)
		return fail("a reply to nothing asked");
	if (len < BENCH_HEAD + BENCH_RESULTS || na_get_be32(p + 8) != 1 ||
	    na_get_be32(p + BENCH_HEAD) || na_get_be32(p + BENCH_HEAD + 100) != opt.size ||
	    len < BENCH_HEAD + BENCH_RESULTS + opt.size)
		return fail("a READ was refused or is short");
	if (file && !measuring &&
	    (len != file->len || memcmp(bench_data(p), bench_data(file->reply), opt.size)))
		return fail("wrong bytes");
	if (measuring)
		histogram_add(&took, now - a->at);
	a->at = 0;
	l->free[l->nfree++] = (__u8)xid;
	got++;
	return 0;
}

/* What has come; the calls that follow from it. */
static int turn(struct link *l)
{
	ssize_t n = recv(l->fd, l->from + l->in, room - l->in, 0);
	__u32 at = 0;
	int err = 0;

	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	l->in += (__u32)n;
	while (l->in - at >= 4 && !err) {
		__u32 len = (na_get_be32(l->from + at) & 0x7fffffff) + 4;

		if (len > room)
			return fail("a reply is too long");
		if (l->in - at < len)
			break;
		err = check(l, l->from + at, len);
		at += len;
	}
	memmove(l->from, l->from + at, l->in - at);
	l->in -= at;
	while (l->nfree && !err)
		err = ask(l);
	return err;
}

static int turn_any(int poller)
{
	struct epoll_event evs[EVENTS];
	int n = epoll_wait(poller, evs, EVENTS, PATIENCE * 1000), i, err = n > 0 ? 0 : -ETIMEDOUT;

	for (i = 0; i < n && !err; i++)
		err = turn(evs[i].data.ptr);
	return err;
}

/* Until so many replies have come, or it is so late. */
static int run(struct link *links, int poller, __u64 replies, __u64 until)
{
	__u64 end = got + replies;
	int err = 0;

	while (!err && got < end && clock_now() < until)
		err = poller >= 0 ? turn_any(poller) : turn(links);
	return err;
}

static int open_link(struct link *l, int poller)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(opt.port)};
	struct timeval patience = {.tv_sec = PATIENCE};
	/* a reset at the end: nothing of this connection lingers into the next measurement */
	struct linger linger = {.l_onoff = 1};
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = l};
	int one = 1, err = 0;

	for (l->nfree = 0; l->nfree < opt.depth; l->nfree++)
		l->free[l->nfree] = (__u8)l->nfree;
	l->asked = calloc(opt.depth, sizeof(*l->asked));
	l->from = malloc(room);
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!l->asked || !l->from || l->fd < 0 || inet_pton(AF_INET, opt.server, &sa.sin_addr) != 1)
		return -EINVAL;
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(l->fd, (struct sockaddr *)&sa, sizeof(sa)))
		return -errno;
	if (poller >= 0)
		epoll_ctl(poller, EPOLL_CTL_ADD, l->fd, &ev);
	while (l->nfree && !err)
		err = ask(l);
	return err;
}

static void print(__u64 ns, const struct usage *from, const struct usage *to)
{
	double n = got ? (double)got : 1;

	printf("{\"size\": %u, \"depth\": %u, \"connections\": %u, \"files\": %u, \"reads\": %llu, "
	       "\"warmup_reads\": %llu, \"ops\": %.1f, \"p50_ns\": %llu, \"p99_ns\": %llu, "
	       "\"min_ns\": %llu, ",
	       opt.size, opt.depth, opt.links, opt.files, (unsigned long long)got,
	       (unsigned long long)warmed, (double)got * 1e9 / (double)ns,
	       (unsigned long long)histogram_percentile(&took, 0.5),
	       (unsigned long long)histogram_percentile(&took, 0.99), (unsigned long long)took.min);
	printf("\"client_cpu_ns\": %.1f, \"server_cpu_ns\": %.1f}\n",
	       (double)(to->self - from->self) / n, (double)(to->others - from->others) / n);
}

static int measure(struct link *links, int poller)
{
	struct usage from, to;
	__u64 begun, end;
	__u32 i;
	int err = 0;

	for (i = 0; i < opt.links && !err; i++)
		err = open_link(&links[i], poller);
	err = err ?: run(links, poller, opt.warmup, ~0ull);
	warmed = got;
	got = 0;
	measuring = true;
	usage_read(&from, opt.pids, opt.npids);
	begun = clock_now();
	err = err ?: run(links, poller, ~0ull >> 1, begun + opt.ms * NSEC_PER_MSEC);
	end = clock_now();
	usage_read(&to, opt.pids, opt.npids);
	if (!err)
		print(end - begun, &from, &to);
	return err;
}

static bool parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"server", 1, NULL, 's'},      {"port", 1, NULL, 'o'},
		{"ask", 1, NULL, 'a'},	       {"path", 1, NULL, 'p'},
		{"fake", 0, NULL, 'f'},	       {"any", 0, NULL, 'y'},
		{"size", 1, NULL, 'z'},	       {"files", 1, NULL, 'n'},
		{"depth", 1, NULL, 'd'},       {"ms", 1, NULL, 'm'},
		{"connections", 1, NULL, 'c'}, {"warmup", 1, NULL, 'w'},
		{"pid", 1, NULL, 'i'},	       {0}};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		__u32 n = optarg ? (__u32)strtoul(optarg, NULL, 10) : 0;

		switch (o) {
		case 's':
			opt.server = optarg;
			break;
		case 'o':
			opt.port = (__u16)n;
			break;
		case 'a':
			opt.ask = optarg;
			break;
		case 'p':
			opt.path = optarg;
			break;
		case 'f':
			opt.fake = true;
			break;
		case 'y':
			opt.any = true;
			break;
		case 'z':
			opt.size = n;
			break;
		case 'n':
			opt.files = n;
			break;
		case 'd':
			opt.depth = n;
			break;
		case 'm':
			opt.ms = n;
			break;
		case 'c':
			opt.links = n;
			break;
		case 'w':
			opt.warmup = n;
			break;
		case 'i':
			if (opt.npids == PIDS)
				return false;
			opt.pids[opt.npids++] = (int)n;
			break;
		default:
			return false;
		}
	}
	return optind == argc && opt.server && (opt.fake || (opt.ask && opt.path)) && opt.files &&
	       opt.links && opt.ms && opt.size && opt.size <= NA_FILE_MAX && opt.depth &&
	       opt.depth <= DEPTH_MAX;
}

int main(int argc, char **argv)
{
	struct rlimit many = {65536, 65536};
	struct link *links;
	char dir[256];
	int poller = -1, err = 0;

	if (!parse(argc, argv)) {
		fprintf(stderr,
			"usage: client --server A {--ask A --path P | --fake} [OPTION...]\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &many);
	room = opt.depth * (opt.size + 256) + 65536;
	links = calloc(opt.links, sizeof(*links));
	if (!links || histogram_init(&took))
		return 1;
	snprintf(dir, sizeof(dir), "%s/d%u", opt.path, opt.size);
	if (!opt.fake)
		err = bench_set_ask(&set, opt.ask, dir, opt.files, opt.size);
	if (opt.links > 1)
		poller = epoll_create1(EPOLL_CLOEXEC);
	err = err ?: measure(links, poller);
	if (err)
		fprintf(stderr, "client: %s\n", strerror(-err));
	return err ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real TCP over veth: a server on port 2049 that answers READs itself, our programs at its
 * device, and a client in another network namespace that compares every byte.
 * usage: tc_veth_test [READS]	(of each setting)
 */
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nfsaccel/segment.h"
#include "tests/prog/scene.h"
#include "tests/unit/oracle.h"

#define FILES	 16u /* the last UNCACHED of them only the server has */
#define UNCACHED 4u
#define DEPTH	 32u
#define PATIENCE 60  /* seconds */
#define WAIT_MS	 30u /* what a delayed acknowledgement takes, or a timer */

struct setting {
	bool ip6;
	__u32 depth;
	__u32 mtu;
	bool offload;
	bool all_cached;
	int ecn;     /* sysctl tcp_ecn of both ends: 1 is RFC 3168; 3 accurate, or 1 where that is unknown */
	bool spread; /* over CPUs, whose packets overtake each other: only nfsd's socket mends that
		      */
};

static struct tc tc;
static struct scene s;
static struct scene_file files[FILES];
static const struct setting *setting;
static __u32 reads = 4000;
static cpu_set_t cpus;

/* ---- the server */

struct server {
	int listener;
	__u32 reads;
	bool broken;
};

static struct scene_file *find(const struct na_fh *fh)
{
	__u32 i;

	for (i = 0; i < FILES; i++)
		if (files[i].fh.len == fh->len && !memcmp(files[i].fh.data, fh->data, fh->len))
			return &files[i];
	return NULL;
}

static bool receive(int fd, void *to, size_t n)
{
	return !n || recv(fd, to, n, MSG_WAITALL) == (ssize_t)n;
}

static bool send_all(int fd, const void *from, size_t n)
{
	return send(fd, from, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* One call; false at the end of the connection. */
static bool serve_one(struct server *v, int fd)
{
	static __u8 message[4096], out[SCENE_DATA];
	struct na_read3args args;
	struct na_rpc_call call;
	struct scene_file *file;
	__u32 len;
	__u8 mark[4];

	if (!receive(fd, mark, 4))
		return false;
	len = na_get_be32(mark) & 0x7fffffff;
	v->broken = true;
	if (!(mark[0] & 0x80) || len > sizeof(message) || !receive(fd, message, len) ||
	    !oracle_read_call(message, len, &call, &args))
		return false;
	file = find(&args.fh);
	if (!file)
		return false;
	v->broken = false;
	v->reads++;
	len = scene_reply(file, call.xid, args.offset, args.count, out);
	return send_all(fd, out, len);
}

static void *serve(void *arg)
{
	struct server *v = arg;
	int fd = accept(v->listener, NULL, NULL), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (serve_one(v, fd))
		;
	close(fd);
	return NULL;
}

static socklen_t address(struct sockaddr_storage *sa)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa;

	memset(sa, 0, sizeof(*sa));
	if (setting->ip6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(2049);
		memcpy(&v6->sin6_addr, s.f.key.server, 16);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(2049);
	memcpy(&v4->sin_addr, s.f.key.server + 12, 4);
	return sizeof(*v4);
}

static int listen_here(void)
{
	struct sockaddr_storage sa;
	socklen_t len = address(&sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* ---- the client, a process in a network namespace of its own; it ends with a status */

struct asked {
	__u32 xid; /* 0: none */
	__u32 file;
	__u32 offset;
	__u32 count;
};

static __u32 dice(__u32 below)
{
	static __u32 state = 12345;

	state = state * 1664525u + 1013904223u;
	return (__u32)(((__u64)state * below) >> 32);
}

static bool ask(int fd, struct asked *a, __u32 xid)
{
	static __u8 call[1024];
	const struct scene_file *f;

	a->xid = xid;
	a->file = dice(setting->all_cached ? FILES - UNCACHED : FILES);
	f = &files[a->file];
	a->offset = dice(3) ? 0 : dice((__u32)f->attr.size + 2);
	a->count = dice(2) ? 65536 : dice(9000);
	return send_all(fd, call, scene_call(f, xid, a->offset, a->count, call));
}

/* Receives a reply, compares it, and forgets that it was asked for. */
static bool check(int fd, struct asked *all)
{
	static __u8 got[SCENE_DATA], want[SCENE_DATA];
	struct asked *a = all;
	__u32 n;

	if (!receive(fd, got, 8))
		return false;
	while (a < all + DEPTH && a->xid != na_get_be32(got + 4))
		a++;
	n = na_get_be32(got) & 0x7fffffff;
	if (a == all + DEPTH || n < 4 || n > sizeof(got) - 4 || !receive(fd, got + 8, n - 4)) {
		fprintf(stderr, "a reply of %u bytes to nothing asked\n", n);
		return false;
	}
	if (scene_reply(&files[a->file], a->xid, a->offset, a->count, want) != n + 4 ||
	    memcmp(got, want, n + 4)) {
		fprintf(stderr, "wrong reply: file of %llu, offset %u, count %u\n",
			(unsigned long long)files[a->file].attr.size, a->offset, a->count);
		return false;
	}
	a->xid = 0;
	return true;
}

static __u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000 + (__u64)t.tv_nsec / 1000000;
}

static bool work(int fd)
{
	struct asked asked[DEPTH] = {0};
	__u32 sent = 0, got = 0, waits = 0, i;
	__u64 longest = 0, begun = now_ms();

	while (got < reads) {
		__u64 before = now_ms(), waited;

		for (i = 0; i < setting->depth && sent < reads; i++)
			if (!asked[i].xid && !ask(fd, &asked[i], ++sent))
				return false;
		if (!check(fd, asked))
			return false;
		got++;
		waited = now_ms() - before;
		longest = waited > longest ? waited : longest;
		waits += waited >= WAIT_MS;
	}
	printf("client: %llu ms, the longest wait %llu, %u of %u or more, ",
	       (unsigned long long)(now_ms() - begun), (unsigned long long)longest, waits, WAIT_MS);
	return true;
}

/* A counter of /proc/net/snmp of this namespace, or of all there are. */
static long tcp_counter(const char *name)
{
	char names[1024] = "", values[1024] = "";
	char *n, *v, *at = NULL, *vt = NULL;
	FILE *f = fopen("/proc/thread-self/net/snmp", "re");
	long found = -1;

	while (f && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f))
		if (!strncmp(names, "Tcp:", 4))
			break;
	if (f)
		fclose(f);
	n = strtok_r(names, " \n", &at);
	v = strtok_r(values, " \n", &vt);
	for (; n && v; n = strtok_r(NULL, " \n", &at), v = strtok_r(NULL, " \n", &vt))
		if (!strcmp(n, name))
			found = atol(v);
	return found;
}

static int client(int go)
{
	struct sockaddr_storage sa;
	socklen_t len = address(&sa);
	char script[512], c;
	int fd, one = 1;

	/* na1 is here once the other process says so */
	if (read(go, &c, 1) != 1)
		return 1;
	snprintf(script, sizeof(script),
		 "set -e; ip addr add 10.9.1.2/16 dev na1\n"
		 "ip -6 addr add fd09::1234:0:0:ab02/32 dev na1 nodad\n"
		 "sysctl -qw net.ipv4.tcp_ecn=%d\n"
		 "%s ip link set na1 up mtu %u\n",
		 setting->ecn,
		 setting->offload ? ""
				  : "ethtool -K na1 tx off rx off tso off gso off gro off "
				    ">/dev/null;",
		 setting->mtu);
	if (system(script))
		return 2;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	alarm(PATIENCE);
	if (connect(fd, (struct sockaddr *)&sa, len)) {
		perror("connect");
		return 3;
	}
	if (!work(fd))
		return 4;
	close(fd);
	if (tcp_counter("InCsumErrors") != 0)
		return 5;
	printf("%ld segments sent again\n", tcp_counter("RetransSegs"));
	fflush(stdout);
	return 0;
}

/* ---- one setting */

static void make_files(void)
{
	static const __u32 sizes[FILES] = {0,	  1,	 511,	1024,  1316, 4096, 4097,  9000,
					   16384, 33333, 65535, 65536, 700,  5000, 20000, 3};
	const struct scene_setup at = {.ip6 = setting->ip6};
	__u32 i;

	scene_begin(&s, &tc, &at);
	for (i = 0; i < FILES; i++) {
		if (i < FILES - UNCACHED)
			scene_file(&s, &files[i], sizes[i]);
		else
			scene_describe(&files[i], sizes[i]);
	}
	/* the connection will be met, not made */
	bpf_map_delete_elem(bpf_map__fd(tc.skel->maps.na_flows), &s.f.key);
}

/* Forks the client and gives it na1; its pid. */
static pid_t start_client(void)
{
	int go[2], gone[2];
	char script[512], c;
	pid_t pid;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(gone), 0);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET) || write(gone[1], "g", 1) != 1)
			_exit(9);
		_exit(client(go[0]));
	}
	assert_true(pid > 0);
	assert_int_equal(read(gone[0], &c, 1), 1);
	snprintf(script, sizeof(script),
		 "set -e; ip link set na1 netns %d\n"
		 "sysctl -qw net.ipv6.conf.na0.disable_ipv6=0\n"
		 "ip addr add 10.9.0.1/16 dev na0\n"
		 "ip -6 addr add fd09::1/32 dev na0 nodad\n"
		 "sysctl -qw net.ipv4.tcp_ecn=%d\n"
		 "%s ip link set na0 mtu %u\n",
		 (int)pid, setting->ecn,
		 setting->offload ? ""
				  : "ethtool -K na0 tx off rx off tso off gso off gro off "
				    ">/dev/null;",
		 setting->mtu);
	assert_int_equal(system(script), 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	close(go[0]);
	close(go[1]);
	close(gone[0]);
	close(gone[1]);
	return pid;
}

static void choose_cpus(const cpu_set_t *all)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), setting->spread ? all : &one);
}

/* The setting, as far as this kernel has that. */
static const struct setting *choose_ecn(const struct setting *wanted)
{
	static struct setting instead;
	char script[64];

	snprintf(script, sizeof(script), "sysctl -qw net.ipv4.tcp_ecn=%d 2>/dev/null", wanted->ecn);
	if (wanted->ecn != 3 || !system(script))
		return wanted;
	print_message("no accurate ECN\n");
	instead = *wanted;
	instead.ecn = 1;
	return &instead;
}

/* What was agreed on is known from the server's socket; what is sent, from its packets. */
static void check_ecn(const struct tc_counts *counts)
{
	struct na_flow_key key;
	struct na_flow f;
	int fd = bpf_map__fd(tc.skel->maps.na_flows);

	if (setting->ecn == 3) {
		assert_int_equal(counts->n[NA_V_FLOW_NEW], 0);
		assert_int_equal(counts->n[NA_V_PASS_NOFLOW] > 0, 1);
		assert_int_not_equal(bpf_map_get_next_key(fd, NULL, &key), 0);
		return;
	}
	assert_int_equal(bpf_map_get_next_key(fd, NULL, &key), 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &key, &f), 0);
	assert_int_equal(!(f.flags & NA_FLOW_ECN), setting->ecn != 1);
	assert_int_equal(f.way.tos, setting->ecn == 1 ? NA_ECN_ECT0 : 0);
}

static void run(void **state)
{
	struct server server = {0};
	struct tc_counts counts;
	pthread_t thread;
	__u32 i, least;
	int status;
	pid_t pid;

	setting = *state;
	choose_cpus(&cpus);
	assert_int_equal(tc_open(&tc, &tc_defaults), 0);
	setting = choose_ecn(setting);
	make_files();
	assert_int_equal(tc_attach(&tc, tc.skel->progs.na_ingress, BPF_TC_INGRESS), 0);
	pid = start_client();
	server.listener = listen_here();
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.listener);
	tc_counts(&tc, &counts);
	print_message("%u of %u READs reached the server: ", server.reads, reads);
	scene_print_counts(&counts);
	assert_int_equal(status, 0);
	assert_false(server.broken);
	assert_int_equal(tcp_counter("InCsumErrors"), 0);
	/* each READ was answered by one of the two, and once */
	assert_int_equal(counts.n[NA_V_HIT] + server.reads, reads);
	check_ecn(&counts);
	/* with many outstanding anything may be passed while the server is busy */
	least = setting->all_cached && setting->ecn != 3 ? 1 : 0;
	if (least && setting->depth == 1)
		least = reads / 2; /* also by the clock: now and then one is passed (I10) */
	if (!setting->spread) {
		assert_in_range(counts.n[NA_V_HIT], least, reads);
		/* only by their FINs */
		assert_in_range(counts.n[NA_V_LOST_IN], 0, 1);
		assert_in_range(counts.n[NA_V_LOST_OUT], 0, 1);
	}
	assert_int_equal(counts.n[NA_V_EMIT_FAIL], 0);
	for (i = 0; i < FILES - UNCACHED; i++)
		assert_true(scene_entry(&s, &files[i]).ref & NA_ENTRY_LIVE);
	for (i = 0; i < FILES; i++)
		free(files[i].bytes);
	tc_close(&tc);
}

/* A tag, which the kernel takes out of the frame, makes it another device's. */
static void test_vlan(void **state)
{
	static const struct scene_setup at = {.ts = true, .client = 1000, .server = 2000};
	static __u8 call[1024], bytes[FRAME_MAX], sent[FRAME_MAX];
	struct tc_counts before, after;
	struct scene_file file;
	struct frame in;
	__u32 len;

	(void)state;
	assert_int_equal(tc_open(&tc, &tc_defaults), 0);
	assert_int_equal(tc_attach(&tc, tc.skel->progs.na_ingress, BPF_TC_INGRESS), 0);
	scene_begin(&s, &tc, &at);
	scene_file(&s, &file, 100);
	in = scene_from_client(&s, call, scene_call(&file, 1, 0, 100, call));
	len = frame_build(&in, bytes);
	memmove(bytes + 16, bytes + 12, len - 12);
	na_put_be32(bytes + 12, 0x81000007);
	tc_counts(&tc, &before);
	assert_int_equal(send(tc.tap, bytes, len + 4, 0), len + 4);
	assert_int_equal(tc_sent(&tc, sent, true), 0);
	tc_counts(&tc, &after);
	assert_memory_equal(&before, &after, sizeof(before));

	frame_build(&in, bytes);
	assert_int_equal(send(tc.tap, bytes, len, 0), len);
	assert_true(tc_sent(&tc, sent, true) > 0);
	tc_counts(&tc, &after);
	assert_int_equal(after.n[NA_V_HIT], before.n[NA_V_HIT] + 1);
	scene_forget(&s, &file);
	tc_close(&tc);
}

int main(int argc, char **argv)
{
	static const struct setting settings[] = {
		{.depth = 1, .mtu = 1500, .offload = true, .all_cached = true},
		{.depth = 1, .mtu = 9000, .ip6 = true, .all_cached = true},
		{.depth = 1, .mtu = 1500},
		{.depth = 1, .mtu = 1500, .all_cached = true, .ecn = 1},
		{.depth = 8, .mtu = 1500, .ip6 = true, .all_cached = true, .ecn = 3},
		{.depth = 32, .mtu = 1500, .offload = true},
		{.depth = 32, .mtu = 1500, .ip6 = true},
		{.depth = 32, .mtu = 9000, .offload = true},
		{.depth = 8, .mtu = 9000, .ip6 = true, .offload = true, .all_cached = true},
		{.depth = 32, .mtu = 1500, .offload = true, .spread = true},
		{.depth = 8, .mtu = 1500, .ip6 = true, .spread = true},
	};
	struct CMUnitTest tests[COUNT(settings) + 1] = {
		[COUNT(settings)] = cmocka_unit_test(test_vlan),
	};
	char titles[COUNT(settings)][80];
	size_t i;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (argc > 1)
		reads = (__u32)strtoul(argv[1], NULL, 10);
	for (i = 0; i < COUNT(settings); i++) {
		const struct setting *at = &settings[i];

		snprintf(titles[i], sizeof(titles[i]), "IPv%d depth %u MTU %u offload %d ECN %d%s%s",
			 at->ip6 ? 6 : 4, at->depth, at->mtu, at->offload, at->ecn,
			 at->all_cached ? ", all cached" : "", at->spread ? ", many CPUs" : "");
		tests[i] = (struct CMUnitTest){
			.name = titles[i], .test_func = run, .initial_state = (void *)at};
	}
	return cmocka_run_group_tests_name("tc_veth", tests, NULL, NULL);
}

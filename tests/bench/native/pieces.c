// SPDX-License-Identifier: GPL-2.0-only
/*
 * pieces FILES,... CONNECTIONS,...: what the stages of a hit take, in ns, as JSON: the median
 * of BPF_PROG_TEST_RUN's own clock over single runs, each with another file or connection, so
 * that caches are as cold as they are in use. The time of an empty program is taken off. Files
 * are 1 KiB, MTU 9000: a reply is one packet, which is really sent.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "nfsaccel/cache_rule.h"
#include "tests/bench/native/plane.h"
#include "tests/bench/native/set.h"
#include "tests/bench/native/snap.h"
#include "tests/clients/clock.h"
#include "tests/prog/frame.h"

#define RUNS   4000u
#define SIZE   1024u
#define BLOCKS 65536u
#define FLOWS  16384u
#define DEV    0x00800001u
#define WIN    501u
#define SHIFT  7u
#define TSVAL  0x20000000u
#define SEQ    1000000u
#define ACK    5000000u
#define FIRST  10000u /* client port */
#define MSS    8948u

static const char *const stages[] = {"stage_parse",	"stage_rpc",	"stage_lookup",
				     "stage_authorize", "stage_guard2", "stage_build",
				     "stage_csum"};

#define STAGES (sizeof(stages) / sizeof(stages[0]))

static __u32 walked[STAGES + 1]; /* by the verifier, for each stage and a hit */
static struct plane plane;
static __u8 mac[2][6]; /* of na0, the server's, and na1 */
static int ifindex;
static __u32 took[RUNS], dice = 12345, files;

static const __u8 client[16] = {[10] = 0xff, [11] = 0xff, 10, 9, 1, 2};
static const __u8 server[16] = {[10] = 0xff, [11] = 0xff, 10, 9, 0, 1};

static __u32 roll(__u32 below)
{
	dice = dice * 1664525u + 1013904223u;
	return (__u32)((__u64)dice * below >> 32);
}

static int compare(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return (x > y) - (x < y);
}

static int make_devices(void)
{
	static const char script[] = "set -e\n"
				     "ip link add na0 mtu 9000 type veth peer name na1 mtu 9000\n"
				     "ip link set na0 up\n"
				     "ip link set na1 up\n";
	static const char *const names[] = {"na0", "na1"};
	int fd, i, err = 0;

	if (unshare(CLONE_NEWNET))
		return -errno;
	if (system(script))
		return -EIO;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (i = 0; i < 2 && !err; i++) {
		struct ifreq ifr = {0};

		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", names[i]);
		err = ioctl(fd, SIOCGIFHWADDR, &ifr) ? -errno : 0;
		memcpy(mac[i], ifr.ifr_hwaddr.sa_data, 6);
	}
	close(fd);
	ifindex = (int)if_nametoindex("na0");
	return err;
}

/* A connection in sync on both streams, whose next call is build_call()'s. */
static int put_flow(__u32 number)
{
	static struct na_flow f;
	__u32 scaled = WIN << SHIFT;
	__u64 now = clock_now();

	memset(&f, 0, sizeof(f));
	f.flags = NA_FLOW_FRESH | NA_FLOW_SACK | NA_FLOW_TS;
	memcpy(f.key.client, client, sizeof(client));
	memcpy(f.key.server, server, sizeof(server));
	f.key.client_port = htons((__u16)(FIRST + number));
	f.key.server_port = htons(2049);
	f.c_next = f.told = f.s_ack = SEQ;
	f.s_edge = SEQ + scaled;
	f.s_high = f.c_ack = f.c_ack_s = f.s_una = ACK;
	f.s_edge_told = f.s_edge_last = ACK + scaled;
	f.c_edge = ACK + scaled + NA_FILE_MAX; /* beyond what the server knows: there is room */
	f.c_rec = (struct na_records){.next = SEQ, .sync = 1};
	f.s_rec = (struct na_records){.next = ACK, .sync = 1};
	f.c_wscale = f.s_wscale = SHIFT;
	f.mss = MSS;
	f.c_tsval = 7000;
	f.ts_last = TSVAL;
	f.ts_offset = -(__s32)(now / NSEC_PER_MSEC);
	f.cwnd = f.ssthresh = 1 << 20;
	f.id = number + 1;
	f.born = f.last_alive = now;
	f.way.ifindex = (__u32)ifindex;
	memcpy(f.way.mac, mac[1], 6);
	memcpy(f.way.mac + 6, mac[0], 6);
	return bpf_map_update_elem(bpf_map__fd(plane.skel->maps.na_flows), &f.key, &f, BPF_ANY);
}

/* The call of a file on a connection, as its frame; its length. */
static __u32 build_call(__u8 *out, __u32 file, __u32 flow)
{
	static __u8 call[BENCH_CALL];
	struct na_fh fh;
	struct frame f = {.from_port = (__u16)(FIRST + flow),
			  .to_port = 2049,
			  .ttl = 61,
			  .seq = SEQ,
			  .ack = ACK,
			  .flags = TCP_ACK | TCP_PSH,
			  .win = WIN,
			  .ts = true,
			  .tsval = 7001,
			  .tsecr = TSVAL,
			  .data = call};

	bench_fake_fh(&fh, file);
	f.len = bench_call(call, &fh, file, SIZE);
	memcpy(f.from, client, sizeof(client));
	memcpy(f.to, server, sizeof(server));
	memcpy(f.to_mac, mac[0], 6);
	memcpy(f.from_mac, mac[1], 6);
	return frame_build(&f, out);
}

/* One run's ns; it must end in `act`. */
static int run(const struct bpf_program *prog, const __u8 *frame, __u32 len, int act, __u32 *ns)
{
	struct __sk_buff ctx = {.ifindex = (__u32)ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	if (!err && (int)opts.retval != act) {
		fprintf(stderr, "%s: act %d, not %d\n", bpf_program__name(prog), (int)opts.retval,
			act);
		return -EPROTO;
	}
	*ns = opts.duration;
	return err;
}

static __u32 median(void)
{
	qsort(took, RUNS, sizeof(took[0]), compare);
	return took[RUNS / 2];
}

/* A stage with random files; a packet is long enough for all stages. */
static int stage(const char *name, __u32 *ns)
{
	static __u8 frame[FRAME_MAX];
	const struct bpf_program *prog = bpf_object__find_program_by_name(plane.skel->obj, name);
	bool long_one = !strcmp(name, "stage_build") || !strcmp(name, "stage_csum");
	__u32 i, len;
	int err = 0;

	for (i = 0; i < RUNS && !err; i++) {
		len = build_call(frame, roll(files), 0);
		err = run(prog, frame, long_one ? 64 + SIZE + 64 : len, TC_ACT_UNSPEC, &took[i]);
	}
	*ns = median();
	return err;
}

/* Whole hits, by both programs, on so many connections in turn, each as good as new. */
static int hits(__u32 flows, __u32 *ns)
{
	static __u8 frame[FRAME_MAX];
	__u32 i, k, n, len;
	int err = 0;

	for (i = 0; i < RUNS && !err; i += n) {
		n = flows < RUNS - i ? flows : RUNS - i;
		for (k = 0; k < flows && !err; k++)
			err = put_flow(k);
		for (k = 0; k < n && !err; k++) {
			len = build_call(frame, roll(files), (__u32)((__u64)k * 7919 % flows));
			err = run(plane.skel->progs.na_ingress, frame, len, TC_ACT_REDIRECT,
				  &took[i + k]);
		}
	}
	*ns = median();
	return err;
}

static int open_plane(__u32 n)
{
	struct plane_options o = {.files = n,
				  .blocks = n < BLOCKS ? n : BLOCKS,
				  .flows = FLOWS,
				  .guards = NA_GUARD_VERSION,
				  .alive_ns = 3600 * NSEC_PER_SEC};
	struct plane_file file = {.snap = {.dev = DEV}};
	__u32 i;
	int err = plane_open(&plane, &o) ?: plane_client(&plane, client);

	files = n;
	for (i = 0; i < n && !err; i++) {
		struct bench_file one;

		err = bench_fake_reply(&one, i, SIZE);
		if (err)
			break;
		file.fh = one.fh;
		file.attr = bench_attr(one.reply);
		file.data = bench_data(one.reply);
		file.snap.ino = i + 1ull;
		err = plane_put(&plane, &file);
		free(one.reply);
	}
	return err ?: plane_flush(&plane) ?: plane_attach(&plane, ifindex);
}

static void close_plane(void)
{
	plane_detach(ifindex);
	plane_close(&plane);
}

/* Instructions the verifier walks to say yes to a program, with those it calls. */
static __u32 verified(const char *name)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(plane.skel->obj, name);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len) ? 0 : info.verified_insns;
}

static int print_stages(__u32 n)
{
	struct na_inode_snap snap = {0};
	const __u32 zero = 0;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), err;
	__u32 empty = 0, ns = 0;
	size_t i;

	err = snap_files(&fd, &snap, 1) ?: open_plane(n) ?: stage("stage_empty", &empty);
	err = err
		      ?: bpf_map_update_elem(
				 bpf_object__find_map_fd_by_name(plane.skel->obj, "stage_inode"),
				 &zero, &snap.inode, BPF_ANY);
	close(fd);
	printf("{\"files\": %u", n);
	for (i = 0; i < STAGES && !err; i++) {
		err = stage(stages[i], &ns);
		walked[i] = verified(stages[i]);
		printf(", \"%s\": %u", stages[i] + 6, ns > empty ? ns - empty : 0);
	}
	walked[STAGES] = verified("na_ingress");
	err = err ?: hits(1, &ns);
	printf(", \"hit\": %u, \"empty\": %u}", ns - empty, empty);
	close_plane();
	return err;
}

static int print_flows(__u32 n)
{
	__u32 empty = 0, ns = 0;
	int err = open_plane(1000) ?: stage("stage_empty", &empty) ?: hits(n, &ns);

	printf("{\"connections\": %u, \"hit\": %u}", n, ns - empty);
	close_plane();
	return err;
}

/* A comma between, so that a list of numbers becomes a list of objects. */
static int each(const char *list, int (*print)(__u32))
{
	const char *comma = "";
	char *end;
	int err = 0;

	for (; *list && !err; list = *end ? end + 1 : end) {
		__u32 n = (__u32)strtoul(list, &end, 10);

		if (!n || n > 10000000u)
			return -EINVAL;
		printf("%s", comma);
		err = print(n);
		comma = ", ";
	}
	return err;
}

int main(int argc, char **argv)
{
	size_t i;
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: pieces FILES,FILES... CONNECTIONS,CONNECTIONS...\n");
		return 2;
	}
	err = make_devices();
	printf("{\"stages\": [");
	err = err ?: each(argv[1], print_stages);
	printf("], \"connections\": [");
	err = err ?: each(argv[2], print_flows);
	printf("], \"verified\": {");
	for (i = 0; i < STAGES; i++)
		printf("\"%s\": %u, ", stages[i] + 6, walked[i]);
	printf("\"hit\": %u}}\n", walked[STAGES]);
	if (err)
		fprintf(stderr, "pieces: %s\n", strerror(-err));
	return err ? 1 : 0;
}

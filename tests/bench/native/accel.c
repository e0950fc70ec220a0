// SPDX-License-Identifier: GPL-2.0-only
/*
 * accel OPTION...: the TC programs at the named devices, in front of a server, with its files
 * in the cache. Says "ready" once they answer, then obeys lines of standard input. Ends with
 * it or at "end", filters removed.
 *	stats on|off	the kernel's run time statistics
 *	show		one JSON object
 *	flush		void all that is cached, which then is filled in anew; its time
 *	storm N		move N version slots nobody here uses as fast as it goes; its time
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nfsaccel/cache_rule.h"
#include "nfsaccel/slot.h"
#include "tests/bench/native/plane.h"
#include "tests/bench/native/set.h"
#include "tests/bench/native/snap.h"
#include "tests/clients/clock.h"

#define DEVICES	 8
#define SIZES	 4
#define FAKE_DEV 0x00800001u

static const __u32 sizes[SIZES] = {1024, 4096, 16384, 65536};

static struct options {
	int devices[DEVICES];
	int ndevices;
	const char *server;
	const char *path; /* as the server exports it, and here */
	__u8 clients[DEVICES][16];
	int nclients;
	__u32 files; /* of each size */
	__u32 fake;  /* so many, of fake_size, of no server */
	__u32 fake_size;
	__u32 blocks;
	__u32 flows;
} opt = {.files = 100, .fake_size = 1024, .blocks = 65536, .flows = 4096};

static struct plane plane;

/* The directory's files into the cache. Writes nothing, so the inodes stand still. */
static int put_set(const struct bench_set *set, const char *dir)
{
	struct na_inode_snap *snaps = calloc(set->n, sizeof(*snaps));
	int *fds = calloc(set->n, sizeof(*fds)), err = snaps && fds ? 0 : -ENOMEM;
	char path[300];
	__u32 i;

	for (i = 0; i < set->n && !err; i++) {
		snprintf(path, sizeof(path), "%s/f%06u", dir, i);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		err = fds[i] < 0 ? -errno : 0;
	}
	err = err ?: snap_files(fds, snaps, set->n);
	for (i = 0; i < set->n && fds; i++)
		if (fds[i] > 0)
			close(fds[i]);
	for (i = 0; i < set->n && !err; i++) {
		const struct plane_file file = {.fh = set->files[i].fh,
						.attr = bench_attr(set->files[i].reply),
						.data = bench_data(set->files[i].reply),
						.snap = snaps[i]};

		err = plane_put(&plane, &file);
	}
	free(fds);
	free(snaps);
	return err;
}

static int fill_real(void)
{
	char dir[256];
	int i, err = 0;

	for (i = 0; i < SIZES && !err; i++) {
		struct bench_set set;

		snprintf(dir, sizeof(dir), "%s/d%u", opt.path, sizes[i]);
		err = bench_set_ask(&set, opt.server, dir, opt.files, sizes[i]);
		if (err)
			break;
		err = put_set(&set, dir);
		bench_set_free(&set);
	}
	return err;
}

static int fill_fake(void)
{
	__u32 i;
	int err = 0;

	for (i = 0; i < opt.fake && !err; i++) {
		struct plane_file file = {.snap = {.ino = i + 1ull, .dev = FAKE_DEV}};
		struct bench_file one;

		err = bench_fake_reply(&one, i, opt.fake_size);
		if (err)
			break;
		file.fh = one.fh;
		file.attr = bench_attr(one.reply);
		file.data = bench_data(one.reply);
		err = plane_put(&plane, &file);
		free(one.reply);
	}
	return err;
}

static int fill(void)
{
	int err = opt.fake ? fill_fake() : fill_real();

	return err ?: plane_flush(&plane);
}

static int begin(void)
{
	struct plane_options o = {.files = opt.fake ? opt.fake : SIZES * opt.files,
				  .blocks = opt.blocks,
				  .flows = opt.flows,
				  .guards = opt.fake ? NA_GUARD_VERSION : NA_GUARDS_ALL,
				  .alive_ns = 5 * NSEC_PER_SEC};
	int i, err = plane_open(&plane, &o);

	for (i = 0; i < opt.nclients && !err; i++)
		err = plane_client(&plane, opt.clients[i]);
	err = err ?: fill();
	for (i = 0; i < opt.ndevices && !err; i++)
		err = plane_attach(&plane, opt.devices[i]);
	return err;
}

static void end(void)
{
	int i;

	for (i = 0; i < opt.ndevices; i++)
		plane_detach(opt.devices[i]);
	plane_close(&plane);
}

static void show(void)
{
	static const char *const names[] = {
#define NAME(sym, name, help) name,
		NA_VERDICTS(NAME)
#undef NAME
	};
	struct plane_runs r = plane_runs(&plane);
	int i;

	printf("{\"run_ns\": %llu, \"runs\": %llu, \"map_bytes\": %llu, \"cache_bytes\": %llu",
	       (unsigned long long)r.ns, (unsigned long long)r.n,
	       (unsigned long long)plane_memory(&plane),
	       (unsigned long long)plane_cache_memory(&plane));
	for (i = 0; i < NA_V_MAX; i++) {
		unsigned long long n = plane_count(&plane, (enum na_verdict)i);

		if (n)
			printf(", \"%s\": %llu", names[i], n);
	}
	printf("}\n");
}

/* All entries of another number are gone at once; then they are made again. */
static int refill(void)
{
	const __u32 zero = 0;
	struct na_ctl ctl;
	__u64 begun = clock_now();
	int fd = bpf_map__fd(plane.skel->maps.na_ctl);
	int err = bpf_map_lookup_elem(fd, &zero, &ctl);

	if (err)
		return err;
	ctl.flush++;
	err = bpf_map_update_elem(fd, &zero, &ctl, BPF_ANY);
	printf("{\"flush_ns\": %llu", (unsigned long long)(clock_now() - begun));
	ctl.flush--; /* what plane_put() writes */
	plane.next_entry = 1;
	plane.next_block = 1;
	begun = clock_now();
	err = err ?: fill() ?: bpf_map_update_elem(fd, &zero, &ctl, BPF_ANY);
	printf(", \"fill_ns\": %llu, \"files\": %u}\n", (unsigned long long)(clock_now() - begun),
	       plane.next_entry - 1);
	return err;
}

/* As hooks do when other files change: those slots move that no cached file is in. */
static int storm(unsigned long n)
{
	__u64 *used = calloc(NA_SLOTS / 64, sizeof(*used)), begun = clock_now();
	struct na_slot slot = {.version = 1};
	unsigned long done = 0;
	__u32 i = 0, unused = NA_SLOTS;
	int err = used ? 0 : -ENOMEM;

	for (i = 1; i < plane.next_entry && !err; i++) {
		__u32 at = plane.entries[i].slot;

		unused -= !(used[at / 64] >> at % 64 & 1);
		used[at / 64] |= 1ull << at % 64;
	}
	if (!unused)
		err = -ENOSPC;
	for (i = 0; done < n && !err; i = (i + 1) % NA_SLOTS) {
		if (used[i / 64] >> i % 64 & 1)
			continue;
		slot.version++;
		err = bpf_map_update_elem(bpf_map__fd(plane.skel->maps.na_slots), &i, &slot,
					  BPF_ANY);
		done++;
	}
	free(used);
	printf("{\"bumps\": %lu, \"ns\": %llu}\n", done, (unsigned long long)(clock_now() - begun));
	return err;
}

static int obey(void)
{
	char line[64];
	int stats = -1, err = 0;
	unsigned long n;

	while (!err && fgets(line, sizeof(line), stdin) && strcmp(line, "end\n")) {
		if (!strcmp(line, "stats on\n") && stats < 0)
			stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
		else if (!strcmp(line, "stats off\n") && stats >= 0)
			stats = (close(stats), -1);
		else if (!strcmp(line, "show\n"))
			show();
		else if (!strcmp(line, "flush\n"))
			err = refill();
		else if (sscanf(line, "storm %lu", &n) == 1)
			err = storm(n);
		else
			err = -EINVAL;
		fflush(stdout);
	}
	if (stats >= 0)
		close(stats);
	return err;
}

static bool take_client(const char *text)
{
	__u8 *a = opt.clients[opt.nclients];

	if (opt.nclients == DEVICES || inet_pton(AF_INET, text, a + 12) != 1)
		return false;
	a[10] = a[11] = 0xff;
	opt.nclients++;
	return true;
}

static bool take_device(const char *text)
{
	if (opt.ndevices == DEVICES)
		return false;
	opt.devices[opt.ndevices] = (int)if_nametoindex(text);
	return opt.devices[opt.ndevices++] > 0;
}

static bool parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"device", 1, NULL, 'd'},    {"client", 1, NULL, 'c'},
		{"server", 1, NULL, 's'},    {"path", 1, NULL, 'p'},
		{"files", 1, NULL, 'n'},     {"fake", 1, NULL, 'f'},
		{"fake-size", 1, NULL, 'z'}, {"blocks", 1, NULL, 'b'},
		{"flows", 1, NULL, 'l'},     {0}};
	bool ok = true;
	int o;

	while (ok && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		__u32 n = optarg ? (__u32)strtoul(optarg, NULL, 10) : 0;

		switch (o) {
		case 'd':
			ok = take_device(optarg);
			break;
		case 'c':
			ok = take_client(optarg);
			break;
		case 's':
			opt.server = optarg;
			break;
		case 'p':
			opt.path = optarg;
			break;
		case 'n':
			opt.files = n;
			break;
		case 'f':
			opt.fake = n;
			break;
		case 'z':
			opt.fake_size = n;
			break;
		case 'b':
			opt.blocks = n;
			break;
		case 'l':
			opt.flows = n;
			break;
		default:
			ok = false;
		}
	}
	return ok && optind == argc && opt.ndevices && opt.nclients && opt.files && opt.blocks &&
	       opt.flows && opt.fake_size && opt.fake_size <= NA_FILE_MAX &&
	       (opt.fake || (opt.server && opt.path));
}

int main(int argc, char **argv)
{
	struct rlimit many = {65536, 65536};
	int err;

	if (!parse(argc, argv)) {
		fprintf(stderr,
			"usage: accel --device D... --client A... [--files N] [--blocks N] "
			"[--flows N]\n\t{--server A --path P | --fake N [--fake-size N]}\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &many);
	err = begin();
	if (!err) {
		printf("ready\n");
		fflush(stdout);
		err = obey();
	}
	end();
	if (err)
		fprintf(stderr, "accel: %s\n", strerror(-err));
	return err ? 1 : 0;
}

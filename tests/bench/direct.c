// SPDX-License-Identifier: GPL-2.0-only
/*
 * direct [--write] --size BYTES --depth N --calls N --warmup N --seed N FILE...: reads (or writes)
 * pieces of the files with O_DIRECT, so that each is a call of the kernel's NFS client (up to rsize
 * and wsize), N at a time; another seed, other choices. Prints one JSON object: calls, ns (of all
 * together), p50_ns.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/clients/clock.h"
#include "tests/clients/histogram.h"
#include "tests/clients/random.h"
#include "tests/clients/target.h"

#define THREADS_MAX 64u
#define ALIGN	    4096

struct file {
	int fd;
	off_t size;
};

static bool writes;
static uint32_t size = 4096, depth = 1, calls = 1000, warmup, seed;
static struct file *files;
static uint32_t n_files;
static pthread_barrier_t barrier;

struct worker {
	pthread_t thread;
	uint64_t random;
	uint32_t calls, warmup;
	struct histogram latency;
	char *buf;
};

static void die(const char *what)
{
	fprintf(stderr, "direct: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void call(struct worker *w)
{
	const struct file *f = &files[random_below(&w->random, n_files)];
	uint64_t places = (uint64_t)f->size / size;
	off_t at = places > 1 ? (off_t)(random_below(&w->random, places) * size) : 0;
	ssize_t want = f->size - at < size ? f->size - at : size;
	ssize_t got =
		writes ? pwrite(f->fd, w->buf, (size_t)want, at) : pread(f->fd, w->buf, size, at);

	if (got != want) {
		if (got >= 0)
			errno = EIO;
		die(writes ? "write" : "read");
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (uint32_t i = 0; i < w->warmup; i++)
		call(w);
	pthread_barrier_wait(&barrier);
	/* main() looks at the clock between these two */
	pthread_barrier_wait(&barrier);
	for (uint32_t i = 0; i < w->calls; i++) {
		uint64_t before = clock_now();

		call(w);
		histogram_add(&w->latency, clock_now() - before);
	}
	return NULL;
}

static void open_files(char **paths)
{
	files = calloc(n_files, sizeof(*files));
	if (!files)
		die("files");
	for (uint32_t i = 0; i < n_files; i++) {
		struct stat st;

		files[i].fd = open(paths[i], (writes ? O_RDWR : O_RDONLY) | O_DIRECT);
		if (files[i].fd < 0 || fstat(files[i].fd, &st))
			die(paths[i]);
		files[i].size = st.st_size;
	}
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"write", no_argument, NULL, 'w'},
		{"size", required_argument, NULL, 's'},
		{"depth", required_argument, NULL, 'd'},
		{"calls", required_argument, NULL, 'c'},
		{"warmup", required_argument, NULL, 'u'},
		{"seed", required_argument, NULL, 'e'},
		{0},
	};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'w')
			writes = true;
		else if (option == 's')
			good = parse_size(optarg, ALIGN / 4, TARGET_MAX_COUNT, &size);
		else if (option == 'd')
			good = parse_u32(optarg, 1, THREADS_MAX, &depth);
		else if (option == 'c')
			good = parse_u32(optarg, 1, 1000000, &calls);
		else if (option == 'u')
			good = parse_u32(optarg, 0, 1000000, &warmup);
		else if (option == 'e')
			good = parse_u32(optarg, 0, 1000000, &seed);
		else
			good = false;
	}
	if (!good || optind == argc) {
		fprintf(stderr, "direct: see the head of its source\n");
		exit(2);
	}
	n_files = (uint32_t)(argc - optind);
	open_files(argv + optind);
}

int main(int argc, char **argv)
{
	struct worker workers[THREADS_MAX] = {0};
	uint64_t start, took, p50, done = 0;

	parse(argc, argv);
	if (pthread_barrier_init(&barrier, NULL, depth + 1))
		die("barrier");
	for (uint32_t i = 0; i < depth; i++) {
		struct worker *w = &workers[i];

		w->random = seed * THREADS_MAX + i;
		w->calls = calls / depth;
		w->warmup = warmup / depth;
		if (posix_memalign((void **)&w->buf, ALIGN, size) || histogram_init(&w->latency))
			die("memory");
		memset(w->buf, 'w', size);
		if (pthread_create(&w->thread, NULL, work, w))
			die("thread");
	}
	pthread_barrier_wait(&barrier);
	start = clock_now();
	pthread_barrier_wait(&barrier);
	for (uint32_t i = 0; i < depth; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].latency.count;
	}
	took = clock_now() - start;
	/* the threads' medians hardly differ: the middle one's */
	p50 = histogram_percentile(&workers[depth / 2].latency, 0.5);
	printf("{\"calls\":%llu,\"ns\":%llu,\"p50_ns\":%llu}\n", (unsigned long long)done,
	       (unsigned long long)took, (unsigned long long)p50);
	for (uint32_t i = 0; i < depth; i++) {
		histogram_free(&workers[i].latency);
		free(workers[i].buf);
	}
	for (uint32_t i = 0; i < n_files; i++)
		close(files[i].fd);
	free(files);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/clients/pattern.h"
#include "tests/clients/random.h"

#define BLOCK 4096u

static const uint32_t edge_sizes[] = {
	0,     1,     2,     3,	    4,	   5,	  7,	 8,	 9,	 127,	128,   129,
	511,   512,   513,   1023,  1024,  1447,  1448,	 1449,	 2047,	 2048,	2049,  4093,
	4094,  4095,  4096,  4097,  4098,  4099,  8191,	 8192,	 8193,	 12287, 12288, 16383,
	16384, 16385, 20479, 32767, 32768, 32769, 40960, 49152,	 61439,	 61440, 61441, 65533,
	65534, 65535, 65536, 65537, 65539, 69632, 98304, 131071, 131073,
};
#define N_EDGES (sizeof(edge_sizes) / sizeof(edge_sizes[0]))

static uint64_t file_key(uint64_t seed, uint32_t index)
{
	return random_mix(seed * 0x9e3779b97f4a7c15ULL + index + 1);
}

void pattern_file(struct pattern_file *f, uint64_t seed, uint32_t index, uint32_t max_size)
{
	uint64_t state = file_key(seed, index);

	*f = (struct pattern_file){.seed = seed, .index = index};
	if (index < N_EDGES && edge_sizes[index] <= max_size)
		f->size = edge_sizes[index];
	else
		f->size = (uint32_t)random_below(&state, (uint64_t)max_size + 1);

	/* A third of those with room for it; data stays in front of the hole, and mostly behind it.
	 */
	if (f->size >= 3 * BLOCK && random_below(&state, 3) == 0) {
		uint32_t blocks = f->size / BLOCK - 1;
		uint32_t first = 1 + (uint32_t)random_below(&state, blocks);
		uint32_t n = 1 + (uint32_t)random_below(&state, blocks - first + 1);

		f->hole_start = first * BLOCK;
		f->hole_end = (first + n) * BLOCK;
	}
	snprintf(f->name, sizeof(f->name), "p%06u-s%u%s", index, f->size,
		 f->hole_end > f->hole_start ? "-hole" : "");
}

static uint64_t word_at(uint64_t key, uint64_t word)
{
	return random_mix(key ^ (word * 0x9e3779b97f4a7c15ULL));
}

void pattern_fill(const struct pattern_file *f, uint64_t offset, void *buf, size_t len)
{
	/* The size is part of the key: a stale size must not yield right-looking bytes. */
	uint64_t key = random_mix(file_key(f->seed, f->index) ^ f->size);
	unsigned char *out = buf;
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++) {
		uint64_t at = offset + i;

		if (i == 0 || at % 8 == 0)
			word = word_at(key, at / 8);
		if (at >= f->hole_start && at < f->hole_end)
			out[i] = 0;
		else
			out[i] = (unsigned char)(word >> (8 * (at % 8)));
	}
}

static int write_range(int fd, const struct pattern_file *f, uint32_t from, uint32_t to)
{
	unsigned char buf[BLOCK];

	while (from < to) {
		uint32_t len = to - from < sizeof(buf) ? to - from : sizeof(buf);
		ssize_t n;

		pattern_fill(f, from, buf, len);
		n = pwrite(fd, buf, len, from);
		if (n < 0)
			return -errno;
		from += (uint32_t)n;
	}
	return 0;
}

static int write_file(int dir_fd, const struct pattern_file *f)
{
	int fd, rc;

	fd = openat(dir_fd, f->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	rc = ftruncate(fd, f->size) ? -errno : 0;
	if (!rc)
		rc = write_range(fd, f, 0, f->hole_start);
	if (!rc)
		rc = write_range(fd, f, f->hole_end, f->size);
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

int pattern_make(const char *dir, uint64_t seed, uint32_t n, uint32_t max_size)
{
	struct pattern_file f;
	int dir_fd, rc = 0;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	for (uint32_t i = 0; i < n && !rc; i++) {
		pattern_file(&f, seed, i, max_size);
		rc = write_file(dir_fd, &f);
	}
	close(dir_fd);
	return rc;
}

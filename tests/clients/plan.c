// SPDX-License-Identifier: GPL-2.0-only
#include "tests/clients/plan.h"
#include "tests/clients/random.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
/* READs of a pass per file in random mode. */
#define RANDOM_PER_FILE 8

static const uint32_t sweep_counts[] = {0,   1,	   2,	 3,    4,    5,	   7,	  8,	 100,
					511, 1447, 4095, 4096, 4097, 8191, 16384, 65535, 65536};

/* Relative to the start, and (as ends) backwards and forwards from the end of the file. */
static const uint64_t sweep_starts[] = {0, 1, 2, 3, 4, 1023, 4095, 4096, 4097, 8192, 32768};
static const int64_t sweep_ends[] = {-4097, -4096, -5, -4, -3, -2, -1, 0, 1, 2, 4096, 1LL << 32};

#define N_COUNTS  (N_OF(sweep_counts) + 1)
#define N_OFFSETS (N_OF(sweep_starts) + N_OF(sweep_ends))

void plan_init(struct plan *p, enum plan_mode mode, uint32_t n_files, uint32_t count, uint64_t seed)
{
	*p = (struct plan){
		.mode = mode,
		.n_files = n_files,
		.count = count,
		.random_state = seed,
	};
}

static bool whole(struct plan *p, uint64_t size, uint64_t *offset, uint32_t *count)
{
	*offset = p->step * p->count;
	*count = p->count;
	/* The READ that reaches the end, and one behind it. */
	return p->step == 0 || *offset < size + p->count;
}

static bool sweep(struct plan *p, uint64_t size, uint64_t *offset, uint32_t *count)
{
	for (; p->step < N_COUNTS * N_OFFSETS; p->step++) {
		uint64_t c = p->step % N_COUNTS, o = p->step / N_COUNTS;

		*count = c < N_OF(sweep_counts) ? sweep_counts[c] : p->count;
		if (o < N_OF(sweep_starts))
			*offset = sweep_starts[o];
		else
			*offset = size + (uint64_t)sweep_ends[o - N_OF(sweep_starts)];
		/* An end in front of the start is no offset; a count beyond the limit no READ. */
		if (*offset <= size + (1ULL << 32) && *count <= p->count)
			return true;
	}
	return false;
}

static void somewhere(struct plan *p, uint64_t size, uint64_t *offset, uint32_t *count)
{
	/* An eighth goes past the end. */
	*offset = random_below(&p->random_state, size + size / 8 + 2);
	*count = (uint32_t)random_below(&p->random_state, (uint64_t)p->count + 1);
}

static bool next_random(struct plan *p, uint64_t (*size)(void *arg, uint32_t file), void *arg,
			uint32_t *file, uint64_t *offset, uint32_t *count)
{
	if (p->step++ == (uint64_t)p->n_files * RANDOM_PER_FILE) {
		p->step = 0;
		return false;
	}
	*file = (uint32_t)random_below(&p->random_state, p->n_files);
	somewhere(p, size(arg, *file), offset, count);
	return true;
}

bool plan_next(struct plan *p, uint64_t (*size)(void *arg, uint32_t file), void *arg,
	       uint32_t *file, uint64_t *offset, uint32_t *count)
{
	if (p->mode == PLAN_RANDOM)
		return next_random(p, size, arg, file, offset, count);
	for (; p->file < p->n_files; p->file++, p->step = 0) {
		uint64_t bytes = size(arg, p->file);

		*file = p->file;
		if (p->mode == PLAN_WHOLE ? whole(p, bytes, offset, count)
					  : sweep(p, bytes, offset, count)) {
			p->step++;
			return true;
		}
	}
	p->file = 0;
	return false;
}

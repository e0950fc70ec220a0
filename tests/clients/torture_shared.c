// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/clients/torture_shared.h"

#define POLL_NS 2000000

struct torture_shared *torture_shared_new(void)
{
	struct torture_shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_mutexattr_t attr;

	if (s == MAP_FAILED)
		return NULL;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (uint32_t i = 0; i < TORTURE_MAX_NAMES; i++)
		pthread_mutex_init(&s->files[i].lock, &attr);
	return s;
}

bool torture_wait_round(struct torture_shared *s, uint32_t *round)
{
	if (*round)
		atomic_fetch_add(&s->parked, 1);
	while (atomic_load(&s->round) == *round) {
		if (atomic_load(&s->quit))
			return false;
		torture_sleep(POLL_NS);
	}
	++*round;
	return true;
}

void torture_die(struct torture_shared *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->why, sizeof(s->why), format, args);
	va_end(args);
	_exit(1);
}

void torture_history_free(struct torture_history *h)
{
	free(h->origins);
	free(h->changes);
	free(h->namings);
	free(h->reads);
	*h = (struct torture_history){0};
}

static void *append(void *to, size_t *n, const void *from, size_t n_from, size_t size)
{
	memcpy((char *)to + *n * size, from, n_from * size);
	*n += n_from;
	return to;
}

int torture_gather(struct torture_shared *s, struct torture_history *h)
{
	size_t n_origins = 0, n_changes = 0, n_reads = 0, n_namings = 0;

	for (uint32_t i = 0; i < TORTURE_MAX_WORKERS; i++) {
		n_origins += s->logs[i].n_origins;
		n_changes += s->logs[i].n_changes;
		n_namings += s->logs[i].n_namings;
		n_reads += s->logs[i].n_reads;
	}
	*h = (struct torture_history){
		.origins = calloc(n_origins + 1, sizeof(*h->origins)),
		.changes = calloc(n_changes + 1, sizeof(*h->changes)),
		.namings = calloc(n_namings + 1, sizeof(*h->namings)),
		.reads = calloc(n_reads + 1, sizeof(*h->reads)),
	};
	if (!h->origins || !h->changes || !h->namings || !h->reads) {
		torture_history_free(h);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < TORTURE_MAX_WORKERS; i++) {
		struct torture_log *l = &s->logs[i];

		append(h->origins, &h->n_origins, l->origins, l->n_origins, sizeof(*h->origins));
		append(h->changes, &h->n_changes, l->changes, l->n_changes, sizeof(*h->changes));
		append(h->namings, &h->n_namings, l->namings, l->n_namings, sizeof(*h->namings));
		append(h->reads, &h->n_reads, l->reads, l->n_reads, sizeof(*h->reads));
		l->n_origins = l->n_changes = l->n_namings = l->n_reads = 0;
	}
	return 0;
}

void torture_start_over(struct torture_shared *s)
{
	struct torture_log *l = &s->logs[0];

	for (uint32_t i = 0; i < s->n_names; i++) {
		const struct torture_file *f = &s->files[i];

		if (f->absent)
			continue;
		l->origins[l->n_origins] = f->now;
		l->origins[l->n_origins++].start = 0;
		l->namings[l->n_namings++] =
			(struct torture_naming){.name = i, .file = f->now.file};
	}
}

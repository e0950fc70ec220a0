// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/clients/engine.h"
#include "tests/clients/random.h"
#include "tests/clients/torture_reader.h"
#include "tests/clients/torture_words.h"

#define LARGEST (TORTURE_BLOCKS * TORTURE_BLOCK)
#define BURST	24  /* READs of one file in a row, at most */
#define REFRESH 100 /* one in so many READs begins with a LOOKUP though nothing asks for it */
#define TAGS	256 /* READs under way at most */
#define MOUNTS	10  /* attempts: no mountd answers well while its caches are flushed */

/* What a reader knows of a name. */
struct known {
	uint32_t round; /* of the last LOOKUP; 0: look it up before the next READ */
	uint32_t handle;
	uint64_t lookup_start, lookup_end;
};

struct reader {
	struct torture_shared *shared;
	struct torture_log *log;
	struct engine *engine;
	uint32_t number, round;
	bool stranger, aligned;
	uint64_t random;
	uint32_t handles; /* given out */
	uint32_t name, burst;
	uint32_t next_tag;
	struct known known[TORTURE_MAX_NAMES];
	struct torture_read under_way[TAGS];
	uint64_t repeated[TAGS]; /* READs that had been sent again when this one was sent first */
};

/* Files that exist; bursts, so that fills and hits of one file follow each other closely. */
static void choose(struct reader *r)
{
	if (r->burst) {
		r->burst--;
		return;
	}
	r->burst = (uint32_t)random_below(&r->random, BURST);
	r->name = (uint32_t)random_below(&r->random, r->shared->n_names);
}

/* False if there is no such name just now. */
static bool look_up(struct reader *r)
{
	struct known *k = &r->known[r->name];
	int rc;

	if (k->round == r->round && random_below(&r->random, REFRESH))
		return true;
	k->round = 0;
	k->lookup_start = torture_now();
	rc = engine_refresh_file(r->engine, r->name);
	k->lookup_end = torture_now();
	if (rc == -ENOENT || rc == -ESTALE)
		return false;
	if (rc)
		torture_die(r->shared, "LOOKUP of %s: %s", r->shared->files[r->name].path,
			    strerror(-rc));
	k->round = r->round;
	k->handle = (r->number + 1) << 20 | ++r->handles;
	return true;
}

static uint64_t sent_again(const struct reader *r)
{
	const struct engine_stats *stats = engine_stats(r->engine);

	return stats->resent + stats->delayed;
}

static bool next(void *arg, struct engine_read *read)
{
	struct reader *r = arg;
	struct torture_read *t;

	do {
		if (torture_round_over(r->shared) || r->log->n_reads + TAGS > TORTURE_LOG_READS)
			return false;
		choose(r);
	} while (r->shared->files[r->name].absent || !look_up(r));

	read->file = r->name;
	read->tag = r->next_tag++ % TAGS;
	read->offset = 0;
	read->count = LARGEST;
	/* A part, now and then. */
	if (!random_below(&r->random, 4)) {
		read->offset = TORTURE_BLOCK * random_below(&r->random, TORTURE_BLOCKS);
		if (r->aligned)
			read->offset &= ~4095ULL;
		read->count =
			TORTURE_BLOCK * (1 + (uint32_t)random_below(&r->random, TORTURE_BLOCKS));
	}
	r->repeated[read->tag] = sent_again(r);
	t = &r->under_way[read->tag];
	*t = (struct torture_read){
		.name = r->name,
		.lookup_start = r->known[r->name].lookup_start,
		.lookup_end = r->known[r->name].lookup_end,
		.handle = r->known[r->name].handle,
		.offset = (uint32_t)read->offset,
		.count = read->count,
		.exact = true,
		.stranger = r->stranger,
		.start = torture_now(),
	};
	return true;
}

static int done(void *arg, const struct engine_read *read, const struct engine_reply *reply)
{
	struct reader *r = arg;
	struct torture_read *t = &r->under_way[read->tag];

	t->end = torture_now();
	/* Perhaps sent again with another handle than the first time. */
	if (r->known[t->name].handle != t->handle && sent_again(r) != r->repeated[read->tag])
		return 0;
	t->error = reply->error;
	if (!t->error) {
		t->eof = reply->eof;
		t->len = reply->data_len;
		t->has_attr = reply->has_attributes;
		t->attr = (struct torture_attr){.size = reply->size,
						.mtime = reply->mtime_ns,
						.ctime = reply->ctime_ns,
						.mode = reply->mode,
						.uid = reply->uid,
						.gid = reply->gid,
						.nlink = reply->nlink};
		torture_words_scan(t, reply->data, t->len, t->offset / TORTURE_BLOCK);
		t->odd |= reply->count != reply->data_len;
	}
	if (t->error == -ESTALE || (t->has_attr && !t->attr.nlink))
		r->known[t->name].round = 0;
	r->log->reads[r->log->n_reads++] = *t;
	return 0;
}

void torture_read_libnfs(struct torture_shared *s, uint32_t number, const struct target *target,
			 bool stranger, bool aligned)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct engine_calls calls = {.next = next, .done = done, .arg = r};
	struct handle none = {.len = 0};
	int rc;

	if (!r)
		torture_die(s, "out of memory");
	r->shared = s;
	r->log = &s->logs[number];
	r->number = number;
	r->stranger = stranger;
	r->aligned = aligned;
	r->random = number * 104729 + 1;
	r->engine = engine_new(target, LARGEST);
	if (!r->engine)
		torture_die(s, "out of memory");
	for (int i = 0; (rc = engine_mount(r->engine)) && i < MOUNTS; i++)
		torture_sleep(500000000);
	for (uint32_t i = 0; !rc && i < s->n_names; i++)
		rc = engine_add_handle(r->engine, s->files[i].path, &none);
	while (!rc && torture_wait_round(s, &r->round))
		rc = engine_run(r->engine, &calls);
	if (rc)
		torture_die(s, "%s", engine_error(r->engine));
	engine_free(r->engine);
	free(r);
}

/* Opens by name each time; no attributes, as they come from other calls than the READ. */
static void read_once(struct torture_shared *s, struct torture_log *l, const char *dir,
		      uint32_t name, void *buf)
{
	struct torture_read *t = &l->reads[l->n_reads];
	char path[512];
	ssize_t n = -1;
	int fd;

	*t = (struct torture_read){.name = name, .count = LARGEST, .start = torture_now()};
	snprintf(path, sizeof(path), "%s/%s", dir, s->files[name].path);
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd >= 0)
		n = pread(fd, buf, LARGEST, 0);
	t->error = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	t->end = torture_now();
	t->lookup_start = t->start;
	t->lookup_end = t->end;
	/* The name stood for nothing, or for another file in the middle of it. */
	if (t->error == -ENOENT || t->error == -ESTALE)
		return;
	if (t->error)
		torture_die(s, "%s: %s", path, strerror(-t->error));
	t->len = (uint32_t)n;
	torture_words_scan(t, buf, t->len, 0);
	l->n_reads++;
}

void torture_read_mount(struct torture_shared *s, uint32_t number, const char *dir)
{
	uint64_t random = number * 104729 + 1;
	uint32_t round = 0, name, burst;
	void *buf = aligned_alloc(4096, LARGEST);
	struct torture_log *l = &s->logs[number];

	if (!buf)
		torture_die(s, "out of memory");
	while (torture_wait_round(s, &round))
		while (!torture_round_over(s)) {
			name = (uint32_t)random_below(&random, s->n_names);
			for (burst = (uint32_t)random_below(&random, BURST); burst; burst--)
				if (!s->files[name].absent && l->n_reads < TORTURE_LOG_READS)
					read_once(s, l, dir, name, buf);
			torture_sleep(1000000);
		}
	free(buf);
}

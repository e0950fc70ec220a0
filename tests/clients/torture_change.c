// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/clients/random.h"
#include "tests/clients/torture_change.h"
#include "tests/clients/torture_words.h"

#define STRANGER 1000 /* uid of those who read as strangers; so they may own files too */

int torture_writer_init(struct torture_writer *w, struct torture_shared *s, uint32_t number)
{
	w->shared = s;
	w->log = &s->logs[number];
	w->number = number;
	w->random = number * 7919 + 1;
	w->buf = aligned_alloc(4096, (TORTURE_BLOCKS * TORTURE_BLOCK + 4095) / 4096 * 4096);
	return w->buf ? 0 : -ENOMEM;
}

uint32_t torture_below(struct torture_writer *w, uint32_t n)
{
	return (uint32_t)random_below(&w->random, n);
}

uint32_t torture_blocks(const struct torture_writer *w)
{
	return (uint32_t)(w->file->now.state.attr.size / TORTURE_BLOCK);
}

void torture_fill_buf(struct torture_writer *w, uint32_t file, uint32_t gen,
		      struct torture_span span)
{
	for (uint32_t b = span.first; b < span.last; b++)
		torture_words_fill(w->buf + (b - span.first) * TORTURE_BLOCK, file, gen, b);
}

struct torture_span torture_some_blocks(struct torture_writer *w)
{
	uint32_t n = torture_blocks(w), first;
	struct torture_span span = {0, (uint8_t)n};

	/* As often as not, all of it. */
	if (n > 1 && torture_below(w, 2)) {
		first = torture_below(w, n);
		span.first = (uint8_t)first;
		span.last = (uint8_t)(first + 1 + torture_below(w, n - first));
	}
	torture_fill_buf(w, w->change.file, w->change.gen, span);
	return span;
}

void torture_path(const struct torture_writer *w, const char *dir, const char *suffix, char *path)
{
	snprintf(path, sizeof(w->path), "%s/%s%s", dir, w->file->path, suffix);
}

void torture_look(struct torture_writer *w, int fd, const char *path, struct torture_state *state)
{
	struct stat st;

	if (fstatat(fd, path, &st, AT_EMPTY_PATH))
		torture_die(w->shared, "stat %s: %s", path, strerror(errno));
	*state = (struct torture_state){
		.attr = {.size = (uint64_t)st.st_size,
			 .mtime = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
			 .ctime = st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec,
			 .mode = st.st_mode & 07777,
			 .uid = st.st_uid,
			 .gid = st.st_gid,
			 .nlink = (uint32_t)st.st_nlink},
		.gone = st.st_nlink == 0,
		/*
		 * nfsd lets an owner read whatever the mode says; and Linux looks at an ACL only
		 * if some bit of the group, that is of the ACL's mask, is set.
		 */
		.stranger = st.st_uid == STRANGER ||
			    (!(w->file->acl && st.st_mode & 070) && st.st_mode & 04),
	};
}

void torture_new_file(struct torture_writer *w, uint32_t n)
{
	w->born = (struct torture_origin){.file = atomic_fetch_add(&w->shared->last_file, 1) + 1,
					  .gen = 1};
	w->born.words = w->born.file;
	for (uint32_t b = 0; b < n; b++)
		w->born.blocks[b] = 1;
	torture_fill_buf(w, w->born.file, 1, (struct torture_span){0, (uint8_t)n});
}

static bool room(const struct torture_log *l)
{
	return l->n_changes + TORTURE_MAX_NAMES < TORTURE_LOG_CHANGES &&
	       l->n_origins + TORTURE_MAX_NAMES < TORTURE_LOG_CHANGES &&
	       l->n_namings + TORTURE_MAX_NAMES < TORTURE_LOG_CHANGES;
}

void torture_log_naming(struct torture_writer *w, const struct torture_naming *naming)
{
	w->log->namings[w->log->n_namings++] = *naming;
}

/* Carries a change out on the file's entry in shared memory, and logs it. */
void torture_log_change(struct torture_writer *w, struct torture_file *f, struct torture_change *c)
{
	uint64_t before = f->now.state.attr.size, after = c->after.attr.size;

	for (uint32_t b = c->zero.first; b < c->zero.last; b++)
		f->now.blocks[b] = 0;
	for (uint32_t b = c->data.first; b < c->data.last; b++)
		f->now.blocks[b] = c->gen;
	if (!c->emptied)
		c->size_low = before < after ? before : after;
	c->size_high = before > after ? before : after;
	f->now.gen = c->gen;
	f->now.state = c->after;
	w->log->changes[w->log->n_changes++] = *c;
}

int torture_exchange(struct torture_writer *w)
{
	struct torture_shared *s = w->shared;
	struct torture_file *mine = w->file, *other = &s->files[torture_below(w, s->n_names)];
	struct torture_change c;

	if (mine->linked || pthread_mutex_trylock(&other->lock))
		return -EBUSY;
	if (other->frozen || other->absent || other->linked) {
		pthread_mutex_unlock(&other->lock);
		return -EBUSY;
	}
	snprintf(w->other, sizeof(w->other), "%s/%s", w->local, other->path);
	if (renameat2(AT_FDCWD, w->path, AT_FDCWD, w->other, RENAME_EXCHANGE))
		torture_die(s, "exchange %s and %s: %s", w->path, w->other, strerror(errno));
	c = (struct torture_change){.file = other->now.file,
				    .gen = other->now.gen + 1,
				    .how = w->change.how,
				    .start = w->change.start};
	w->file = other; /* whose ACL counts */
	torture_look(w, AT_FDCWD, w->path, &c.after);
	w->file = mine;
	c.end = torture_now();
	torture_log_change(w, other, &c);
	w->swapped = other;
	return 0;
}

static void swap_names(struct torture_writer *w)
{
	struct torture_file *both[] = {w->file, w->swapped};
	struct torture_origin now = w->file->now;
	bool acl = w->file->acl;

	w->file->now = w->swapped->now;
	w->file->acl = w->swapped->acl;
	w->swapped->now = now;
	w->swapped->acl = acl;
	for (int i = 0; i < 2; i++)
		torture_log_naming(
			w, &(struct torture_naming){.name = (uint32_t)(both[i] - w->shared->files),
						    .file = both[i]->now.file,
						    .start = w->change.start,
						    .end = w->change.end});
	pthread_mutex_unlock(&w->swapped->lock);
	w->swapped = NULL;
}

/* On the way back of a delegation a client may still set times: let it be now. */
static void settle(struct torture_writer *w)
{
	char path[sizeof(w->path)];
	int fd;

	torture_path(w, w->local, "", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		torture_die(w->shared, "%s: %s", path, strerror(errno));
	close(fd);
}

/* The file lost its name to w->born. */
static void give_name(struct torture_writer *w, uint32_t name)
{
	struct torture_file *f = w->file;

	w->born.start = w->change.start;
	f->acl = f->linked = false;
	torture_look(w, AT_FDCWD, w->path, &w->born.state);
	f->now = w->born;
	w->log->origins[w->log->n_origins++] = w->born;
	torture_log_naming(w, &(struct torture_naming){.name = name,
						       .file = w->born.file,
						       .start = w->change.start,
						       .end = w->change.end});
}

static void change(struct torture_writer *w, uint32_t name, const struct torture_kind *kind)
{
	struct torture_change *c = &w->change;
	struct torture_file *f = w->file;
	int old, rc;

	*c = (struct torture_change){.file = f->now.file,
				     .gen = f->now.gen + 1,
				     .how = (uint32_t)(kind - torture_kinds)};
	w->born.file = TORTURE_NONE;
	torture_path(w, w->local, "", w->path);
	/* Keeps the inode, not its contents, in sight when its name goes away. */
	old = open(w->path, O_PATH | O_CLOEXEC);
	if (old < 0)
		torture_die(w->shared, "%s: %s", w->path, strerror(errno));
	torture_path(w, w->dir, "", w->path);
	c->start = torture_now();
	rc = kind->apply(w);
	if (rc) {
		w->log->refused[c->how]++;
		close(old);
		return;
	}
	if (w->via == TORTURE_MOUNT)
		settle(w);
	torture_look(w, old, "", &c->after);
	close(old);
	c->end = torture_now();
	torture_log_change(w, f, c);
	w->log->done[c->how]++;
	if (w->swapped)
		swap_names(w);
	if (w->born.file) {
		torture_path(w, w->local, "", w->path);
		give_name(w, name);
	}
}

void torture_change_some(struct torture_writer *w)
{
	struct torture_shared *s = w->shared;
	uint32_t name = torture_below(w, s->n_names);
	const struct torture_kind *kind;

	do
		kind = &torture_kinds[torture_below(w, torture_n_kinds)];
	while (!(kind->via & w->via) || (w->lingers && kind->writes && name % 4));
	w->file = &s->files[name];
	if (!room(w->log) || pthread_mutex_trylock(&w->file->lock))
		return;
	if (!w->file->frozen && !w->file->absent)
		change(w, name, kind);
	pthread_mutex_unlock(&w->file->lock);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/clients/clock.h"
#include "tests/clients/exit_code.h"
#include "tests/clients/high_level.h"
#include "tests/clients/random.h"
#include "tests/clients/torture_change.h"
#include "tests/clients/torture_reader.h"
#include "tests/clients/torture_run.h"
#include "tests/clients/torture_tell.h"

#define NAME	 "nfsaccel-torture"
#define POLL_NS	 5000000ULL
#define MOUNTS	 10 /* attempts: no mountd answers well while its caches are flushed */
#define MORE_NS	 40000000000ULL	 /* a round without enough READs may take longer by that */
#define PATIENCE 240000000000ULL /* for those who have not finished when a round is over */

static int fail(const char *what, const char *why)
{
	fprintf(stderr, NAME ": %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* ---- children */

static void pause_between(struct torture_writer *w, uint32_t ms)
{
	torture_sleep(random_below(&w->random, 2000000ULL * ms + 1));
}

static void write_all_the_time(struct torture_options *o, struct torture_shared *s, uint32_t number)
{
	const struct torture_worker *worker = &o->workers[number];
	struct torture_writer w = {
		.local = o->local, .dir = worker->dir ?: o->local, .via = TORTURE_LOCAL};
	struct statfs fs;
	char text[512];
	uint32_t round = 0;

	if (statfs(w.dir, &fs))
		torture_die(s, "%s: %s", w.dir, strerror(errno));
	w.no_direct = fs.f_type == BTRFS_SUPER_MAGIC;
	if (torture_writer_init(&w, s, number))
		torture_die(s, "out of memory");
	w.lingers = worker->job == TORTURE_LIBNFS_WRITER || worker->job == TORTURE_MOUNT3_WRITER;
	if (worker->dir)
		w.via = TORTURE_MOUNT;
	if (worker->job == TORTURE_LIBNFS_WRITER) {
		w.via = TORTURE_LIBNFS;
		w.dir = "";
		for (int i = 0; i < MOUNTS && !w.nfs; i++)
			w.nfs = high_level_mount(&o->target, text, sizeof(text));
		if (!w.nfs)
			torture_die(s, "%s", text);
		if (o->target.resend_ns) {
			nfs_set_timeout(w.nfs, (int)(o->target.resend_ns / NSEC_PER_MSEC));
			w.resends = (uint32_t)(o->target.timeout_ns / o->target.resend_ns);
		}
	}
	while (torture_wait_round(s, &round))
		while (!torture_round_over(s)) {
			torture_change_some(&w);
			pause_between(&w, o->pause_ms);
		}
}

static void run_command(struct torture_shared *s, const char *command, uint32_t number)
{
	uint64_t random = number, until;
	uint32_t round = 0;

	while (torture_wait_round(s, &round)) {
		until = 0;
		for (; !torture_round_over(s); torture_sleep(20000000)) {
			if (torture_now() < until)
				continue;
			/* Not at once: something must have been cached before. */
			if (until && system(command))
				torture_die(s, "%s failed", command);
			until = torture_now() + 500000000 + random_below(&random, 1500000000);
		}
	}
}

static void child(struct torture_options *o, struct torture_shared *s, uint32_t number)
{
	const struct torture_worker *worker = &o->workers[number];
	struct target target = o->target;

	switch (worker->job) {
	case TORTURE_LOCAL_WRITER:
	case TORTURE_LIBNFS_WRITER:
	case TORTURE_MOUNT3_WRITER:
	case TORTURE_MOUNT4_WRITER:
		write_all_the_time(o, s, number);
		break;
	case TORTURE_STRANGER:
		target.uid = target.gid = 1000;
		target.n_groups = 0;
		torture_read_libnfs(s, number, &target, true, o->aligned);
		break;
	case TORTURE_READER:
		torture_read_libnfs(s, number, &target, false, o->aligned);
		break;
	case TORTURE_MOUNT_READER:
		torture_read_mount(s, number, worker->dir);
		break;
	case TORTURE_COMMAND:
		run_command(s, worker->dir, number);
		break;
	case TORTURE_JOBS:
		break;
	}
	_exit(0);
}

static int start(struct torture_options *o, struct torture_shared *s)
{
	for (uint32_t i = 0; i < o->n_workers; i++) {
		int pid = fork();

		if (pid < 0)
			return fail("fork", strerror(errno));
		if (!pid)
			child(o, s, i);
		o->workers[i].pid = pid;
	}
	return 0;
}

static void stop(struct torture_options *o, struct torture_shared *s)
{
	atomic_store(&s->quit, true);
	for (uint32_t i = 0; i < o->n_workers; i++) {
		if (!o->workers[i].pid)
			continue;
		if (s->why[0])
			kill(o->workers[i].pid, SIGKILL);
		waitpid(o->workers[i].pid, NULL, 0);
	}
}

/* ---- files */

static int make_files(struct torture_options *o, struct torture_shared *s)
{
	struct torture_writer w = {.local = o->local, .dir = o->local, .via = TORTURE_LOCAL};
	struct statfs fs;
	int rc = torture_subvolume(o->local, "live");

	if (rc || statfs(o->local, &fs))
		return fail(o->local, strerror(rc ? -rc : errno));
	if (torture_writer_init(&w, s, 0))
		return fail("memory", strerror(ENOMEM));
	for (uint32_t i = 0; i < o->n_files; i++) {
		uint32_t n = 1 + torture_below(&w, TORTURE_BLOCKS);
		int fd;

		w.file = &s->files[i];
		snprintf(w.file->path, sizeof(w.file->path), "live/f%02u", i);
		torture_path(&w, o->local, "", w.path);
		torture_new_file(&w, n);
		fd = open(w.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, w.buf, n * TORTURE_BLOCK) != (ssize_t)n * TORTURE_BLOCK ||
		    close(fd))
			return fail(w.path, strerror(errno));
		torture_look(&w, AT_FDCWD, w.path, &w.born.state);
		w.file->now = w.born;
	}
	s->n_names = o->n_files;
	for (uint32_t i = 0; fs.f_type == BTRFS_SUPER_MAGIC && i < TORTURE_FROZEN; i++) {
		struct torture_file *f = &s->files[s->n_names++];

		snprintf(f->path, sizeof(f->path), "snap/f%02u", i);
		f->frozen = f->absent = true;
	}
	free(w.buf);
	return 0;
}

/* ---- rounds */

static uint64_t reads_logged(const struct torture_options *o, const struct torture_shared *s)
{
	uint64_t n = 0;

	/* They grow under our eyes, which does not matter here. */
	for (uint32_t i = 0; i < o->n_workers; i++)
		n += *(const volatile size_t *)&s->logs[i].n_reads;
	return n;
}

/* Until all are parked; a round with enough READs ends in time. */
static int wait_parked(struct torture_options *o, struct torture_shared *s)
{
	uint64_t started = torture_now(), limit = started + o->round_ns + MORE_NS + PATIENCE;
	int status, pid;

	while (atomic_load(&s->parked) < o->n_workers) {
		pid = waitpid(-1, &status, WNOHANG);
		for (uint32_t i = 0; pid > 0 && i < o->n_workers; i++)
			if (o->workers[i].pid == pid)
				o->workers[i].pid = 0;
		if (pid > 0 && !s->why[0])
			snprintf(s->why, sizeof(s->why), "a process ended by itself (status %d)",
				 status);
		if (torture_now() - started >= o->round_ns && !torture_round_over(s) &&
		    reads_logged(o, s) >= o->min_reads)
			atomic_store(&s->deadline, torture_now());
		if (torture_now() > limit)
			snprintf(s->why, sizeof(s->why), "a process does not come to an end");
		if (s->why[0])
			return fail("torture", s->why);
		torture_sleep(POLL_NS);
	}
	return 0;
}

static int one_round(struct torture_options *o, struct torture_shared *s, struct torture_result *r)
{
	struct torture_verdict *v = calloc(1, sizeof(*v));
	struct torture_history h;
	int rc;

	if (!v)
		return fail("memory", strerror(ENOMEM));
	torture_start_over(s);
	atomic_store(&s->parked, 0);
	atomic_store(&s->deadline, torture_now() + o->round_ns + MORE_NS);
	atomic_fetch_add(&s->round, 1);
	rc = wait_parked(o, s);
	if (!rc) {
		rc = torture_gather(s, &h);
		if (!rc)
			rc = torture_check(&h, v);
		if (rc)
			rc = fail("the history cannot be judged", strerror(-rc));
		else
			torture_tell_round(r, &h, v);
		torture_history_free(&h);
	}
	free(v);
	return rc;
}

int torture_run(struct torture_options *o)
{
	struct torture_shared *s = torture_shared_new();
	struct torture_result result = {0};
	uint64_t until = torture_now() + o->time_ns;
	int rc;

	if (!s)
		return fail("memory", strerror(ENOMEM));
	rc = make_files(o, s);
	if (!rc)
		rc = start(o, s);
	for (uint32_t i = 0; (i < o->rounds || torture_now() < until) && !rc; i++)
		rc = one_round(o, s, &result);
	stop(o, s);
	if (rc)
		return rc;
	torture_tell_result(&result, s, o->json);
	return result.violations ? EXIT_WRONG : 0;
}

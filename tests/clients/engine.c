// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/clients/clock.h"
#include "tests/clients/engine_backend.h"

#define RECONNECT_NS (100 * NSEC_PER_MSEC)
#define DELAY_NS     (100 * NSEC_PER_MSEC)
#define TICK_MS	     50

struct engine {
	const struct target *target;
	const struct engine_backend *backend;
	struct session session;
	uint32_t max_count;
	uint32_t n_files;
	struct engine_file *files;
	struct engine_conn *conns;
	struct pollfd *fds;
	const struct engine_calls *calls;
	struct engine_stats stats;
	uint64_t now;
	uint64_t next_tick;
	uint32_t n_busy;
	bool exhausted; /* next() has no more */
	int stop;	/* why the run must end, negative */
	char error[512];
};

static int fail(struct engine *e, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->error, sizeof(e->error), format, args);
	va_end(args);
	e->stop = error;
	return error;
}

const struct target *engine_target(const struct engine *e)
{
	return e->target;
}

const struct engine_file *engine_file(const struct engine *e, uint32_t index)
{
	return &e->files[index];
}

uint32_t engine_n_files(const struct engine *e)
{
	return e->n_files;
}

const struct engine_stats *engine_stats(const struct engine *e)
{
	return &e->stats;
}

const char *engine_error(const struct engine *e)
{
	return e->error;
}

uint64_t engine_now(const struct engine *e)
{
	return e->now;
}

static int init_conn(struct engine *e, struct engine_conn *conn)
{
	conn->engine = e;
	conn->slots = calloc(e->target->depth, sizeof(*conn->slots));
	if (!conn->slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->target->depth; i++) {
		conn->slots[i].conn = conn;
		/* One byte more: a READ of 0 bytes has an address, too. */
		conn->slots[i].buf = malloc((size_t)e->max_count + 1);
		if (!conn->slots[i].buf)
			return -ENOMEM;
	}
	return 0;
}

struct engine *engine_new(const struct target *target, uint32_t max_count)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->target = target;
	e->backend = target->version == 3 ? &engine_nfs3 : &engine_nfs4;
	e->max_count = max_count;
	e->conns = calloc(target->connections, sizeof(*e->conns));
	e->fds = calloc(target->connections, sizeof(*e->fds));
	if (!e->conns || !e->fds)
		goto no_memory;
	for (uint32_t i = 0; i < target->connections; i++)
		if (init_conn(e, &e->conns[i]))
			goto no_memory;
	return e;

no_memory:
	engine_free(e);
	return NULL;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	e->stop = -ECANCELED;
	for (uint32_t i = 0; e->conns && i < e->target->connections; i++) {
		struct engine_conn *conn = &e->conns[i];

		e->backend->close(conn);
		for (uint32_t j = 0; conn->slots && j < e->target->depth; j++)
			free(conn->slots[j].buf);
		free(conn->slots);
	}
	for (uint32_t i = 0; i < e->n_files; i++)
		free(e->files[i].path);
	session_close(&e->session);
	free(e->files);
	free(e->conns);
	free(e->fds);
	free(e);
}

int engine_mount(struct engine *e)
{
	/* Version 4 mounts each connection by itself. */
	if (e->target->version != 3)
		return 0;
	if (session_open(&e->session, e->target))
		return fail(e, -EHOSTUNREACH, "%s", e->session.error);
	return 0;
}

int engine_add_handle(struct engine *e, const char *path, const struct handle *handle)
{
	struct engine_file *files = e->files;

	/* Grow at each power of two. */
	if (!(e->n_files & (e->n_files - 1))) {
		size_t n = e->n_files ? 2 * (size_t)e->n_files : 1;

		files = realloc(files, n * sizeof(*files));
		if (!files)
			return fail(e, -ENOMEM, "out of memory");
		e->files = files;
	}
	files[e->n_files] = (struct engine_file){.path = strdup(path), .handle = *handle};
	if (!files[e->n_files].path)
		return fail(e, -ENOMEM, "out of memory");
	e->n_files++;
	return 0;
}

int engine_add_file(struct engine *e, const char *path)
{
	struct handle handle = {.len = 0};
	int rc;

	if (e->target->version == 3) {
		rc = session_lookup(&e->session, path, &handle);
		if (rc)
			return fail(e, rc, "%s: %s", path, e->session.error);
	}
	rc = engine_add_handle(e, path, &handle);
	if (!rc)
		e->files[e->n_files - 1].dir = e->session.dir_handle;
	return rc;
}

int engine_refresh_file(struct engine *e, uint32_t index)
{
	struct handle handle = {.len = 0};
	int rc = session_lookup(&e->session, e->files[index].path, &handle);

	if (!rc)
		e->files[index].handle = handle;
	return rc;
}

static void send_slot(struct engine_slot *slot)
{
	struct engine *e = slot->conn->engine;

	if (e->backend->send(slot)) {
		fail(e, -ENOMEM, "libnfs could not queue a call");
		return;
	}
	slot->state = SLOT_SENT;
	slot->resend_at = clock_now() + e->target->resend_ns;
}

static void fill_slot(struct engine_slot *slot)
{
	struct engine *e = slot->conn->engine;

	if (e->exhausted || e->stop)
		return;
	if (!e->calls->next(e->calls->arg, &slot->read)) {
		e->exhausted = true;
		return;
	}
	slot->started = e->now;
	slot->state = SLOT_READY;
	e->n_busy++;
	send_slot(slot);
}

void engine_slot_reply(struct engine_slot *slot, struct engine_reply *reply)
{
	struct engine *e = slot->conn->engine;
	int rc;

	e->now = clock_now();
	reply->latency_ns = e->now - slot->started;
	slot->state = SLOT_FREE;
	e->n_busy--;
	/* Replies may still trickle in while a stopped run is taken down. */
	if (e->stop)
		return;
	rc = e->calls->done(e->calls->arg, &slot->read, reply);
	if (rc < 0)
		e->stop = rc;
	/* At once, so that the next READ goes out with this event's write. */
	fill_slot(slot);
}

void engine_slot_failed(struct engine_slot *slot, const char *text)
{
	struct engine_conn *conn = slot->conn;

	slot->state = SLOT_FAILED;
	conn->any_failed = true;
	if (text)
		snprintf(conn->text, sizeof(conn->text), "%s", text);
}

void engine_slot_delayed(struct engine_slot *slot)
{
	struct engine *e = slot->conn->engine;

	slot->state = SLOT_DELAYED;
	slot->resend_at = clock_now() + DELAY_NS;
	e->stats.delayed++;
}

static void conn_down(struct engine *e, struct engine_conn *conn)
{
	conn->broken = true;
	e->backend->close(conn);
	for (uint32_t i = 0; i < e->target->depth; i++) {
		struct engine_slot *slot = &conn->slots[i];

		if (slot->state == SLOT_SENT || slot->state == SLOT_FAILED) {
			slot->state = SLOT_READY;
			e->stats.resent++;
		}
	}
	conn->retry_at = e->now + RECONNECT_NS;
	if (conn->state == CONN_UP) {
		/* The first attempt is made at once: most servers only dropped us. */
		conn->down_since = conn->retry_at = e->next_tick = e->now;
	}
	/* A server that never answered is a mistake to report, not a restart to sit out. */
	if (!conn->was_up)
		fail(e, -EHOSTUNREACH, "cannot connect to %s: %s", e->target->server,
		     conn->text[0] ? conn->text : "connection lost");
	conn->state = CONN_DOWN;
	conn->came_up = conn->broken = conn->any_failed = false;
}

static void conn_open(struct engine *e, struct engine_conn *conn)
{
	int rc;

	conn->state = CONN_CONNECTING;
	rc = e->backend->open(conn);
	if (rc)
		conn_down(e, conn);
}

static void conn_up(struct engine *e, struct engine_conn *conn)
{
	conn->came_up = false;
	conn->state = CONN_UP;
	if (conn->was_up)
		e->stats.reconnects++;
	conn->was_up = true;
	e->now = clock_now();
	for (uint32_t i = 0; i < e->target->depth && !e->stop; i++) {
		if (conn->slots[i].state == SLOT_READY)
			send_slot(&conn->slots[i]);
		else if (conn->slots[i].state == SLOT_FREE)
			fill_slot(&conn->slots[i]);
	}
}

/* What was queued while handling an event goes out without another turn through poll(). */
static int flush(struct engine *e, struct engine_conn *conn)
{
	int on = 1, off = 0, fd, rc;

	if (conn->state != CONN_UP || !(e->backend->events(conn) & POLLOUT))
		return 0;
	if (!e->target->cork)
		return e->backend->service(conn, POLLOUT);
	fd = e->backend->fd(conn);
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	rc = e->backend->service(conn, POLLOUT);
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	return rc;
}

static void conn_event(struct engine *e, struct engine_conn *conn, short revents)
{
	int rc;

	/* A reply queues the next READ: sent by the same call, for each looks for overdue calls. */
	if (conn->state == CONN_UP && !e->target->cork && revents == POLLIN)
		revents |= POLLOUT;
	rc = e->backend->service(conn, revents);
	if (!rc && conn->came_up)
		conn_up(e, conn);
	if (!rc && !conn->broken)
		rc = flush(e, conn);
	if (rc || conn->broken)
		conn_down(e, conn);
	else if (conn->any_failed)
		fail(e, -EPROTO, "the server refused a call: %s", conn->text);
}

static void check_slot(struct engine *e, struct engine_slot *slot)
{
	const struct engine_read *r = &slot->read;
	bool overdue = e->target->resend_ns && e->now >= slot->resend_at;

	if (slot->state == SLOT_FREE)
		return;
	if (e->now - slot->started > e->target->timeout_ns)
		fail(e, -ETIMEDOUT, "%s: no answer to READ offset %llu count %u for %.1f s%s%s",
		     e->files[r->file].path, (unsigned long long)r->offset, r->count,
		     (double)(e->now - slot->started) / (double)NSEC_PER_SEC,
		     slot->conn->text[0] ? "; last error: " : "", slot->conn->text);
	else if (slot->state == SLOT_DELAYED && slot->conn->state == CONN_UP &&
		 e->now >= slot->resend_at)
		send_slot(slot);
	else if (slot->state == SLOT_SENT && slot->conn->state == CONN_UP && overdue)
		conn_down(e, slot->conn);
}

/* Everything that goes by the clock; too rare to cost anything under load. */
static void tick(struct engine *e)
{
	for (uint32_t i = 0; i < e->target->connections && !e->stop; i++) {
		struct engine_conn *conn = &e->conns[i];

		for (uint32_t j = 0; j < e->target->depth && !e->stop; j++)
			check_slot(e, &conn->slots[j]);
		if (e->stop || conn->state == CONN_UP)
			continue;
		if (e->now - conn->down_since > e->target->timeout_ns)
			fail(e, -ETIMEDOUT, "cannot connect to %s: %s", e->target->server,
			     conn->text[0] ? conn->text : "no answer");
		else if (conn->state == CONN_DOWN && e->now >= conn->retry_at)
			conn_open(e, conn);
		if (conn->came_up)
			conn_up(e, conn);
	}
	e->next_tick = e->now + TICK_MS * NSEC_PER_MSEC;
}

static int wait_events(struct engine *e)
{
	for (uint32_t i = 0; i < e->target->connections; i++) {
		struct engine_conn *conn = &e->conns[i];
		bool open = conn->state != CONN_DOWN;

		e->fds[i].fd = open ? e->backend->fd(conn) : -1;
		e->fds[i].events = open ? e->backend->events(conn) : 0;
		e->fds[i].revents = 0;
	}
	if (poll(e->fds, e->target->connections, TICK_MS) < 0 && errno != EINTR)
		return fail(e, -errno, "poll: %s", strerror(errno));
	return 0;
}

int engine_run(struct engine *e, const struct engine_calls *calls)
{
	e->calls = calls;
	e->stop = 0;
	e->exhausted = false;
	e->now = clock_now();
	for (uint32_t i = 0; i < e->target->connections; i++) {
		e->conns[i].down_since = e->now;
		/* Up from an earlier run. */
		for (uint32_t j = 0; j < e->target->depth && e->conns[i].state == CONN_UP; j++)
			fill_slot(&e->conns[i].slots[j]);
	}
	while (!e->stop && !(e->exhausted && !e->n_busy)) {
		uint64_t before = e->now;

		if (e->now >= e->next_tick)
			tick(e);
		if (e->stop || wait_events(e))
			break;
		for (uint32_t i = 0; i < e->target->connections && !e->stop; i++)
			if (e->fds[i].revents)
				conn_event(e, &e->conns[i], e->fds[i].revents);
		/* A reply has looked at the clock already. */
		if (e->now == before)
			e->now = clock_now();
	}
	return e->stop;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/control.h"

#include "admin/cleanup.h"
#include "admin/commands.h"
#include "admin/peer.h"

#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#define REQUEST_MAX 65536
#define PEERS_MAX   64
#define IDLE_US	    (60 * 1000000ull)

struct peer {
	LIST_ENTRY(peer) link;
	struct na_control *control;
	int fd;
	sd_event_source *io;
	sd_event_source *timeout;
	enum na_rights rights;
	char in[REQUEST_MAX];
	size_t in_len;
	char *out;
	size_t out_len, out_done;
	bool closing; /* when everything is sent */
};

struct na_control {
	struct na_daemon *daemon;
	int fd;
	sd_event_source *io;
	LIST_HEAD(, peer) peers;
	unsigned int npeers;
	gid_t group, read_group;
	char path[PATH_MAX];
};

static void drop(struct peer *p)
{
	LIST_REMOVE(p, link);
	p->control->npeers--;
	sd_event_source_disable_unref(p->io);
	sd_event_source_disable_unref(p->timeout);
	close(p->fd);
	free(p->out);
	free(p);
}

/* False when the peer has to go. */
static bool reply(struct peer *p, struct json_object *o)
{
	size_t len;
	const char *text = json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, &len);
	char *grown;

	grown = realloc(p->out, p->out_len + len + 1);
	if (!grown)
		return false;
	memcpy(grown + p->out_len, text, len);
	grown[p->out_len + len] = '\n';
	p->out = grown;
	p->out_len += len + 1;
	return true;
}

static bool reply_error(struct peer *p, const char *text)
{
	struct json_object *o = na_command_error(text);
	bool good = o && reply(p, o);

	json_object_put(o);
	p->closing = true;
	return good;
}

static bool has_line(const struct peer *p)
{
	return memchr(p->in, '\n', p->in_len);
}

/* One request; the next has to wait for its turn among the other events. */
static bool run_line(struct peer *p)
{
	size_t len = (char *)memchr(p->in, '\n', p->in_len) - p->in;
	struct json_object *o = na_command_run(p->control->daemon, p->rights, p->in, len);
	bool good = o && reply(p, o);

	json_object_put(o);
	p->in_len -= len + 1;
	memmove(p->in, p->in + len + 1, p->in_len);
	return good;
}

static bool receive(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->in_len, REQUEST_MAX - p->in_len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	p->in_len += n;
	p->closing = !n;
	if (p->in_len < REQUEST_MAX || has_line(p))
		return true;
	p->in_len = 0;
	return reply_error(p, "request is longer than 64 KiB");
}

static bool transmit(struct peer *p)
{
	ssize_t n;

	while (p->out_done < p->out_len) {
		n = send(p->fd, p->out + p->out_done, p->out_len - p->out_done,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		p->out_done += n;
	}
	p->out_len = p->out_done = 0;
	return true;
}

static int on_peer(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct peer *p = data;
	bool good = true;

	(void)fd;
	/* Whoever does not read replies is not read from either. */
	if (!p->out_len && !has_line(p) && revents & EPOLLIN)
		good = receive(p);
	if (good && !p->out_len && has_line(p))
		good = run_line(p);
	if (good)
		good = transmit(p);
	if (!good || revents & EPOLLERR || (p->closing && !p->out_len && !has_line(p))) {
		drop(p);
		return 0;
	}
	sd_event_source_set_time_relative(p->timeout, IDLE_US);
	sd_event_source_set_io_events(s, p->out_len || has_line(p) ? EPOLLOUT : EPOLLIN);
	return 0;
}

static int on_idle(sd_event_source *s, uint64_t usec, void *data)
{
	(void)s, (void)usec;
	drop(data);
	return 0;
}

static int on_accept(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct na_control *c = data;
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer *p;

	(void)s, (void)revents;
	if (conn < 0)
		return 0;
	p = c->npeers < PEERS_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		close(conn);
		return 0;
	}
	p->control = c;
	p->fd = conn;
	LIST_INSERT_HEAD(&c->peers, p, link);
	c->npeers++;
	if (sd_event_add_io(c->daemon->event, &p->io, conn, EPOLLIN, on_peer, p) < 0 ||
	    sd_event_add_time_relative(c->daemon->event, &p->timeout, CLOCK_MONOTONIC, IDLE_US, 0,
				       on_idle, p) < 0) {
		drop(p);
		return 0;
	}
	p->rights = na_peer_rights(conn, c->group, c->read_group);
	if (p->rights == NA_RIGHTS_NONE &&
	    (!reply_error(p, "permission denied: root or the configured group only") ||
	     !transmit(p) || !p->out_len))
		drop(p);
	return 0;
}

/* A socket left by a daemon that was killed is ours to replace: we hold the lock. */
static int listen_at(struct na_control *c)
{
	_cleanup_(close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	mode_t old;
	int err;

	if (fd < 0)
		return -errno;
	if (strlen(c->path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, c->path);
	if (!lstat(c->path, &st) && S_ISSOCK(st.st_mode))
		unlink(c->path);
	old = umask(0177);
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(old);
	if (err)
		return err;
	if (c->group && chown(c->path, 0, c->group))
		return -errno;
	/* a file has one group only: with two, who may not is told so on the socket */
	if ((c->group || c->read_group) && chmod(c->path, c->read_group ? 0666 : 0660))
		return -errno;
	if (listen(fd, PEERS_MAX))
		return -errno;
	return na_take_fd(&fd);
}

int na_control_start(struct na_control **out, struct na_daemon *d, struct na_why *why)
{
	struct na_control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return na_why(why, -ENOMEM, "out of memory");
	*out = c;
	c->daemon = d;
	LIST_INIT(&c->peers);
	c->group = na_peer_group(d->config->group);
	c->read_group = na_peer_group(d->config->read_group);
	err = na_config_control(d->config, c->path);
	if (err)
		return na_why(why, err, "the control socket's path is too long");
	c->fd = listen_at(c);
	if (c->fd < 0)
		return na_why(why, c->fd, "cannot listen at %s: %s", c->path, strerror(-c->fd));
	err = sd_event_add_io(d->event, &c->io, c->fd, EPOLLIN, on_accept, c);
	if (err >= 0)
		err = sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
	return err < 0 ? na_why(why, err, "event loop: %s", strerror(-err)) : 0;
}

void na_control_open(struct na_control *c)
{
	sd_event_source_set_enabled(c->io, SD_EVENT_ON);
}

void na_control_stop(struct na_control *c)
{
	if (!c)
		return;
	while (!LIST_EMPTY(&c->peers))
		drop(LIST_FIRST(&c->peers));
	sd_event_source_disable_unref(c->io);
	if (c->fd >= 0) {
		close(c->fd);
		unlink(c->path);
	}
	free(c);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/http.h"

#include "admin/address.h"
#include "admin/cleanup.h"
#include "admin/metrics.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>

#define PEERS_MAX    16
#define IDLE_SECONDS 10

struct na_http {
	struct na_daemon *daemon;
	struct MHD_Daemon *mhd;
	sd_event_source *io;
	sd_event_source *timer; /* idle peers make no event */
	const char *path;	/* of a Unix socket, to be unlinked */
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status, const char *type,
			      char *text, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, mode);
	enum MHD_Result result;

	if (!r) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned int status, const char *text)
{
	return answer(c, status, "text/plain", (char *)text, strlen(text), MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct na_http *h = data;
	size_t len = 0;
	char *text;

	(void)version, (void)upload, (void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		*upload_size = 0;
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	}
	if (strcmp(url, "/metrics"))
		return refuse(c, MHD_HTTP_NOT_FOUND, "there is /metrics\n");
	text = na_metrics_text(h->daemon, &len);
	if (!text)
		return refuse(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	return answer(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, len,
		      MHD_RESPMEM_MUST_FREE);
}

static int on_io(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct na_http *h = data;

	(void)s, (void)fd, (void)revents;
	MHD_run(h->mhd);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *data)
{
	struct na_http *h = data;

	(void)usec;
	MHD_run(h->mhd);
	sd_event_source_set_time_relative(s, 1000000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* A listening socket or a negative errno. */
static int listen_on(const char *text)
{
	_cleanup_(close) int fd = -1;
	union na_address a;
	socklen_t len = na_address_parse(text, &a);
	int on = 1;

	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a.sa.sa_family == AF_UNIX)
		unlink(text);
	if (bind(fd, &a.sa, len) || listen(fd, PEERS_MAX))
		return -errno;
	/* the directory says who gets there */
	if (a.sa.sa_family == AF_UNIX && chmod(text, 0666))
		return -errno;
	return na_take_fd(&fd);
}

int na_http_start(struct na_http **out, struct na_daemon *d, struct na_why *why)
{
	const char *where = d->config->listen;
	const union MHD_DaemonInfo *info;
	struct na_http *h;
	int fd, err;

	if (!where[0])
		return 0;
	fd = listen_on(where);
	if (fd < 0)
		return na_why(why, fd, "metrics: cannot listen on %s: %s", where, strerror(-fd));
	h = calloc(1, sizeof(*h));
	if (!h) {
		close(fd);
		return na_why(why, -ENOMEM, "out of memory");
	}
	h->daemon = d;
	h->path = where[0] == '/' ? where : NULL;
	*out = h;
	h->mhd = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
				  MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				  (unsigned int)PEERS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
				  (unsigned int)IDLE_SECONDS, MHD_OPTION_END);
	if (!h->mhd) {
		close(fd);
		return na_why(why, -EIO, "metrics: cannot start the HTTP listener");
	}
	info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return na_why(why, -EIO, "metrics: the HTTP library has no epoll");
	err = sd_event_add_io(d->event, &h->io, info->epoll_fd, EPOLLIN, on_io, h);
	if (err >= 0)
		err = sd_event_add_time_relative(d->event, &h->timer, CLOCK_MONOTONIC, 1000000, 0,
						 on_timer, h);
	return err < 0 ? na_why(why, err, "metrics: %s", strerror(-err)) : 0;
}

void na_http_stop(struct na_http *h)
{
	if (!h)
		return;
	sd_event_source_disable_unref(h->io);
	sd_event_source_disable_unref(h->timer);
	if (h->mhd)
		MHD_stop_daemon(h->mhd);
	if (h->path)
		unlink(h->path);
	free(h);
}

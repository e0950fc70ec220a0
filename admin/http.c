// SPDX-License-Identifier: GPL-2.0-only
#include "admin/http.h"

#include "admin/address.h"
#include "admin/cleanup.h"
#include "admin/metrics.h"
#include "admin/overview.h"
#include "admin/page.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>
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
	bool loopback;
	struct na_overview overview;
	struct na_labels labels;
};

struct content {
	const char *type;
	const char *policy; /* Content-Security-Policy */
	char *text;
	size_t len;
	enum MHD_ResponseMemoryMode mode;
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status,
			      const struct content *t)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(t->len, t->text, t->mode);
	enum MHD_Result result;

	if (!r) {
		if (t->mode == MHD_RESPMEM_MUST_FREE)
			free(t->text);
		return MHD_NO;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, t->type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "Content-Security-Policy", t->policy);
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

#define NO_PAGE "default-src 'none'"

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned int status, const char *text)
{
	const struct content t = {"text/plain", NO_PAGE, (char *)text, strlen(text),
				  MHD_RESPMEM_PERSISTENT};

	return answer(c, status, &t);
}

static void get_metrics(struct na_http *h, struct content *t)
{
	t->type = "text/plain; version=0.0.4; charset=utf-8";
	t->text = na_metrics_text(h->daemon, &h->labels, &t->len);
	t->mode = MHD_RESPMEM_MUST_FREE;
}

static void get_page(struct na_http *h, struct content *t)
{
	(void)h;
	t->type = "text/html; charset=utf-8";
	t->policy = na_page_policy;
	t->text = (char *)na_page;
	t->len = na_page_len;
}

static void get_overview(struct na_http *h, struct content *t)
{
	t->type = "application/json";
	t->text = (char *)na_overview_text(&h->overview, h->daemon, &t->len);
	/* it may be made anew while a slow peer reads */
	t->mode = MHD_RESPMEM_MUST_COPY;
}

static const struct {
	const char *url;
	void (*get)(struct na_http *h, struct content *t);
	bool page; /* goes with [metrics] page */
} contents[] = {
	{"/metrics", get_metrics, false},
	{"/", get_page, true},
	{"/status.json", get_overview, true},
};

/*
 * A page of somebody else's can have its own name resolve to 127.0.0.1 and then read what is
 * here with its visitor's browser: on loopback, names but localhost are refused.
 */
static bool host_is_ours(const struct na_http *h, struct MHD_Connection *c)
{
	const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	struct in6_addr addr;
	char name[64];
	size_t len;

	if (!h->loopback || !host)
		return true;
	if (host[0] == '[') {
		len = strcspn(++host, "]");
		if (len >= sizeof(name))
			return false;
		memcpy(name, host, len);
		name[len] = '\0';
		return inet_pton(AF_INET6, name, &addr) == 1;
	}
	len = strcspn(host, ":");
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return !strcasecmp(name, "localhost") || inet_pton(AF_INET, name, &addr) == 1;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct na_http *h = data;
	struct content t = {.policy = NO_PAGE, .mode = MHD_RESPMEM_PERSISTENT};
	size_t i;

	(void)version, (void)upload, (void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		*upload_size = 0;
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	}
	if (!host_is_ours(h, c))
		return refuse(c, MHD_HTTP_FORBIDDEN, "ask for localhost or an address\n");
	for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (!strcmp(url, contents[i].url) && (h->daemon->config->page || !contents[i].page))
			break;
	if (i == sizeof(contents) / sizeof(contents[0]))
		return refuse(c, MHD_HTTP_NOT_FOUND, "there are / and /metrics\n");
	contents[i].get(h, &t);
	if (!t.text)
		return refuse(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	return answer(c, MHD_HTTP_OK, &t);
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
	if (h->daemon->config->page)
		na_overview_tick(&h->overview, h->daemon);
	sd_event_source_set_time_relative(s, 1000000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static bool is_loopback(const union na_address *a)
{
	return a->sa.sa_family == AF_INET    ? ntohl(a->in.sin_addr.s_addr) >> 24 == 127
	       : a->sa.sa_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr)
					     : false;
}

/* A listening socket or a negative errno. */
static int listen_on(const char *text, bool *loopback)
{
	_cleanup_(close) int fd = -1;
	union na_address a;
	socklen_t len = na_address_parse(text, &a);
	int on = 1;

	*loopback = is_loopback(&a);
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
	bool loopback;
	int fd, err;

	if (!where[0])
		return 0;
	fd = listen_on(where, &loopback);
	if (fd < 0)
		return na_why(why, fd, "metrics: cannot listen on %s: %s", where, strerror(-fd));
	h = calloc(1, sizeof(*h));
	if (!h) {
		close(fd);
		return na_why(why, -ENOMEM, "out of memory");
	}
	h->daemon = d;
	h->labels.max = d->config->named;
	h->loopback = loopback;
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
	free(h->overview.text);
	na_labels_free(&h->labels);
	free(h);
}

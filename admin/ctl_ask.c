// SPDX-License-Identifier: GPL-2.0-only
#include "admin/ctl_ask.h"

#include "admin/cleanup.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* More than the daemon ever sends in one reply. */
#define REPLY_MAX (4u << 20)

static int connect_to(const char *path)
{
	const struct timeval patience = {.tv_sec = 10};
	_cleanup_(close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return na_take_fd(&fd);
}

/* One line, without its end; NULL with errno set. */
static char *read_line(int fd)
{
	_cleanup_(free) char *buf = NULL;
	size_t have = 0;
	char *grown, *end;
	ssize_t n;

	for (;;) {
		if (have >= REPLY_MAX) {
			errno = EMSGSIZE;
			return NULL;
		}
		grown = realloc(buf, have + 65537);
		if (!grown)
			return NULL;
		buf = grown;
		n = recv(fd, buf + have, 65536, 0);
		if (n <= 0) {
			errno = n ? (errno == EAGAIN ? ETIMEDOUT : errno) : ECONNRESET;
			return NULL;
		}
		end = memchr(buf + have, '\n', n);
		have += n;
		if (!end)
			continue;
		*end = '\0';
		grown = buf;
		buf = NULL;
		return grown;
	}
}

static const char *advice(int err)
{
	switch (-err) {
	case ENOENT:
	case ECONNREFUSED:
		return "nfsacceld is not running (systemctl start nfsaccel), or has another "
		       "socket: "
		       "see --socket";
	case EACCES:
		return "permission denied: be root or a member of the group named in nfsaccel.conf";
	}
	return strerror(-err);
}

static struct json_object *fail(struct na_why *why, const char *text)
{
	na_why(why, 0, "%s", text);
	return NULL;
}

struct json_object *na_ctl_ask_why(const char *socket_path, struct json_object *request,
				   struct na_why *why)
{
	_cleanup_(close) int fd = connect_to(socket_path);
	_cleanup_(free) char *line = NULL;
	struct json_object *o, *field;
	const char *text;
	size_t len;

	if (fd < 0)
		return fail(why, advice(fd));
	text = json_object_to_json_string_length(request, JSON_C_TO_STRING_PLAIN, &len);
	/* a peer without rights is refused before it asks: the answer is there all the same */
	if ((send(fd, text, len, MSG_NOSIGNAL | MSG_MORE) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) < 0) &&
	    errno != EPIPE && errno != ECONNRESET)
		return fail(why, strerror(errno));
	line = read_line(fd);
	if (!line)
		return fail(why, strerror(errno));
	o = json_tokener_parse(line);
	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "ok", &field)) {
		json_object_put(o);
		return fail(why, "the daemon's answer is not understood");
	}
	if (!json_object_get_boolean(field)) {
		fail(why, json_object_object_get_ex(o, "error", &field) ? json_object_get_string(field) :
									  "refused");
		json_object_put(o);
		return NULL;
	}
	return o;
}

struct json_object *na_ctl_ask(const char *socket_path, struct json_object *request)
{
	struct na_why why = {.text = ""};
	struct json_object *o = na_ctl_ask_why(socket_path, request, &why);

	if (!o)
		fprintf(stderr, "nfsaccelctl: %s: %s\n", socket_path, why.text);
	return o;
}

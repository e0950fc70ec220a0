// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/clients/clock.h"
#include "tests/clients/session.h"

#define RETRY_MS 100

/* One call under way; lives on the stack of the caller, who waits or destroys the context. */
struct call {
	bool done;
	int status;
	int error; /* what the server answered, negative errno */
	struct handle *handle;
	char text[128];
};

static int fail(struct session *s, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->error, sizeof(s->error), format, args);
	va_end(args);
	return error;
}

struct AUTH *session_auth(const struct target *target)
{
	return libnfs_authunix_create("nfsaccel", target->uid, target->gid, target->n_groups,
				      (uint32_t *)target->groups);
}

short session_revents(short revents)
{
	/* With both, libnfs forgets what the error was. */
	return (short)(revents & POLLERR ? revents & ~POLLHUP : revents);
}

int session_connect_start(struct rpc_context *rpc, const struct target *target, int program,
			  int version, int port, rpc_cb cb, void *arg)
{
	if (port)
		return rpc_connect_port_async(rpc, target->server, port, program, version, cb, arg);
	return rpc_connect_program_async(rpc, target->server, program, version, cb, arg);
}

static void call_finish(struct call *call, int status, const void *data)
{
	call->done = true;
	call->status = status;
	if (status == RPC_STATUS_ERROR && data)
		snprintf(call->text, sizeof(call->text), "%s", (const char *)data);
}

static void connect_done(struct rpc_context *rpc, int status, void *data, void *arg)
{
	(void)rpc;
	call_finish(arg, status, data);
}

static void take_handle(struct call *call, const void *data, uint32_t len)
{
	if (len == 0 || len > HANDLE_MAX) {
		call->error = -EPROTO;
		return;
	}
	call->handle->len = len;
	memcpy(call->handle->data, data, len);
}

static void mnt_done(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct call *call = arg;
	const mountres3 *res = data;

	(void)rpc;
	call_finish(call, status, data);
	if (status != RPC_STATUS_SUCCESS)
		return;
	if (res->fhs_status != MNT3_OK) {
		call->error = mountstat3_to_errno((int)res->fhs_status);
		return;
	}
	take_handle(call, res->mountres3_u.mountinfo.fhandle.fhandle3_val,
		    res->mountres3_u.mountinfo.fhandle.fhandle3_len);
}

static void lookup_done(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct call *call = arg;
	const LOOKUP3res *res = data;

	(void)rpc;
	call_finish(call, status, data);
	if (status != RPC_STATUS_SUCCESS)
		return;
	if (res->status == NFS3ERR_JUKEBOX) {
		call->error = -EAGAIN;
		return;
	}
	if (res->status != NFS3_OK) {
		call->error = nfsstat3_to_errno((int)res->status);
		return;
	}
	take_handle(call, res->LOOKUP3res_u.resok.object.data.data_val,
		    res->LOOKUP3res_u.resok.object.data.data_len);
}

void session_close(struct session *s)
{
	if (s->rpc)
		rpc_destroy_context(s->rpc);
	s->rpc = NULL;
}

static int wait_for(struct session *s, const struct call *call, uint64_t deadline)
{
	while (!call->done) {
		struct pollfd p = {
			.fd = rpc_get_fd(s->rpc),
			.events = (short)rpc_which_events(s->rpc),
		};

		if (clock_now() >= deadline)
			return -ETIMEDOUT;
		if (poll(&p, 1, RETRY_MS) < 0 && errno != EINTR)
			return -errno;
		if (p.revents && rpc_service(s->rpc, session_revents(p.revents)) < 0)
			break;
	}
	return call->done && call->status == RPC_STATUS_SUCCESS ? 0 : -EIO;
}

static int connect_program(struct session *s, int program, int version, int port, uint64_t deadline)
{
	struct call call = {.done = false};
	const char *what = program == MOUNT_PROGRAM ? "mount service" : "NFS service";
	int rc;

	session_close(s);
	s->rpc = api_rpc_init();
	if (!s->rpc)
		return fail(s, -ENOMEM, "out of memory");
	rpc_set_auth(s->rpc, session_auth(s->target));
	rc = session_connect_start(s->rpc, s->target, program, version, port, connect_done, &call);
	if (!rc)
		rc = wait_for(s, &call, deadline);
	if (!rc)
		return 0;
	if (rc == -ETIMEDOUT)
		fail(s, rc, "no answer from the %s of %s", what, s->target->server);
	else
		fail(s, rc = -EHOSTUNREACH, "cannot reach the %s of %s: %s", what,
		     s->target->server, call.text[0] ? call.text : rpc_get_error(s->rpc));
	/* The context may still call back into our stack frame: it goes first. */
	session_close(s);
	return rc;
}

static int mount_root(struct session *s, uint64_t deadline)
{
	struct call call = {.handle = &s->root};
	char path[sizeof(s->target->path)];
	int rc;

	rc = connect_program(s, MOUNT_PROGRAM, MOUNT_V3, s->target->mount_port, deadline);
	if (rc)
		return rc;
	memcpy(path, s->target->path, sizeof(path));
	rc = api_mnt(s->rpc, mnt_done, path, &call) ? -ENOMEM : wait_for(s, &call, deadline);
	if (rc)
		fail(s, rc, "no answer to MNT of %s from %s", path, s->target->server);
	else if (call.error == -EACCES || call.error == -EPERM)
		rc = fail(s, call.error,
			  "%s: %s may not be mounted by us: not exported, or not to us",
			  s->target->server, path);
	else if (call.error)
		rc = fail(s, call.error, "%s: mounting %s: %s", s->target->server, path,
			  strerror(-call.error));
	session_close(s);
	return rc;
}

int session_open(struct session *s, const struct target *target)
{
	uint64_t deadline = clock_now() + target->timeout_ns;
	int rc;

	*s = (struct session){.target = target};
	rc = mount_root(s, deadline);
	if (!rc)
		rc = connect_program(s, NFS_PROGRAM, NFS_V3, target->nfs_port, deadline);
	return rc;
}

static int lookup_once(struct session *s, const struct handle *dir, const char *name,
		       struct call *call, uint64_t deadline)
{
	struct handle where = *dir;
	LOOKUP3args args = {
		.what.dir.data = {.data_len = where.len, .data_val = where.data},
		.what.name = (char *)name,
	};
	int rc;

	if (!s->rpc) {
		rc = connect_program(s, NFS_PROGRAM, NFS_V3, s->target->nfs_port, deadline);
		if (rc)
			return rc;
	}
	rc = api_lookup(s->rpc, lookup_done, &args, call) ? -ENOMEM : wait_for(s, call, deadline);
	if (rc)
		session_close(s);
	return rc;
}

static int lookup(struct session *s, const struct handle *dir, char *name, struct handle *result)
{
	uint64_t deadline = clock_now() + s->target->timeout_ns;
	int rc;

	for (;;) {
		struct handle found = {.len = 0};
		struct call call = {.handle = &found};
		uint64_t again = clock_now() + s->target->resend_ns;

		rc = lookup_once(s, dir, name, &call,
				 s->target->resend_ns && again < deadline ? again : deadline);
		if (!rc && call.error != -EAGAIN) {
			if (call.error)
				return fail(s, call.error, "looking up %s: %s", name,
					    strerror(-call.error));
			*result = found;
			return 0;
		}
		if (clock_now() >= deadline)
			return fail(s, -ETIMEDOUT, "no answer to LOOKUP of %s from %s", name,
				    s->target->server);
		poll(NULL, 0, RETRY_MS);
	}
}

static int lookup_dir(struct session *s, const char *dir)
{
	struct handle at = s->root;
	char copy[sizeof(s->dir)], *rest = copy, *name;
	int rc;

	snprintf(copy, sizeof(copy), "%s", dir);
	while ((name = strsep(&rest, "/"))) {
		if (!*name)
			continue;
		rc = lookup(s, &at, name, &at);
		if (rc)
			return rc;
	}
	s->dir_handle = at;
	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	return 0;
}

int session_lookup(struct session *s, const char *path, struct handle *handle)
{
	char dir[sizeof(s->dir)], name[256];
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash ? (size_t)(slash - path) : 0;
	const char *last = slash ? slash + 1 : path;
	int rc;

	if (dir_len >= sizeof(dir) || strlen(last) >= sizeof(name))
		return fail(s, -ENAMETOOLONG, "%s: name too long", path);
	memcpy(dir, path, dir_len);
	dir[dir_len] = '\0';
	memcpy(name, last, strlen(last) + 1);
	if (!s->dir_handle.len || strcmp(dir, s->dir)) {
		rc = lookup_dir(s, dir);
		if (rc)
			return rc;
	}
	return lookup(s, &s->dir_handle, name, handle);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/clients/clock.h"
#include "tests/clients/engine_backend.h"

static void connected(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct engine_conn *conn = arg;
	int one = 1;

	if (status == RPC_STATUS_SUCCESS) {
		/* Queued READs must not wait for the acknowledgement of the one before. */
		setsockopt(rpc_get_fd(rpc), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		conn->came_up = true;
		return;
	}
	snprintf(conn->text, sizeof(conn->text), "%s",
		 status == RPC_STATUS_ERROR && data ? (const char *)data : "connection lost");
	conn->broken = true;
}

static int nfs3_open(struct engine_conn *conn)
{
	const struct target *target = engine_target(conn->engine);
	struct rpc_context *rpc = api_rpc_init();

	if (!rpc)
		return -ENOMEM;
	rpc_set_auth(rpc, session_auth(target));
	conn->context = rpc;
	if (session_connect_start(rpc, target, NFS_PROGRAM, NFS_V3, target->nfs_port, connected,
				  conn)) {
		snprintf(conn->text, sizeof(conn->text), "%s", rpc_get_error(rpc));
		return -EHOSTUNREACH;
	}
	return 0;
}

static void nfs3_close(struct engine_conn *conn)
{
	struct rpc_context *rpc = conn->context;

	conn->context = NULL;
	if (rpc)
		rpc_destroy_context(rpc);
}

static int64_t time_ns(const nfstime3 *t)
{
	return (int64_t)t->seconds * (int64_t)NSEC_PER_SEC + t->nseconds;
}

static void take_attributes(struct engine_reply *reply, const fattr3 *a)
{
	reply->has_attributes = true;
	reply->is_regular = a->type == NF3REG;
	reply->size = a->size;
	reply->mode = a->mode;
	reply->nlink = a->nlink;
	reply->uid = a->uid;
	reply->gid = a->gid;
	reply->mtime_ns = time_ns(&a->mtime);
	reply->ctime_ns = time_ns(&a->ctime);
}

/* Whether the call got a result of status 0; anything else has been told to the engine. */
static bool succeeded(struct engine_slot *slot, int rpc_status, void *data)
{
	struct engine_reply reply = {.exact = true};
	nfsstat3 status;

	if (rpc_status != RPC_STATUS_SUCCESS) {
		engine_slot_failed(slot, rpc_status == RPC_STATUS_ERROR ? data : NULL);
		return false;
	}
	/* Every result here begins with its status. */
	status = *(const nfsstat3 *)data;
	if (status == NFS3ERR_JUKEBOX) {
		engine_slot_delayed(slot);
		return false;
	}
	if (status != NFS3_OK) {
		reply.error = nfsstat3_to_errno((int)status);
		engine_slot_reply(slot, &reply);
		return false;
	}
	return true;
}

static void read_done(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct engine_slot *slot = arg;
	const READ3res *res = data;
	const READ3resok *ok;
	const post_op_attr *attr;
	struct engine_reply reply = {.exact = true};

	(void)rpc;
	if (!succeeded(slot, status, data))
		return;
	ok = &res->READ3res_u.resok;
	attr = &ok->file_attributes;
	reply.count = ok->count;
	reply.eof = ok->eof != 0;
	reply.data_len = api_read_len(ok);
	reply.data = api_read_data(ok, slot->buf);
	if (attr->attributes_follow)
		take_attributes(&reply, &attr->post_op_attr_u.attributes);
	engine_slot_reply(slot, &reply);
}

/* GETATTR, LOOKUP and ACCESS: only that they were answered matters. */
static void other_done(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct engine_reply reply = {.exact = true};

	(void)rpc;
	if (succeeded(arg, status, data))
		engine_slot_reply(arg, &reply);
}

static nfs_fh3 fh3(struct handle *handle)
{
	return (nfs_fh3){.data = {.data_len = handle->len, .data_val = handle->data}};
}

static int send_read(struct engine_slot *slot, nfs_fh3 file)
{
	READ3args args = {.file = file, .offset = slot->read.offset, .count = slot->read.count};

	return api_read(slot->conn->context, read_done, slot->buf, &args, slot);
}

static int send_getattr(struct engine_slot *slot, nfs_fh3 object)
{
	GETATTR3args args = {.object = object};

	return api_getattr(slot->conn->context, other_done, &args, slot);
}

static int send_lookup(struct engine_slot *slot, nfs_fh3 dir, char *path)
{
	char *slash = strrchr(path, '/');
	LOOKUP3args args = {.what = {.dir = dir, .name = slash ? slash + 1 : path}};

	return api_lookup(slot->conn->context, other_done, &args, slot);
}

static int send_access(struct engine_slot *slot, nfs_fh3 object)
{
	ACCESS3args args = {.object = object, .access = ACCESS3_READ};

	return api_access(slot->conn->context, other_done, &args, slot);
}

static int nfs3_send(struct engine_slot *slot)
{
	const struct engine_file *file = engine_file(slot->conn->engine, slot->read.file);
	struct handle handle = slot->read.op == ENGINE_LOOKUP ? file->dir : file->handle;
	int rc = -1;

	switch (slot->read.op) {
	case ENGINE_READ:
		rc = send_read(slot, fh3(&handle));
		break;
	case ENGINE_GETATTR:
		rc = send_getattr(slot, fh3(&handle));
		break;
	case ENGINE_LOOKUP:
		rc = send_lookup(slot, fh3(&handle), file->path);
		break;
	case ENGINE_ACCESS:
		rc = send_access(slot, fh3(&handle));
		break;
	}
	return rc ? -ENOMEM : 0;
}

static int nfs3_fd(const struct engine_conn *conn)
{
	return rpc_get_fd(conn->context);
}

static short nfs3_events(const struct engine_conn *conn)
{
	return (short)rpc_which_events(conn->context);
}

static int nfs3_service(struct engine_conn *conn, short revents)
{
	return rpc_service(conn->context, session_revents(revents)) < 0 ? -ECONNRESET : 0;
}

const struct engine_backend engine_nfs3 = {
	.open = nfs3_open,
	.close = nfs3_close,
	.send = nfs3_send,
	.fd = nfs3_fd,
	.events = nfs3_events,
	.service = nfs3_service,
};

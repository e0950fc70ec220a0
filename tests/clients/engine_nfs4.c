// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/clients/engine_backend.h"
#include "tests/clients/high_level.h"

static void nfs4_close(struct engine_conn *conn)
{
	struct nfs_context *nfs = conn->context;
	struct nfsfh **files = conn->files;

	conn->context = NULL;
	conn->files = NULL;
	if (files && nfs && !conn->broken) {
		for (uint32_t i = 0; i < engine_n_files(conn->engine); i++)
			if (files[i])
				nfs_close(nfs, files[i]);
	}
	free(files);
	if (nfs)
		nfs_destroy_context(nfs);
}

/* Blocks: mounting and opening are no part of what is measured. */
static int nfs4_open(struct engine_conn *conn)
{
	const struct target *target = engine_target(conn->engine);
	uint32_t n = engine_n_files(conn->engine);
	struct nfsfh **files;
	int rc;

	conn->context = high_level_mount(target, conn->text, sizeof(conn->text));
	if (!conn->context)
		return -EHOSTUNREACH;
	conn->files = files = calloc(n, sizeof(*files));
	if (!files)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const char *path = engine_file(conn->engine, i)->path;

		rc = nfs_open(conn->context, path, O_RDONLY, &files[i]);
		if (rc) {
			snprintf(conn->text, sizeof(conn->text), "opening %s: %s", path,
				 nfs_get_error(conn->context));
			return rc;
		}
	}
	conn->came_up = true;
	return 0;
}

static void pread_done(int status, struct nfs_context *nfs, void *data, void *arg)
{
	struct engine_slot *slot = arg;
	struct engine_reply reply = {.exact = false};

	(void)nfs;
	if (status == -EIO || status == -EINTR || status == -EFAULT || status == -ETIMEDOUT) {
		/* libnfs's words for a call without a reply. */
		engine_slot_failed(slot, data);
		return;
	}
	if (status < 0) {
		reply.error = status;
	} else {
		reply.count = reply.data_len = (uint32_t)status;
		reply.data = api_pread_data(data, slot->buf);
	}
	engine_slot_reply(slot, &reply);
}

static int nfs4_send(struct engine_slot *slot)
{
	struct nfsfh **files = slot->conn->files;

	return api_pread(slot->conn->context, files[slot->read.file], slot->buf, slot->read.offset,
			 slot->read.count, pread_done, slot)
		       ? -ENOMEM
		       : 0;
}

static int nfs4_fd(const struct engine_conn *conn)
{
	return nfs_get_fd(conn->context);
}

static short nfs4_events(const struct engine_conn *conn)
{
	return (short)nfs_which_events(conn->context);
}

static int nfs4_service(struct engine_conn *conn, short revents)
{
	return nfs_service(conn->context, revents) < 0 ? -ECONNRESET : 0;
}

const struct engine_backend engine_nfs4 = {
	.open = nfs4_open,
	.close = nfs4_close,
	.send = nfs4_send,
	.fd = nfs4_fd,
	.events = nfs4_events,
	.service = nfs4_service,
};

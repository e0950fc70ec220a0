// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens before the READs of NFSv3: MNT and LOOKUP, one call at a time.
 * A lost connection is made anew and the call repeated until the target's
 * timeout is over.
 */
#ifndef TESTS_CLIENTS_SESSION_H
#define TESTS_CLIENTS_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "tests/clients/libnfs_api.h"
#include "tests/clients/target.h"

#define HANDLE_MAX 64

struct handle {
	uint32_t len;
	char data[HANDLE_MAX];
};

struct session {
	const struct target *target;
	struct rpc_context *rpc;
	struct handle root;
	/* The directory looked up last: trees are walked in order, so it mostly is the next one
	 * too. */
	char dir[1024];
	struct handle dir_handle;
	char error[256];
};

/* All three: 0 or negative errno, and then a sentence in s->error. */
int session_open(struct session *s, const struct target *target);
int session_lookup(struct session *s, const char *path, struct handle *handle);
void session_close(struct session *s);

/* The AUTH_SYS credential a target asks for; libnfs frees it with its context. */
struct AUTH *session_auth(const struct target *target);

/* poll()'s answer as rpc_service() should see it. */
short session_revents(short revents);

/* Starts to connect rpc to a program of the target's server: its port, or (0) the portmapper's
 * answer. */
int session_connect_start(struct rpc_context *rpc, const struct target *target, int program,
			  int version, int port, rpc_cb cb, void *arg);

#endif

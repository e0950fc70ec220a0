// SPDX-License-Identifier: GPL-2.0-only
/* Between engine.c and the two protocol versions; nobody else includes this. */
#ifndef TESTS_CLIENTS_ENGINE_BACKEND_H
#define TESTS_CLIENTS_ENGINE_BACKEND_H

#include "tests/clients/engine.h"

enum slot_state {
	SLOT_FREE,
	SLOT_READY, /* has a READ, waits for its connection */
	SLOT_SENT,
	SLOT_FAILED,  /* got no reply; lost connection or refused call, known after service() */
	SLOT_DELAYED, /* to be sent again at resend_at */
};

enum conn_state {
	CONN_DOWN,
	CONN_CONNECTING,
	CONN_UP,
};

struct engine_slot {
	struct engine_conn *conn;
	enum slot_state state;
	struct engine_read read;
	uint64_t started;
	uint64_t resend_at; /* DELAYED, or SENT with resend_ns */
	char *buf;
};

struct engine_conn {
	struct engine *engine;
	enum conn_state state;
	bool was_up;
	bool came_up; /* set by the backend, taken by the loop */
	bool broken;  /* the same */
	bool any_failed;
	uint64_t down_since;
	uint64_t retry_at;
	struct engine_slot *slots;
	void *context;	/* the backend's */
	void *files;	/* the backend's */
	char text[160]; /* the last error */
};

struct engine_backend {
	/* Begins to connect; 0, or negative errno with conn->text. May set came_up at once. */
	int (*open)(struct engine_conn *conn);
	/* Calls back for every SENT slot, which makes it FAILED. */
	void (*close)(struct engine_conn *conn);
	int (*send)(struct engine_slot *slot);
	int (*fd)(const struct engine_conn *conn);
	short (*events)(const struct engine_conn *conn);
	int (*service)(struct engine_conn *conn, short revents);
};

extern const struct engine_backend engine_nfs3, engine_nfs4;

const struct target *engine_target(const struct engine *e);
/* From the backend's callbacks: a reply came; none came; the server asks to wait. */
void engine_slot_reply(struct engine_slot *slot, struct engine_reply *reply);
void engine_slot_failed(struct engine_slot *slot, const char *text);
void engine_slot_delayed(struct engine_slot *slot);

#endif

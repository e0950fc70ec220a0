/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTTP listener: GET and HEAD of /metrics, of the status page and of what that asks for,
 * nothing else. Off unless configured; runs in the daemon's event loop.
 */
#ifndef NFSACCEL_ADMIN_HTTP_H
#define NFSACCEL_ADMIN_HTTP_H

#include "admin/daemon.h"

struct na_http;

/* *out is NULL where c->listen is empty. A bad or taken address is an error. */
int na_http_start(struct na_http **out, struct na_daemon *d, struct na_why *why);
void na_http_stop(struct na_http *h);

#endif

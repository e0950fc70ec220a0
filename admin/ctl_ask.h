/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking the daemon, over its control socket. */
#ifndef NFSACCEL_ADMIN_CTL_ASK_H
#define NFSACCEL_ADMIN_CTL_ASK_H

#include <json-c/json.h>

#include "admin/why.h"

/*
 * Send the request and return the reply, which is an object with "ok": true.
 * NULL after an error, which is then printed, with what to do about it.
 */
struct json_object *na_ctl_ask(const char *socket_path, struct json_object *request);
/* As above, but the error is written to why, not printed. */
struct json_object *na_ctl_ask_why(const char *socket_path, struct json_object *request,
				   struct na_why *why);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The requests of the control socket, {"command": NAME}, and their replies. */
#ifndef NFSACCEL_ADMIN_COMMANDS_H
#define NFSACCEL_ADMIN_COMMANDS_H

#include <json-c/json.h>

#include "admin/daemon.h"

/*
 * Run one request and return a new object, {"ok": true, ...} or {"ok": false, "error": TEXT};
 * NULL when out of memory. The line may be any bytes at all.
 */
struct json_object *na_command_run(struct na_daemon *d, const char *line, size_t len);

struct json_object *na_command_error(const char *text);

/* The bodies, added to an object. Negative errno on failure. */
int na_report_status(struct na_daemon *d, struct json_object *o);
int na_report_stats(struct na_daemon *d, struct json_object *o);

#endif

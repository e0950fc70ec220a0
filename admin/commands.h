/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The requests of the control socket and their replies, nfsaccel-control(7):
 * {"command": NAME, ...} and {"ok": true, ...} or {"ok": false, "error": TEXT}.
 */
#ifndef NFSACCEL_ADMIN_COMMANDS_H
#define NFSACCEL_ADMIN_COMMANDS_H

#include <json-c/json.h>

#include "admin/daemon.h"
#include "admin/peer.h"

/* Changes when a request or reply no longer means what it meant; additions do not change it. */
#define NA_PROTOCOL 1

/*
 * Run one request and return a new object; NULL when out of memory. The line may be any
 * bytes at all.
 */
struct json_object *na_command_run(struct na_daemon *d, enum na_rights rights, const char *line,
				   size_t len);

struct json_object *na_command_error(const char *text);

/*
 * A command: what it has to say is added to o. Negative errno on failure, with why filled in
 * or left empty.
 */
typedef int na_command(struct na_daemon *d, struct json_object *request, struct json_object *o,
		       struct na_why *why);

na_command na_report_status, na_report_stats;
na_command na_cache_top, na_cache_pin, na_cache_unpin, na_cache_flush, na_exports_show;
na_command na_events_show, na_clients_show;
na_command na_policy_show, na_policy_do_reload, na_limit_set, na_limit_list, na_limit_del;

/* A string of the request; NULL when it is not there or is something else. */
const char *na_request_text(struct json_object *request, const char *key);

#endif

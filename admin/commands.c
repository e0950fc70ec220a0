// SPDX-License-Identifier: GPL-2.0-only
#include "admin/commands.h"

#include <string.h>

#include "admin/log.h"

static int do_flush(struct na_daemon *d, struct json_object *o)
{
	na_plane_flush(&d->plane);
	na_info("cache flushed on request");
	json_object_object_add(o, "flush", json_object_new_uint64(d->plane.ctl->flush));
	return 0;
}

static int do_version(struct na_daemon *d, struct json_object *o)
{
	(void)d;
	json_object_object_add(o, "version", json_object_new_string(NFSACCEL_VERSION));
	json_object_object_add(o, "abi", json_object_new_int(NA_ABI));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct na_daemon *d, struct json_object *o);
} commands[] = {
	{"status", na_report_status},
	{"stats", na_report_stats},
	{"flush", do_flush},
	{"version", do_version},
};

struct json_object *na_command_error(const char *text)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	json_object_object_add(o, "ok", json_object_new_boolean(false));
	json_object_object_add(o, "error", json_object_new_string(text));
	return o;
}

static struct json_object *run(struct na_daemon *d, const char *name)
{
	struct json_object *o;
	size_t i;
	int err;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		o = json_object_new_object();
		if (!o)
			return NULL;
		json_object_object_add(o, "ok", json_object_new_boolean(true));
		err = commands[i].run(d, o);
		if (!err)
			return o;
		json_object_put(o);
		return na_command_error(strerror(-err));
	}
	return na_command_error("no such command; there are status, stats, flush, version");
}

struct json_object *na_command_run(struct na_daemon *d, const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *request, *name, *o = NULL;

	if (!tok)
		return NULL;
	request = json_tokener_parse_ex(tok, line, len);
	if (json_tokener_get_error(tok) != json_tokener_success ||
	    !json_object_is_type(request, json_type_object))
		o = na_command_error("not a JSON object on one line");
	else if (!json_object_object_get_ex(request, "command", &name) ||
		 !json_object_is_type(name, json_type_string))
		o = na_command_error("no \"command\" in the request");
	else
		o = run(d, json_object_get_string(name));
	json_object_put(request);
	json_tokener_free(tok);
	return o;
}

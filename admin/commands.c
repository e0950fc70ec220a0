// SPDX-License-Identifier: GPL-2.0-only
#include "admin/commands.h"

#include <string.h>

#include "admin/mode.h"

static int do_mode(struct na_daemon *d, struct json_object *request, struct json_object *o,
		   struct na_why *why)
{
	int err = na_mode_want(d, na_request_text(request, "command") + strlen("mode "));

	(void)why;
	json_object_object_add(o, "mode", json_object_new_string(na_mode_name(d->plane.ctl->mode)));
	return err;
}

static int do_version(struct na_daemon *d, struct json_object *request, struct json_object *o,
		      struct na_why *why)
{
	(void)d, (void)request, (void)why;
	json_object_object_add(o, "version", json_object_new_string(NFSACCEL_VERSION));
	json_object_object_add(o, "abi", json_object_new_int(NA_ABI));
	json_object_object_add(o, "protocol", json_object_new_int(NA_PROTOCOL));
	return 0;
}

static const struct {
	const char *name;
	na_command *run;
	enum na_rights needs;
} commands[] = {
	{"status", na_report_status, NA_RIGHTS_READ},
	{"stats", na_report_stats, NA_RIGHTS_READ},
	{"version", do_version, NA_RIGHTS_READ},
	{"flush", na_cache_flush, NA_RIGHTS_ALL},
	{"cache top", na_cache_top, NA_RIGHTS_READ},
	{"cache pin", na_cache_pin, NA_RIGHTS_ALL},
	{"cache unpin", na_cache_unpin, NA_RIGHTS_ALL},
	{"events", na_events_show, NA_RIGHTS_READ},
	{"exports", na_exports_show, NA_RIGHTS_READ},
	{"clients", na_clients_show, NA_RIGHTS_READ},
	{"mode answer", do_mode, NA_RIGHTS_ALL},
	{"mode observe", do_mode, NA_RIGHTS_ALL},
	{"mode off", do_mode, NA_RIGHTS_ALL},
	{"policy show", na_policy_show, NA_RIGHTS_READ},
	{"policy reload", na_policy_do_reload, NA_RIGHTS_ALL},
	{"limit set", na_limit_set, NA_RIGHTS_ALL},
	{"limit list", na_limit_list, NA_RIGHTS_READ},
	{"limit del", na_limit_del, NA_RIGHTS_ALL},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

struct json_object *na_command_error(const char *text)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	json_object_object_add(o, "ok", json_object_new_boolean(false));
	json_object_object_add(o, "error", json_object_new_string(text));
	return o;
}

const char *na_request_text(struct json_object *request, const char *key)
{
	struct json_object *field;

	return json_object_object_get_ex(request, key, &field) &&
			       json_object_is_type(field, json_type_string)
		       ? json_object_get_string(field)
		       : NULL;
}

static struct json_object *no_such_command(void)
{
	char text[512] = "no such command; there are";
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %s", i ? "," : "",
			 commands[i].name);
	return na_command_error(text);
}

static struct json_object *run(struct na_daemon *d, size_t which, struct json_object *request)
{
	struct json_object *o = json_object_new_object();
	struct na_why why = {.text = ""};
	int err;

	if (!o)
		return NULL;
	json_object_object_add(o, "ok", json_object_new_boolean(true));
	err = commands[which].run(d, request, o, &why);
	if (!err)
		return o;
	json_object_put(o);
	return na_command_error(why.text[0] ? why.text : strerror(-err));
}

static struct json_object *choose(struct na_daemon *d, enum na_rights rights,
				  struct json_object *request)
{
	const char *name = na_request_text(request, "command");
	struct json_object *protocol;
	size_t i;

	if (!name)
		return na_command_error("no \"command\" in the request");
	if (json_object_object_get_ex(request, "protocol", &protocol) &&
	    (!json_object_is_type(protocol, json_type_int) ||
	     json_object_get_int64(protocol) != NA_PROTOCOL))
		return na_command_error("another protocol; this nfsacceld speaks 1");
	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, name))
			continue;
		if (rights < commands[i].needs)
			return na_command_error("permission denied: you may ask, not change");
		return run(d, i, request);
	}
	return no_such_command();
}

struct json_object *na_command_run(struct na_daemon *d, enum na_rights rights, const char *line,
				   size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *request, *o;

	if (!tok)
		return NULL;
	request = json_tokener_parse_ex(tok, line, len);
	if (json_tokener_get_error(tok) != json_tokener_success ||
	    !json_object_is_type(request, json_type_object))
		o = na_command_error("not a JSON object on one line");
	else
		o = choose(d, rights, request);
	json_object_put(request);
	json_tokener_free(tok);
	return o;
}

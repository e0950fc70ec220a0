// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request of the control socket, any bytes: a reply that is JSON, with "ok" and, if that
 * is false, an error; and who may only ask changes nothing. The commands are stand-ins that
 * look at every argument a real one has, and set limits in a policy of their own.
 */
#include <errno.h>

#include "admin/commands.h"
#include "admin/mode.h"
#include "exports/policy.h"
#include "tests/fuzz/input.h"

static unsigned int changes;

static int look(struct json_object *request)
{
	static const char *const keys[] = {"client", "path",   "options", "name",
					   "export", "handle", "after",   "count"};
	size_t i, n = 0;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = na_request_text(request, keys[i]);

		n += text ? strlen(text) : 0;
	}
	return n > 65536 ? -EMSGSIZE : 0;
}

#define STAND_IN(name, change)                                                                     \
	int name(struct na_daemon *d, struct json_object *request, struct json_object *o,          \
		 struct na_why *why)                                                               \
	{                                                                                          \
		(void)d, (void)o, (void)why;                                                       \
		changes += change;                                                                 \
		return look(request);                                                              \
	}

STAND_IN(na_report_status, 0)
STAND_IN(na_report_stats, 0)
STAND_IN(na_events_show, 0)
STAND_IN(na_exports_show, 0)
STAND_IN(na_clients_show, 0)
STAND_IN(na_cache_top, 0)
STAND_IN(na_cache_pin, 1)
STAND_IN(na_cache_unpin, 1)
STAND_IN(na_cache_flush, 1)
STAND_IN(na_policy_show, 0)
STAND_IN(na_policy_do_reload, 1)
STAND_IN(na_limit_list, 0)
STAND_IN(na_limit_del, 1)

int na_limit_set(struct na_daemon *d, struct json_object *request, struct json_object *o,
		 struct na_why *why)
{
	const char *client = na_request_text(request, "client");
	const char *options = na_request_text(request, "options");
	struct na_policy_error error;
	struct na_policy p = {0};
	int err = -EINVAL;

	(void)d, (void)o;
	changes++;
	if (client && options)
		err = na_policy_set(&p, client, na_request_text(request, "path") ?: "*", options,
				    &error);
	if (err == -EINVAL && client && options)
		snprintf(why->text, sizeof(why->text), "%s", error.text);
	na_policy_free(&p);
	return err;
}

int na_mode_want(struct na_daemon *d, const char *name)
{
	(void)d;
	changes++;
	return name[0] ? 0 : -EINVAL;
}

const char *na_mode_name(enum na_mode mode)
{
	(void)mode;
	return "off";
}

static void check(const __u8 *data, size_t size, enum na_rights rights)
{
	static struct na_ctl ctl;
	static struct na_daemon d = {.plane.ctl = &ctl};
	struct json_object *o, *again, *ok, *error;
	char *line = malloc(size ?: 1); /* not one byte more */

	memcpy(line, data, size);
	changes = 0;
	o = na_command_run(&d, rights, line, size);
	free(line);
	FUZZ_CHECK(o && json_object_object_get_ex(o, "ok", &ok));
	if (!json_object_get_boolean(ok))
		FUZZ_CHECK(json_object_object_get_ex(o, "error", &error) &&
			   json_object_get_string_len(error) > 0);
	FUZZ_CHECK(rights == NA_RIGHTS_ALL || !changes);
	/* one line, whatever the request had in it */
	FUZZ_CHECK(!strchr(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), '\n'));
	again = json_tokener_parse(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	FUZZ_CHECK(again);
	json_object_put(again);
	json_object_put(o);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	check(data, size, NA_RIGHTS_READ);
	check(data, size, NA_RIGHTS_ALL);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What nfsaccelctl's commands have in common. */
#include "admin/ctl.h"

#include "admin/ctl_ask.h"

#include <stdio.h>
#include <stdlib.h>

struct json_object *na_ctl_request(const char *name)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "command", json_object_new_string(name));
	return o;
}

int na_ctl_tell(const struct na_ctl_line *l, struct json_object *request,
		void (*show)(struct json_object *o))
{
	struct json_object *o = na_ctl_ask(l->socket, request);

	json_object_put(request);
	if (!o)
		return EXIT_FAILURE;
	if (l->json)
		puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
	else
		show(o);
	json_object_put(o);
	return EXIT_SUCCESS;
}

const char *na_ctl_time(uint64_t ns, char buf[static 32])
{
	if (ns < 10000000)
		snprintf(buf, 32, "%juus", (uintmax_t)(ns / 1000));
	else if (ns < 10000000000)
		snprintf(buf, 32, "%jums", (uintmax_t)(ns / 1000000));
	else
		snprintf(buf, 32, "%jus", (uintmax_t)(ns / 1000000000));
	return buf;
}

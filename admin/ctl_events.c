// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl events. */
#include "admin/ctl.h"

#include "admin/ctl_ask.h"
#include "admin/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void show(struct json_object *event)
{
	time_t when = (time_t)na_json_number(event, "time");
	char stamp[32] = "";
	struct tm tm;

	if (localtime_r(&when, &tm))
		strftime(stamp, sizeof(stamp), "%F %T", &tm);
	printf("%s %-12s%s\n", stamp, na_json_text(event, "kind"), na_json_text(event, "text"));
}

/* As JSON one object a line, so that programs can follow too. */
static void show_all(const struct na_ctl_line *l, struct json_object *list)
{
	size_t i;

	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *event = json_object_array_get_idx(list, i);

		if (l->json)
			puts(json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN));
		else
			show(event);
	}
	fflush(stdout);
}

int na_ctl_events(const struct na_ctl_line *l)
{
	const struct timespec pause = {.tv_nsec = 500000000};
	uint64_t last = 0;

	for (;;) {
		struct json_object *request = na_ctl_request("events"), *o;

		json_object_object_add(request, "after", json_object_new_uint64(last));
		o = na_ctl_ask(l->socket, request);
		json_object_put(request);
		if (!o)
			return EXIT_FAILURE;
		show_all(l, na_json_field(o, "events"));
		last = na_json_number(o, "last");
		json_object_put(o);
		if (!l->follow || ferror(stdout))
			return EXIT_SUCCESS;
		nanosleep(&pause, NULL);
	}
}

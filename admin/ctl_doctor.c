// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl doctor. */
#include "admin/ctl.h"
#include "admin/ctl_ask.h"
#include "admin/doctor.h"

#include <stdio.h>
#include <stdlib.h>

static struct json_object *ask(const char *socket, const char *command)
{
	struct json_object *request = na_ctl_request(command);
	struct json_object *o = na_ctl_ask(socket, request);

	json_object_put(request);
	return o;
}

static void print_json(const struct na_finding *f, size_t n)
{
	struct json_object *list = na_doctor_json(f, n);

	puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	json_object_put(list);
}

int na_ctl_doctor(const struct na_ctl_line *l)
{
	struct na_finding f[NA_FINDINGS];
	struct json_object *status = ask(l->socket, "status"), *stats;
	size_t i, n;

	if (!status)
		return EXIT_FAILURE;
	stats = ask(l->socket, "stats");
	if (!stats) {
		json_object_put(status);
		return EXIT_FAILURE;
	}
	n = na_doctor(status, stats, f);
	if (l->json)
		print_json(f, n);
	for (i = 0; !l->json && i < n; i++) {
		printf("%s %s\n", f[i].bad ? "!" : "-", f[i].text);
		if (f[i].advice[0])
			printf("  %s\n", f[i].advice);
	}
	json_object_put(status);
	json_object_put(stats);
	return f[0].bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

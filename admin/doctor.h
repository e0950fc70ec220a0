/* SPDX-License-Identifier: GPL-2.0-only */
/* What status and stats mean, in words, and what to do about it. */
#ifndef NFSACCEL_ADMIN_DOCTOR_H
#define NFSACCEL_ADMIN_DOCTOR_H

#include <json-c/json.h>
#include <stdbool.h>

#define NA_FINDINGS 32

struct na_finding {
	bool bad; /* something to be done about; else good to know */
	char text[512];
	const char *advice; /* "" if there is none */
};

/*
 * From the daemon's replies to "status" and "stats". Returns how many of out were written,
 * at least one, bad ones first. What is missing in a reply is not looked at.
 */
size_t na_doctor(struct json_object *status, struct json_object *stats,
		 struct na_finding out[static NA_FINDINGS]);

/* The n findings as a list of objects, which the caller puts. */
struct json_object *na_doctor_json(const struct na_finding *f, size_t n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading JSON that may lack anything. */
#ifndef NFSACCEL_ADMIN_JSON_H
#define NFSACCEL_ADMIN_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fields of an object; what is missing reads as NULL, "", 0 or false. */
struct json_object *na_json_field(struct json_object *o, const char *key);
const char *na_json_text(struct json_object *o, const char *key);
uint64_t na_json_number(struct json_object *o, const char *key);
bool na_json_bool(struct json_object *o, const char *key);
size_t na_json_items(struct json_object *list);

#endif

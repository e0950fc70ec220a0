// SPDX-License-Identifier: GPL-2.0-only
#include "admin/json.h"

struct json_object *na_json_field(struct json_object *o, const char *key)
{
	struct json_object *f = NULL;

	json_object_object_get_ex(o, key, &f);
	return f;
}

const char *na_json_text(struct json_object *o, const char *key)
{
	struct json_object *f = na_json_field(o, key);

	return f ? json_object_get_string(f) : "";
}

uint64_t na_json_number(struct json_object *o, const char *key)
{
	return json_object_get_uint64(na_json_field(o, key));
}

bool na_json_bool(struct json_object *o, const char *key)
{
	return json_object_get_boolean(na_json_field(o, key));
}

size_t na_json_items(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

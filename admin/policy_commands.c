// SPDX-License-Identifier: GPL-2.0-only
/* The control socket's commands about the policy. */
#include "admin/cleanup.h"
#include "admin/commands.h"
#include "admin/log.h"
#include "admin/runtime.h"

#include <string.h>

static void put(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

/* Every rule by itself, so that programs need not read the file's language. */
static struct json_object *rule(const struct na_policy_state *s, const struct na_rule *r)
{
	_cleanup_(free) char *text = na_rule_format(r);
	_cleanup_(free) char *client = na_client_format(&r->client);
	_cleanup_(free) char *options = na_options_format(&r->options);
	struct json_object *o = json_object_new_object();
	const struct na_rule *of;

	put(o, "rule", text);
	put(o, "path", r->path);
	put(o, "client", client);
	put(o, "options", options);
	put(o, "file", r->file);
	if (r->file)
		json_object_object_add(o, "line", json_object_new_int64(r->line));
	else if ((of = na_policy_find(&s->file, r->path, &r->client)))
		put(o, "replaces", of->file);
	json_object_object_add(o, "runtime", json_object_new_boolean(!r->file));
	json_object_object_add(o, "exported", json_object_new_boolean(na_policy_exported(s, r)));
	return o;
}

static struct json_object *rules(const struct na_policy_state *s, unsigned int mask)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < s->both.n; i++)
		if (s->both.rule[i].options.given & mask)
			json_object_array_add(list, rule(s, &s->both.rule[i]));
	return list;
}

static struct json_object *warnings(const struct na_policy_state *s)
{
	struct json_object *list = json_object_new_array();
	char text[PATH_MAX + 512];
	size_t i;

	for (i = 0; i < s->both.n; i++) {
		const struct na_rule *r = &s->both.rule[i];

		if ((i && !strcmp(r->path, r[-1].path)) || na_policy_exported(s, r))
			continue;
		if (r->file)
			snprintf(text, sizeof(text), "%.2000s:%u: %.1500s is not exported", r->file,
				 r->line, r->path);
		else
			snprintf(text, sizeof(text), "%s is not exported", r->path);
		json_object_array_add(list, json_object_new_string(text));
	}
	if (s->nets.waiting)
		json_object_array_add(list, json_object_new_string("names are still being looked up"));
	else if (s->nets.unknown) {
		snprintf(text, sizeof(text), "%u host(s) or netgroup(s) are not known, %s first",
			 s->nets.unknown, s->nets.unknown_first->client.name);
		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

int na_policy_show(struct na_daemon *d, struct json_object *request, struct json_object *o,
		   struct na_why *why)
{
	const struct na_policy_state *s = &d->policy;

	(void)request, (void)why;
	put(o, "file", d->config->policy);
	json_object_object_add(o, "loaded", json_object_new_int64(s->loaded));
	json_object_object_add(o, "inherited", json_object_new_boolean(s->inherited));
	json_object_object_add(o, "rules", rules(s, ~0u));
	json_object_object_add(o, "warnings", warnings(s));
	return 0;
}

int na_policy_do_reload(struct na_daemon *d, struct json_object *request, struct json_object *o,
			struct na_why *why)
{
	struct na_policy_error error;
	int err = na_daemon_reload(d, &error);

	(void)request;
	if (err)
		return na_why(why, err, "%s", error.text);
	json_object_object_add(o, "rules", json_object_new_uint64(d->policy.file.n));
	json_object_object_add(o, "warnings", warnings(&d->policy));
	return 0;
}

/* Who a limit is for: "client", and "path" or all exports. */
static int get_who(struct json_object *request, const char **client, const char **path,
		   struct na_why *why)
{
	*client = na_request_text(request, "client");
	*path = na_request_text(request, "path") ?: "*";
	return *client ? 0 : na_why(why, -EINVAL, "no \"client\" in the request");
}

int na_limit_set(struct na_daemon *d, struct json_object *request, struct json_object *o,
		 struct na_why *why)
{
	const char *options = na_request_text(request, "options"), *client, *path;
	struct na_policy_error error = {.text = ""};
	int err = get_who(request, &client, &path, why);

	if (err)
		return err;
	if (!options)
		return na_why(why, -EINVAL, "no \"options\" in the request");
	err = na_runtime_set(d, client, path, options, &error);
	if (err)
		return na_why(why, err, "%s", error.text);
	na_info("limit set for %s in %s: %s", client, path, options);
	json_object_object_add(o, "warnings", warnings(&d->policy));
	return 0;
}

int na_limit_del(struct na_daemon *d, struct json_object *request, struct json_object *o,
		 struct na_why *why)
{
	struct na_policy_error error = {.text = ""};
	const char *client, *path;
	int err = get_who(request, &client, &path, why);

	(void)o;
	if (err)
		return err;
	err = na_runtime_del(d, client, path, &error);
	if (err)
		return na_why(why, err, "%s", error.text);
	na_info("limit deleted for %s in %s", client, path);
	return 0;
}

int na_limit_list(struct na_daemon *d, struct json_object *request, struct json_object *o,
		  struct na_why *why)
{
	(void)request, (void)why;
	json_object_object_add(o, "limits", rules(&d->policy, NA_OPTIONS_RATE));
	return 0;
}

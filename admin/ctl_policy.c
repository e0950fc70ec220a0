// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl policy ... and limit ... */
#include "admin/ctl.h"

#include "admin/cleanup.h"
#include "admin/ctl_ask.h"
#include "admin/json.h"
#include "exports/policy.h"

#include <string.h>
#include <sys/stat.h>

#define SAVED "saved.exports" /* in nfsaccel.exports.d */

int na_ctl_policy_check(const struct na_ctl_line *l)
{
	const char *file = l->words[0] ?: NFSACCEL_EXPORTS;
	struct na_policy_error err;
	struct na_policy p = {0};
	int ret = l->words[0] ? na_policy_read(&p, file, &err)
			      : na_policy_read_all(&p, file, &err);

	if (l->words[0] && l->words[1]) {
		fprintf(stderr, "nfsaccelctl: one file, or none for %s\n", NFSACCEL_EXPORTS);
		na_policy_free(&p);
		return NA_CTL_USAGE;
	}
	if (l->json) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "ok", json_object_new_boolean(!ret));
		json_object_object_add(o, ret ? "error" : "rules",
				       ret ? json_object_new_string(err.text)
					   : json_object_new_uint64(p.n));
		puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
		json_object_put(o);
	} else if (ret) {
		fprintf(stderr, "%s\n", err.text);
	} else {
		printf("%s: %zu rule(s), no errors\n", file, p.n);
	}
	na_policy_free(&p);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void show_warnings(struct json_object *o)
{
	struct json_object *list = na_json_field(o, "warnings");
	size_t i;

	for (i = 0; i < na_json_items(list); i++)
		fprintf(stderr, "warning: %s\n",
			json_object_get_string(json_object_array_get_idx(list, i)));
}

static void show_rules(struct json_object *list)
{
	size_t i;

	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *r = json_object_array_get_idx(list, i);

		if (na_json_bool(r, "runtime"))
			printf("%-56s # set at run time\n", na_json_text(r, "rule"));
		else
			printf("%-56s # %s:%ju\n", na_json_text(r, "rule"), na_json_text(r, "file"),
			       na_json_number(r, "line"));
	}
}

void na_ctl_show_policy(struct json_object *o)
{
	show_rules(na_json_field(o, "rules"));
	if (na_json_bool(o, "inherited"))
		fprintf(stderr, "warning: %s is bad; what nfsacceld found in force stays until a "
				"reload succeeds\n",
			na_json_text(o, "file"));
	show_warnings(o);
}

void na_ctl_show_limits(struct json_object *o)
{
	show_rules(na_json_field(o, "limits"));
}

void na_ctl_show_reload(struct json_object *o)
{
	if (na_json_field(o, "rules"))
		printf("%ju rule(s) in force\n", na_json_number(o, "rules"));
	show_warnings(o);
}

static void add(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

/* CLIENT [in PATH]; returns what follows, or NULL after telling how it is used. */
static char **who(struct json_object *request, char **words, const char *usage)
{
	if (!words[0])
		goto usage;
	add(request, "client", *words++);
	if (words[0] && !strcmp(words[0], "in")) {
		if (!words[1])
			goto usage;
		add(request, "path", words[1]);
		words += 2;
	}
	return words;
usage:
	fprintf(stderr, "Usage: nfsaccelctl %s\n", usage);
	return NULL;
}

int na_ctl_limit_set(const struct na_ctl_line *l)
{
	static const char usage[] = "limit set CLIENT [in PATH] ops=500 read=50M write=20M ...";
	struct json_object *request = na_ctl_request("limit set");
	char **words = who(request, l->words, usage), options[4096] = "";

	if (words && !words[0]) {
		fprintf(stderr, "Usage: nfsaccelctl %s\n", usage);
		words = NULL;
	}
	if (!words) {
		json_object_put(request);
		return NA_CTL_USAGE;
	}
	for (; *words; words++)
		snprintf(options + strlen(options), sizeof(options) - strlen(options), "%s%s",
			 options[0] ? "," : "", *words);
	add(request, "options", options);
	return na_ctl_tell(l, request, na_ctl_show_reload);
}

int na_ctl_limit_del(const struct na_ctl_line *l)
{
	static const char usage[] = "limit del CLIENT [in PATH]";
	struct json_object *request = na_ctl_request("limit del");
	char **words = who(request, l->words, usage);

	if (words && words[0]) {
		fprintf(stderr, "Usage: nfsaccelctl %s\n", usage);
		words = NULL;
	}
	if (!words) {
		json_object_put(request);
		return NA_CTL_USAGE;
	}
	return na_ctl_tell(l, request, na_ctl_show_reload);
}

/* The saved rules and those of the list that were set at run time; how many these are. */
static int collect(struct json_object *list, const char *file, struct na_policy *p)
{
	struct na_policy_error err;
	size_t i;
	int n = 0;

	if (na_policy_read(p, file, &err) && !access(file, F_OK)) {
		fprintf(stderr, "nfsaccelctl: %s\n", err.text);
		return -1;
	}
	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *r = json_object_array_get_idx(list, i);
		const char *of = na_json_text(r, "replaces");

		if (!na_json_bool(r, "runtime"))
			continue;
		if (of[0] && strcmp(of, file)) {
			fprintf(stderr,
				"nfsaccelctl: %s has a rule for %s in %s: change that instead\n", of,
				na_json_text(r, "client"), na_json_text(r, "path"));
			return -1;
		}
		if (na_policy_set(p, na_json_text(r, "client"), na_json_text(r, "path"),
				  na_json_text(r, "options"), &err)) {
			fprintf(stderr, "nfsaccelctl: %s\n", err.text);
			return -1;
		}
		n++;
	}
	return n;
}

/* Beside the file, then in its place: nobody ever reads half of it. */
static int write_saved(const struct na_policy *p, const char *file)
{
	_cleanup_(fclose) FILE *f = NULL;
	char fresh[PATH_MAX + 8];
	size_t i;

	snprintf(fresh, sizeof(fresh), "%s.new", file);
	f = fopen(fresh, "we");
	if (!f)
		return -errno;
	fputs("# Limits set by nfsaccelctl and saved; see nfsaccel.exports(5).\n", f);
	for (i = 0; i < p->n; i++) {
		_cleanup_(free) char *text = na_rule_format(&p->rule[i]);

		if (!text)
			return -ENOMEM;
		fprintf(f, "%s\n", text);
	}
	if (fflush(f) || fsync(fileno(f)) || rename(fresh, file))
		return -errno;
	return 0;
}

/* The rules are in the file now: reload it, and let go of them as set at run time. */
static int hand_over(const struct na_ctl_line *l, struct json_object *list)
{
	struct json_object *request = na_ctl_request("policy reload"), *o;
	size_t i;

	o = na_ctl_ask(l->socket, request);
	json_object_put(request);
	for (i = 0; o && i < na_json_items(list); i++) {
		struct json_object *r = json_object_array_get_idx(list, i);

		if (!na_json_bool(r, "runtime"))
			continue;
		json_object_put(o);
		request = na_ctl_request("limit del");
		add(request, "client", na_json_text(r, "client"));
		add(request, "path", na_json_text(r, "path"));
		o = na_ctl_ask(l->socket, request);
		json_object_put(request);
	}
	json_object_put(o);
	return o ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int save(const struct na_ctl_line *l, struct json_object *shown)
{
	struct json_object *list = na_json_field(shown, "rules");
	char dir[PATH_MAX], file[PATH_MAX];
	struct na_policy p = {0};
	int n, err, status;

	if (snprintf(dir, sizeof(dir), "%s.d", na_json_text(shown, "file")) >= (int)sizeof(dir) ||
	    snprintf(file, sizeof(file), "%s/" SAVED, dir) >= (int)sizeof(file))
		return EXIT_FAILURE;
	n = collect(list, file, &p);
	if (n <= 0) {
		na_policy_free(&p);
		if (!n)
			printf("nothing was set at run time\n");
		return n ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	err = mkdir(dir, 0755) && errno != EEXIST ? -errno : write_saved(&p, file);
	na_policy_free(&p);
	if (err) {
		fprintf(stderr, "nfsaccelctl: %s: %s\n", file, strerror(-err));
		return EXIT_FAILURE;
	}
	status = hand_over(l, list);
	if (status == EXIT_SUCCESS)
		printf("%d limit(s) saved in %s\n", n, file);
	return status;
}

int na_ctl_policy_save(const struct na_ctl_line *l)
{
	struct json_object *request = na_ctl_request("policy show"), *o;
	int status;

	o = na_ctl_ask(l->socket, request);
	json_object_put(request);
	if (!o)
		return EXIT_FAILURE;
	status = save(l, o);
	json_object_put(o);
	return status;
}

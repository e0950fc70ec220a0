// SPDX-License-Identifier: GPL-2.0-only
#include "admin/runtime.h"

#include "admin/cleanup.h"
#include "admin/daemon.h"
#include "admin/log.h"

#include <string.h>
#include <sys/stat.h>

/* What the next daemon reads, should this one be killed. */
static int runtime_path(const struct na_daemon *d, char path[static PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/runtime.exports", d->config->run) < PATH_MAX
		       ? 0
		       : -ENAMETOOLONG;
}

static int write_rules(const struct na_policy *p, const char *path)
{
	_cleanup_(fclose) FILE *f = fopen(path, "we");
	size_t i;

	if (!f)
		return -errno;
	fchmod(fileno(f), 0600);
	for (i = 0; i < p->n; i++) {
		_cleanup_(free) char *text = na_rule_format(&p->rule[i]);

		if (!text)
			return -ENOMEM;
		fprintf(f, "%s\n", text);
	}
	return fflush(f) ? -errno : 0;
}

static void save(const struct na_daemon *d)
{
	char path[PATH_MAX], fresh[PATH_MAX + 8];
	int err = runtime_path(d, path);

	if (!err) {
		snprintf(fresh, sizeof(fresh), "%s.new", path);
		err = write_rules(&d->policy.runtime, fresh) ?: (rename(fresh, path) ? -errno : 0);
	}
	if (err)
		na_warn("%s/runtime.exports: %s; limits set at run time are lost should this daemon "
			"be killed",
			d->config->run, strerror(-err));
}

/* Marks rules as set at run time. */
static void no_file(struct na_policy *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->rule[i].file);
		p->rule[i].file = NULL;
	}
}

void na_runtime_read(struct na_daemon *d)
{
	struct na_policy *p = &d->policy.runtime;
	struct na_policy_error err;
	char path[PATH_MAX];

	if (runtime_path(d, path))
		return;
	if (!d->plane.taken_over)
		unlink(path);
	else if (na_policy_read(p, path, &err) && !access(path, F_OK))
		na_warn("%s", err.text);
	no_file(p);
}

/* Made by way of their text, as rules own what they point to. */
static int copy(const struct na_policy *p, struct na_policy *out, struct na_policy_error *err)
{
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < p->n; i++) {
		_cleanup_(free) char *text = na_rule_format(&p->rule[i]);

		ret = text ? na_policy_parse(out, "runtime", text, strlen(text), err) : -ENOMEM;
	}
	no_file(out);
	return ret;
}

/* Puts fresh in force, or the rules that were; either way fresh is no longer the caller's. */
static int replace(struct na_daemon *d, struct na_policy *fresh, struct na_policy_error *err)
{
	struct na_policy old = d->policy.runtime;
	int ret;

	d->policy.runtime = *fresh;
	ret = na_policy_apply(d, false);
	if (!ret) {
		na_policy_free(&old);
		save(d);
		return 0;
	}
	snprintf(err->text, sizeof(err->text), "cannot be put in force: %s",
		 ret == -E2BIG ? "too many limits" : strerror(-ret));
	d->policy.runtime = old;
	na_policy_free(fresh);
	if (na_policy_apply(d, false))
		na_warn("the limits before cannot be put in force again");
	return ret;
}

int na_runtime_set(struct na_daemon *d, const char *client, const char *path, const char *options,
		   struct na_policy_error *err)
{
	struct na_policy fresh = {0}, check = {0};
	int ret = na_policy_set(&check, client, path, options, err);

	if (!ret && check.rule->options.given & NA_OPTIONS_CACHE) {
		snprintf(err->text, sizeof(err->text),
			 "cache, nocache, maxfile= and ttl= belong into %s", d->config->policy);
		ret = -EINVAL;
	}
	na_policy_free(&check);
	if (!ret)
		ret = copy(&d->policy.runtime, &fresh, err) ?:
		      na_policy_set(&fresh, client, path, options, err);
	if (!ret)
		return replace(d, &fresh, err);
	na_policy_free(&fresh);
	return ret;
}

/* There is none set at run time: is there one in the file? */
static void say_where(const struct na_daemon *d, const char *client, const char *path,
		      struct na_policy_error *err)
{
	struct na_policy like = {0};
	const struct na_rule *r = NULL;

	if (!na_policy_set(&like, client, path, "ops=1", err))
		r = na_policy_find(&d->policy.file, like.rule->path, &like.rule->client);
	if (r)
		snprintf(err->text, sizeof(err->text),
			 "it is in %s:%u: change it there and reload the policy", r->file, r->line);
	else
		snprintf(err->text, sizeof(err->text), "there is no limit for %s in %s", client,
			 path);
	na_policy_free(&like);
}

int na_runtime_del(struct na_daemon *d, const char *client, const char *path,
		   struct na_policy_error *err)
{
	struct na_policy fresh = {0};
	int ret = copy(&d->policy.runtime, &fresh, err) ?: na_policy_del(&fresh, client, path, err);

	if (!ret)
		return replace(d, &fresh, err);
	if (ret == -ENOENT)
		say_where(d, client, path, err);
	na_policy_free(&fresh);
	return ret;
}

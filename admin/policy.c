// SPDX-License-Identifier: GPL-2.0-only
#include "admin/policy.h"

#include "admin/cleanup.h"
#include "admin/daemon.h"
#include "admin/log.h"
#include "admin/policy_maps.h"
#include "admin/runtime.h"
#include "admin/sockdiag.h"

#include <netinet/tcp.h>
#include <string.h>

#define NAMES_EVERY   300 /* seconds */
#define UNKNOWN_EVERY 60 /* when a host or netgroup was not found */

/* Rules of the file with limits replaced by those set since, then what only these have. */
static int merge(const struct na_policy *file, const struct na_policy *runtime,
		 struct na_policy *out)
{
	struct na_policy p = {.rule = calloc(file->n + runtime->n + 1, sizeof(*p.rule))};
	size_t i;

	if (!p.rule)
		return -ENOMEM;
	memcpy(p.rule, file->rule, file->n * sizeof(*p.rule));
	p.n = file->n;
	for (i = 0; i < runtime->n; i++) {
		const struct na_rule *set = &runtime->rule[i];
		struct na_rule *r = na_policy_find(&p, set->path, &set->client);

		if (!r) {
			p.rule[p.n++] = *set;
			continue;
		}
		const struct na_options was = r->options;

		*r = *set;
		r->options.given |= was.given & NA_OPTIONS_CACHE;
		r->options.cache = was.cache;
		r->options.maxfile = was.maxfile;
		r->options.ttl = was.ttl;
	}
	*out = p;
	return 0;
}

int na_policy_apply(struct na_daemon *d, bool flush)
{
	struct na_policy_state *s = &d->policy;
	struct na_policy both = {0};
	struct na_nets nets = {0};
	int err;

	err = merge(&s->file, &s->runtime, &both);
	if (!err)
		err = na_nets_make(&nets, &both, s->names, s->seen, s->nseen);
	if (!err)
		err = na_limit_rules_apply(&d->plane, &both, &nets, &s->exports) ?:
		      na_cache_rules_apply(&d->plane, &both, &nets, &s->exports, flush);
	if (err) {
		na_nets_free(&nets);
		free(both.rule);
		return err;
	}
	na_nets_free(&s->nets);
	free(s->both.rule);
	s->both = both;
	s->nets = nets;
	na_daemon_shape(d);
	return 0;
}

static void apply_again(struct na_daemon *d, bool flush, const char *what)
{
	int err = d->policy.inherited ? 0 : na_policy_apply(d, flush);

	if (err)
		na_warn("cannot put the policy in force for %s: %s", what, strerror(-err));
}

static void on_names(void *data, bool other)
{
	struct na_daemon *d = data;

	apply_again(d, other, "names that were looked up");
	if (!d->policy.nets.waiting && d->policy.nets.unknown && d->policy.ticks < UNKNOWN_EVERY)
		na_warn("nfsaccel.exports: %u host(s) or netgroup(s) are not known, %s first",
			d->policy.nets.unknown, d->policy.nets.unknown_first->client.name);
}

bool na_policy_exported(const struct na_policy_state *s, const struct na_rule *r)
{
	size_t i;

	for (i = 0; i < s->exports.n; i++)
		if (!strcmp(s->exports.export[i].path, r->path))
			return s->exports.export[i].listed || s->exports.export[i].seen;
	return !strcmp(r->path, "*");
}

/* Moves with all that nfsd is told of exports. */
static __u64 told(const struct na_ctl *ctl)
{
	return __atomic_load_n(&ctl->epoch, __ATOMIC_SEQ_CST) +
	       __atomic_load_n(&ctl->answers, __ATOMIC_SEQ_CST);
}

static void look_at_exports(struct na_daemon *d, struct na_export_change *change)
{
	int err;

	d->policy.told = told(d->plane.ctl);
	err = na_exported_refresh(&d->policy.exports, &d->plane, change);
	if (err)
		na_warn("cannot tell what is exported: %s", strerror(-err));
}

static void warn_not_exported(const struct na_policy_state *s)
{
	size_t i;

	for (i = 0; i < s->file.n; i++) {
		const struct na_rule *r = &s->file.rule[i];

		if ((!i || strcmp(r->path, r[-1].path)) && !na_policy_exported(s, r))
			na_warn("%s:%u: %s is not exported", r->file, r->line, r->path);
	}
}

int na_policy_reload(struct na_daemon *d, struct na_policy_error *err)
{
	struct na_policy_state *s = &d->policy;
	struct na_policy fresh = {0}, old = s->file;
	struct na_export_change change;
	bool inherited = s->inherited;
	int ret = na_policy_read_all(&fresh, d->config->policy, err);

	if (ret) {
		na_policy_free(&fresh);
		return ret;
	}
	look_at_exports(d, &change);
	na_names_refresh(s->names);
	s->ticks = 0;
	s->file = fresh;
	s->inherited = false;
	ret = na_policy_apply(d, true);
	if (ret) {
		snprintf(err->text, sizeof(err->text), "%s: cannot be put in force: %s",
			 d->config->policy,
			 ret == -E2BIG ? "too many clients and limits" : strerror(-ret));
		s->file = old;
		s->inherited = inherited;
		apply_again(d, true, "the rules before");
		na_policy_free(&fresh);
		return ret;
	}
	na_policy_free(&old);
	s->loaded = time(NULL);
	warn_not_exported(s);
	return 0;
}

int na_policy_start(struct na_daemon *d, struct na_why *why)
{
	struct na_policy_state *s = &d->policy;
	struct na_policy_error error;
	int err = na_names_start(&s->names, d->event, on_names, d);

	if (err)
		return na_why(why, err, "cannot start looking up names: %s", strerror(-err));
	na_runtime_read(d);
	err = na_policy_reload(d, &error);
	if (!err)
		return 0;
	if (!d->plane.taken_over)
		return na_why(why, err, "%.400s", error.text);
	na_error("%s; what was in force before stays, until a reload of a good file", error.text);
	s->inherited = true;
	return 0;
}

struct gathering {
	struct na_addr *addr;
	size_t n;
};

static int add_addr(struct gathering *g, const __u8 addr[16])
{
	struct na_addr *grown;

	if (!(g->n & (g->n - 1))) {
		grown = reallocarray(g->addr, g->n ? 2 * g->n : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		g->addr = grown;
	}
	memcpy(g->addr[g->n++].byte, addr, 16);
	return 0;
}

static int gather(const struct na_socket *sock, void *data)
{
	return add_addr(data, sock->key.client);
}

static int compare_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct na_addr));
}

/* Sorts, and counts those that s does not know. */
static size_t settle(struct gathering *g, const struct na_policy_state *s)
{
	size_t i, n = 0, news = 0;

	if (g->n)
		qsort(g->addr, g->n, sizeof(*g->addr), compare_addr);
	for (i = 0; i < g->n; i++) {
		if (n && !compare_addr(&g->addr[n - 1], &g->addr[i]))
			continue;
		g->addr[n++] = g->addr[i];
		news += !s->nseen || !bsearch(&g->addr[i], s->seen, s->nseen, sizeof(*g->addr),
					      compare_addr);
	}
	g->n = n;
	return news;
}

/* Are there new clients? Who went is forgotten when the names are looked up again. */
static bool look_at_clients(struct na_daemon *d)
{
	struct na_policy_state *s = &d->policy;
	_cleanup_(mnl) struct mnl_socket *nl = na_sockdiag_open();
	struct gathering g = {0};
	size_t i, news;
	int err = nl ? na_sockdiag_each(nl, d->config->port, ~(1u << TCP_LISTEN), gather, &g)
		     : -errno;

	for (i = 0; !err && s->ticks && i < s->nseen; i++)
		err = add_addr(&g, s->seen[i].byte);
	if (err) {
		free(g.addr);
		return false;
	}
	news = settle(&g, s);
	free(s->seen);
	s->seen = g.addr;
	s->nseen = g.n;
	return news;
}

void na_policy_tick(struct na_daemon *d)
{
	struct na_policy_state *s = &d->policy;
	struct na_export_change change = {0};

	if (++s->ticks >= (s->nets.unknown ? UNKNOWN_EVERY : NAMES_EVERY)) {
		s->ticks = 0;
		na_names_refresh(s->names);
	}
	if (s->told != told(d->plane.ctl))
		look_at_exports(d, &change);
	if (change.grown)
		apply_again(d, change.moved, "new exports");
	if (s->nets.patterns && look_at_clients(d))
		apply_again(d, false, "new clients");
}

void na_policy_stop(struct na_daemon *d)
{
	struct na_policy_state *s = &d->policy;

	na_names_stop(s->names);
	na_nets_free(&s->nets);
	free(s->both.rule);
	na_policy_free(&s->file);
	na_policy_free(&s->runtime);
	na_exported_free(&s->exports);
	free(s->seen);
	*s = (struct na_policy_state){0};
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/policy_maps.h"

#include "admin/cleanup.h"
#include "admin/limits.h"

#include <string.h>

struct table {
	struct na_limit_rule *rule;
	enum na_net_class *class;
	size_t n;
};

static __u64 burst_of(const struct na_options *o, __u64 rate)
{
	__u64 n;

	if (!(o->given & (1u << NA_OPTION_BURST)))
		return 0;
	n = (__u64)((__uint128_t)rate * o->burst / 1000000000ull);
	return n ?: 1;
}

static struct na_limit limit_of(const struct na_options *o)
{
	const __u64 rates[NA_LIMIT_WHATS] = {
		[NA_LIMIT_OPS] = o->ops, [NA_LIMIT_READ] = o->read, [NA_LIMIT_WRITE] = o->write};
	struct na_limit l = {.flags = (o->shared ? 0 : NA_LIMIT_EACH) |
				      (o->police ? NA_LIMIT_POLICE : 0),
			     .backlog = o->given & (1u << NA_OPTION_BACKLOG) ? o->backlog : 0};
	unsigned int i;

	for (i = 0; i < NA_LIMIT_WHATS; i++)
		l.rate[i] = (struct na_limit_rate){rates[i], burst_of(o, rates[i])};
	return l;
}

/* The same clients and export, so found in the same place. */
static bool same_place(const struct na_limit_rule *a, const struct na_limit_rule *b)
{
	return a->bits == b->bits && a->export == b->export && !memcmp(a->addr, b->addr, 16) &&
	       (a->bits || !a->export ||
		(a->limit.flags & NA_LIMIT_EACH) == (b->limit.flags & NA_LIMIT_EACH));
}

/* Names found to be an address come after rules for that address, or its subnet. */
static bool outranked(const struct na_nets *nets, const struct na_net *net)
{
	size_t i;

	for (i = 0; i < nets->n; i++) {
		const struct na_net *other = &nets->net[i];

		if (other->class < net->class && other->class <= NA_CLASS_SUBNET &&
		    other->rule->options.given & NA_OPTIONS_RATE &&
		    !strcmp(other->rule->path, net->rule->path) &&
		    na_net_covers(other, net->addr, net->bits))
			return true;
	}
	return false;
}

static int put(struct table *t, const struct na_nets *nets, const struct na_net *net, __u32 export)
{
	struct na_limit_rule r = {
		.bits = net->bits, .export = export, .limit = limit_of(&net->rule->options)};
	size_t i;

	if (net->class > NA_CLASS_SUBNET && net->class < NA_CLASS_ANY && outranked(nets, net))
		return 0;
	memcpy(r.addr, net->addr, 16);
	for (i = 0; i < t->n; i++) {
		if (!same_place(&t->rule[i], &r))
			continue;
		if (net->class < t->class[i]) {
			t->rule[i] = r;
			t->class[i] = net->class;
		}
		return 0;
	}
	if (t->n == NA_LIMIT_RULES)
		return -E2BIG;
	t->rule[t->n] = r;
	t->class[t->n++] = net->class;
	return 0;
}

/* A rule holds in its export and, with buckets of their own, in those below it. */
static int put_exports(struct table *t, const struct na_policy *policy, const struct na_nets *nets,
		       const struct na_net *net, const struct na_export_list *exports)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < exports->n; i++) {
		const char *path = na_nets_path(policy, exports->export[i].path);

		if (path && !strcmp(path, net->rule->path))
			err = put(t, nets, net, exports->export[i].number);
	}
	return err;
}

int na_limit_rules_apply(struct na_plane *p, const struct na_policy *policy,
			 const struct na_nets *nets, struct na_export_list *exports)
{
	_cleanup_(free) struct na_limit_rule *rules = calloc(NA_LIMIT_RULES, sizeof(*rules));
	_cleanup_(free) enum na_net_class *class = calloc(NA_LIMIT_RULES, sizeof(*class));
	struct table t = {.rule = rules, .class = class};
	int err = rules && class ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < policy->n; i++)
		if (strcmp(policy->rule[i].path, "*") &&
		    !na_exported_number(exports, policy->rule[i].path))
			err = -ENOMEM;
	for (i = 0; !err && i < nets->n; i++) {
		const struct na_net *net = &nets->net[i];

		if (!(net->rule->options.given & NA_OPTIONS_RATE))
			continue;
		if (!strcmp(net->rule->path, "*"))
			err = put(&t, nets, net, NA_EXPORT_ANY);
		else
			err = put_exports(&t, policy, nets, net, exports);
	}
	return err ?: na_limits_apply(p, t.rule, t.n);
}

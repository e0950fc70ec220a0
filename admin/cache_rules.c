// SPDX-License-Identifier: GPL-2.0-only
#include "admin/policy_maps.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <search.h>
#include <string.h>

struct rule {
	struct na_cache_key key;
	struct na_cache_policy value;
};

struct table {
	struct rule *rule;
	size_t n, room;
	bool failed;
};

static bool wanted(const struct na_rule *r, const char *path)
{
	return r->options.given & NA_OPTIONS_CACHE &&
	       (!strcmp(r->path, "*") || (path && !strcmp(r->path, path)));
}

static struct na_cache_policy decide(const struct na_plane *p, const struct na_nets *nets,
				     bool names, const char *path, const uint8_t addr[16],
				     unsigned int bits)
{
	struct na_options o = na_nets_options(nets, path, NA_OPTIONS_CACHE, addr, bits);
	struct na_cache_policy v = {
		.allowed = o.cache && !(names && na_nets_unsettled(nets, addr, bits)),
		.max_file = (__u32)p->config->max_file,
		.ttl = p->config->lifetime,
	};

	if (o.given & (1u << NA_OPTION_MAXFILE) && o.maxfile < v.max_file)
		v.max_file = (__u32)o.maxfile;
	if (o.given & (1u << NA_OPTION_TTL) && o.ttl < v.ttl)
		v.ttl = o.ttl;
	return v;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct na_cache_key));
}

static void put(struct table *t, const struct na_plane *p, const struct na_nets *nets, bool names,
		const struct na_exported *e, const char *path, const uint8_t addr[16],
		unsigned int bits)
{
	struct rule *grown;

	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		grown = reallocarray(t->rule, t->room, sizeof(*grown));
		if (!grown) {
			t->failed = true;
			return;
		}
		t->rule = grown;
	}
	memset(&t->rule[t->n], 0, sizeof(*t->rule));
	t->rule[t->n].key.prefixlen = 32 + bits;
	t->rule[t->n].key.export = e->number;
	memcpy(t->rule[t->n].key.client, addr, 16);
	t->rule[t->n++].value = decide(p, nets, names, path, addr, bits);
}

/* Do rules with names, which are not settled by themselves, have a say in this export? */
static bool has_names(const struct na_policy *policy, const char *path)
{
	size_t i;

	for (i = 0; i < policy->n; i++)
		if (wanted(&policy->rule[i], path) &&
		    policy->rule[i].client.kind != NA_CLIENT_ANY &&
		    policy->rule[i].client.kind != NA_CLIENT_NET)
			return true;
	return false;
}

static void put_export(struct table *t, const struct na_plane *p, const struct na_policy *policy,
		       const struct na_nets *nets, const struct na_exported *e)
{
	static const uint8_t all[16];
	const char *path = na_nets_path(policy, e->path);
	bool names = has_names(policy, path);
	size_t i;

	put(t, p, nets, names, e, path, all, 0);
	for (i = 0; !t->failed && i < nets->n; i++)
		if (nets->net[i].bits && wanted(nets->net[i].rule, path))
			put(t, p, nets, names, e, path, nets->net[i].addr, nets->net[i].bits);
	for (i = 0; !t->failed && names && i < nets->nseen; i++)
		if (nets->seen[i].settled)
			put(t, p, nets, names, e, path, nets->seen[i].addr, 128);
}

static void unique(struct table *t)
{
	size_t i, n = 0;

	if (t->n)
		qsort(t->rule, t->n, sizeof(*t->rule), compare);
	for (i = 0; i < t->n; i++)
		if (!n || compare(&t->rule[n - 1], &t->rule[i]))
			t->rule[n++] = t->rule[i];
	t->n = n;
}

/* Keys of the map that the table lacks. */
static int remove_others(int fd, const struct table *t)
{
	_cleanup_(free) struct na_cache_key *keys =
		calloc(NA_CACHE_RULES_MAX + 1, sizeof(*keys));
	size_t n = 0, i;
	int err = 0;

	if (!keys)
		return -ENOMEM;
	while (n < NA_CACHE_RULES_MAX &&
	       !bpf_map_get_next_key(fd, n ? &keys[n - 1] : NULL, &keys[n]))
		n++;
	for (i = 0; i < n; i++)
		if (!t->n || !bsearch(&keys[i], t->rule, t->n, sizeof(*t->rule), compare))
			err = bpf_map_delete_elem(fd, &keys[i]) ?: err;
	return err;
}

static int write_all(int fd, const struct table *t)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < t->n; i++)
		err = bpf_map_update_elem(fd, &t->rule[i].key, &t->rule[i].value, BPF_ANY);
	return err;
}

int na_cache_rules_apply(struct na_plane *p, const struct na_policy *policy,
			 const struct na_nets *nets, const struct na_export_list *exports,
			 bool flush)
{
	int fd = na_plane_map_fd(p, "na_cache_rules"), err = 0;
	struct table t = {0};
	bool any = false;
	size_t i;

	for (i = 0; i < policy->n; i++)
		any |= policy->rule[i].options.given & NA_OPTIONS_CACHE;
	for (i = 0; any && !t.failed && i < exports->n; i++)
		put_export(&t, p, policy, nets, &exports->export[i]);
	unique(&t);
	if (t.failed || t.n > NA_CACHE_RULES_MAX)
		err = t.failed ? -ENOMEM : -E2BIG;
	/* what is filled meanwhile, by rules half written, the flush undoes */
	if (!err)
		err = remove_others(fd, &t) ?: write_all(fd, &t);
	if (!err && (flush || any != !!p->ctl->policy)) {
		__atomic_store_n(&p->ctl->policy, any, __ATOMIC_SEQ_CST);
		na_plane_flush(p);
	}
	free(t.rule);
	return err;
}

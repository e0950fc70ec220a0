// SPDX-License-Identifier: GPL-2.0-only
#include "admin/nets.h"

#include "admin/address.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static int add(struct na_nets *n, const struct na_rule *rule, enum na_net_class class,
	       const uint8_t addr[16], unsigned int bits)
{
	struct na_net *grown;

	if (!(n->n & (n->n - 1))) {
		grown = reallocarray(n->net, n->n ? 2 * n->n : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		n->net = grown;
	}
	n->net[n->n] = (struct na_net){.bits = bits, .class = class, .rule = rule};
	memcpy(n->net[n->n++].addr, addr, 16);
	return 0;
}

static int add_looked_up(struct na_nets *n, const struct na_rule *rule, struct na_names *names,
			 enum na_name_kind kind, enum na_net_class class)
{
	static const uint8_t nothing[16];
	struct na_name_answer a = na_names_ask(names, kind, rule->client.name);
	size_t i;
	int err = 0;

	n->waiting |= !a.known;
	if (a.known && !a.n && !a.everybody) {
		n->unknown++;
		n->unknown_first = n->unknown_first ?: rule;
	}
	if (a.everybody)
		err = add(n, rule, class, nothing, 0);
	for (i = 0; !err && i < a.n; i++)
		err = add(n, rule, class, a.addr[i].byte, 128);
	return err;
}

/* All patterns a seen client's name matches. */
static int match_client(struct na_nets *n, const struct na_policy *p, struct na_names *names,
			struct na_seen *seen)
{
	char text[INET6_ADDRSTRLEN];
	struct na_name_answer a = na_names_ask(names, NA_NAME_ADDRESS, na_address_text(seen->addr, text));
	size_t i;
	int err = 0;

	seen->settled = a.known;
	for (i = 0; !err && a.name && i < p->n; i++)
		if (p->rule[i].client.kind == NA_CLIENT_PATTERN &&
		    !fnmatch(p->rule[i].client.name, a.name, FNM_NOESCAPE | FNM_CASEFOLD))
			err = add(n, &p->rule[i], NA_CLASS_PATTERN, seen->addr, 128);
	return err;
}

static int add_rule(struct na_nets *n, const struct na_rule *r, struct na_names *names)
{
	const struct na_client *c = &r->client;

	switch (c->kind) {
	case NA_CLIENT_ANY:
		return add(n, r, NA_CLASS_ANY, c->addr, 0);
	case NA_CLIENT_NET:
		return add(n, r, c->bits == 128 ? NA_CLASS_HOST : NA_CLASS_SUBNET, c->addr, c->bits);
	case NA_CLIENT_HOST:
		return add_looked_up(n, r, names, NA_NAME_HOST, NA_CLASS_HOST);
	case NA_CLIENT_NETGROUP:
		return add_looked_up(n, r, names, NA_NAME_NETGROUP, NA_CLASS_NETGROUP);
	case NA_CLIENT_PATTERN:
		n->patterns = true;
		return 0;
	}
	return 0;
}

int na_nets_make(struct na_nets *out, const struct na_policy *p, struct na_names *names,
		 const struct na_addr *seen, size_t nseen)
{
	struct na_nets n = {.seen = calloc(nseen + 1, sizeof(*n.seen)), .nseen = nseen};
	int err = n.seen ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < p->n; i++)
		err = add_rule(&n, &p->rule[i], names);
	for (i = 0; !err && i < nseen; i++) {
		memcpy(n.seen[i].addr, seen[i].byte, 16);
		if (n.patterns)
			err = match_client(&n, p, names, &n.seen[i]);
	}
	if (err)
		na_nets_free(&n);
	else
		*out = n;
	return err;
}

void na_nets_free(struct na_nets *n)
{
	free(n->net);
	free(n->seen);
	*n = (struct na_nets){0};
}

bool na_net_covers(const struct na_net *net, const uint8_t addr[16], unsigned int bits)
{
	unsigned int whole = net->bits / 8, rest = net->bits % 8;

	if (net->bits > bits || memcmp(net->addr, addr, whole))
		return false;
	return !rest || !((net->addr[whole] ^ addr[whole]) >> (8 - rest));
}

static bool above(const char *path, const char *exported)
{
	size_t len = strlen(path);

	if (!strcmp(path, "*") || strncmp(path, exported, len))
		return false;
	return len == 1 || !exported[len] || exported[len] == '/';
}

const char *na_nets_path(const struct na_policy *p, const char *exported)
{
	const char *best = NULL;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (above(p->rule[i].path, exported) &&
		    (!best || strlen(p->rule[i].path) > strlen(best)))
			best = p->rule[i].path;
	return best;
}

/* Does a come before b? */
static bool before(const struct na_net *a, const struct na_net *b)
{
	bool a_all = !strcmp(a->rule->path, "*"), b_all = !strcmp(b->rule->path, "*");

	if (a_all != b_all)
		return b_all;
	return a->class != b->class ? a->class < b->class : a->bits > b->bits;
}

static void take(struct na_options *to, const struct na_options *from, enum na_option which)
{
	switch (which) {
	case NA_OPTION_CACHE:
		to->cache = from->cache;
		break;
	case NA_OPTION_MAXFILE:
		to->maxfile = from->maxfile;
		break;
	case NA_OPTION_TTL:
		to->ttl = from->ttl;
		break;
	case NA_OPTION_OPS:
		to->ops = from->ops;
		break;
	case NA_OPTION_READ:
		to->read = from->read;
		break;
	case NA_OPTION_WRITE:
		to->write = from->write;
		break;
	case NA_OPTION_BURST:
		to->burst = from->burst;
		break;
	case NA_OPTION_BACKLOG:
		to->backlog = from->backlog;
		break;
	case NA_OPTION_SHARE:
		to->shared = from->shared;
		break;
	case NA_OPTION_EXCESS:
		to->police = from->police;
		break;
	case NA_OPTION_MAX:
		break;
	}
}

struct na_options na_nets_options(const struct na_nets *n, const char *path, unsigned int mask,
				  const uint8_t addr[16], unsigned int bits)
{
	const struct na_net *from[NA_OPTION_MAX] = {NULL};
	struct na_options o = {.cache = true};
	unsigned int k;
	size_t i;

	for (i = 0; i < n->n; i++) {
		const struct na_net *net = &n->net[i];
		const char *of = net->rule->path;

		if ((strcmp(of, "*") && (!path || strcmp(of, path))) ||
		    !na_net_covers(net, addr, bits))
			continue;
		for (k = 0; k < NA_OPTION_MAX; k++)
			if (net->rule->options.given & mask & (1u << k) &&
			    (!from[k] || before(net, from[k])))
				from[k] = net;
	}
	for (k = 0; k < NA_OPTION_MAX; k++) {
		if (!from[k])
			continue;
		take(&o, &from[k]->rule->options, (enum na_option)k);
		o.given |= 1u << k;
	}
	return o;
}

bool na_nets_unsettled(const struct na_nets *n, const uint8_t addr[16], unsigned int bits)
{
	size_t i;

	if (n->waiting)
		return true;
	if (!n->patterns)
		return false;
	if (bits < 128)
		return true;
	for (i = 0; i < n->nseen; i++)
		if (!memcmp(n->seen[i].addr, addr, 16))
			return !n->seen[i].settled;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules and buckets in their maps. */
#ifndef NFSACCEL_BPF_LIMIT_H
#define NFSACCEL_BPF_LIMIT_H

#include "bpf/tc.bpf.h"

static __always_inline struct na_limit *na_limit_at(__u32 rule)
{
	return rule ? bpf_map_lookup_elem(&na_limits, &rule) : NULL;
}

static __always_inline struct na_bucket *na_bucket_at(__u32 number)
{
	return bpf_map_lookup_elem(&na_buckets, &number);
}

static __always_inline __u32 *na_rule_find(struct na_work *w, __u32 bank, __u32 export)
{
	struct na_limit_key *k = &w->l.key;

	k->prefixlen = NA_LIMIT_KEY_FIXED + 128;
	k->bank = bank;
	k->export = export;
	na_memcpy(k->addr, w->key.client, sizeof(k->addr));
	return bpf_map_lookup_elem(&na_limit_trie, k);
}

/* The rule for the client of w->key: an element of na_limits, 0 if none holds it. */
static __always_inline __u32 na_rule_of(struct na_work *w, __u32 bank, __u32 export)
{
	__u32 *number = na_rule_find(w, bank, export);
	struct na_limit *rule;

	if (!number)
		return 0;
	rule = na_limit_at(*number);
	if (!rule || !(rule->rate[NA_LIMIT_OPS].rate | rule->rate[NA_LIMIT_READ].rate |
		       rule->rate[NA_LIMIT_WRITE].rate))
		return 0;
	return *number;
}

static long na_find_step(__u32 i, struct na_find_ctx **at)
{
	struct na_find_ctx *c = *at;
	struct na_bucket *b = na_bucket_at(c->set + i);

	if (!b)
		return 1;
	if (na_bucket_is(b, &c->key)) {
		c->found = c->set + i;
		return 1;
	}
	if (b->seen < c->seen && !na_bucket_debt(b, c->now)) {
		c->seen = b->seen;
		c->take = c->set + i;
	}
	return 0;
}

/* The bucket of c->key, taken if there is none; the rule's own where none is to be had. */
static __always_inline __u32 na_bucket_find(struct na_find_ctx *c, __u32 rule, __u32 seed)
{
	struct na_bucket *b;
	bool mine;

	c->set = na_bucket_set(&c->key, seed);
	c->seen = ~0ull;
	c->found = NA_BUCKETS;
	c->take = NA_BUCKETS;
	bpf_loop(NA_BUCKET_WAYS, na_find_step, &c, 0);
	if (c->found < NA_BUCKETS)
		return c->found;
	b = na_bucket_at(c->take);
	if (b) {
		bpf_spin_lock(&b->lock);
		mine = na_bucket_claim(b, &c->key, c->now);
		bpf_spin_unlock(&b->lock);
		if (mine)
			return c->take;
	}
	na_count(NA_V_LIMIT_CROWDED, 1);
	return NA_BUCKET_RULE + rule;
}

/* The meter's i-th bucket, found anew if it went to another; NULL where it has no rule. */
static __always_inline struct na_bucket *na_bucket_of(struct na_work *w, const struct na_ctl *ctl,
						      struct na_meter *m, __u32 i,
						      const struct na_limit *rule)
{
	struct na_find_ctx *c = &w->l.find; /* the stack is short */
	struct na_bucket *b = na_bucket_at(m->bucket[i]);

	c->now = w->s.now;
	c->key.id = rule->id;
	na_memset(c->key.client, 0, sizeof(c->key.client));
	if (rule->flags & NA_LIMIT_EACH)
		na_memcpy(c->key.client, w->key.client, sizeof(c->key.client));
	if (b && na_bucket_is(b, &c->key))
		return b;
	m->bucket[i] = na_bucket_find(c, m->rule[i], ctl->limit_seed);
	return na_bucket_at(m->bucket[i]);
}

#endif

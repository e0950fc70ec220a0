// SPDX-License-Identifier: GPL-2.0-only
#include "admin/limits.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a rule is found: two in one place would be two for the same clients. */
static struct na_limit_key place(const struct na_limit_rule *r, __u32 bank)
{
	struct na_limit_key k = {
		.prefixlen = NA_LIMIT_KEY_FIXED + r->bits, .bank = bank, .export = r->export};

	if (r->export && !r->bits && !(r->limit.flags & NA_LIMIT_EACH))
		k.bank |= NA_LIMIT_WHOLE;
	memcpy(k.addr, r->addr, sizeof(k.addr));
	return k;
}

static bool bits_behind(const struct na_limit_rule *r)
{
	__u32 i;

	for (i = r->bits; i < 128; i++)
		if (r->addr[i / 8] & (0x80 >> i % 8))
			return true;
	return false;
}

/* FNV-1a of what makes the rule this rule; never 0. */
static __u32 name_of(const struct na_limit_rule *r)
{
	struct na_limit_key k = place(r, r->limit.flags & NA_LIMIT_EACH);
	const __u8 *p = (const __u8 *)&k;
	__u32 h = 2166136261u;
	size_t i;

	for (i = 0; i < sizeof(k); i++)
		h = (h ^ p[i]) * 16777619u;
	return h ? h : 1;
}

/* Where id is in the sorted ids, or belongs. */
static size_t find_id(const __u32 *ids, size_t n, __u32 id)
{
	size_t from = 0;

	while (from < n) {
		size_t middle = from + (n - from) / 2;

		if (ids[middle] < id)
			from = middle + 1;
		else
			n = middle;
	}
	return from;
}

/* The id, or the next one that is free. */
static __u32 take_id(__u32 *ids, size_t n, __u32 id)
{
	size_t at;

	while ((at = find_id(ids, n, id)) < n && ids[at] == id)
		id = id + 1 ?: 1;
	memmove(&ids[at + 1], &ids[at], (n - at) * sizeof(*ids));
	ids[at] = id;
	return id;
}

/* Remove what the trie has of this bank. */
static int clear_bank(int trie, __u32 bank)
{
	struct na_limit_key *keys = calloc(NA_LIMIT_KEYS, sizeof(*keys));
	size_t n = 0, i;
	int err = 0;

	if (!keys)
		return -ENOMEM;
	/* Deletions would lead the walk astray. */
	while (n < NA_LIMIT_KEYS &&
	       !bpf_map_get_next_key(trie, n ? &keys[n - 1] : NULL, &keys[n]))
		n++;
	for (i = 0; i < n; i++)
		if ((keys[i].bank & 1) == bank && bpf_map_delete_elem(trie, &keys[i]) &&
		    errno != ENOENT)
			err = -errno;
	free(keys);
	return err;
}

static int check(const struct na_limit_rule *rules, size_t n)
{
	size_t i;

	if (n >= NA_LIMIT_RULES)
		return -E2BIG;
	for (i = 0; i < n; i++)
		if (rules[i].bits > 128 || bits_behind(&rules[i]))
			return -EINVAL;
	return 0;
}

/* Everybody, if a rule holds for whoever calls the export. */
static enum na_limit_exports who_is_looked_at(const struct na_limit_rule *rules, size_t n)
{
	enum na_limit_exports who = NA_LIMIT_NONES;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!rules[i].export)
			continue;
		if (!rules[i].bits)
			return NA_LIMIT_ALL;
		who = NA_LIMIT_SOME;
	}
	return who;
}

/* All rules into the bank, which is empty. ids[n] is room to work in. */
static int write_rules(int trie, int limits, __u32 bank, const struct na_limit_rule *rules,
		       size_t n, __u32 *ids)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct na_limit_key key = place(&rules[i], bank);
		struct na_limit limit = rules[i].limit;
		__u32 number = bank * NA_LIMIT_RULES + i + 1;

		limit.id = take_id(ids, i, name_of(&rules[i]));
		if (bpf_map_update_elem(limits, &number, &limit, BPF_ANY) ||
		    bpf_map_update_elem(trie, &key, &number, BPF_NOEXIST))
			return errno == EEXIST ? -EINVAL : -errno;
		if (!rules[i].export || !rules[i].bits)
			continue;
		key.export = NA_EXPORT_SOME;
		if (bpf_map_update_elem(trie, &key, &number, BPF_ANY))
			return -errno;
	}
	return 0;
}

int na_limits_apply(struct na_plane *p, const struct na_limit_rule *rules, size_t n)
{
	int trie = na_plane_map_fd(p, "na_limit_trie"), limits = na_plane_map_fd(p, "na_limits");
	__u32 gen = p->ctl->limit_last + 1 ?: 2, bank = gen & 1;
	__u32 *ids;
	int err = check(rules, n);

	if (err)
		return err;
	ids = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	err = clear_bank(trie, bank) ?: write_rules(trie, limits, bank, rules, n, ids);
	free(ids);
	if (err) {
		clear_bank(trie, bank);
		return err;
	}
	p->ctl->limit_last = gen;
	__atomic_store_n(&p->ctl->limit_exports, who_is_looked_at(rules, n), __ATOMIC_SEQ_CST);
	__atomic_store_n(&p->ctl->limit_gen, n ? gen : 0, __ATOMIC_SEQ_CST);
	return clear_bank(trie, !bank);
}

void na_limits_renew(struct na_plane *p)
{
	__u32 gen = p->ctl->limit_last + 2 ?: 2;

	if (!p->ctl->limit_gen)
		return;
	p->ctl->limit_last = gen;
	__atomic_store_n(&p->ctl->limit_gen, gen, __ATOMIC_SEQ_CST);
}

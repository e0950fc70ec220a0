// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include <time.h>

#include "tests/prog/limit_scene.h"

struct tc tc;
struct scene s;
__u8 call[8192], reply[SCENE_DATA];
const struct scene_setup plain = {.ts = true, .client = 1000000, .server = 5000000};
const struct scene_setup six = {
	.ip6 = true, .ts = true, .client = 0xfffffff0, .server = 0xffffff00};
const __u8 everybody[16];

__u64 clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * SEC + (__u64)t.tv_nsec;
}

void put(const struct bpf_map *map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

void clear(const struct bpf_map *map)
{
	__u8 key[64];

	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		assert_int_equal(bpf_map_delete_elem(bpf_map__fd(map), key), 0);
}

void set_gen(__u32 gen)
{
	struct na_ctl ctl;

	scene_ctl(&s, &ctl, NULL);
	ctl.limit_gen = gen;
	ctl.limit_last = gen;
	scene_ctl(&s, NULL, &ctl);
}

/* A policy of no rules, the next generation of its bank. */
static void no_rules(__u32 bank)
{
	static __u32 gen = 2;
	static const struct na_bucket fresh;
	__u32 i;

	clear(tc.skel->maps.na_limit_trie);
	clear(tc.skel->maps.na_meters);
	clear(tc.skel->maps.na_unshaped);
	for (i = 0; i < NA_BUCKETS; i++)
		put(tc.skel->maps.na_buckets, &i, &fresh);
	gen += 2;
	set_gen(gen | bank);
}

void add_rule(__u32 number, const __u8 addr[16], __u32 bits, __u32 export, const struct na_limit *l)
{
	struct na_limit_key k = {.prefixlen = NA_LIMIT_KEY_FIXED + bits,
				 .export = export,
				 .bank = number >= NA_LIMIT_RULES};
	struct na_limit limit = *l;
	struct na_ctl ctl;

	if (export && !bits && !(l->flags & NA_LIMIT_EACH))
		k.bank |= NA_LIMIT_WHOLE;
	memcpy(k.addr, addr, 16);
	if (!limit.id)
		limit.id = 7000 + number;
	put(tc.skel->maps.na_limits, &number, &limit);
	put(tc.skel->maps.na_limit_trie, &k, &number);
	scene_ctl(&s, &ctl, NULL);
	if (export && !bits) {
		ctl.limit_exports = NA_LIMIT_ALL;
	} else if (export) {
		k.export = NA_EXPORT_SOME;
		put(tc.skel->maps.na_limit_trie, &k, &number);
		ctl.limit_exports = NA_LIMIT_SOME;
	}
	scene_ctl(&s, NULL, &ctl);
}

void begin(const struct scene_setup *at, const struct na_limit *l)
{
	struct na_ctl ctl;

	scene_begin(&s, &tc, at);
	scene_ctl(&s, &ctl, NULL);
	ctl.limit_exports = 0;
	ctl.mode = NA_MODE_ANSWER;
	scene_ctl(&s, NULL, &ctl);
	no_rules(0);
	if (l)
		add_rule(RULE, everybody, 0, 0, l);
}

void unfollow(void)
{
	assert_int_equal(bpf_map_delete_elem(bpf_map__fd(tc.skel->maps.na_flows), &s.f.key), 0);
}

int client_says(const __u8 *data, __u32 len)
{
	struct frame f = scene_from_client(&s, data, len);

	scene_ingress(&s, &f);
	if (s.run.act == TC_ACT_UNSPEC)
		s.at.client += len;
	return s.run.act;
}

__u64 server_says(const __u8 *data, __u32 len)
{
	struct frame f = scene_from_server(&s, data, len);

	scene_egress(&s, &f);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	s.at.server += len;
	return s.run.tstamp;
}

__u32 other_call(__u32 len)
{
	static __u32 xid = 0x22220000u;

	memset(call, 0, len);
	na_put_be32(call, NA_RPC_LAST | (len - 4));
	na_put_be32(call + 4, ++xid);
	na_put_be32(call + 12, 2);
	na_put_be32(call + 16, NA_NFS_PROGRAM);
	na_put_be32(call + 20, 3);
	na_put_be32(call + 24, NA_NFS3_WRITE);
	return len;
}

__u32 other_reply(__u32 len)
{
	memset(reply, 0, len);
	na_put_be32(reply, NA_RPC_LAST | (len - 4));
	na_put_be32(reply + 4, 0x22220000u);
	na_put_be32(reply + 8, NA_RPC_REPLY);
	return len;
}

void file_in_export(struct scene_file *file, __u32 n)
{
	if (!file->bytes)
		scene_describe(file, 100);
	memset(&file->fh, 0, sizeof(file->fh));
	file->fh.len = 20;
	file->fh.data[0] = 1;
	file->fh.data[2] = 1;
	file->fh.data[7] = (__u8)n;
}

void put_exports(void)
{
	struct na_export_key k = {.type = 1};
	__u32 n, number;

	for (n = 1; n <= 3; n++) {
		k.fsid[3] = (__u8)n;
		number = 100 + n;
		put(tc.skel->maps.na_exports, &k, &number);
	}
}

__u64 exchange(__u32 call_len, __u32 reply_len)
{
	assert_int_equal(client_says(call, other_call(call_len)), TC_ACT_UNSPEC);
	return server_says(reply, other_reply(reply_len));
}

#define assert_time(t, from, to) assert_in_range(t, from, to)

struct na_bucket bucket(__u32 i)
{
	struct na_bucket b;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_buckets), &i, &b), 0);
	return b;
}

struct na_bucket only_bucket(void)
{
	struct na_bucket b, one = {0};
	__u32 i, n = 0;

	for (i = 0; i < NA_BUCKETS; i++) {
		b = bucket(i);
		if (b.key.id)
			one = b, n++;
	}
	assert_int_equal(n, 1);
	return one;
}

int limit_setup(void **state)
{
	(void)state;
	return tc_open(&tc, &tc_defaults);
}

int limit_teardown(void **state)
{
	(void)state;
	tc_close(&tc);
	return 0;
}

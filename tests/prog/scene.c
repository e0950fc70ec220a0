// SPDX-License-Identifier: GPL-2.0-only
#include "tests/prog/scene.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nfsaccel/slot.h"
#include "tests/unit/check.h"
#include "tests/unit/oracle.h"

#define HOUR 3600000000000ull
#define DEV  0x00800001u

static const struct oracle_call caller = {.sys = true,
					  .stamp = 77,
					  .name = 9,
					  .uid = 1000,
					  .gid = 100,
					  .ngids = 3,
					  .gids = {4, 24, 27}};

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

static void put(const struct bpf_map *map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

static void get(const struct bpf_map *map, const void *key, void *value)
{
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), key, value), 0);
}

static __u32 pop(const struct bpf_map *map)
{
	__u32 n = 0;

	assert_int_equal(bpf_map_lookup_and_delete_elem(bpf_map__fd(map), NULL, &n), 0);
	return n;
}

static void clear(const struct bpf_map *map)
{
	__u8 key[sizeof(struct na_cred_key)]; /* the longest */

	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		assert_int_equal(bpf_map_delete_elem(bpf_map__fd(map), key), 0);
}

static struct na_flow_key flow_key(bool ip6)
{
	struct na_flow_key k = {.client_port = __builtin_bswap16(40123),
				.server_port = __builtin_bswap16(2049)};
	static const __u8 client4[16] = {[10] = 0xff, 0xff, 10, 9, 1, 2};
	static const __u8 server4[16] = {[10] = 0xff, 0xff, 10, 9, 0, 1};
	static const __u8 client6[16] = {0xfd, 9, [8] = 0x12, 0x34, [14] = 0xab, 2};
	static const __u8 server6[16] = {0xfd, 9, [15] = 1};

	memcpy(k.client, ip6 ? client6 : client4, 16);
	memcpy(k.server, ip6 ? server6 : server4, 16);
	return k;
}

static struct na_cred_key cred_key(bool ip6)
{
	struct na_cred_key k = {
		.flavor = 1, .uid = caller.uid, .gid = caller.gid, .ngids = caller.ngids};

	memcpy(k.client, flow_key(ip6).client, 16);
	memcpy(k.gids, caller.gids, sizeof(k.gids));
	return k;
}

void scene_begin(struct scene *s, struct tc *t, const struct scene_setup *at)
{
	__u32 scaled = SCENE_WIN << SCENE_SHIFT;
	struct na_cred_key cred = cred_key(at->ip6);
	struct na_flow *f = &s->f;

	*s = (struct scene){.t = t, .at = *at, .cred = 500};
	scene_drain(s);
	clear(t->skel->maps.na_flows);
	clear(t->skel->maps.na_pending);
	clear(t->skel->maps.na_creds);
	put(t->skel->maps.na_creds, &cred, &s->cred);
	f->flags = NA_FLOW_FRESH | NA_FLOW_SACK | (at->ts ? NA_FLOW_TS : 0);
	f->key = flow_key(at->ip6);
	f->c_next = at->client;
	f->din = at->din;
	f->told = at->client;
	f->s_ack = at->client - at->din;
	f->s_edge = f->s_ack + scaled;
	f->s_high = at->server - at->dout;
	f->dout = at->dout;
	f->c_ack = at->server;
	f->c_edge = at->server + scaled;
	f->c_ack_s = f->s_high;
	f->s_una = f->s_high;
	/* it was told half of the window, so that an ACK that says the same is no news */
	f->s_edge_told = f->s_high + scaled / 2;
	f->s_edge_last = f->s_edge_told;
	f->c_rec = (struct na_records){.next = f->c_next, .sync = 1};
	f->s_rec = (struct na_records){.next = f->s_high, .sync = 1};
	f->c_wscale = SCENE_SHIFT;
	f->s_wscale = SCENE_SHIFT;
	f->mss = SCENE_MSS;
	f->c_tsval = 7000;
	f->ts_last = SCENE_TS;
	f->ts_offset = -(__s32)(now() / 1000000);
	f->cwnd = SCENE_CWND;
	f->ssthresh = 1 << 20;
	f->id = 1;
	f->born = now();
	f->last_alive = now();
	f->way.ifindex = t->ifindex;
	memcpy(f->way.mac, t->peer_mac, 6);
	memcpy(f->way.mac + 6, t->mac, 6);
	scene_put(s);
}

void scene_put(struct scene *s)
{
	put(s->t->skel->maps.na_flows, &s->f.key, &s->f);
}

void scene_get(struct scene *s, struct na_flow *f)
{
	get(s->t->skel->maps.na_flows, &s->f.key, f);
}

static __u32 encode_reply(const struct scene_file *file, __u32 xid, __u64 offset, __u32 count,
			  __u8 *out)
{
	__u64 size = file->attr.size;
	__u32 left = offset < size ? (__u32)(size - offset) : 0;
	__u32 n = count < left ? count : left;
	struct na_read3res r = {.status = 0,
				.has_attr = 1,
				.fattr = file->attr,
				.count = n,
				.eof = n == left,
				.data_len = n};

	return oracle_write_reply(xid, &r, file->bytes + (n ? offset : 0), out, SCENE_DATA - 4);
}

static __u32 record(__u8 *out, __u32 len)
{
	assert_true(len > 0);
	na_put_be32(out, 0x80000000u | len);
	return len + 4;
}

__u32 scene_reply(const struct scene_file *file, __u32 xid, __u64 offset, __u32 count, __u8 *out)
{
	return record(out, encode_reply(file, xid, offset, count, out + 4));
}

__u32 scene_call(const struct scene_file *file, __u32 xid, __u64 offset, __u32 count, __u8 *out)
{
	struct oracle_call c = caller;

	c.xid = xid;
	c.args.fh = file->fh;
	c.args.offset = offset;
	c.args.count = count;
	return record(out, oracle_write_call(&c, out + 4, SCENE_DATA - 4));
}

void scene_describe(struct scene_file *file, __u32 size)
{
	static __u32 serial;
	__u32 i, seed = ++serial * 2654435761u;

	memset(file, 0, sizeof(*file));
	file->fid = 0x100000000ull + serial;
	file->fh.len = 28;
	for (i = 0; i < file->fh.len; i++)
		file->fh.data[i] = (__u8)(seed >> (i % 25) ^ i);
	file->attr = (struct na_fattr3){.type = 1,
					.mode = 0640,
					.nlink = 1,
					.uid = 1000,
					.gid = 100,
					.size = size,
					.used = size + 4095ull,
					.fsid = 0x1122334455667788ull,
					.fileid = 0x100000001ull + serial,
					.atime = {1700000000, 1},
					.mtime = {1600000000, 2},
					.ctime = {1600000001, 3}};
	file->slot = na_slot_index(DEV, file->attr.fileid);
	file->bytes = malloc(size + 1ul);
	assert_non_null(file->bytes);
	for (i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		file->bytes[i] = (__u8)(seed >> 24);
	}
}

static void fill_blocks(struct scene *s, const struct scene_file *file, struct na_entry *e)
{
	static struct na_slab slab;
	__u32 i, at, n;

	for (i = 0, at = 0; at < file->attr.size; i++, at += NA_BLOCK_BYTES) {
		__u32 block = pop(s->t->skel->maps.na_free_blocks), key = block / NA_SLAB_BLOCKS;

		n = (__u32)file->attr.size - at;
		n = n < NA_BLOCK_BYTES ? n : NA_BLOCK_BYTES;
		get(s->t->skel->maps.na_slabs, &key, &slab);
		memcpy(slab.data + block % NA_SLAB_BLOCKS * NA_BLOCK_BYTES, file->bytes + at, n);
		put(s->t->skel->maps.na_slabs, &key, &slab);
		e->block[i] = block;
		e->valid |= 1u << i;
	}
}

void scene_file(struct scene *s, struct scene_file *file, __u32 size)
{
	static __u8 message[SCENE_DATA];
	struct nfsaccel_bpf *skel = s->t->skel;
	struct na_entry e = {
		.ref = NA_ENTRY_LIVE, .flush = 1, .expires = now() + HOUR, .version = 1};
	struct na_auth_key ak = {.cred = s->cred, .op = 6};
	struct na_auth auth = {.version = 1, .epoch = 1, .flush = 1, .expires = now() + HOUR};
	struct na_slot slot = {.version = 1};

	scene_describe(file, size);
	file->entry = pop(skel->maps.na_free_entries);
	e.slot = file->slot;
	e.fid = file->fid;
	e.fsid = file->attr.fsid;
	e.size = size;
	e.fh = file->fh;
	e.snap.inode = 0xffff888000000000ull; /* where no inode is */
	encode_reply(file, 0, 0, 0, message);
	memcpy(e.attr, message + 32, sizeof(e.attr)); /* after xid .. follows */
	fill_blocks(s, file, &e);
	ak.fid = file->fid;
	auth.fsid = file->attr.fsid;
	put(skel->maps.na_slots, &file->slot, &slot);
	put(skel->maps.na_entries, &file->entry, &e);
	put(skel->maps.na_auths, &ak, &auth);
	put(skel->maps.na_index, &file->fh, &file->entry);
}

void scene_forget(struct scene *s, struct scene_file *file)
{
	struct nfsaccel_bpf *skel = s->t->skel;
	struct na_entry e = scene_entry(s, file), none = {0};
	__u32 i;

	bpf_map_delete_elem(bpf_map__fd(skel->maps.na_index), &file->fh);
	for (i = 0; i < NA_FILE_BLOCKS; i++)
		if (e.block[i])
			put(skel->maps.na_free_blocks, NULL, &e.block[i]);
	put(skel->maps.na_entries, &file->entry, &none);
	put(skel->maps.na_free_entries, NULL, &file->entry);
	free(file->bytes);
	file->bytes = NULL;
}

static __u32 count_free(const struct bpf_map *map)
{
	static __u32 taken[TC_SLABS * NA_SLAB_BLOCKS];
	__u32 n = 0, i;

	while (!bpf_map_lookup_and_delete_elem(bpf_map__fd(map), NULL, &taken[n]))
		n++;
	for (i = n; i > 0; i--)
		put(map, NULL, &taken[i - 1]);
	return n;
}

struct scene_free scene_free(struct scene *s)
{
	return (struct scene_free){
		.blocks = count_free(s->t->skel->maps.na_free_blocks),
		.entries = count_free(s->t->skel->maps.na_free_entries),
	};
}

struct na_entry scene_entry(struct scene *s, const struct scene_file *file)
{
	struct na_entry e;

	get(s->t->skel->maps.na_entries, &file->entry, &e);
	return e;
}

void scene_set_entry(struct scene *s, const struct scene_file *file, const struct na_entry *e)
{
	put(s->t->skel->maps.na_entries, &file->entry, e);
}

void scene_ctl(struct scene *s, struct na_ctl *out, const struct na_ctl *in)
{
	const __u32 zero = 0;

	if (out)
		get(s->t->skel->maps.na_ctl, &zero, out);
	if (in)
		put(s->t->skel->maps.na_ctl, &zero, in);
}

__u32 scene_pins(struct scene *s, const struct scene_file *file)
{
	__u32 ref = scene_entry(s, file).ref;

	assert_true(ref & NA_ENTRY_LIVE);
	return ref & ~NA_ENTRY_LIVE;
}

struct frame scene_from_client(const struct scene *s, const __u8 *data, __u32 len)
{
	struct frame f = {.ip6 = s->at.ip6,
			  .from_port = 40123,
			  .to_port = 2049,
			  .ttl = 61,
			  .seq = s->at.client,
			  .ack = s->at.server,
			  .flags = TCP_ACK | (len ? TCP_PSH : 0),
			  .win = SCENE_WIN,
			  .ts = s->at.ts,
			  .tsval = 7001,
			  .tsecr = SCENE_TS,
			  .data = data,
			  .len = len};

	memcpy(f.from, s->f.key.client, 16);
	memcpy(f.to, s->f.key.server, 16);
	memcpy(f.from_mac, s->t->peer_mac, 6);
	memcpy(f.to_mac, s->t->mac, 6);
	return f;
}

struct frame scene_to_client(const struct scene *s, const __u8 *data, __u32 len)
{
	struct frame from = scene_from_client(s, NULL, 0), f = frame_back(&from);

	f.seq = s->at.server;
	f.ack = s->at.client;
	f.flags = TCP_ACK | (len ? TCP_PSH : 0);
	f.win = SCENE_WIN;
	f.ts = s->at.ts;
	f.tsval = SCENE_TS;
	f.tsecr = 7001;
	f.data = data;
	f.len = len;
	return f;
}

struct frame scene_from_server(const struct scene *s, const __u8 *data, __u32 len)
{
	struct frame f = scene_to_client(s, data, len);

	f.seq -= s->at.dout;
	f.ack -= s->at.din;
	/* its clock is behind what was sent in its name, and it has not seen the newest request */
	f.tsval = SCENE_TS - 1000000;
	f.tsecr = 6990;
	return f;
}

static void dump(const char *what, const __u8 *p, __u32 len)
{
	__u32 i;

	fprintf(stderr, "%s, %u bytes:", what, len);
	for (i = 0; i < len && i < 288; i++)
		fprintf(stderr, "%s%02x", i % 32 ? i % 4 ? "" : " " : "\n  ", p[i]);
	fprintf(stderr, "\n");
}

void scene_expect(const struct frame *want, const __u8 *got, __u32 len)
{
	static __u8 bytes[FRAME_MAX];
	__u32 n = frame_build(want, bytes), i;

	for (i = 0; i < n && i < len && bytes[i] == got[i]; i++)
		;
	if (n == len && i == n)
		return;
	fprintf(stderr, "first difference at byte %u\n", i);
	dump("wanted", bytes, n);
	dump("got", got, len);
	fail();
}

void scene_answered(struct scene *s, __u32 call_len, __u32 reply_len)
{
	s->at.client += call_len;
	s->at.din += call_len;
	s->at.server += reply_len;
	s->at.dout += reply_len;
}

void scene_run(struct scene *s, const struct bpf_program *prog, const __u8 *bytes, __u32 len)
{
	tc_counts(s->t, &s->before);
	assert_int_equal(tc_run(s->t, prog, bytes, len, &s->run), 0);
}

static void run_frame(struct scene *s, const struct bpf_program *prog, const struct frame *f)
{
	static __u8 bytes[FRAME_MAX];
	__u32 len = frame_build(f, bytes);

	s->run.mark = 0;
	s->run.gso_size = 0;
	scene_run(s, prog, bytes, len);
}

void scene_ingress(struct scene *s, const struct frame *f)
{
	run_frame(s, s->t->skel->progs.na_ingress, f);
}

void scene_egress(struct scene *s, const struct frame *f)
{
	run_frame(s, s->t->skel->progs.na_egress, f);
}

void scene_drain(struct scene *s)
{
	static __u8 bytes[FRAME_MAX];

	while (tc_sent(s->t, bytes, false))
		;
}

void scene_expect_silence(struct scene *s)
{
	static __u8 bytes[FRAME_MAX];

	assert_int_equal(tc_sent(s->t, bytes, false), 0);
}

void scene_expect_on(struct scene *s, const struct frame *want)
{
	assert_int_equal(s->run.act, TC_ACT_UNSPEC);
	assert_int_equal(s->run.mark, 0);
	scene_expect(want, s->run.data, s->run.len);
	scene_expect_silence(s);
}

void scene_expect_skb(struct scene *s, const struct frame *want)
{
	assert_int_equal(s->run.act, TC_ACT_REDIRECT);
	assert_int_equal(s->run.mark, NA_MARK_OURS);
	scene_expect(want, s->run.data, s->run.len);
}

void scene_expect_sent(struct scene *s, const struct frame *want)
{
	static __u8 bytes[FRAME_MAX];
	__u32 len = tc_sent(s->t, bytes, true);

	scene_expect(want, bytes, len);
}

static const char *const names[] = {
#define NAME(sym, name, help) name,
	NA_VERDICTS(NAME)
#undef NAME
};

void scene_print_counts(const struct tc_counts *c)
{
	int i;

	for (i = 0; i < NA_V_MAX; i++)
		if (c->n[i])
			print_message("%s %llu ", names[i], (unsigned long long)c->n[i]);
	print_message("\n");
}

void scene_expect_counts(struct scene *s, ...)
{
	struct tc_counts after, want = s->before;
	int which, wrong = 0;
	va_list list;

	va_start(list, s);
	while ((which = va_arg(list, int)) >= 0)
		want.n[which] += (__u64)va_arg(list, int);
	va_end(list);
	tc_counts(s->t, &after);
	for (which = 0; which < NA_V_MAX; which++) {
		if (after.n[which] == want.n[which])
			continue;
		fprintf(stderr, "%s: %lld, not %lld\n", names[which],
			(long long)(after.n[which] - s->before.n[which]),
			(long long)(want.n[which] - s->before.n[which]));
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static struct tc *loaded;

static int load(void **state)
{
	(void)state;
	return tc_open(loaded, &tc_defaults);
}

static int unload(void **state)
{
	(void)state;
	tc_close(loaded);
	return 0;
}

int scene_run_tests(struct tc *t, const char *name, const struct CMUnitTest *tests, __u32 n)
{
	loaded = t;
	return _cmocka_run_group_tests(name, tests, n, load, unload);
}

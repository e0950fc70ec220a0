// SPDX-License-Identifier: GPL-2.0-only
/* nfsd's READ replies on their way out become cache entries, or they do not. */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/prog/scene.h"

#define XID    0x3d3d0000u
#define PACKET 3000u /* what BPF_PROG_TEST_RUN takes at once */
#define SECOND 1000000000ull

static struct tc tc;
static struct scene s;
static struct scene_file file;
static struct na_pending note;
static struct scene_free free_before;
static __u8 reply[SCENE_DATA], call[1024];
static __u32 reply_len, xid = XID;

static const struct scene_setup setups[] = {
	{.ts = true, .client = 1000000, .server = 0xffffff00, .din = 4444, .dout = 55555},
	{.ip6 = true, .client = 0xffffffe0, .server = 5, .din = 100, .dout = 0xffffff03},
};

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * SECOND + (__u64)t.tv_nsec;
}

static void describe_note(__u64 offset, __u32 count)
{
	const struct na_fattr3 *a = &file.attr;

	note = (struct na_pending){
		.state = NA_PENDING_HOOKED,
		.count = count,
		.offset = offset,
		.asked = now(),
		.epoch = 1,
		.flush = 1,
		.cred = s.cred,
		.version = 1,
		.expires = now() + 3600 * SECOND,
		.ttl = 3600 * SECOND,
		.slot = file.slot,
		.snap = {.inode = 0xffff888000000000ull,
			 .ino = a->fileid,
			 .size = a->size,
			 .mtime_sec = a->mtime.sec,
			 .mtime_nsec = a->mtime.nsec,
			 .ctime_sec = a->ctime.sec,
			 .ctime_nsec = a->ctime.nsec,
			 .mode = 0100000 | a->mode,
			 .uid = a->uid,
			 .gid = a->gid,
			 .nlink = a->nlink},
		.fh = file.fh,
	};
}

/* A READ of a file that nobody has in the cache went to nfsd, and the hook found it fit. */
static void ask(__u64 offset, __u32 count)
{
	describe_note(offset, count);
	reply_len = scene_reply(&file, ++xid, offset, count, reply);
}

static void begin(const struct scene_setup *at, __u32 size)
{
	struct na_slot slot = {.version = 1};

	scene_begin(&s, &tc, at);
	free_before = scene_free(&s);
	scene_describe(&file, size);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_slots), &file.slot, &slot,
					     BPF_ANY),
			 0);
}

static void put_note(void)
{
	struct na_pending_key key = {.flow = s.f.key, .xid = xid};

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_pending), &key, &note, BPF_ANY),
		0);
}

/* The server's stream goes on with these bytes, in one skb. */
static void send_bytes(const __u8 *data, __u32 len)
{
	struct frame out = scene_from_server(&s, data, len);

	scene_egress(&s, &out);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_int_equal(s.run.len, frame_payload(&out) + len);
	assert_memory_equal(s.run.data + frame_payload(&out), data, len);
	s.at.server += len;
}

/* The whole reply, the first packet of `first` bytes. */
static void send_reply(__u32 first)
{
	__u32 at, n;

	for (at = 0; at < reply_len; at += n) {
		n = reply_len - at < PACKET ? reply_len - at : PACKET;
		if (!at && first && first < n)
			n = first;
		send_bytes(reply + at, n);
	}
}

/* Is there an entry of the file? Sets file.entry. */
static bool indexed(void)
{
	int fd = bpf_map__fd(tc.skel->maps.na_index);

	return bpf_map_lookup_elem(fd, &file.fh, &file.entry) == 0;
}

static bool authorized(const struct na_entry *e)
{
	struct na_auth_key key = {.cred = s.cred, .fid = e->fid, .op = 6};
	struct na_auth auth;

	if (bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_auths), &key, &auth))
		return false;
	assert_int_equal(auth.version, note.version);
	assert_int_equal(auth.epoch, note.epoch);
	assert_int_equal(auth.flush, note.flush);
	assert_int_equal(auth.expires, note.expires);
	assert_int_equal(auth.fsid, file.attr.fsid);
	return true;
}

/* The client has acknowledged all; its READ is a hit and brings the file's own bytes. */
static void expect_hit(__u64 offset, __u32 count)
{
	__u32 len = scene_call(&file, ++xid, offset, count, call), at, n;
	struct frame in = scene_from_client(&s, call, len);
	struct na_flow f;

	scene_get(&s, &f);
	f.c_edge += SCENE_DATA;
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_flows), &f.key, &f, BPF_ANY), 0);
	scene_ingress(&s, &in);
	reply_len = scene_reply(&file, xid, offset, count, reply);
	for (at = 0; at < reply_len; at += n) {
		bool last = reply_len - at <= SCENE_MSS;
		static __u8 sent[FRAME_MAX];
		__u32 payload = frame_payload(&in), all;

		n = last ? reply_len - at : SCENE_MSS;
		all = tc_sent(&tc, sent, !last || s.run.act != TC_ACT_REDIRECT);
		if (!all) {
			all = s.run.len;
			memcpy(sent, s.run.data, all);
		}
		assert_int_equal(all, payload + n);
		assert_memory_equal(sent + payload, reply + at, n);
	}
	scene_answered(&s, len, reply_len);
	in = scene_from_client(&s, NULL, 0);
	scene_ingress(&s, &in);
	scene_drain(&s);
}

/* Nothing is held back: no pin, no block that belongs to nobody. */
static void expect_clean(__u32 entries, __u32 blocks)
{
	struct scene_free f = scene_free(&s);

	assert_int_equal(free_before.entries - f.entries, entries);
	assert_int_equal(free_before.blocks - f.blocks, blocks);
}

static void expect_entry(__u32 valid, __u32 blocks)
{
	struct na_entry e;

	assert_true(indexed());
	e = scene_entry(&s, &file);
	assert_int_equal(e.ref, NA_ENTRY_LIVE);
	assert_int_equal(e.size, file.attr.size);
	assert_int_equal(e.fsid, file.attr.fsid);
	assert_int_equal(e.slot, file.slot);
	assert_int_equal(e.version, 1);
	assert_memory_equal(&e.snap, &note.snap, sizeof(e.snap));
	assert_memory_equal(&e.fh, &file.fh, sizeof(e.fh));
	assert_int_equal(e.valid, valid);
	assert_true(authorized(&e));
	expect_clean(1, blocks);
}

static void end(void)
{
	if (indexed())
		scene_forget(&s, &file);
	else
		free(file.bytes);
	expect_clean(0, 0);
}

static __u32 blocks_of(__u32 size)
{
	return (size + NA_BLOCK_BYTES - 1) / NA_BLOCK_BYTES;
}

static void test_sizes(void **state)
{
	static const __u32 sizes[] = {0,    1,	  2,	3,     4,     511,   1023,  2868, 2869,
				      4095, 4096, 4097, 12287, 12289, 40001, 65535, 65536};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		for (j = 0; j < COUNT(setups); j++) {
			__u32 n = blocks_of(sizes[i]);

			begin(&setups[j], sizes[i]);
			ask(0, 65536);
			put_note();
			send_reply(0);
			expect_entry((__u32)((1ull << n) - 1), n);
			expect_hit(0, 65536);
			expect_entry((__u32)((1ull << n) - 1), n);
			end();
		}
	}
}

/* The reply's packets are cut anywhere, once its head is whole. */
static void test_cuts(void **state)
{
	__u32 first;

	(void)state;
	for (first = NA_READ3_HEAD; first < 2700; first += first < 160 ? 1 : 331) {
		begin(&setups[first & 1], 9001);
		ask(0, 65536);
		put_note();
		send_reply(first);
		expect_entry(7, 3);
		expect_hit(0, 9001);
		expect_hit(first, 4097);
		end();
	}
}

/* Some bytes of the head only: not worth remembering, and no harm. */
static void test_cut_head(void **state)
{
	__u32 first;

	(void)state;
	for (first = 1; first < NA_READ3_HEAD; first++) {
		struct na_flow f;

		begin(&setups[0], 100);
		ask(0, 100);
		put_note();
		send_reply(first);
		assert_false(indexed());
		scene_get(&s, &f);
		assert_true(f.s_rec.sync);
		assert_int_equal(f.s_rec.next, f.s_high);
		end();
	}
}

/* Parts of one file, by and by; only whole blocks count. */
static void test_parts(void **state)
{
	struct na_entry one, two;

	(void)state;
	begin(&setups[0], 10000);
	ask(4096, 4096);
	put_note();
	send_reply(0);
	expect_entry(2, 1);
	one = scene_entry(&s, &file);
	expect_hit(4096, 4096);
	expect_hit(5000, 100);
	ask(8000, 9999); /* the end of block 1, and the last one */
	put_note();
	send_reply(0);
	expect_entry(6, 2);
	expect_hit(4096, 65536);
	ask(0, 4095); /* not all of block 0 */
	put_note();
	send_reply(0);
	expect_entry(6, 2);
	ask(0, 4096);
	put_note();
	send_reply(0);
	expect_entry(7, 3);
	expect_hit(0, 10000);
	two = scene_entry(&s, &file);
	assert_int_equal(one.fid, two.fid);
	end();
}

/* Several replies in one packet, and one that begins at its end. */
static void test_several(void **state)
{
	static __u8 stream[8192];
	struct scene_file files[3];
	__u32 i, n = 0;

	(void)state;
	scene_begin(&s, &tc, &setups[1]);
	free_before = scene_free(&s);
	for (i = 0; i < COUNT(files); i++) {
		struct scene_free was = free_before;

		begin(&setups[1], i * 4);
		free_before = was;
		files[i] = file;
	}
	for (i = 0; i < COUNT(files); i++) {
		file = files[i];
		ask(0, 4096);
		put_note();
		memcpy(stream + n, reply, reply_len);
		n += reply_len;
	}
	send_bytes(stream, n - 2);
	send_bytes(stream + n - 2, 2);
	scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, NA_V_FILL_DONE, 1, -1);
	for (i = 0; i < COUNT(files); i++) {
		file = files[i];
		assert_true(indexed());
		expect_hit(0, 4096);
		files[i].entry = file.entry;
	}
	for (i = 0; i < COUNT(files); i++)
		scene_forget(&s, &files[i]);
	expect_clean(0, 0);
}

/* Why a reply may not be kept. */
#define REASON(name, statement)                                                                    \
	static void name(void)                                                                     \
	{                                                                                          \
		statement;                                                                         \
	}
REASON(note_asked, note.state = NA_PENDING_ASKED)
REASON(note_refused, note.state = NA_PENDING_REFUSED)
REASON(note_poison, note.state = NA_PENDING_REFUSED + 1)
REASON(note_flush, note.flush = 0)
REASON(note_version, note.version = 0)
REASON(note_ino, note.snap.ino++)
REASON(note_size, note.snap.size++)
REASON(note_mode, note.snap.mode ^= 1)
REASON(note_nlink, note.snap.nlink++)
REASON(note_mtime, note.snap.mtime_nsec++)
REASON(note_ctime, note.snap.ctime_sec++)
REASON(note_offset, note.offset = 4000)
REASON(note_count, note.count--)
REASON(other_xid, na_put_be32(reply + 4, xid + 77))
REASON(reply_status, na_put_be32(reply + 28, 70))
REASON(reply_denied, na_put_be32(reply + 12, 1))
REASON(reply_no_attr, na_put_be32(reply + 32, 0))
REASON(reply_eof, reply[127] ^= 1)
REASON(reply_len_short, na_put_be32(reply + 128, 1999))
REASON(reply_directory, reply[39] = 2)
REASON(reply_is_call, reply[11] = 0)

static const struct {
	const char *name;
	void (*make)(void);
	int why; /* counter, -1 if none */
} refusals[] = {
#define REFUSAL(make, why)                                                                         \
	{                                                                                          \
#make, make, why                                                                   \
	}
	REFUSAL(note_asked, -1),
	REFUSAL(note_refused, -1),
	REFUSAL(note_poison, -1),
	REFUSAL(note_flush, NA_V_REFUSE_MOVED),
	REFUSAL(note_version, NA_V_REFUSE_MOVED),
	REFUSAL(note_ino, NA_V_REFUSE_REPLY),
	REFUSAL(note_size, NA_V_REFUSE_REPLY),
	REFUSAL(note_mode, NA_V_REFUSE_REPLY),
	REFUSAL(note_nlink, NA_V_REFUSE_REPLY),
	REFUSAL(note_mtime, NA_V_REFUSE_REPLY),
	REFUSAL(note_ctime, NA_V_REFUSE_REPLY),
	REFUSAL(note_offset, NA_V_REFUSE_REPLY),
	REFUSAL(note_count, NA_V_REFUSE_REPLY),
	REFUSAL(other_xid, -1),
	REFUSAL(reply_status, NA_V_REFUSE_REPLY),
	REFUSAL(reply_denied, NA_V_REFUSE_REPLY),
	REFUSAL(reply_no_attr, NA_V_REFUSE_REPLY),
	REFUSAL(reply_eof, NA_V_REFUSE_REPLY),
	REFUSAL(reply_len_short, NA_V_REFUSE_REPLY),
	REFUSAL(reply_directory, NA_V_REFUSE_REPLY),
	REFUSAL(reply_is_call, -1),
};

static void test_refusals(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refusals); i++) {
		print_message("%s\n", refusals[i].name);
		begin(&setups[0], 5000);
		ask(0, 2000);
		refusals[i].make();
		put_note();
		send_bytes(reply, reply_len);
		if (refusals[i].why < 0)
			scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, -1);
		else
			scene_expect_counts(&s, refusals[i].why, 1, NA_V_TRANSLATED_OUT, 1, -1);
		assert_false(indexed());
		expect_clean(0, 0);
		end();
	}
}

/* What this connection is not answered with is not copied in vain. */
static void test_packets(void **state)
{
	struct tc_options few = tc_defaults;
	__u32 most = 4 * SCENE_MSS - NA_READ3_HEAD, n;

	(void)state;
	tc_close(&tc);
	few.max_packets = 0; /* auto: four of these */
	assert_int_equal(tc_open(&tc, &few), 0);
	for (n = most; n <= most + 1; n++) {
		begin(&setups[0], n);
		ask(0, n);
		put_note();
		send_bytes(reply, PACKET);
		scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, NA_V_REFUSE_LONG, n != most,
				    n == most ? NA_V_FILL_AUTH : -1, 1, -1);
		send_bytes(reply + PACKET, reply_len - PACKET);
		assert_int_equal(indexed(), n == most);
		end();
	}
}

/* A reply is used once: the second one with its xid finds no note. */
static void test_once(void **state)
{
	(void)state;
	begin(&setups[0], 100);
	ask(0, 100);
	put_note();
	send_reply(0);
	scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, NA_V_FILL_DONE, 1, NA_V_FILL_AUTH, 1, -1);
	send_reply(0);
	scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, -1);
	end();
}

/* Sent again: the bytes may be others by now, so nothing is learnt from them. */
static void test_retransmission(void **state)
{
	(void)state;
	begin(&setups[0], 100);
	ask(0, 100);
	send_reply(0);
	s.at.server -= reply_len;
	put_note();
	send_reply(0);
	assert_false(indexed());
	expect_clean(0, 0);
	end();
}

/* Something changed while nfsd was at it: the bytes may be kept, the permission not. */
static void test_no_permission(void **state)
{
	struct na_slot slot = {.version = 1};
	struct na_entry e;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		begin(&setups[0], 100);
		ask(0, 100);
		if (i) {
			note.epoch = 0;
		} else {
			slot.bumped = note.asked;
			assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_slots),
							     &file.slot, &slot, BPF_ANY),
					 0);
		}
		put_note();
		send_reply(0);
		scene_expect_counts(&s, NA_V_TRANSLATED_OUT, 1, NA_V_FILL_DONE, 1, -1);
		assert_true(indexed());
		e = scene_entry(&s, &file);
		assert_false(authorized(&e));
		end();
	}
}

/* A packet of the reply is missing: what came is kept, what was begun is given back. */
static void test_interrupted(void **state)
{
	struct na_flow f;

	(void)state;
	begin(&setups[1], 12000);
	ask(0, 12000);
	put_note();
	send_bytes(reply, 3000);
	send_bytes(reply + 3000, 3000);
	scene_get(&s, &f);
	assert_true(f.fill.entry != 0);
	s.at.server += 1000;
	send_bytes(reply + 7000, 3000);
	scene_get(&s, &f);
	assert_int_equal(f.fill.entry, 0);
	expect_entry(1, 1);
	end();
}

/* More files than there is room for: the least useful give way, the rest stays right. */
static void test_eviction(void **state)
{
	static struct scene_file files[TC_ENTRIES + 10];
	__u32 i, kept = 0;

	(void)state;
	scene_begin(&s, &tc, &setups[0]);
	free_before = scene_free(&s);
	for (i = 0; i < COUNT(files); i++) {
		struct scene_free was = free_before;

		begin(&setups[0], 8192 + i);
		free_before = was;
		ask(0, 65536);
		put_note();
		send_reply(0);
		assert_true(indexed());
		files[i] = file;
	}
	for (i = 0; i < COUNT(files); i++) {
		scene_begin(&s, &tc, &setups[0]);
		file = files[i];
		if (!indexed()) {
			free(file.bytes);
			continue;
		}
		expect_hit(0, 65536);
		scene_forget(&s, &file);
		kept++;
	}
	expect_clean(0, 0);
	assert_in_range(kept, 20, TC_ENTRIES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	      cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_cut_head),      cmocka_unit_test(test_parts),
		cmocka_unit_test(test_several),	      cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_once),	      cmocka_unit_test(test_retransmission),
		cmocka_unit_test(test_no_permission), cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_eviction),      cmocka_unit_test(test_packets),
	};

	return scene_run_tests(&tc, "tc_fill", tests, COUNT(tests));
}

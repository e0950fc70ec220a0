// SPDX-License-Identifier: GPL-2.0-only
/* READs that could be answered are left to nfsd, whose replies are compared. */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "nfsaccel/shadow.h"
#include "tests/prog/scene.h"

#define PACKET 3000u /* what BPF_PROG_TEST_RUN takes at once */

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 reply[SCENE_DATA], call[1024];
static __u32 reply_len, xid = 0x5ad00000;

static const struct scene_setup plain = {.ts = true, .client = 1000, .server = 2000};

static struct na_ctl ctl_now(void)
{
	struct na_ctl ctl;

	scene_ctl(&s, &ctl, NULL);
	return ctl;
}

static void begin(__u32 size, enum na_mode mode, __u32 share)
{
	struct na_shadow_report none = {0};
	struct na_ctl ctl = ctl_now();
	__u32 zero = 0;

	ctl.mode = mode;
	ctl.shadow = share;
	ctl.tripped = 0;
	ctl.flush = 1;
	ctl.epoch = 1;
	scene_ctl(&s, NULL, &ctl);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_shadow_found), &zero,
					     &none, BPF_ANY),
			 0);
	scene_begin(&s, &tc, &plain);
	scene_file(&s, &file, size);
}

static struct na_pending_key note_key(void)
{
	return (struct na_pending_key){.flow = s.f.key, .xid = xid};
}

/* The call passes as it is, and what would have been said is noted. */
static void ask(__u64 offset, __u32 count)
{
	__u32 len = scene_call(&file, ++xid, offset, count, call);
	struct frame in = scene_from_client(&s, call, len);
	struct na_pending_key key = note_key();
	struct na_shadow shadow;

	scene_ingress(&s, &in);
	scene_expect_on(&s, &in);
	scene_expect_counts(&s, NA_V_MISS_SHADOW, 1, NA_V_SHADOW_ASKED, 1, NA_V_FILL_ASKED, 1, -1);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_shadows), &key, &shadow),
			 0);
	assert_int_equal(shadow.entry, file.entry);
	s.at.client += len;
	reply_len = scene_reply(&file, xid, offset, count, reply);
}

/* What the fill hook does inside nfsd. */
static void note_state(__u32 state)
{
	int fd = bpf_map__fd(tc.skel->maps.na_pending);
	struct na_pending_key key = note_key();
	struct na_pending note;

	assert_int_equal(bpf_map_lookup_elem(fd, &key, &note), 0);
	note.state = state;
	note.ran = 1;
	note.slot = file.slot;
	assert_int_equal(bpf_map_update_elem(fd, &key, &note, BPF_EXIST), 0);
}

static struct tc_counts sum; /* of all packets of a reply */

/* nfsd's reply, its first packet of `first` bytes; it goes out as it is. */
static void send_reply(__u32 first)
{
	struct tc_counts before, after;
	__u32 at, n, i;

	tc_counts(&tc, &before);
	for (at = 0; at < reply_len; at += n) {
		struct frame out;

		n = reply_len - at < PACKET ? reply_len - at : PACKET;
		if (!at && first && first < n)
			n = first;
		out = scene_from_server(&s, reply + at, n);
		scene_egress(&s, &out);
		assert_int_equal(s.run.act, TC_ACT_UNSPEC);
		assert_memory_equal(s.run.data + frame_payload(&out), reply + at, n);
		s.at.server += n;
	}
	tc_counts(&tc, &after);
	for (i = 0; i < NA_V_MAX; i++)
		sum.n[i] = after.n[i] - before.n[i];
}

static void expect(__u64 same, __u64 diff, __u64 moved)
{
	struct na_pending_key key = note_key();
	struct na_shadow shadow;

	assert_int_equal(sum.n[NA_V_SHADOW_SAME], same);
	assert_int_equal(sum.n[NA_V_SHADOW_DIFF], diff);
	assert_int_equal(sum.n[NA_V_SHADOW_MOVED], moved);
	assert_true(!!sum.n[NA_V_SHADOW_NS] == !!same);
	assert_int_equal(scene_pins(&s, &file), 0);
	assert_int_not_equal(
		bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_shadows), &key, &shadow), 0);
}

static struct na_shadow_report expect_fault(enum na_shadow_fault fault, enum na_mode mode_after)
{
	struct na_ctl ctl = ctl_now();
	struct na_shadow_report r;
	__u32 zero = 0;

	expect(0, 1, 0);
	assert_int_equal(ctl.tripped, fault);
	assert_int_equal(ctl.mode, mode_after);
	assert_int_equal(ctl.flush, 2);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_shadow_found), &zero, &r),
			 0);
	assert_int_equal(r.fault, fault);
	assert_int_equal(r.xid, xid);
	assert_memory_equal(&r.fh, &file.fh, sizeof(r.fh));
	assert_memory_equal(&r.flow, &s.f.key, sizeof(r.flow));
	return r;
}

static void expect_no_fault(void)
{
	struct na_ctl ctl = ctl_now();

	assert_int_equal(ctl.tripped, 0);
	assert_int_equal(ctl.flush, 1);
}

static void end(void)
{
	scene_forget(&s, &file);
}

static void test_same(void **state)
{
	static const struct {
		__u32 size, offset, count;
	} reads[] = {{0, 0, 4096},	{1, 0, 1},	    {4096, 0, 4096},   {4097, 4096, 4096},
		     {65536, 0, 65536}, {40001, 513, 9999}, {9000, 9000, 100}, {70, 0, 4096}};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(reads); i++) {
		begin(reads[i].size, i & 1 ? NA_MODE_OBSERVE : NA_MODE_ANSWER, 1);
		ask(reads[i].offset, reads[i].count);
		note_state(NA_PENDING_HOOKED);
		send_reply(0);
		expect(1, 0, 0);
		expect_no_fault();
		end();
	}
}

static void test_cuts(void **state)
{
	__u32 first;

	(void)state;
	for (first = NA_READ3_HEAD; first < 2900; first += first < 150 ? 1 : 499) {
		begin(9001, NA_MODE_OBSERVE, 0);
		ask(0, 9001);
		note_state(NA_PENDING_HOOKED);
		send_reply(first);
		expect(1, 0, 0);
		end();
	}
}

/* One byte of the file is another, anywhere: told where, and nothing is answered any more. */
static void test_data(void **state)
{
	static const __u32 at[] = {0, 1, 7, 8, 511, 512, 2867, 2868, 4095, 4096, 9000};
	struct na_shadow_report r;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(at); i++) {
		begin(9001, NA_MODE_ANSWER, 1);
		file.bytes[at[i]] ^= 0x10;
		ask(0, 65536);
		note_state(NA_PENDING_HOOKED);
		send_reply(0);
		r = expect_fault(NA_SHADOW_DATA, NA_MODE_OFF);
		assert_int_equal(r.at, at[i]);
		assert_int_equal(r.offset, 0);
		assert_int_equal(r.count, 65536);
		end();
	}
}

static void test_observing_goes_on(void **state)
{
	(void)state;
	begin(100, NA_MODE_OBSERVE, 0);
	file.bytes[99] ^= 1;
	ask(50, 50);
	note_state(NA_PENDING_HOOKED);
	send_reply(0);
	assert_int_equal(expect_fault(NA_SHADOW_DATA, NA_MODE_OBSERVE).at, 99);
	end();
}

static void test_attributes(void **state)
{
	const struct na_fattr3 *a = &file.attr;
	const struct {
		const void *field;
		bool told;
	} fields[] = {{&a->mode, true},	      {&a->nlink, true},      {&a->uid, true},
		      {&a->gid, true},	      {&a->fsid, true},	      {&a->fileid, true},
		      {&a->mtime.sec, true},  {&a->mtime.nsec, true}, {&a->ctime.sec, true},
		      {&a->ctime.nsec, true}, {&a->used, false},      {&a->atime.sec, false},
		      {&a->atime.nsec, false}};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fields); i++) {
		begin(100, NA_MODE_ANSWER, 1);
		++*(__u32 *)fields[i].field;
		ask(0, 100);
		note_state(NA_PENDING_HOOKED);
		send_reply(0);
		if (fields[i].told) {
			expect_fault(NA_SHADOW_ATTR, NA_MODE_OFF);
		} else {
			expect(1, 0, 0);
			expect_no_fault();
		}
		end();
	}
}

/* nfsd returns less than the cache would, or says eof where the cache would not. */
static void test_count(void **state)
{
	(void)state;
	begin(100, NA_MODE_ANSWER, 1);
	ask(0, 50);
	reply_len = scene_reply(&file, xid, 0, 48, reply);
	note_state(NA_PENDING_HOOKED);
	send_reply(0);
	expect_fault(NA_SHADOW_COUNT, NA_MODE_OFF);
	end();

	begin(100, NA_MODE_ANSWER, 1);
	ask(0, 50);
	na_put_be32(reply + 124, 1);
	note_state(NA_PENDING_HOOKED);
	send_reply(0);
	expect_fault(NA_SHADOW_COUNT, NA_MODE_OFF);
	end();
}

/* READ3resfail without attributes, RFC 1813 section 3.3.6; or an RPC error, RFC 5531. */
static void error_reply(__u32 accept_stat, __u32 status)
{
	static const __u32 head[] = {0, 0, 1, 0, 0, 0};
	__u32 i;

	reply_len = accept_stat ? 28 : 36;
	for (i = 0; i < COUNT(head); i++)
		na_put_be32(reply + 4 * i, head[i]);
	na_put_be32(reply, 0x80000000u | (reply_len - 4));
	na_put_be32(reply + 4, xid);
	na_put_be32(reply + 24, accept_stat);
	if (!accept_stat) {
		na_put_be32(reply + 28, status);
		na_put_be32(reply + 32, 0);
	}
}

static void test_status(void **state)
{
	(void)state;
	begin(100, NA_MODE_ANSWER, 1);
	ask(0, 100);
	error_reply(0, 13); /* NFS3ERR_ACCES: refused before the hook */
	send_reply(0);
	assert_int_equal(expect_fault(NA_SHADOW_STATUS, NA_MODE_OFF).status, 13);
	end();

	begin(100, NA_MODE_ANSWER, 1);
	ask(0, 100);
	error_reply(1, 0); /* PROG_UNAVAIL */
	send_reply(0);
	expect_fault(NA_SHADOW_STATUS, NA_MODE_OFF);
	end();

	begin(100, NA_MODE_ANSWER, 1);
	ask(0, 100);
	error_reply(0, NA_NFS3ERR_JUKEBOX);
	send_reply(0);
	expect(0, 0, 1);
	expect_no_fault();
	end();
}

static void bump(void)
{
	struct na_slot slot = {.version = 99};

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_slots), &file.slot, &slot,
					     BPF_ANY),
			 0);
}

static void move_epoch(void)
{
	struct na_ctl ctl = ctl_now();

	ctl.epoch++;
	scene_ctl(&s, NULL, &ctl);
}

static void no_move(void)
{
}

static void unlike(void)
{
	struct na_entry e = scene_entry(&s, &file);

	e.fid++;
	scene_set_entry(&s, &file, &e);
}

/* What changed after the call was judged may show in nfsd's reply alone. */
static void test_moved(void **state)
{
	static const struct {
		void (*move)(void);
		__u32 state;
	} cases[] = {
		{bump, NA_PENDING_HOOKED},
		{move_epoch, NA_PENDING_HOOKED},
		{unlike, NA_PENDING_HOOKED},
		{no_move, NA_PENDING_REFUSED}, /* the hook found a writer */
		{no_move, NA_PENDING_ASKED},   /* another call's, for all we know */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		begin(5000, NA_MODE_ANSWER, 1);
		file.bytes[4999] ^= 1;
		ask(0, 5000);
		note_state(cases[i].state);
		cases[i].move();
		send_reply(0);
		expect(0, 0, 1);
		expect_no_fault();
		end();
	}
}

/* The stream goes on elsewhere before the reply was whole. */
static void test_interrupted(void **state)
{
	struct frame out;

	(void)state;
	begin(9000, NA_MODE_OBSERVE, 0);
	ask(0, 9000);
	note_state(NA_PENDING_HOOKED);
	reply_len = 3000;
	send_reply(0);
	assert_int_equal(scene_pins(&s, &file), 1);
	s.at.server += 100;
	out = scene_from_server(&s, reply, 50);
	scene_egress(&s, &out);
	assert_int_equal(scene_pins(&s, &file), 0);
	end();
}

/* A connection whose READs are compared has a use: it is not left alone (bpf/doze.bpf.h). */
static void test_awake(void **state)
{
	struct na_flow f;

	(void)state;
	begin(100, NA_MODE_OBSERVE, 0);
	s.f.bored = NA_DOZE_AFTER - 1;
	scene_put(&s);
	ask(0, 100);
	scene_get(&s, &f);
	assert_int_equal(f.bored, 0);
	end();
}

static void test_share(void **state)
{
	__u32 i, passed = 0, len;

	(void)state;
	begin(100, NA_MODE_ANSWER, 0);
	len = scene_call(&file, ++xid, 0, 100, call);
	for (i = 0; i < 300; i++) {
		struct frame in;

		if (i == 100) { /* from here on every other */
			struct na_ctl ctl = ctl_now();

			ctl.shadow = 2;
			scene_ctl(&s, NULL, &ctl);
			assert_int_equal(passed, 0);
		}
		scene_begin(&s, &tc, &plain);
		in = scene_from_client(&s, call, len);
		scene_ingress(&s, &in);
		passed += s.run.act == TC_ACT_UNSPEC;
		scene_drain(&s);
		if (s.run.act == TC_ACT_REDIRECT) {
			struct na_entry e = scene_entry(&s, &file);

			e.ref = NA_ENTRY_LIVE;
			scene_set_entry(&s, &file, &e);
		} else {
			struct na_pending_key key = note_key();

			bpf_map_delete_elem(bpf_map__fd(tc.skel->maps.na_pending), &key);
		}
	}
	/* 100 expected of 200; 7 standard deviations to either side */
	assert_in_range(passed, 50, 150);
	end();
}

static int setup(void **state)
{
	(void)state;
	return tc_open(&tc, &tc_defaults) ?: (s.t = &tc, 0);
}

static int teardown(void **state)
{
	(void)state;
	tc_close(&tc);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),	    cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_data),	    cmocka_unit_test(test_observing_goes_on),
		cmocka_unit_test(test_attributes),  cmocka_unit_test(test_count),
		cmocka_unit_test(test_status),	    cmocka_unit_test(test_moved),
		cmocka_unit_test(test_interrupted), cmocka_unit_test(test_share),
		cmocka_unit_test(test_awake),
	};

	return cmocka_run_group_tests_name("tc_shadow", tests, setup, teardown);
}

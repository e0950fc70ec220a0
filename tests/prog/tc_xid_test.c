// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reply is matched to its call by xid alone, so each call that nfsd runs must be written
 * down, each reply must take one note away, and what does not add up stops all learning.
 */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "tests/prog/scene.h"

#define XID 0x51510000u

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 bytes[SCENE_DATA];

static const struct scene_setup at = {
	.ts = true, .client = 1000, .server = 2000, .din = 300, .dout = 4000};

static void begin(void)
{
	scene_begin(&s, &tc, &at);
	scene_describe(&file, 9000);
}

static void end(void)
{
	free(file.bytes);
}

static bool noted(__u32 xid, struct na_pending *p)
{
	struct na_pending_key key = {.flow = s.f.key, .xid = xid};

	return !bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_pending), &key, p);
}

static void put_note(__u32 xid, __u32 state, bool read, __u32 ran)
{
	struct na_pending_key key = {.flow = s.f.key, .xid = xid};
	struct na_pending p = {.state = state, .read = read, .ran = ran};

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_pending), &key, &p, BPF_ANY), 0);
}

static __u32 strangers(void)
{
	struct na_flow f;

	scene_get(&s, &f);
	return f.strangers;
}

static void client_sends(const __u8 *data, __u32 len)
{
	struct frame f = scene_from_client(&s, data, len);

	scene_ingress(&s, &f);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	s.at.client += len;
}

static void server_sends(const __u8 *data, __u32 len)
{
	struct frame f = scene_from_server(&s, data, len);

	scene_egress(&s, &f);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	s.at.server += len;
}

/* nfsd ignores what follows a call's arguments: a READ call may be as long as one likes. */
static void test_long_call(void **state)
{
	static const __u32 longer[] = {400, 1000};
	struct na_pending p;
	__u32 i, len, mark;

	(void)state;
	for (i = 0; i < COUNT(longer); i++) {
		begin();
		memset(bytes, 0, sizeof(bytes));
		len = scene_call(&file, XID + i, 4096, 4096, bytes) + longer[i];
		mark = __builtin_bswap32(0x80000000u | (len - 4));
		memcpy(bytes, &mark, 4);
		client_sends(bytes, len);
		assert_true(noted(XID + i, &p));
		assert_int_equal(p.state, NA_PENDING_REFUSED);
		/* and a READ with that xid is not learnt from */
		len = scene_call(&file, XID + i, 0, 4096, bytes);
		client_sends(bytes, len);
		assert_true(noted(XID + i, &p));
		assert_int_equal(p.state, NA_PENDING_REFUSED + 1);
		end();
	}
}

/* A WRITE is as long, and no READ: no note is wasted on it unless its head cannot be seen. */
static void test_long_other(void **state)
{
	static const __u32 heads[] = {700, 28, 27, 8};
	struct na_pending p;
	__u32 i, word;

	(void)state;
	for (i = 0; i < COUNT(heads); i++) {
		begin();
		memset(bytes, 0, 704);
		scene_call(&file, XID, 0, 4096, bytes);
		word = __builtin_bswap32(0x80000000u | 700);
		memcpy(bytes, &word, 4);
		word = __builtin_bswap32(7);
		memcpy(bytes + 24, &word, 4);
		client_sends(bytes, heads[i]);
		assert_int_equal(noted(XID, &p), heads[i] < 28);
		end();
	}
}

/* Every reply takes its call's note away: errors, and those whose head is in two segments. */
static void test_notes_go(void **state)
{
	struct na_pending p;
	__u32 len, cut;

	(void)state;
	for (cut = 1; cut < 200; cut++) {
		begin();
		put_note(XID, NA_PENDING_HOOKED, true, 1);
		len = scene_reply(&file, XID, 0, 1000, bytes);
		server_sends(bytes, cut);
		server_sends(bytes + cut, len - cut);
		assert_false(noted(XID, &p));
		assert_int_equal(strangers(), 0);
		end();
	}
	for (cut = 1; cut < 36; cut++) {
		__u32 error[9] = {__builtin_bswap32(0x80000020u), __builtin_bswap32(XID),
				  __builtin_bswap32(1), [7] = __builtin_bswap32(70)};

		begin();
		put_note(XID, NA_PENDING_ASKED, true, 0);
		server_sends((__u8 *)error, cut);
		server_sends((__u8 *)error + cut, sizeof(error) - cut);
		assert_false(noted(XID, &p));
		assert_int_equal(strangers(), 0);
		end();
	}
	/* a byte at a time */
	begin();
	put_note(XID, NA_PENDING_ASKED, true, 1);
	len = scene_reply(&file, XID, 0, 100, bytes);
	for (cut = 0; cut < len; cut++)
		server_sends(bytes + cut, 1);
	assert_false(noted(XID, &p));
	end();
}

/* nfsd began a READ under an xid whose reply is something else: the READ's is still to come. */
static void test_strangers(void **state)
{
	static const struct {
		__u32 note;
		bool read;
	} notes[] = {{NA_PENDING_HOOKED, true}, {NA_PENDING_REFUSED, false}};
	struct na_pending p;
	__u32 i, len;

	(void)state;
	for (i = 0; i < COUNT(notes); i++) {
		__u32 error[9] = {__builtin_bswap32(0x80000020u), __builtin_bswap32(XID),
				  __builtin_bswap32(1), [7] = __builtin_bswap32(13)};

		begin();
		put_note(XID, notes[i].note, notes[i].read, 1);
		server_sends((__u8 *)error, sizeof(error));
		assert_false(noted(XID, &p));
		assert_int_equal(strangers(), 1);
		len = scene_call(&file, XID, 0, 4096, bytes);
		client_sends(bytes, len);
		assert_true(noted(XID, &p));
		assert_int_equal(p.state, NA_PENDING_REFUSED);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_call),
		cmocka_unit_test(test_long_other),
		cmocka_unit_test(test_notes_go),
		cmocka_unit_test(test_strangers),
	};

	return scene_run_tests(&tc, "tc_xid", tests, COUNT(tests));
}

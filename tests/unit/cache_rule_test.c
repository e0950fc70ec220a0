// SPDX-License-Identifier: GPL-2.0-only
/*
 * One input of a good case is changed at a time: the verdict must become that input's.
 * The order of the rows within a case table is the order of the checks, so that two
 * changes at once must give the earlier row's verdict.
 */
#include "tests/unit/check.h"

#include <string.h>

#include "nfsaccel/cache_rule.h"

#define VERSION 41u
#define EPOCH	5u
#define FLUSH	3u
#define NOW	1000000u

struct answer {
	struct na_entry entry;
	struct na_auth auth;
	struct na_inode_snap live_snap;
	struct na_live_inode live;
	struct na_rule_in in;
};

static void good_answer(struct answer *c)
{
	memset(c, 0, sizeof(*c));
	c->entry.valid = 0x7; /* 10000 bytes: three blocks */
	c->entry.size = 10000;
	c->entry.version = VERSION;
	c->entry.flush = FLUSH;
	c->entry.expires = NOW + 1;
	c->entry.fsid = 9;
	memset(&c->entry.snap, 0x5a, sizeof(c->entry.snap));
	c->auth = (struct na_auth){
		.version = VERSION, .epoch = EPOCH, .flush = FLUSH, .expires = NOW + 1, .fsid = 9};
	c->live_snap = c->entry.snap;
	c->live = (struct na_live_inode){.snap = &c->live_snap, .writecount = 0};
	c->in = (struct na_rule_in){
		.entry = &c->entry,
		.auth = &c->auth,
		.cred_known = true,
		.guards = NA_GUARDS_ALL,
		.offset = 0,
		.count = 10000,
		.max_payload = 1 << 20,
		.now = NOW,
		.version = VERSION,
		.epoch = EPOCH,
		.flush = FLUSH,
	};
}

#define CHANGE(name, stmt)                                                                         \
	static void name(struct answer *c)                                                         \
	{                                                                                          \
		stmt;                                                                              \
	}

CHANGE(payload_unknown, c->in.max_payload = 0)
CHANGE(payload_smaller, c->in.max_payload = 9999)
CHANGE(offset_negative, c->in.offset = 1ull << 63)
CHANGE(end_negative, c->in.offset = NA_NFS_OFFSET_MAX - 9999)
CHANGE(no_entry, c->in.entry = NULL)
CHANGE(entry_flushed, c->entry.flush--)
CHANGE(flushed_since, c->in.flush++; c->auth.flush++)
CHANGE(entry_expired, c->entry.expires = NOW)
CHANGE(entry_version, c->entry.version--)
CHANGE(slot_moved, c->in.version++)
CHANGE(cred_unknown, c->in.cred_known = false)
CHANGE(no_auth, c->in.auth = NULL)
CHANGE(auth_flushed, c->auth.flush--)
CHANGE(other_fsid, c->auth.fsid++)
CHANGE(auth_expired, c->auth.expires = NOW)
CHANGE(auth_epoch, c->auth.epoch--)
CHANGE(epoch_moved, c->in.epoch++)
CHANGE(auth_version, c->auth.version--)
CHANGE(first_block, c->entry.valid = 0x6)
CHANGE(middle_block, c->entry.valid = 0x5)
CHANGE(last_block, c->entry.valid = 0x3)
CHANGE(inode_unread, c->live.snap = NULL)
CHANGE(inode_freeing, c->live.freeing = true)
CHANGE(one_writer, c->live.writecount = 1)
CHANGE(many_writers, c->live.writecount = 0x7fffffff)
CHANGE(inode_differs, c->live_snap.ctime_nsec++)

static const struct {
	const char *name;
	void (*change)(struct answer *c);
	enum na_verdict want;
} answers[] = {
#define ROW(f, v)                                                                                  \
	{                                                                                          \
#f, f, v                                                                           \
	}
	ROW(payload_unknown, NA_V_MISS_COUNT), ROW(payload_smaller, NA_V_MISS_COUNT),
	ROW(offset_negative, NA_V_MISS_COUNT), ROW(end_negative, NA_V_MISS_COUNT),
	ROW(no_entry, NA_V_MISS_NOENTRY),      ROW(entry_flushed, NA_V_MISS_NOENTRY),
	ROW(flushed_since, NA_V_MISS_NOENTRY), ROW(entry_expired, NA_V_MISS_EXPIRED),
	ROW(entry_version, NA_V_MISS_VERSION), ROW(slot_moved, NA_V_MISS_VERSION),
	ROW(cred_unknown, NA_V_MISS_NOAUTH),   ROW(no_auth, NA_V_MISS_NOAUTH),
	ROW(auth_flushed, NA_V_MISS_NOAUTH),   ROW(other_fsid, NA_V_MISS_NOAUTH),
	ROW(auth_expired, NA_V_MISS_EXPIRED),  ROW(auth_epoch, NA_V_MISS_EPOCH),
	ROW(epoch_moved, NA_V_MISS_EPOCH),     ROW(auth_version, NA_V_MISS_VERSION),
	ROW(first_block, NA_V_MISS_NOBLOCK),   ROW(middle_block, NA_V_MISS_NOBLOCK),
	ROW(last_block, NA_V_MISS_NOBLOCK),    ROW(inode_unread, NA_V_MISS_INODE),
	ROW(inode_freeing, NA_V_MISS_INODE),   ROW(one_writer, NA_V_MISS_INODE),
	ROW(many_writers, NA_V_MISS_INODE),    ROW(inode_differs, NA_V_MISS_INODE),
};

static void each_input_alone(void **state)
{
	struct answer c;
	size_t i;

	(void)state;
	good_answer(&c);
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
	for (i = 0; i < COUNT(answers); i++) {
		good_answer(&c);
		answers[i].change(&c);
		if (na_may_answer(&c.in, &c.live) != answers[i].want)
			fail_msg("%s", answers[i].name);
	}
}

/* The rows are in the order of the checks; what one row says no later one may hide. */
static void the_first_check_names_the_miss(void **state)
{
	struct answer c;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(answers); i++) {
		for (j = i; j < COUNT(answers); j++) {
			/* the first undoes the second, or is undone by it */
			if (answers[i].change == entry_flushed || answers[j].change == auth_flushed)
				continue;
			if (answers[i].change == slot_moved || answers[i].change == entry_version)
				continue;
			good_answer(&c);
			answers[i].change(&c);
			if (answers[j].change == entry_flushed && !c.in.entry)
				continue;
			answers[j].change(&c);
			if (na_may_answer(&c.in, &c.live) != answers[i].want)
				fail_msg("%s then %s", answers[i].name, answers[j].name);
		}
	}
}

static void edges_that_are_hits(void **state)
{
	struct answer c;

	(void)state;
	good_answer(&c);
	c.live.writecount = -1; /* deny_write_access(): a running program */
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
	good_answer(&c);
	c.in.max_payload = c.in.count;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
	good_answer(&c);
	c.in.offset = NA_NFS_OFFSET_MAX - 10000;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
	good_answer(&c);
	c.in.offset = NA_NFS_OFFSET_MAX;
	c.in.count = 0;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
	good_answer(&c);
	c.entry.size = 0;
	c.entry.valid = 0;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
}

/* The size says how much is needed; each byte range needs its blocks and no others. */
static void blocks_for_every_range(void **state)
{
	static const __u32 sizes[] = {1, 4096, 4097, 10000, 65535, 65536};
	static const __u32 marks[] = {0, 1, 4095, 4096, 4097, 8191, 8192, 61440, 65535, 65536};
	__u32 s, o, k, b, need, at, end;
	struct answer c;

	(void)state;
	for (s = 0; s < COUNT(sizes); s++) {
		for (o = 0; o < COUNT(marks); o++) {
			for (k = 0; k < COUNT(marks); k++) {
				good_answer(&c);
				c.entry.size = sizes[s];
				c.in.offset = marks[o];
				c.in.count = marks[k];
				end = marks[o] + marks[k] < sizes[s] ? marks[o] + marks[k]
								     : sizes[s];
				need = 0;
				for (at = marks[o]; at < end; at++)
					need |= 1u << (at / 4096);
				c.entry.valid = need;
				assert_int_equal(na_may_answer_held(&c.in), NA_V_HIT);
				for (b = 0; b < NA_FILE_BLOCKS; b++) {
					c.entry.valid = 0xffff & ~(1u << b);
					assert_int_equal(na_may_answer_held(&c.in),
							 need >> b & 1 ? NA_V_MISS_NOBLOCK
								       : NA_V_HIT);
				}
			}
		}
	}
	good_answer(&c);
	c.entry.size = NA_FILE_MAX + 1;
	c.entry.valid = 0xffffffff;
	assert_int_equal(na_may_answer_held(&c.in), NA_V_MISS_NOBLOCK);
}

static void every_bit_of_the_snapshot(void **state)
{
	struct answer c;
	size_t bit;

	(void)state;
	for (bit = 0; bit < 8 * sizeof(struct na_inode_snap); bit++) {
		good_answer(&c);
		((__u8 *)&c.live_snap)[bit / 8] ^= (__u8)(1u << (bit % 8));
		assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_MISS_INODE);
	}
}

static void guards_switch_off_alone(void **state)
{
	struct answer c;

	(void)state;
	good_answer(&c);
	c.in.guards = NA_GUARD_INODE;
	c.in.version++;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
	c.live.writecount = 1;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_MISS_INODE);
	c.in.guards = NA_GUARD_VERSION;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_MISS_VERSION);
	c.in.version--;
	assert_int_equal(na_may_answer(&c.in, &c.live), NA_V_HIT);
}

static void packets_by_size(void **state)
{
	(void)state;
	assert_int_equal(na_auto_packets(1448), 4);
	assert_int_equal(na_auto_packets(NA_JUMBO_MSS - 1), 4);
	assert_int_equal(na_auto_packets(NA_JUMBO_MSS), 3);
	assert_int_equal(na_auto_packets(8948), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_input_alone),
		cmocka_unit_test(the_first_check_names_the_miss),
		cmocka_unit_test(edges_that_are_hits),
		cmocka_unit_test(blocks_for_every_range),
		cmocka_unit_test(every_bit_of_the_snapshot),
		cmocka_unit_test(guards_switch_off_alone),
		cmocka_unit_test(packets_by_size),
	};

	return cmocka_run_group_tests_name("cache_rule", tests, NULL, NULL);
}

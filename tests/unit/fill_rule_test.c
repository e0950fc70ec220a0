// SPDX-License-Identifier: GPL-2.0-only
/* The rule at egress: one input of a good case is changed at a time. */
#include "tests/unit/check.h"

#include <string.h>

#include "nfsaccel/cache_rule.h"

struct fill {
	struct na_pending pending;
	struct na_read3res res;
	struct na_fill_in in;
};

static void good_fill(struct fill *c)
{
	struct na_inode_snap *s = &c->pending.snap;

	memset(c, 0, sizeof(*c));
	*s = (struct na_inode_snap){
		.ino = 0x100000007ull,
		.size = 10000,
		.mtime_sec = 0x1cafe0001ll, /* past 2106: the wire has the low half */
		.mtime_nsec = 11,
		.ctime_sec = 1700000000,
		.ctime_nsec = 22,
		.mode = 0100640,
		.nlink = 2,
	};
	c->pending.state = NA_PENDING_HOOKED;
	c->pending.offset = 4096;
	c->pending.count = 8192;
	c->pending.asked = 500;
	c->pending.epoch = 5;
	c->pending.flush = 3;
	c->pending.version = 41;
	c->res.has_attr = 1;
	c->res.fattr = (struct na_fattr3){
		.type = 1,
		.mode = 0640,
		.nlink = 2,
		.size = 10000,
		.fileid = 0x100000007ull,
		.mtime = {0xcafe0001, 11},
		.ctime = {1700000000, 22},
	};
	c->res.count = 5904;
	c->res.data_len = 5904;
	c->res.eof = 1;
	c->in = (struct na_fill_in){
		.pending = &c->pending,
		.res = &c->res,
		.version = 41,
		.bumped = 499,
		.epoch = 5,
		.flush = 3,
	};
}

#define CHANGE(name, stmt)                                                                         \
	static void name(struct fill *c)                                                           \
	{                                                                                          \
		stmt;                                                                              \
	}

CHANGE(same_xid_twice, c->pending.state = NA_PENDING_REFUSED)
CHANGE(hook_did_not_run, c->pending.state = NA_PENDING_ASKED)
CHANGE(state_unknown, c->pending.state = 0)
CHANGE(status_stale, c->res.status = 70)
CHANGE(no_attributes, c->res.has_attr = 0)
CHANGE(directory, c->res.fattr.type = 2)
CHANGE(other_file, c->res.fattr.fileid ^= 1ull << 32)
CHANGE(other_size, c->res.fattr.size++)
CHANGE(other_nlink, c->res.fattr.nlink--)
CHANGE(other_mode, c->res.fattr.mode = 0600)
CHANGE(setuid_gained, c->res.fattr.mode |= 04000)
CHANGE(sticky_gained, c->pending.snap.mode |= 01000)
CHANGE(mtime_sec, c->res.fattr.mtime.sec++)
CHANGE(mtime_nsec, c->res.fattr.mtime.nsec++)
CHANGE(ctime_sec, c->res.fattr.ctime.sec++)
CHANGE(ctime_nsec, c->res.fattr.ctime.nsec++)
CHANGE(short_read, c->res.count = c->res.data_len = 5903)
CHANGE(count_differs, c->res.count--)
CHANGE(data_differs, c->res.data_len--)
CHANGE(no_eof, c->res.eof = 0)
CHANGE(asked_less, c->pending.count = 4096)
CHANGE(flushed, c->in.flush++)
CHANGE(slot_moved, c->in.version++)
CHANGE(bumped_then, c->in.bumped = 500)
CHANGE(bumped_since, c->in.bumped = 501)
CHANGE(exports_changed, c->in.epoch++)

#define ROW(f, fill, auth)                                                                         \
	{                                                                                          \
#f, f, NA_V_##fill, NA_V_##auth                                                    \
	}
static const struct {
	const char *name;
	void (*change)(struct fill *c);
	enum na_verdict fill;
	enum na_verdict auth;
} rows[] = {
	ROW(same_xid_twice, REFUSE_DUPXID, REFUSE_DUPXID),
	ROW(hook_did_not_run, REFUSE_REPLY, REFUSE_REPLY),
	ROW(state_unknown, REFUSE_REPLY, REFUSE_REPLY),
	ROW(status_stale, REFUSE_REPLY, REFUSE_REPLY),
	ROW(no_attributes, REFUSE_REPLY, REFUSE_REPLY),
	ROW(directory, REFUSE_REPLY, REFUSE_REPLY),
	ROW(other_file, REFUSE_REPLY, REFUSE_REPLY),
	ROW(other_size, REFUSE_REPLY, REFUSE_REPLY),
	ROW(other_nlink, REFUSE_REPLY, REFUSE_REPLY),
	ROW(other_mode, REFUSE_REPLY, REFUSE_REPLY),
	ROW(setuid_gained, REFUSE_REPLY, REFUSE_REPLY),
	ROW(sticky_gained, REFUSE_REPLY, REFUSE_REPLY),
	ROW(mtime_sec, REFUSE_REPLY, REFUSE_REPLY),
	ROW(mtime_nsec, REFUSE_REPLY, REFUSE_REPLY),
	ROW(ctime_sec, REFUSE_REPLY, REFUSE_REPLY),
	ROW(ctime_nsec, REFUSE_REPLY, REFUSE_REPLY),
	ROW(short_read, REFUSE_REPLY, REFUSE_REPLY),
	ROW(count_differs, REFUSE_REPLY, REFUSE_REPLY),
	ROW(data_differs, REFUSE_REPLY, REFUSE_REPLY),
	ROW(no_eof, REFUSE_REPLY, REFUSE_REPLY),
	ROW(asked_less, REFUSE_REPLY, REFUSE_REPLY),
	ROW(flushed, REFUSE_MOVED, REFUSE_MOVED),
	ROW(slot_moved, REFUSE_MOVED, REFUSE_MOVED),
	ROW(bumped_then, FILL_DONE, REFUSE_MOVED),
	ROW(bumped_since, FILL_DONE, REFUSE_MOVED),
	ROW(exports_changed, FILL_DONE, REFUSE_MOVED),
};

static void each_input_alone(void **state)
{
	struct fill c;
	size_t i;

	(void)state;
	good_fill(&c);
	assert_int_equal(na_may_fill(&c.in), NA_V_FILL_DONE);
	assert_int_equal(na_may_authorize(&c.in), NA_V_FILL_AUTH);
	for (i = 0; i < COUNT(rows); i++) {
		good_fill(&c);
		rows[i].change(&c);
		if (na_may_fill(&c.in) != rows[i].fill || na_may_authorize(&c.in) != rows[i].auth)
			fail_msg("%s", rows[i].name);
	}
}

/* What the first check says, a later one must not hide. */
static void two_inputs_at_once(void **state)
{
	struct fill c;
	size_t i, j;

	(void)state;
	for (i = 1; i < COUNT(rows); i++) {
		if (rows[i].change == hook_did_not_run || rows[i].change == state_unknown)
			continue;
		good_fill(&c);
		same_xid_twice(&c);
		rows[i].change(&c);
		assert_int_equal(na_may_fill(&c.in), NA_V_REFUSE_DUPXID);
		for (j = i; j < COUNT(rows); j++) {
			if (rows[i].change == bumped_then || rows[j].fill != NA_V_REFUSE_MOVED)
				continue;
			good_fill(&c);
			rows[i].change(&c);
			rows[j].change(&c);
			assert_int_equal(na_may_fill(&c.in), rows[i].fill == NA_V_FILL_DONE
								     ? rows[j].fill
								     : rows[i].fill);
		}
	}
}

/* Every READ that nfsd answers rightly may be stored, whatever its range. */
static void every_range_agrees(void **state)
{
	static const __u32 marks[] = {0, 1, 4095, 4096, 9999, 10000, 10001, 65536};
	struct fill c;
	size_t o, k;

	(void)state;
	for (o = 0; o < COUNT(marks); o++) {
		for (k = 0; k < COUNT(marks); k++) {
			__u32 end = marks[o] + marks[k];

			good_fill(&c);
			c.pending.offset = marks[o];
			c.pending.count = marks[k];
			if (end > 10000)
				end = 10000;
			c.res.count = end > marks[o] ? end - marks[o] : 0;
			c.res.data_len = c.res.count;
			c.res.eof = marks[o] + c.res.count >= 10000;
			assert_int_equal(na_may_fill(&c.in), NA_V_FILL_DONE);
			c.res.eof ^= 1;
			assert_int_equal(na_may_fill(&c.in), NA_V_REFUSE_REPLY);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_input_alone),
		cmocka_unit_test(two_inputs_at_once),
		cmocka_unit_test(every_range_agrees),
	};

	return cmocka_run_group_tests_name("fill_rule", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The torture's judge: histories a plain server could have had pass, and each kind of
 * violation that is planted is found, by its name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/clients/random.h"
#include "tests/clients/torture_check.h"
#include "tests/clients/torture_words.h"

#define FILE_A	 1
#define FILE_B	 2
#define N_BLOCKS 4
#define MAX	 4096

/*
 * File A, 4 blocks, is overwritten in its first two blocks from 100 to 200 (gen 2), cut to
 * two blocks from 300 to 400 (gen 3), closed to strangers from 500 to 600 (gen 4), and
 * replaced by file B from 700 to 800 (gen 5).
 */
static struct torture_origin origins[2];
static struct torture_change changes[4];
static struct torture_naming namings[2];
static struct torture_read reads[8];

static struct torture_state state_of(uint64_t size, int64_t time, uint32_t mode)
{
	return (struct torture_state){
		.attr = {.size = size, .mtime = time, .ctime = time, .mode = mode, .nlink = 1},
		.stranger = mode & 04,
	};
}

static struct torture_history story(void)
{
	struct torture_state s[] = {state_of(2048, 10, 0644), state_of(2048, 20, 0644),
				    state_of(1024, 30, 0644), state_of(1024, 30, 0600),
				    state_of(1024, 50, 0600)};

	s[3].attr.ctime = 40;
	s[4].attr.mtime = 30;
	s[4].gone = true;
	s[4].attr.nlink = 0;
	origins[0] = (struct torture_origin){
		.file = FILE_A, .words = FILE_A, .gen = 1, .blocks = {1, 1, 1, 1}, .state = s[0]};
	origins[1] = (struct torture_origin){.file = FILE_B,
					     .words = FILE_B,
					     .gen = 1,
					     .start = 700,
					     .blocks = {1},
					     .state = state_of(512, 60, 0644)};
	changes[0] = (struct torture_change){.gen = 2,
					     .start = 100,
					     .end = 200,
					     .data = {0, 2},
					     .size_low = 2048,
					     .size_high = 2048,
					     .after = s[1]};
	changes[1] = (struct torture_change){.gen = 3,
					     .start = 300,
					     .end = 400,
					     .zero = {2, TORTURE_BLOCKS},
					     .size_low = 1024,
					     .size_high = 2048,
					     .after = s[2]};
	changes[2] = (struct torture_change){.gen = 4,
					     .start = 500,
					     .end = 600,
					     .size_low = 1024,
					     .size_high = 1024,
					     .after = s[3]};
	changes[3] = (struct torture_change){.gen = 5,
					     .start = 700,
					     .end = 800,
					     .size_low = 1024,
					     .size_high = 1024,
					     .after = s[4]};
	for (size_t i = 0; i < COUNT(changes); i++)
		changes[i].file = FILE_A;
	namings[0] = (struct torture_naming){.file = FILE_A};
	namings[1] = (struct torture_naming){.file = FILE_B, .start = 700, .end = 800};
	return (struct torture_history){.origins = origins,
					.changes = changes,
					.namings = namings,
					.reads = reads,
					.n_origins = COUNT(origins),
					.n_changes = COUNT(changes),
					.n_namings = COUNT(namings)};
}

static struct torture_seen shows(uint32_t file, uint32_t gen)
{
	return gen ? (struct torture_seen){.file = file, .oldest = gen, .newest = gen}
		   : (struct torture_seen){.zero = true};
}

/* A READ of all of file A by the handle found at time 5. */
static struct torture_read read_at(uint64_t start, uint64_t end, const struct torture_state *s,
				   uint32_t gen01, uint32_t gen23)
{
	struct torture_read r = {
		.handle = 7,
		.lookup_start = 5,
		.lookup_end = 6,
		.start = start,
		.end = end,
		.count = 8192,
		.len = (uint32_t)s->attr.size,
		.exact = true,
		.eof = true,
		.has_attr = true,
		.attr = s->attr,
		.file = FILE_A,
	};

	for (uint32_t i = 0; i < r.len / TORTURE_BLOCK; i++)
		r.seen[i] = i < 2 ? shows(FILE_A, gen01) : shows(FILE_A, gen23);
	return r;
}

static struct torture_verdict judge(struct torture_history *h, size_t n)
{
	static struct torture_verdict v;

	h->n_reads = n;
	assert_int_equal(torture_check(h, &v), 0);
	return v;
}

static void expect_only(struct torture_history *h, size_t n, enum torture_wrong wrong)
{
	struct torture_verdict v = judge(h, n);

	for (uint32_t i = 0; i < TORTURE_WRONGS; i++)
		if (v.wrong[i] != (i == wrong))
			fail_msg("%s: %llu times, %s was planted", torture_wrong_names[i],
				 (unsigned long long)v.wrong[i], torture_wrong_names[wrong]);
	assert_int_equal(v.violations, 1);
	assert_int_equal(v.told[0].wrong, wrong);
}

static void expect_clean(struct torture_history *h, size_t n)
{
	struct torture_verdict v = judge(h, n);

	assert_int_equal(v.violations, 0);
	assert_int_equal(v.judged, n);
}

static void what_a_server_does_passes(void **state)
{
	struct torture_history h = story();
	struct torture_state *first = &origins[0].state;

	(void)state;
	reads[0] = read_at(10, 20, first, 1, 1);
	/* Amidst the write: old, new, and both in one block. */
	reads[1] = read_at(110, 120, first, 1, 1);
	reads[2] = read_at(130, 190, first, 1, 1);
	reads[2].seen[0].newest = 2;
	reads[3] = read_at(191, 199, &changes[0].after, 2, 1);
	reads[4] = read_at(250, 260, &changes[0].after, 2, 1);
	reads[5] = read_at(350, 360, &changes[1].after, 2, 0);
	reads[6] = read_at(650, 660, &changes[2].after, 2, 0);
	reads[7] = read_at(850, 860, &changes[3].after, 2, 0);
	expect_clean(&h, 8);
}

static void refusals_that_have_a_reason_pass(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(650, 660, &changes[2].after, 2, 0);
	reads[0].stranger = true;
	reads[0].error = -EACCES;
	reads[1] = read_at(550, 560, &changes[1].after, 2, 0);
	reads[1].stranger = true;
	reads[2] = reads[1];
	reads[2].error = -EACCES;
	reads[3] = read_at(750, 760, &changes[2].after, 2, 0);
	reads[3].error = -ESTALE;
	reads[3].file = TORTURE_NONE;
	expect_clean(&h, 4);
}

static void stale_blocks_are_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	/* One nanosecond too late, one word of one block. */
	reads[0] = read_at(201, 210, &changes[0].after, 2, 1);
	reads[0].seen[1].oldest = 1;
	expect_only(&h, 1, TORTURE_STALE);
	assert_int_equal(judge(&h, 1).told[0].block, 1);
	reads[0] = read_at(200, 210, &changes[0].after, 2, 1);
	expect_clean(&h, 1);
	reads[0].start = 199;
	reads[0].seen[1].oldest = 1;
	expect_clean(&h, 1);
}

static void zeros_are_judged_too(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(210, 220, &changes[0].after, 2, 1);
	reads[0].seen[3] = (struct torture_seen){.zero = true};
	expect_only(&h, 1, TORTURE_STALE);
	changes[0].zero = (struct torture_span){3, 4};
	expect_clean(&h, 1);
}

static void what_is_to_come_is_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(10, 99, &origins[0].state, 2, 1);
	expect_only(&h, 1, TORTURE_FUTURE);
	/* File B before it had a name. */
	reads[0] = read_at(10, 20, &origins[1].state, 1, 1);
	reads[0].seen[0].file = reads[0].file = FILE_B;
	reads[0].lookup_start = 650;
	reads[0].lookup_end = 750;
	expect_only(&h, 1, TORTURE_FUTURE);
}

static void an_old_version_that_comes_back_is_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	/* Both within the write, which allows each alone. */
	reads[0] = read_at(110, 120, &origins[0].state, 2, 1);
	reads[1] = read_at(130, 140, &origins[0].state, 1, 1);
	expect_only(&h, 2, TORTURE_BACKWARDS);
	reads[1].start = 119;
	expect_clean(&h, 2);
	reads[0] = read_at(110, 120, &changes[0].after, 1, 1);
	reads[1] = read_at(130, 140, &origins[0].state, 1, 1);
	expect_only(&h, 2, TORTURE_BACKWARDS);
}

static void foreign_and_broken_bytes_are_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].seen[3].mixed = true;
	expect_only(&h, 1, TORTURE_ALIEN);
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].seen[3].file = FILE_B;
	expect_only(&h, 1, TORTURE_ALIEN);
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].seen[3].broken = 1;
	expect_only(&h, 1, TORTURE_BROKEN);
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].odd = true;
	expect_only(&h, 1, TORTURE_BROKEN);
	/* One handle, two files, though its name could have been either's. */
	reads[0] = read_at(820, 830, &changes[3].after, 2, 0);
	reads[1] = read_at(840, 850, &changes[3].after, 2, 0);
	reads[0].lookup_start = reads[1].lookup_start = 690;
	reads[0].lookup_end = reads[1].lookup_end = 710;
	reads[1].seen[0].file = reads[1].file = FILE_B;
	assert_true(judge(&h, 2).wrong[TORTURE_ALIEN] >= 1);
}

static void a_write_under_way_may_tear_words(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(110, 120, &origins[0].state, 1, 1);
	reads[0].seen[1].broken = 2;
	expect_clean(&h, 1);
	reads[0].seen[1].broken = 20;
	expect_only(&h, 1, TORTURE_BROKEN);
	/* Not where it does not write. */
	reads[0].seen[1].broken = 0;
	reads[0].seen[2].broken = 1;
	expect_only(&h, 1, TORTURE_BROKEN);
	/* Zeros only if it is said to leave some. */
	reads[0].seen[2] = shows(FILE_A, 0);
	expect_only(&h, 1, TORTURE_STALE);
	changes[0].blank = true;
	expect_clean(&h, 1);
}

static void what_is_being_cut_off_may_be_anything(void **state)
{
	struct torture_history h = story();

	(void)state;
	/* Blocks 2 and 3 while they go, not the others, and not later. */
	reads[0] = read_at(350, 360, &changes[0].after, 2, 1);
	reads[0].seen[2].broken = 1;
	expect_clean(&h, 1);
	reads[0].seen[1].broken = 1;
	expect_only(&h, 1, TORTURE_BROKEN);
	reads[0] = read_at(210, 299, &changes[0].after, 2, 1);
	reads[0].seen[2].broken = 1;
	expect_only(&h, 1, TORTURE_BROKEN);
}

/* A snapshot's file has its original's words, and a life of its own. */
static void snapshots_are_files_of_their_own(void **state)
{
	static struct torture_origin both[2];
	static struct torture_naming names[2];
	struct torture_history h = story();

	(void)state;
	both[0] = origins[0];
	both[1] = origins[0];
	both[1].file = FILE_B;
	both[1].start = 50;
	both[1].state.attr.ctime = 11;
	names[0] = (struct torture_naming){.file = FILE_A};
	names[1] = (struct torture_naming){.name = 1, .file = FILE_B, .start = 50, .end = 60};
	h.origins = both;
	h.namings = names;
	/* Its original is at gen 3 by then. */
	reads[0] = read_at(450, 460, &both[1].state, 1, 1);
	reads[0].name = 1;
	reads[0].lookup_start = 55;
	reads[0].lookup_end = 70;
	expect_clean(&h, 1);
	reads[0].attr.ctime = 10;
	expect_only(&h, 1, TORTURE_ATTR);
	reads[0].name = 0;
	assert_true(judge(&h, 1).wrong[TORTURE_STALE] > 0);
}

static void sizes_and_ends_are_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].len -= TORTURE_BLOCK;
	expect_only(&h, 1, TORTURE_SIZE);
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].eof = false;
	expect_only(&h, 1, TORTURE_SIZE);
	reads[0].exact = false;
	expect_clean(&h, 1);
	/* A part of the file, up to its end and not. */
	reads[0] = read_at(10, 20, &origins[0].state, 1, 1);
	reads[0].offset = reads[0].count = reads[0].len = 1024;
	expect_clean(&h, 1);
	reads[0].offset = 512;
	expect_only(&h, 1, TORTURE_SIZE);
	reads[0].eof = false;
	expect_clean(&h, 1);
}

static void attributes_of_another_moment_are_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	for (int field = 0; field < 7; field++) {
		reads[0] = read_at(210, 220, &changes[0].after, 2, 1);
		switch (field) {
		case 0:
			reads[0].attr.size = 1024;
			break;
		case 1:
			reads[0].attr.mtime = 10;
			break;
		case 2:
			reads[0].attr.ctime = 10;
			break;
		case 3:
			reads[0].attr.mode = 0600;
			break;
		case 4:
			reads[0].attr.uid = 1;
			break;
		case 5:
			reads[0].attr.gid = 1;
			break;
		case 6:
			reads[0].attr.nlink = 2;
			break;
		}
		expect_only(&h, 1, TORTURE_ATTR);
	}
	/* Amidst a change: none that neither side has. */
	reads[0] = read_at(550, 560, &changes[1].after, 2, 0);
	reads[0].attr.mode = 0640;
	expect_only(&h, 1, TORTURE_ATTR);
	reads[0] = read_at(550, 560, &changes[1].after, 2, 0);
	reads[0].attr.ctime = 41;
	expect_only(&h, 1, TORTURE_ATTR);
	/* Half of a chown is both sides', a third owner is not. */
	changes[1].after.attr.uid = 1000;
	changes[1].after.attr.gid = 2000;
	reads[0] = read_at(550, 560, &changes[1].after, 2, 0);
	reads[0].attr.uid = changes[0].after.attr.uid;
	expect_clean(&h, 1);
	reads[0].attr.uid = 1001;
	expect_only(&h, 1, TORTURE_ATTR);
	reads[0] = read_at(650, 660, &changes[1].after, 2, 0);
	reads[0].attr.uid = changes[0].after.attr.uid;
	expect_only(&h, 1, TORTURE_ATTR);
}

static void files_that_are_gone_are_found(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(801, 810, &changes[2].after, 2, 0);
	expect_only(&h, 1, TORTURE_GONE);
	reads[0] = read_at(801, 810, &changes[3].after, 2, 0);
	expect_clean(&h, 1);
	changes[3].after.erased = true;
	expect_only(&h, 1, TORTURE_GONE);
}

static void permission_is_judged(void **state)
{
	struct torture_history h = story();

	(void)state;
	reads[0] = read_at(601, 610, &changes[2].after, 2, 0);
	reads[0].stranger = true;
	expect_only(&h, 1, TORTURE_LET_IN);
	reads[0] = read_at(401, 410, &changes[1].after, 2, 0);
	reads[0].stranger = true;
	reads[0].error = -EACCES;
	expect_only(&h, 1, TORTURE_REFUSED);
	reads[0] = read_at(601, 610, &changes[2].after, 2, 0);
	reads[0].error = -EACCES;
	expect_only(&h, 1, TORTURE_REFUSED);
	reads[0] = read_at(401, 410, &changes[1].after, 2, 0);
	reads[0].error = -ESTALE;
	expect_only(&h, 1, TORTURE_REFUSED);
	reads[0].error = -EIO;
	expect_only(&h, 1, TORTURE_REFUSED);
}

static void impossible_histories_are_refused(void **state)
{
	struct torture_history h = story();
	struct torture_verdict v;

	(void)state;
	changes[1].start = 150;
	assert_int_equal(torture_check(&h, &v), -EINVAL);
	h = story();
	changes[1].gen = 2;
	assert_int_equal(torture_check(&h, &v), -EINVAL);
	h = story();
	changes[1].file = 9;
	assert_int_equal(torture_check(&h, &v), -EINVAL);
}

/*
 * A server that is some memory, with a clock that moves at each step: whatever READs and
 * writes do to each other there is right. Then one block of one READ is made stale.
 */
static void a_real_server_passes_and_one_stale_read_does_not(void **state)
{
	static struct torture_change c[MAX];
	static struct torture_read r[MAX];
	uint32_t memory[N_BLOCKS] = {1, 1, 1, 1}, old[N_BLOCKS];
	uint64_t now = 10, random = 5;
	struct torture_history h = story();

	(void)state;
	for (uint32_t k = 0; k < MAX; k++) {
		uint32_t first = (uint32_t)random_below(&random, N_BLOCKS);
		uint32_t moment = (uint32_t)random_below(&random, N_BLOCKS + 1);

		memcpy(old, memory, sizeof(old));
		for (uint32_t b = first; b < N_BLOCKS; b++)
			memory[b] = k + 2;
		c[k] = (struct torture_change){
			.file = FILE_A,
			.gen = k + 2,
			.start = now,
			.end = now + 10,
			.data = {(uint8_t)first, N_BLOCKS},
			.size_low = 2048,
			.size_high = 2048,
			.after = state_of(2048, 100 + k, 0644),
		};
		/* Begins and ends within the change, or when it is over. */
		r[k] = read_at(now + 4, now + 8, &c[k].after, 0, 0);
		if (moment == N_BLOCKS) {
			r[k].start += 6 + random_below(&random, 2);
			r[k].end += 6;
		}
		for (uint32_t b = 0; b < N_BLOCKS; b++)
			r[k].seen[b] = shows(FILE_A, b < moment ? memory[b] : old[b]);
		now += 20 + random_below(&random, 3);
	}
	h.changes = c;
	h.n_changes = MAX;
	h.reads = r;
	expect_clean(&h, MAX);
	/* After the end of its change, for sure. */
	for (uint32_t k = MAX - 1; k; k--)
		if (r[k].end - r[k].start != 4) {
			r[k].seen[N_BLOCKS - 1].oldest--;
			break;
		}
	assert_int_equal(judge(&h, MAX).wrong[TORTURE_STALE], 1);
}

static void words_say_what_they_are(void **state)
{
	static unsigned char data[3 * TORTURE_BLOCK];
	struct torture_read r;

	(void)state;
	torture_words_fill(data, 5, 9, 4);
	torture_words_fill(data + TORTURE_BLOCK, 5, 10, 5);
	memset(data + 2 * TORTURE_BLOCK, 0, TORTURE_BLOCK);
	torture_words_scan(&r, data, sizeof(data), 4);
	assert_int_equal(r.file, 5);
	assert_false(r.odd);
	assert_true(!r.seen[0].broken && !r.seen[0].mixed && r.seen[1].file == 5);
	assert_int_equal(r.seen[0].oldest, 9);
	assert_int_equal(r.seen[1].newest, 10);
	assert_true(r.seen[2].zero && !r.seen[2].newest && !r.seen[0].zero);
	/* In another place they are broken; every bit counts. */
	torture_words_scan(&r, data, TORTURE_BLOCK, 5);
	assert_int_equal(r.seen[0].broken, TORTURE_BLOCK / 8);
	for (uint32_t bit = 0; bit < 64; bit++) {
		data[64 + bit / 8] ^= 1u << bit % 8;
		torture_words_scan(&r, data, TORTURE_BLOCK, 4);
		assert_int_equal(r.seen[0].broken, 1);
		data[64 + bit / 8] ^= 1u << bit % 8;
	}
	/* A word of file 6 where it belongs, amidst file 5's. */
	torture_words_fill(data, 5, 9, 0);
	torture_words_fill(data + TORTURE_BLOCK, 6, 9, 0);
	memcpy(data, data + TORTURE_BLOCK, 8);
	torture_words_scan(&r, data, TORTURE_BLOCK, 0);
	assert_true(r.seen[0].mixed);
	torture_words_scan(&r, data, 100, 0);
	assert_true(r.odd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_server_does_passes),
		cmocka_unit_test(refusals_that_have_a_reason_pass),
		cmocka_unit_test(stale_blocks_are_found),
		cmocka_unit_test(zeros_are_judged_too),
		cmocka_unit_test(what_is_to_come_is_found),
		cmocka_unit_test(an_old_version_that_comes_back_is_found),
		cmocka_unit_test(foreign_and_broken_bytes_are_found),
		cmocka_unit_test(a_write_under_way_may_tear_words),
		cmocka_unit_test(what_is_being_cut_off_may_be_anything),
		cmocka_unit_test(snapshots_are_files_of_their_own),
		cmocka_unit_test(sizes_and_ends_are_found),
		cmocka_unit_test(attributes_of_another_moment_are_found),
		cmocka_unit_test(files_that_are_gone_are_found),
		cmocka_unit_test(permission_is_judged),
		cmocka_unit_test(impossible_histories_are_refused),
		cmocka_unit_test(a_real_server_passes_and_one_stale_read_does_not),
		cmocka_unit_test(words_say_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

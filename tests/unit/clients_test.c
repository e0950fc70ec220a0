// SPDX-License-Identifier: GPL-2.0-only
/*
 * nfsaccel-verify judges everybody else's work, so it must not be easy to
 * please; nfsaccel-bench's figures must be what they are called.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/clients/check.h"
#include "tests/clients/histogram.h"
#include "tests/clients/mix.h"
#include "tests/clients/plan.h"
#include "tests/clients/random.h"
#include "tests/clients/zipf.h"

#define N_VALUES 100000

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Percentiles against the sorted values themselves, over nine orders of magnitude. */
static void percentiles_are_close(void **state)
{
	static const double fractions[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
	uint64_t *values = calloc(N_VALUES, sizeof(*values)), random = 3;
	struct histogram h;

	(void)state;
	assert_non_null(values);
	assert_int_equal(histogram_init(&h), 0);
	for (int i = 0; i < N_VALUES; i++) {
		values[i] = (uint64_t)pow(10, 9 * random_unit(&random));
		histogram_add(&h, values[i]);
	}
	qsort(values, N_VALUES, sizeof(*values), by_value);
	for (size_t i = 0; i < COUNT(fractions); i++) {
		uint64_t exact = values[(size_t)ceil(fractions[i] * N_VALUES) - 1];
		double got = (double)histogram_percentile(&h, fractions[i]);

		assert_true(fabs(got - (double)exact) <= 0.004 * (double)exact);
	}
	assert_int_equal(h.min, values[0]);
	assert_int_equal(h.max, values[N_VALUES - 1]);
	histogram_free(&h);
	free(values);
}

static void mix_takes_what_it_says(void **state)
{
	static const char *const bad[] = {"",
					  ",",
					  "read",
					  "read=",
					  "read=0",
					  "read=1001",
					  "write=1",
					  "read=1,",
					  "read=x",
					  "=1",
					  "getattr=1,getattr=2"};
	uint32_t counts[MIX_OPS] = {0};
	uint64_t random = 7, before;
	struct mix mix;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mix_parse(bad[i], &mix));
	assert_true(mix_parse("getattr=26,lookup=24,read=18,access=11", &mix));
	assert_int_equal(mix.total, 79);
	for (int i = 0; i < 79000; i++)
		counts[mix_pick(&mix, &random)]++;
	for (uint32_t op = 0; op < MIX_OPS; op++)
		assert_in_range(counts[op], mix.weights[op] * 950, mix.weights[op] * 1050);
	assert_true(mix_parse("lookup=3", &mix));
	assert_int_equal(mix_pick(&mix, &random), ENGINE_LOOKUP);
	/* The same seed makes the same choices as before there was a mix. */
	assert_true(mix_parse("read=5", &mix));
	before = random;
	assert_int_equal(mix_pick(&mix, &random), ENGINE_READ);
	assert_int_equal(random, before);
}

static void histogram_takes_every_value(void **state)
{
	struct histogram h;

	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		for (int around = -1; around <= 1; around++) {
			uint64_t value = (1ULL << bit) + (uint64_t)around;

			assert_int_equal(histogram_init(&h), 0);
			histogram_add(&h, value);
			assert_int_equal(histogram_percentile(&h, 0.5), value);
			histogram_free(&h);
		}
	}
	assert_int_equal(histogram_init(&h), 0);
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	histogram_add(&h, UINT64_MAX);
	assert_true(histogram_percentile(&h, 0.99) == UINT64_MAX);
	histogram_free(&h);
}

static void zipf_has_its_shares(void **state)
{
	static const double thetas[] = {0, 0.5, 0.99, 1.5};
	enum { N = 50 };

	(void)state;
	for (size_t t = 0; t < COUNT(thetas); t++) {
		uint32_t seen[N] = {0};
		uint64_t random = 11;
		double sum = 0;
		struct zipf z;

		assert_int_equal(zipf_init(&z, N, thetas[t]), 0);
		for (int i = 0; i < N_VALUES; i++) {
			uint32_t item = zipf_pick(&z, &random);

			assert_true(item < N);
			seen[item]++;
		}
		for (int i = 0; i < N; i++)
			sum += pow(i + 1, -thetas[t]);
		for (int i = 0; i < N; i++) {
			double p = pow(i + 1, -thetas[t]) / sum;
			double sigma = sqrt(N_VALUES * p * (1 - p));

			assert_true(fabs(seen[i] - N_VALUES * p) < 5 * sigma + 1);
		}
		zipf_free(&z);
	}
}

static void zipf_refuses_nonsense(void **state)
{
	struct zipf z;

	(void)state;
	assert_int_not_equal(zipf_init(&z, 0, 1), 0);
	assert_int_not_equal(zipf_init(&z, 5, -1), 0);
	assert_int_not_equal(zipf_init(&z, 5, NAN), 0);
	assert_int_not_equal(zipf_init(&z, 5, INFINITY), 0);
	assert_int_equal(zipf_init(&z, 1, 1), 0);
	assert_int_equal(zipf_pick(&z, &(uint64_t){1}), 0);
	zipf_free(&z);
}

/* However a file is cut into READs, the bytes must come out the same. */
static void pattern_is_one_stream(void **state)
{
	char whole[70000], part[70000];
	uint64_t random = 5;

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct pattern_file f;

		pattern_file(&f, 7, i, 69999);
		assert_true(f.size <= 69999);
		assert_true(f.hole_start <= f.hole_end && f.hole_end <= f.size);
		pattern_fill(&f, 0, whole, sizeof(whole));
		for (int n = 0; n < 20; n++) {
			uint64_t from = random_below(&random, sizeof(whole));
			uint64_t len = random_below(&random, sizeof(whole) - from + 1);

			pattern_fill(&f, from, part, len);
			assert_memory_equal(part, whole + from, len);
		}
		for (uint32_t at = f.hole_start; at < f.hole_end; at++)
			assert_int_equal(whole[at], 0);
	}
}

/* Bytes of another seed, file or size must not pass for the right ones. */
static void patterns_differ(void **state)
{
	struct pattern_file f = {.seed = 7, .index = 3, .size = 64}, other = f;
	unsigned char a[64], b[64];

	(void)state;
	pattern_fill(&f, 0, a, sizeof(a));
	other.seed = 8;
	pattern_fill(&other, 0, b, sizeof(b));
	assert_memory_not_equal(a, b, 8);
	other = f;
	other.index = 4;
	pattern_fill(&other, 0, b, sizeof(b));
	assert_memory_not_equal(a, b, 8);
	other = f;
	other.size = 65;
	pattern_fill(&other, 0, b, sizeof(b));
	assert_memory_not_equal(a, b, 8);
	assert_memory_not_equal(a, a + 8, 8);
}

static void remove_tree(const char *dir, uint64_t seed, uint32_t n, uint32_t max_size)
{
	char path[512];

	for (uint32_t i = 0; i < n; i++) {
		struct pattern_file f;

		pattern_file(&f, seed, i, max_size);
		snprintf(path, sizeof(path), "%s/%s", dir, f.name);
		unlink(path);
	}
	rmdir(dir);
}

/* What --make writes is what --pattern expects, holes included, and --against finds it. */
static void made_files_match(void **state)
{
	enum { N = 80, MAX = 70000 };
	char dir[] = "/tmp/clients_test.XXXXXX";
	struct source tree, pattern;
	char *a = malloc(MAX), *b = malloc(MAX);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pattern_make(dir, 7, N, MAX), 0);
	assert_int_equal(source_from_tree(&tree, dir), 0);
	assert_int_equal(source_from_pattern(&pattern, 7, N, MAX), 0);
	assert_int_equal(tree.n_files, N);
	for (uint32_t i = 0; i < N; i++) {
		/* Names begin with the number: sorted order is the order of making. */
		assert_string_equal(tree.files[i].path, pattern.files[i].path);
		assert_int_equal(tree.files[i].size, pattern.files[i].size);
		assert_int_equal(source_read(&tree, i, 0, a, tree.files[i].size), 0);
		assert_int_equal(source_read(&pattern, i, 0, b, tree.files[i].size), 0);
		assert_memory_equal(a, b, tree.files[i].size);
	}
	/* A local copy that shrinks meanwhile must be noticed, not compared. */
	assert_int_not_equal(source_read(&tree, 1, 0, a, 2), 0);
	source_free(&tree);
	source_free(&pattern);
	remove_tree(dir, 7, N, MAX);
	free(a);
	free(b);
}

static uint64_t three_sizes(void *arg, uint32_t file)
{
	static const uint64_t sizes[] = {0, 10, 8};

	(void)arg;
	return sizes[file];
}

static void whole_plan_covers_all(void **state)
{
	static const struct {
		uint32_t file;
		uint64_t offset;
	} expected[] = {{0, 0}, {1, 0}, {1, 4}, {1, 8}, {1, 12}, {2, 0}, {2, 4}, {2, 8}};
	struct plan p;
	uint32_t file, count;
	uint64_t offset;

	(void)state;
	plan_init(&p, PLAN_WHOLE, 3, 4, 0);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < COUNT(expected); i++) {
			assert_true(plan_next(&p, three_sizes, NULL, &file, &offset, &count));
			assert_int_equal(file, expected[i].file);
			assert_int_equal(offset, expected[i].offset);
			assert_int_equal(count, 4);
		}
		assert_false(plan_next(&p, three_sizes, NULL, &file, &offset, &count));
	}
}

static void sweep_plan_has_the_edges(void **state)
{
	bool at_end = false, over_end = false, nothing = false, far = false;
	uint32_t file, count, files_seen = 0;
	struct plan p;
	uint64_t offset;

	(void)state;
	plan_init(&p, PLAN_SWEEP, 3, 5000, 0);
	while (plan_next(&p, three_sizes, NULL, &file, &offset, &count)) {
		uint64_t size = three_sizes(NULL, file);

		assert_true(count <= 5000);
		assert_true(offset <= size + (1ULL << 32));
		files_seen |= 1u << file;
		at_end |= offset == size && count;
		over_end |= offset < size && offset + count > size;
		nothing |= !count;
		far |= offset > UINT32_MAX;
	}
	assert_int_equal(files_seen, 7);
	assert_true(at_end && over_end && nothing && far);
}

static void random_plan_stays_inside(void **state)
{
	uint32_t file, count, n = 0;
	struct plan p;
	uint64_t offset;

	(void)state;
	plan_init(&p, PLAN_RANDOM, 3, 100, 1);
	for (; plan_next(&p, three_sizes, NULL, &file, &offset, &count); n++) {
		assert_true(file < 3);
		assert_true(count <= 100);
	}
	assert_true(n >= 3);
	assert_true(plan_next(&p, three_sizes, NULL, &file, &offset, &count));
}

/* One right reply, spoilt in every way a server could. */
struct judged {
	struct source source;
	struct check check;
	struct engine_read read;
	struct engine_reply reply;
	char data[64], expected[64];
};

static void judged_init(struct judged *j, uint32_t size, uint64_t offset, uint32_t count)
{
	uint64_t left = offset < size ? size - offset : 0;
	struct pattern_file *f;

	memset(j, 0, sizeof(*j));
	assert_int_equal(source_from_pattern(&j->source, 7, 1, 0), 0);
	f = &j->source.files[0].pattern;
	f->size = size;
	j->source.files[0].size = size;
	j->check = (struct check){.source = &j->source, .expected = j->expected};
	j->read = (struct engine_read){.offset = offset, .count = count};
	pattern_fill(f, offset, j->data, sizeof(j->data));
	j->reply = (struct engine_reply){
		.count = count < left ? count : (uint32_t)left,
		.data = j->data,
		.exact = true,
		.eof = offset + count >= size,
		.has_attributes = true,
		.is_regular = true,
		.size = size,
	};
	j->reply.data_len = j->reply.count;
}

static enum check_result judge(struct judged *j)
{
	char why[256];

	return check_reply(&j->check, &j->read, &j->reply, why, sizeof(why));
}

static void check_accepts_only_the_truth(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t count;
	} reads[] = {{0, 64}, {0, 50}, {0, 10}, {49, 1}, {7, 43}, {3, 64}};

	(void)state;
	for (size_t i = 0; i < COUNT(reads); i++) {
		struct judged j;
		uint32_t len;

		judged_init(&j, 50, reads[i].offset, reads[i].count);
		len = j.reply.count;
		assert_int_equal(judge(&j), CHECK_RIGHT);
		for (uint32_t at = 0; at < len; at++) {
			j.data[at] ^= 0x10;
			assert_int_equal(judge(&j), CHECK_WRONG);
			j.data[at] ^= 0x10;
		}
		j.reply.eof = !j.reply.eof;
		assert_int_equal(judge(&j), CHECK_WRONG);
		/* Version 4 cannot tell. */
		j.reply.exact = false;
		assert_int_equal(judge(&j), CHECK_RIGHT);
		j.reply.exact = true;
		j.reply.eof = !j.reply.eof;

		j.reply.count = j.reply.data_len = len - 1;
		assert_int_equal(judge(&j), CHECK_WRONG);
		j.reply.count = len;
		assert_int_equal(judge(&j), CHECK_WRONG);
		j.reply.data_len = len;
		j.reply.size++;
		assert_int_equal(judge(&j), CHECK_WRONG);
		j.reply.size--;
		j.reply.is_regular = false;
		assert_int_equal(judge(&j), CHECK_WRONG);
		j.reply.has_attributes = false;
		assert_int_equal(judge(&j), CHECK_RIGHT);
		j.reply.error = -5;
		assert_int_equal(judge(&j), CHECK_REFUSED);
		source_free(&j.source);
	}
}

static void check_knows_the_ends(void **state)
{
	static const struct {
		uint32_t size;
		uint64_t offset;
		uint32_t count;
		bool eof;
	} reads[] = {
		{0, 0, 8, true},    {0, 0, 0, true},	       {50, 0, 0, false},
		{50, 50, 0, true},  {50, 50, 9, true},	       {50, 51, 9, true},
		{50, 49, 0, false}, {50, 1ULL << 40, 9, true}, {50, 48, 1, false},
		{50, 48, 2, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(reads); i++) {
		struct judged j;

		judged_init(&j, reads[i].size, reads[i].offset, reads[i].count);
		j.reply.eof = reads[i].eof;
		assert_int_equal(judge(&j), CHECK_RIGHT);
		j.reply.eof = !reads[i].eof;
		assert_int_equal(judge(&j), CHECK_WRONG);
		j.check.loose_eof = true;
		assert_int_equal(judge(&j), reads[i].count ? CHECK_WRONG : CHECK_RIGHT);
		source_free(&j.source);
	}
}

static void check_wants_the_expected_refusal(void **state)
{
	struct judged j;

	(void)state;
	judged_init(&j, 50, 0, 50);
	j.check.expect_error = -13;
	assert_int_equal(judge(&j), CHECK_WRONG);
	j.reply.error = -1;
	assert_int_equal(judge(&j), CHECK_WRONG);
	j.reply.error = -13;
	assert_int_equal(judge(&j), CHECK_RIGHT);
	source_free(&j.source);
}

static void urls_are_parsed(void **state)
{
	static const char *const bad[] = {
		"",
		"server:/path",
		"nfs://",
		"nfs:///path",
		"nfs://server",
		"nfs://[::1/path",
		"nfs://[::1]path",
		"nfs://s/p?version=2",
		"nfs://s/p?version",
		"nfs://s/p?nfsport=0",
		"nfs://s/p?nfsport=65536",
		"nfs://s/p?version=-3",
		"nfs://s/p?other=1",
		"nfs://s/p?",
	};
	struct target t;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		target_init(&t);
		assert_non_null(target_parse(&t, bad[i]));
	}
	target_init(&t);
	assert_null(target_parse(
		&t, "nfs://server/a/b?version=4&nfsport=2050&mountport=7&uid=5&gid=6"));
	assert_string_equal(t.server, "server");
	assert_string_equal(t.path, "/a/b");
	assert_int_equal(t.version, 4);
	assert_int_equal(t.nfs_port, 2050);
	assert_int_equal(t.mount_port, 7);
	assert_int_equal(t.uid, 5);
	assert_int_equal(t.gid, 6);
	target_init(&t);
	assert_null(target_parse(&t, "nfs://[fd00::1]/"));
	assert_string_equal(t.server, "fd00::1");
	assert_string_equal(t.path, "/");
	assert_int_equal(t.version, 3);
}

static void options_are_parsed(void **state)
{
	static const char *const bad_sizes[] = {"", "k", "-1", " 1", "1g", "4097m", "0x", "1kk"};
	struct target t;
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad_sizes); i++)
		assert_false(parse_size(bad_sizes[i], 0, UINT32_MAX, &n));
	assert_true(parse_size("64k", 0, UINT32_MAX, &n));
	assert_int_equal(n, 65536);
	assert_false(parse_size("65k", 0, 65536, &n));
	target_init(&t);
	assert_null(target_option(&t, TARGET_OPT_GROUPS, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"));
	assert_int_equal(t.n_groups, 16);
	assert_int_equal(t.groups[15], 16);
	assert_non_null(
		target_option(&t, TARGET_OPT_GROUPS, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"));
	assert_non_null(target_option(&t, TARGET_OPT_GROUPS, "1,,2"));
	assert_non_null(target_option(&t, TARGET_OPT_DEPTH, "0"));
	assert_non_null(target_option(&t, TARGET_OPT_TIMEOUT, "nan"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_close),
		cmocka_unit_test(mix_takes_what_it_says),
		cmocka_unit_test(histogram_takes_every_value),
		cmocka_unit_test(zipf_has_its_shares),
		cmocka_unit_test(zipf_refuses_nonsense),
		cmocka_unit_test(pattern_is_one_stream),
		cmocka_unit_test(patterns_differ),
		cmocka_unit_test(made_files_match),
		cmocka_unit_test(whole_plan_covers_all),
		cmocka_unit_test(sweep_plan_has_the_edges),
		cmocka_unit_test(random_plan_stays_inside),
		cmocka_unit_test(check_accepts_only_the_truth),
		cmocka_unit_test(check_knows_the_ends),
		cmocka_unit_test(check_wants_the_expected_refusal),
		cmocka_unit_test(urls_are_parsed),
		cmocka_unit_test(options_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Times in buckets and back, operations by number, and where clients have their places. */
#include "admin/latency.h"
#include "tests/unit/check.h"

#include <arpa/inet.h>

static void test_buckets(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(na_time_bucket(0), 0);
	assert_int_equal(na_time_bucket(999), 0);
	for (i = 0; i < NA_TIMES - 1; i++) {
		assert_int_equal(na_time_bucket(na_time_end(i) - 1), i);
		assert_int_equal(na_time_bucket(na_time_end(i)), i + 1);
	}
	assert_int_equal(na_time_bucket(~0ull), NA_TIMES - 1);
}

static void test_shares(void **state)
{
	__u64 times[NA_TIMES] = {0};

	(void)state;
	assert_int_equal(na_time_share(times, 500), 0);
	times[4] = 100; /* 8 to 16 us */
	assert_int_equal(na_time_share(times, 500), 12000);
	assert_int_equal(na_time_share(times, 1000), 16000);
	times[7] = 1; /* 64 to 128 us */
	assert_true(na_time_share(times, 990) <= 16000);
	assert_int_equal(na_time_share(times, 1000), 128000);
	times[NA_TIMES - 1] = 1000;
	assert_int_equal(na_time_share(times, 990), na_time_end(NA_TIMES - 2));
	assert_int_equal(na_times_sum(times), 1101);
}

static void test_operations(void **state)
{
	(void)state;
	assert_int_equal(na_op_v3[6], NA_OP_READ);
	assert_int_equal(na_op_v3[7], NA_OP_WRITE);
	assert_int_equal(na_op_v3[17], NA_OP_READDIR);
	assert_int_equal(na_op_v3[21], NA_OP_COMMIT);
	assert_int_equal(na_op_v4[25], NA_OP_READ);
	assert_int_equal(na_op_v4[38], NA_OP_WRITE);
	assert_int_equal(na_op_v4[53], NA_OP_NONE); /* SEQUENCE */
	assert_int_equal(na_op_v4[57], NA_OP_SESSION); /* DESTROY_CLIENTID */
	assert_int_equal(na_op_v4[68], NA_OP_READ); /* READ_PLUS */
	assert_int_equal(na_op_v4[75], NA_OP_SETATTR); /* REMOVEXATTR */
}

/* A table's places are used evenly by the addresses of one network. */
static void test_sets(void **state)
{
	enum { SETS = 64 };
	unsigned int load[SETS] = {0}, i, moved = 0;
	__u64 addr[2] = {0};
	__u8 *bytes = (__u8 *)addr;

	(void)state;
	bytes[10] = bytes[11] = 0xff;
	/* half of the places there are, each client in the emptier of its two sets */
	for (i = 0; i < SETS * NA_TALLY_WAYS / 2; i++) {
		__u32 ip = htonl(0x0a090000 + i), one, two;

		memcpy(bytes + 12, &ip, sizeof(ip));
		one = na_tally_set(bytes, SETS, false);
		two = na_tally_set(bytes, SETS, true);
		assert_true(one < SETS && two < SETS);
		moved += one != two;
		load[load[two] < load[one] ? two : one]++;
	}
	assert_true(moved > i / 2);
	for (i = 0; i < SETS; i++)
		assert_true(load[i] <= NA_TALLY_WAYS);
	assert_int_equal(na_tally_set(bytes, 1, true), 0);
}

/* Whatever the words of two handles say, their keys say it too. */
static void test_same_export(void **state)
{
	static const __u8 types[] = {0, 1, 2, 3, 4, 5, 6, 7};
	struct na_fh_head a, b;
	struct na_export_key ka, kb;
	unsigned int t, i, same = 0, differ = 0;

	(void)state;
	for (t = 0; t < COUNT(types); t++) {
		__u32 n = na_fsid_len(types[t]);

		for (i = 0; i < sizeof(a.data); i++)
			a.data[i] = (__u8)(17 * i + 1);
		a.data[0] = 1;
		a.data[1] = 0;
		a.data[2] = types[t];
		a.len = NA_FH_FSID + n + 8;
		assert_true(na_export_key_of(a.data, a.len, &ka));
		for (i = 0; i < sizeof(b.data); i++) {
			bool equal;

			b = a;
			b.len = NA_FH_FSID + n;
			b.data[i] ^= 0x80;
			equal = na_export_key_of(b.data, b.len, &kb) &&
				!memcmp(&ka, &kb, sizeof(ka));
			assert_int_equal(na_fh_same_export(b.data, b.len, &a, n), equal);
			same += equal;
			differ += !equal;
		}
		b = a;
		b.len = NA_FH_FSID + n - 1;
		assert_false(na_fh_same_export(b.data, b.len, &a, n));
	}
	/* of the 28 bytes the type of what follows, and what follows */
	assert_int_equal(same, COUNT(types) * (1 + 24) - (8 + 4 + 12 + 8 + 8 + 8 + 16 + 24));
	assert_int_equal(differ, COUNT(types) * 28 - same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_same_export),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/check.h"
#include "tests/unit/wire.h"

static void integers_stop_at_the_end(void **state)
{
	struct wire w = {.len = 0};
	struct na_xdr x;
	__u32 len, v32;
	__u64 v64;

	(void)state;
	wire_u64(&w, 0x8182838485868788ull);
	for (len = 0; len <= 8; len++) {
		v32 = 1;
		v64 = 2;
		wire_open(&x, &w, len, 0xee);
		assert_int_equal(na_xdr_u64(&x, &v64), len == 8);
		assert_int_equal(x.pos, len == 8 ? 8 : 0);
		assert_true(v64 == (len == 8 ? 0x8182838485868788ull : 2));
		x.pos = 0;
		assert_int_equal(na_xdr_u32(&x, &v32), len >= 4);
		assert_int_equal(x.pos, len >= 4 ? 4 : 0);
		assert_int_equal(v32, len >= 4 ? 0x81828384 : 1);
		wire_close(&x);
	}
}

/* A length beyond the capacity must not lead the reader out of the buffer. */
static void capacity_binds_whatever_len_says(void **state)
{
	struct wire w = {.len = 0};
	__u32 out[16], pos, v, n;
	__u64 v64;
	struct na_xdr x;

	(void)state;
	wire_open(&x, &w, NA_XDR_CAP, 0);
	x.len = 0xffffffff;
	for (pos = NA_XDR_CAP - 80; pos <= NA_XDR_CAP + 8; pos += 4) {
		x.pos = pos;
		assert_int_equal(na_xdr_u32(&x, &v), pos + 4 <= NA_XDR_CAP);
		x.pos = pos;
		assert_int_equal(na_xdr_u64(&x, &v64), pos + 8 <= NA_XDR_CAP);
		x.pos = pos;
		assert_int_equal(na_xdr_inline(&x, 84) != NULL, pos + 84 <= NA_XDR_CAP);
		x.pos = pos;
		assert_int_equal(na_xdr_words(&x, out, 16, 0), pos + 64 <= NA_XDR_CAP);
		x.pos = pos;
		assert_int_equal(na_xdr_opaque(&x, out, 64, &n), pos + 68 <= NA_XDR_CAP);
	}
	for (pos = 0xfffffff0; pos; pos += 4) {
		x.pos = pos;
		assert_false(na_xdr_u32(&x, &v));
		assert_false(na_xdr_u64(&x, &v64));
		assert_false(na_xdr_skip(&x, 255));
		assert_false(na_xdr_words(&x, out, 16, 0));
		assert_false(na_xdr_opaque(&x, out, 64, &n));
		assert_int_equal(x.pos, pos);
	}
	wire_close(&x);
}

static void skip_every_length(void **state)
{
	struct wire w;
	struct na_xdr x;
	__u32 n, len, full;

	(void)state;
	for (n = 0; n <= 256; n++) {
		w.len = 0;
		wire_opaque(&w, n, 1, 0xff);
		full = w.len;
		for (len = 0; len <= full; len++) {
			bool good = n <= 255 && len == full;

			wire_open(&x, &w, len, 0);
			assert_int_equal(na_xdr_skip(&x, 255), good);
			assert_int_equal(x.pos, good ? full : 0);
			wire_close(&x);
		}
	}
}

/* The values at which rounding up or multiplying by four wraps around. */
static const __u32 huge[] = {0x3fffffff, 0x40000000, 0x40000001, 0x7fffffff, 0x80000000,
			     0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff};

static void huge_lengths(void **state)
{
	struct wire w = {.len = 0};
	__u32 out[16], n = 7, i;
	struct na_xdr x;

	(void)state;
	for (i = 0; i < COUNT(huge); i++) {
		wire_set32(&w, 0, huge[i]);
		wire_open(&x, &w, 200, 0);
		assert_false(na_xdr_skip(&x, 255));
		assert_false(na_xdr_opaque(&x, out, 64, &n));
		assert_false(na_xdr_words(&x, out, 16, huge[i]));
		assert_int_equal(x.pos, 0);
		assert_int_equal(n, 7);
		wire_close(&x);
	}
}

static void opaque_every_length(void **state)
{
	__u8 out[68] __attribute__((aligned(4)));
	struct wire w;
	struct na_xdr x;
	__u32 n, len, got, i;

	(void)state;
	for (n = 0; n <= 68; n++) {
		w.len = 0;
		wire_opaque(&w, n, 1, 0xff);
		for (len = 0; len <= w.len; len++) {
			bool good = n <= 64 && len == w.len;

			memset(out, 0x55, sizeof(out));
			got = 99;
			wire_open(&x, &w, len, 0xaa);
			assert_int_equal(na_xdr_opaque(&x, out, 64, &got), good);
			assert_int_equal(x.pos, good ? w.len : 0);
			assert_int_equal(got, good ? n : 99);
			for (i = 0; good && i < 64; i++)
				assert_int_equal(out[i], i < n ? 1 + i : 0);
			for (i = 64; i < sizeof(out); i++)
				assert_int_equal(out[i], 0x55);
			wire_close(&x);
		}
	}
}

static void words_every_number(void **state)
{
	struct wire w = {.len = 0};
	__u32 out[17], n, i, words;
	struct na_xdr x;

	(void)state;
	for (i = 0; i < 18; i++)
		wire_u32(&w, 0xf0000000 + i);
	for (n = 0; n <= 18; n++) {
		for (words = 0; words <= 18; words++) {
			bool good = n <= 16 && n <= words;

			memset(out, 0x55, sizeof(out));
			wire_open(&x, &w, 4 * words, 0xaa);
			assert_int_equal(na_xdr_words(&x, out, 16, n), good);
			assert_int_equal(x.pos, good ? 4 * n : 0);
			for (i = 0; good && i < 16; i++)
				assert_int_equal(out[i], i < n ? 0xf0000000 + i : 0);
			assert_int_equal(out[16], 0x55555555);
			wire_close(&x);
		}
	}
}

static void words_written_are_read(void **state)
{
	__u8 b[8] __attribute__((aligned(4)));
	static const __u8 want[8] = {0x01, 0x02, 0x03, 0xf4, 0xf5, 6, 7, 8};

	(void)state;
	na_xdr_put32(b, 0x010203f4);
	na_xdr_put32(b + 4, 0xf5060708);
	assert_memory_equal(b, want, 8);
	assert_int_equal(na_xdr_get32(b), 0x010203f4);
	assert_true(na_xdr_get64(b) == 0x010203f4f5060708ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_stop_at_the_end),
		cmocka_unit_test(capacity_binds_whatever_len_says),
		cmocka_unit_test(skip_every_length),
		cmocka_unit_test(huge_lengths),
		cmocka_unit_test(opaque_every_length),
		cmocka_unit_test(words_every_number),
		cmocka_unit_test(words_written_are_read),
	};

	return cmocka_run_group_tests_name("xdr", tests, NULL, NULL);
}

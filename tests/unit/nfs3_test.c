// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/check.h"
#include "tests/unit/wire.h"

/* fattr3 of a file of 5000 bytes; every field has bytes of its own. */
static const __u8 attr[NA_FATTR3_BYTES] __attribute__((aligned(4))) = {
	0,    0,    0,	  1,	0,    0,    0x01, 0xa4, 0,    0,    0,	  2,	0,    0,
	0x03, 0xe8, 0,	  0,	0x03, 0xe9, 0,	  0,	0,    0,    0,	  0,	0x13, 0x88,
	0,    0,    0,	  0,	0,    0,    0x20, 0,	0,    0,    0,	  0x11, 0,    0,
	0,    0x12, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xe1, 2,	3,    4,
	5,    6,    7,	  0xe8, 0x61, 0,    0,	  1,	0,    0,    0,	  0xa1, 0x62, 0,
	0,    2,    0,	  0,	0,    0xa2, 0x63, 0,	0,    3,    0,	  0,	0,    0xa3,
};

static void check_attr(const struct na_fattr3 *f)
{
	assert_int_equal(f->type, 1);
	assert_int_equal(f->mode, 0644);
	assert_int_equal(f->nlink, 2);
	assert_int_equal(f->uid, 1000);
	assert_int_equal(f->gid, 1001);
	assert_true(f->size == 5000 && f->used == 8192);
	assert_true(f->fsid == 0xf1f2f3f4f5f6f7f8ull);
	assert_true(f->fileid == 0xe1020304050607e8ull);
	assert_int_equal(f->atime.sec, 0x61000001);
	assert_int_equal(f->atime.nsec, 0xa1);
	assert_int_equal(f->mtime.sec, 0x62000002);
	assert_int_equal(f->mtime.nsec, 0xa2);
	assert_int_equal(f->ctime.sec, 0x63000003);
	assert_int_equal(f->ctime.nsec, 0xa3);
}

/* READ3res without its data bytes. */
static void wire_res(struct wire *w, bool has_attr, __u32 count, __u32 eof)
{
	w->len = 0;
	wire_u32(w, 0);
	wire_u32(w, has_attr);
	if (has_attr) {
		memcpy(w->b + w->len, attr, sizeof(attr));
		w->len += sizeof(attr);
	}
	wire_u32(w, count);
	wire_u32(w, eof);
	wire_u32(w, count);
}

static void results_at_every_truncation(void **state)
{
	struct na_read3res r;
	struct na_xdr x;
	struct wire w;
	__u32 len;
	int has;

	(void)state;
	for (has = 0; has < 2; has++) {
		wire_res(&w, has, 5, 1);
		for (len = 0; len <= w.len; len++) {
			wire_open(&x, &w, len, 0);
			assert_int_equal(na_nfs3_read_res(&x, w.len + 8, &r), len == w.len);
			wire_close(&x);
		}
		assert_int_equal(r.status, 0);
		assert_int_equal(r.has_attr, has);
		assert_int_equal(r.count, 5);
		assert_int_equal(r.eof, 1);
		assert_int_equal(r.data_len, 5);
		assert_int_equal(r.data_pos, w.len);
		if (has) {
			check_attr(&r.fattr);
			assert_memory_equal(r.attr, attr, sizeof(attr));
		}
	}
}

static void errors_have_only_a_status(void **state)
{
	static const __u32 codes[] = {1, 5, 13, 70, 10001, 10008, 0xffffffff};
	struct na_read3res r;
	struct na_xdr x;
	struct wire w;
	__u32 i;

	(void)state;
	for (i = 0; i < COUNT(codes); i++) {
		w.len = 0;
		wire_u32(&w, codes[i]);
		wire_open(&x, &w, w.len, 0);
		assert_true(na_nfs3_read_res(&x, w.len, &r));
		assert_int_equal(r.status, codes[i]);
		wire_close(&x);
	}
}

/* Booleans are 0 or 1, and the padded data ends where the record does. */
static void results_must_add_up(void **state)
{
	static const struct {
		__u32 pos, value, end;
		bool good;
	} rows[] = {
		{4, 1, 112, true},
		{4, 2, 112, false},
		{4, 0x01000000, 112, false},
		{96, 0, 112, true},
		{96, 2, 112, false},
		{96, 0xffffffff, 112, false},
		{100, 5, 111, false},
		{100, 5, 113, false},
		{100, 5, 109, false},
		{100, 4, 108, true},
		{100, 8, 112, true},
		{100, 9, 112, false},
		{100, 4, 112, false},
		{100, 0, 104, true},
		{100, 0, 108, false},
		{100, 0xffffffff, 104, false},
		{100, 0xffffffff, 103, false},
		{100, 0xfffffffc, 100, false},
		{100, 0x00100000, 104 + 0x00100000, true},
	};
	struct na_read3res r;
	struct na_xdr x;
	struct wire w;
	__u32 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		wire_res(&w, true, 5, 1);
		assert_int_equal(w.len, 104);
		wire_set32(&w, rows[i].pos, rows[i].value);
		wire_open(&x, &w, w.len, 0);
		if (na_nfs3_read_res(&x, rows[i].end, &r) != rows[i].good)
			fail_msg("word %u = %#x, end %u", rows[i].pos, rows[i].value, rows[i].end);
		wire_close(&x);
	}
}

/* RFC 5531 and RFC 1813, by hand. */
static void reply_to_the_byte(void **state)
{
	static const __u8 front[36] = {
		0x80, 0,    0x13, 0x9c, /* last fragment, 128 + 4892 bytes */
		0x12, 0x34, 0x56, 0x78, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
		0,    0,    0,	  0,	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	};
	static const __u8 back[12] = {0, 0, 0x13, 0x19, 0, 0, 0, 1, 0, 0, 0x13, 0x19};
	__u8 out[NA_READ3_HEAD + 4] __attribute__((aligned(4)));

	(void)state;
	memset(out, 0x55, sizeof(out));
	na_nfs3_build_read_reply(out, WIRE_XID, attr, 4889, 1);
	assert_memory_equal(out, front, 36);
	assert_memory_equal(out + 36, attr, 84);
	assert_memory_equal(out + 120, back, 12);
	assert_int_equal(out[NA_READ3_HEAD], 0x55);
	assert_int_equal(na_nfs3_reply_len(4889), 132 + 4892);
}

static void reply_is_read_back(void **state)
{
	static const __u32 counts[] = {0, 1, 2, 3, 4, 5, 4095, 4096, 65535, 65536};
	__u8 *out = malloc(NA_XDR_CAP);
	struct na_rpc_reply rpc;
	struct na_read3res r;
	struct na_rpc_mark m;
	struct na_xdr x;
	__u32 i;

	(void)state;
	for (i = 0; i < COUNT(counts); i++) {
		na_nfs3_build_read_reply(out, 0xfedcba98, attr, counts[i], i & 1);
		m = na_rpc_mark_read(na_xdr_get32(out));
		assert_true(m.last);
		assert_int_equal(m.len + 4, na_nfs3_reply_len(counts[i]));
		assert_int_equal(m.len % 4, 0);
		na_xdr_init(&x, out, NA_READ3_HEAD);
		x.pos = 4;
		assert_true(na_rpc_reply_head(&x, &rpc) && rpc.plain);
		assert_int_equal(rpc.xid, 0xfedcba98);
		assert_true(na_nfs3_read_res(&x, 4 + m.len, &r));
		assert_int_equal(r.count, counts[i]);
		assert_int_equal(r.data_len, counts[i]);
		assert_int_equal(r.eof, i & 1);
		assert_int_equal(r.data_pos, NA_READ3_HEAD);
		check_attr(&r.fattr);
	}
	free(out);
}

/* nfsd's way: bytes returned first, then nfsd_eof_on_read() from them. */
static void nfsd_span(__u64 size, __u64 offset, __u32 count, __u32 *n, __u32 *eof)
{
	__u32 got = 0;

	while (got < count && offset + got < size)
		got++;
	*n = got;
	if (count != 0 && got == 0)
		*eof = 1;
	else
		*eof = offset + got >= size;
}

static void span_as_nfsd(void **state)
{
	__u32 size, offset, count, n, eof, want_n, want_eof;

	(void)state;
	for (size = 0; size <= 20; size++) {
		for (offset = 0; offset <= 25; offset++) {
			for (count = 0; count <= 25; count++) {
				na_nfs3_read_span(size, offset, count, &n, &eof);
				nfsd_span(size, offset, count, &want_n, &want_eof);
				assert_int_equal(n, want_n);
				assert_int_equal(eof, want_eof);
			}
		}
	}
}

static void span_at_the_edges(void **state)
{
	static const struct {
		__u64 size, offset;
		__u32 count, n, eof;
	} rows[] = {
		{0, 0, 0, 0, 1},
		{0, 0, 4096, 0, 1},
		{1, 0, 0, 0, 0},
		{1, 1, 0, 0, 1},
		{65536, 0, 65536, 65536, 1},
		{65536, 0, 65535, 65535, 0},
		{65536, 0, 0xffffffff, 65536, 1},
		{65536, 65535, 1, 1, 1},
		{65536, 65536, 1, 0, 1},
		{65536, 0x7fffffffffffffffull, 0, 0, 1},
		{65536, 0xffffffffffffffffull, 0xffffffff, 0, 1},
		{0x200000000ull, 0, 0xffffffff, 0xffffffff, 0},
		{0x100000000ull, 1, 0xffffffff, 0xffffffff, 1},
	};
	__u32 i, n, eof;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		na_nfs3_read_span(rows[i].size, rows[i].offset, rows[i].count, &n, &eof);
		assert_int_equal(n, rows[i].n);
		assert_int_equal(eof, rows[i].eof);
	}
}

static void reply_lengths(void **state)
{
	__u32 n;

	(void)state;
	for (n = 0; n <= 65536; n++) {
		__u32 len = na_nfs3_reply_len(n);

		assert_int_equal(len % 4, 0);
		assert_in_range(len, 132 + n, 132 + n + 3);
	}
}

/* Once a call was kept, which ones are alike: all but xid and arguments must be the same. */
static void alike_to_the_byte(void **state)
{
	__u8 call[NA_XDR_CAP] __attribute__((aligned(8))) = {0};
	struct wire_call k = {.flavor = 1, .fh = 28};
	struct na_read_alike kept;
	struct wire w;
	__u32 end, i;

	(void)state;
	for (k.name = 0; k.name <= 120; k.name++) {
		k.ngids = k.name % 17;
		wire_read_call(&w, &k);
		memcpy(call + 4, w.b, w.len);
		end = 4 + w.len - (4 + 28 + 12);
		na_read_alike_set(&kept, call, end);
		if (end > NA_ALIKE_AT + NA_ALIKE_MAX) {
			assert_false(na_read_alike(&kept, call, w.len + 4));
			continue;
		}
		for (i = 0; i < w.len + 4; i++) {
			call[i] ^= 1 << i % 8;
			assert_int_equal(na_read_alike(&kept, call, w.len + 4),
					 i < NA_ALIKE_AT || i >= end);
			call[i] ^= 1 << i % 8;
		}
		assert_true(na_read_alike(&kept, call, end));
		assert_false(na_read_alike(&kept, call, end - 1));
	}
	memset(&kept, 0, sizeof(kept));
	assert_false(na_read_alike(&kept, call, w.len + 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_at_every_truncation),
		cmocka_unit_test(errors_have_only_a_status),
		cmocka_unit_test(results_must_add_up),
		cmocka_unit_test(reply_to_the_byte),
		cmocka_unit_test(reply_is_read_back),
		cmocka_unit_test(span_as_nfsd),
		cmocka_unit_test(span_at_the_edges),
		cmocka_unit_test(reply_lengths),
		cmocka_unit_test(alike_to_the_byte),
	};

	return cmocka_run_group_tests_name("nfs3", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/check.h"
#include "tests/unit/wire.h"

/* Where the words of a call lie; the credential's depend on the machine name. */
#define AT_TYPE	   4
#define AT_RPCVERS 8
#define AT_PROG	   12
#define AT_VERS	   16
#define AT_PROC	   20
#define AT_FLAVOR  24
#define AT_BODY	   28
#define AT_STAMP   32
#define AT_NAME	   36

static const struct wire_call plain = {.flavor = 1, .name = 6, .ngids = 3, .fh = 28};

/* Bytes past the record must not matter, so every message is read with two tails. */
static enum na_verdict parse_cut(const struct wire *w, __u32 len, struct na_rpc_call *c,
				 struct na_read3args *a)
{
	struct na_rpc_call c2;
	struct na_read3args a2;
	enum na_verdict v, v2;
	struct na_xdr x;

	wire_open(&x, w, len, 0x00);
	v = na_nfs3_read_call(&x, c, a);
	wire_close(&x);
	wire_open(&x, w, len, 0xff);
	v2 = na_nfs3_read_call(&x, &c2, &a2);
	wire_close(&x);
	assert_int_equal(v, v2);
	if (v == NA_V_HIT) {
		assert_memory_equal(c, &c2, sizeof(*c));
		assert_memory_equal(&a->fh, &a2.fh, sizeof(a->fh));
		assert_true(a->offset == a2.offset && a->count == a2.count);
	}
	return v;
}

static enum na_verdict parse(const struct wire *w, struct na_rpc_call *c, struct na_read3args *a)
{
	return parse_cut(w, w->len, c, a);
}

static void check_values(const struct wire_call *k, const struct na_rpc_call *c,
			 const struct na_read3args *a)
{
	__u32 i;

	assert_int_equal(c->xid, WIRE_XID);
	assert_int_equal(c->prog, 100003);
	assert_int_equal(c->vers, 3);
	assert_int_equal(c->proc, 6);
	assert_int_equal(c->flavor, k->flavor);
	assert_int_equal(c->uid, k->flavor ? WIRE_UID : 0);
	assert_int_equal(c->gid, k->flavor ? WIRE_GID : 0);
	assert_int_equal(c->ngids, k->ngids);
	for (i = 0; i < NA_AUTH_GIDS; i++)
		assert_int_equal(c->gids[i], i < k->ngids ? 100 + i : 0);
	assert_int_equal(a->fh.len, k->fh);
	for (i = 0; i < NA_NFS_FHSIZE; i++)
		assert_int_equal(a->fh.data[i], i < k->fh ? 0x80 + i : 0);
	assert_true(a->offset == WIRE_OFFSET);
	assert_int_equal(a->count, WIRE_COUNT);
}

static void every_shape_is_read(void **state)
{
	struct wire_call k;
	struct na_rpc_call c;
	struct na_read3args a;
	struct wire w;

	(void)state;
	for (k.name = 0; k.name <= 255; k.name++) {
		for (k.ngids = 0; k.ngids <= 16; k.ngids++) {
			k.flavor = 1;
			k.fh = 1 + (k.name + 5 * k.ngids) % 64;
			k.pad = (__u8)(k.name & 1 ? 0xff : 0);
			wire_read_call(&w, &k);
			assert_int_equal(parse(&w, &c, &a), NA_V_HIT);
			check_values(&k, &c, &a);
		}
	}
	for (k.fh = 1; k.fh <= 64; k.fh++) {
		k.flavor = 0;
		k.name = 0;
		k.ngids = 0;
		wire_read_call(&w, &k);
		assert_int_equal(parse(&w, &c, &a), NA_V_HIT);
		check_values(&k, &c, &a);
	}
}

static void every_truncation_is_refused(void **state)
{
	static const struct wire_call shapes[] = {
		{.flavor = 0, .fh = 64},
		{.flavor = 1, .name = 0, .ngids = 0, .fh = 1},
		{.flavor = 1, .name = 6, .ngids = 3, .fh = 28},
		{.flavor = 1, .name = 255, .ngids = 16, .fh = 64},
	};
	struct na_rpc_call c;
	struct na_read3args a;
	struct wire w;
	__u32 i, len, args;
	enum na_verdict v;

	(void)state;
	for (i = 0; i < COUNT(shapes); i++) {
		wire_read_call(&w, &shapes[i]);
		args = w.len - 12 - 4 - ((shapes[i].fh + 3) & ~3u);
		for (len = 0; len < w.len; len++) {
			v = parse_cut(&w, len, &c, &a);
			assert_int_equal(v, len < 24	 ? NA_V_PASS_NOTREAD
					    : len < args ? NA_V_MISS_CRED
							 : NA_V_MISS_COUNT);
		}
	}
}

static void nothing_may_follow(void **state)
{
	struct na_rpc_call c;
	struct na_read3args a;
	struct wire w;
	__u32 more;

	(void)state;
	wire_read_call(&w, &plain);
	memset(w.b + w.len, 0, 64);
	for (more = 1; more <= 64; more++)
		assert_int_equal(parse_cut(&w, w.len + more, &c, &a), NA_V_MISS_COUNT);
}

/* One word of a good call is replaced by a value. */
static void every_word_at_its_boundary(void **state)
{
	static const struct {
		__u32 pos, value;
		enum na_verdict want;
	} rows[] = {
		{AT_TYPE, 1, NA_V_PASS_NOTREAD},
		{AT_TYPE, 0x01000000, NA_V_PASS_NOTREAD},
		{AT_RPCVERS, 1, NA_V_PASS_NOTREAD},
		{AT_RPCVERS, 3, NA_V_PASS_NOTREAD},
		{AT_PROG, 100002, NA_V_PASS_NOTREAD},
		{AT_PROG, 100004, NA_V_PASS_NOTREAD},
		{AT_PROG, 100227, NA_V_PASS_NOTREAD},
		{AT_VERS, 2, NA_V_PASS_NOTREAD},
		{AT_VERS, 4, NA_V_PASS_NOTREAD},
		{AT_PROC, 5, NA_V_PASS_NOTREAD},
		{AT_PROC, 7, NA_V_PASS_NOTREAD},
		{AT_PROC, 0x06000000, NA_V_PASS_NOTREAD},
		{AT_FLAVOR, 0, NA_V_MISS_CRED}, /* AUTH_NONE with a body */
		{AT_FLAVOR, 2, NA_V_MISS_CRED},
		{AT_FLAVOR, 6, NA_V_MISS_CRED},
		{AT_FLAVOR, 7, NA_V_MISS_CRED},
		{AT_FLAVOR, 0xffffffff, NA_V_MISS_CRED},
		{AT_BODY, 0, NA_V_MISS_CRED},
		{AT_BODY, 39, NA_V_MISS_CRED},
		{AT_BODY, 40, NA_V_HIT},
		{AT_BODY, 41, NA_V_MISS_CRED},
		{AT_BODY, 36, NA_V_MISS_CRED},
		{AT_BODY, 44, NA_V_MISS_CRED},
		{AT_BODY, 400, NA_V_MISS_CRED},
		{AT_BODY, 401, NA_V_MISS_CRED},
		{AT_BODY, 0xffffffff, NA_V_MISS_CRED},
		{AT_STAMP, 0, NA_V_HIT},
		{AT_STAMP, 0xffffffff, NA_V_HIT},
		{AT_NAME, 5, NA_V_HIT}, /* as many words */
		{AT_NAME, 4, NA_V_MISS_CRED},
		{AT_NAME, 9, NA_V_MISS_CRED},
		{AT_NAME, 256, NA_V_MISS_CRED},
		{AT_NAME, 0xfffffffd, NA_V_MISS_CRED},
		{48, 0xffffffff, NA_V_HIT}, /* uid -1: nfsd squashes it, the key holds it */
		{52, 0xffffffff, NA_V_HIT},
		{56, 2, NA_V_MISS_CRED}, /* groups */
		{56, 4, NA_V_MISS_CRED},
		{56, 16, NA_V_MISS_CRED},
		{56, 17, NA_V_MISS_CRED},
		{56, 0x40000003, NA_V_MISS_CRED},
		{72, 1, NA_V_MISS_CRED}, /* verifier */
		{72, 6, NA_V_MISS_CRED},
		{76, 4, NA_V_MISS_CRED},
		{76, 0x80000000, NA_V_MISS_CRED},
		{80, 0, NA_V_MISS_COUNT}, /* handle */
		{80, 25, NA_V_HIT},
		{80, 24, NA_V_MISS_COUNT},
		{80, 29, NA_V_MISS_COUNT},
		{80, 64, NA_V_MISS_COUNT},
		{80, 65, NA_V_MISS_COUNT},
		{80, 0xfffffffc, NA_V_MISS_COUNT},
		{112, 0xffffffff, NA_V_HIT}, /* offset and count are for the cache rule */
		{120, 0xffffffff, NA_V_HIT},
		{120, 0, NA_V_HIT},
	};
	struct na_rpc_call c;
	struct na_read3args a;
	struct wire w;
	__u32 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		wire_read_call(&w, &plain);
		assert_int_equal(w.len, 124);
		wire_set32(&w, rows[i].pos, rows[i].value);
		if (parse(&w, &c, &a) != rows[i].want)
			fail_msg("word %u = %#x", rows[i].pos, rows[i].value);
	}
}

/* 6.1 counts words, so takes a name of 256 bytes and 17 groups are too many for all. */
static void lengths_outside_the_standard(void **state)
{
	struct wire_call k = plain;
	struct na_rpc_call c;
	struct na_read3args a;
	struct wire w;

	(void)state;
	k.name = 256;
	wire_read_call(&w, &k);
	assert_int_equal(parse(&w, &c, &a), NA_V_MISS_CRED);
	k = plain;
	k.ngids = 17;
	wire_read_call(&w, &k);
	assert_int_equal(parse(&w, &c, &a), NA_V_MISS_CRED);
	k = plain;
	k.fh = 65;
	wire_read_call(&w, &k);
	assert_int_equal(parse(&w, &c, &a), NA_V_MISS_COUNT);
	k.fh = 0;
	wire_read_call(&w, &k);
	assert_int_equal(parse(&w, &c, &a), NA_V_MISS_COUNT);
}

static void record_marks(void **state)
{
	struct na_rpc_mark m = na_rpc_mark_read(0x80000000);

	(void)state;
	assert_true(m.last && m.len == 0);
	m = na_rpc_mark_read(0xffffffff);
	assert_true(m.last && m.len == 0x7fffffff);
	m = na_rpc_mark_read(0x7fffffff);
	assert_true(!m.last && m.len == 0x7fffffff);
	m = na_rpc_mark_read(1);
	assert_true(!m.last && m.len == 1);
}

static void wire_reply(struct wire *w)
{
	w->len = 0;
	wire_u32(w, WIRE_XID);
	wire_u32(w, 1);
	wire_u32(w, 0);
	wire_u32(w, 0);
	wire_u32(w, 0);
	wire_u32(w, 0);
}

static void replies_at_every_truncation(void **state)
{
	struct na_rpc_reply r;
	struct na_xdr x;
	struct wire w;
	__u32 len;

	(void)state;
	wire_reply(&w);
	for (len = 0; len <= w.len; len++) {
		wire_open(&x, &w, len, 0);
		assert_int_equal(na_rpc_reply_head(&x, &r), len >= 8);
		if (len >= 8) {
			assert_int_equal(r.xid, WIRE_XID);
			assert_int_equal(r.plain, len == 24);
		}
		if (len == 24)
			assert_int_equal(x.pos, 24);
		wire_close(&x);
	}
}

static void every_reply_word(void **state)
{
	static const __u32 values[] = {1, 2, 3, 4, 5, 6, 0x01000000, 0xffffffff};
	struct na_rpc_reply r;
	struct na_xdr x;
	struct wire w;
	__u32 pos, i;
	bool is_reply;

	(void)state;
	for (pos = 4; pos < 24; pos += 4) {
		for (i = 0; i < COUNT(values); i++) {
			wire_reply(&w);
			wire_set32(&w, pos, values[i]);
			wire_open(&x, &w, w.len, 0);
			is_reply = pos != 4 || values[i] == 1;
			assert_int_equal(na_rpc_reply_head(&x, &r), is_reply);
			if (is_reply) {
				assert_int_equal(r.xid, WIRE_XID);
				assert_int_equal(r.plain, pos == 4);
			}
			wire_close(&x);
		}
	}
	wire_reply(&w);
	wire_set32(&w, 4, 0);
	wire_open(&x, &w, w.len, 0);
	assert_false(na_rpc_reply_head(&x, &r));
	wire_close(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_is_read),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(nothing_may_follow),
		cmocka_unit_test(every_word_at_its_boundary),
		cmocka_unit_test(lengths_outside_the_standard),
		cmocka_unit_test(record_marks),
		cmocka_unit_test(replies_at_every_truncation),
		cmocka_unit_test(every_reply_word),
	};

	return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}

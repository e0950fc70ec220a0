// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our parsers against libtirpc, on messages it wrote and on damaged copies of them:
 * both must accept the same messages and find the same values in them.
 */
#include "tests/unit/check.h"
#include "tests/unit/oracle.h"
#include "tests/unit/wire.h"

#define ROUNDS 60000

static __u64 seed;

static __u32 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (__u32)(seed >> 32);
}

static __u32 below(__u32 n)
{
	return rnd() % n;
}

static __u32 interesting(void)
{
	static const __u32 v[] = {
		0,	    1,		2,	    3,		4,	   5,	       6,
		7,	    8,		16,	    17,		64,	   65,	       255,
		256,	    257,	400,	    401,	512,	   0x3fffffff, 0x40000000,
		0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffd, 0xffffffff};

	return v[below(COUNT(v))];
}

/* One to three wounds: a bit, a byte, a word, a word off by a little, the end. */
static void mutate(struct wire *w)
{
	__u32 times = 1 + below(3), at, v;

	while (times--) {
		if (w->len < 4) {
			w->len = 4;
			memset(w->b, 0, 4);
		}
		at = below(w->len / 4) * 4;
		v = wire_get32(w->b + at);
		switch (below(6)) {
		case 0:
			w->b[below(w->len)] ^= (__u8)(1u << below(8));
			break;
		case 1:
			w->b[below(w->len)] = (__u8)rnd();
			break;
		case 2:
			wire_set32(w, at, interesting());
			break;
		case 3:
			wire_set32(w, at, v + below(9) - 4);
			break;
		case 4:
			w->len = below(w->len + 1);
			break;
		case 5:
			v = below(9);
			if (w->len + v <= NA_XDR_CAP) {
				memset(w->b + w->len, (int)rnd(), v);
				w->len += v;
			}
			break;
		}
	}
}

static void random_call(struct oracle_call *c)
{
	__u32 i;

	memset(c, 0, sizeof(*c));
	c->xid = rnd();
	c->sys = below(8) != 0;
	c->stamp = rnd();
	c->name = below(4) ? below(24) : below(256);
	c->uid = rnd();
	c->gid = rnd();
	c->ngids = below(17);
	for (i = 0; i < c->ngids; i++)
		c->gids[i] = rnd();
	c->args.fh.len = below(4) ? 4 * (1 + below(16)) : 1 + below(64);
	for (i = 0; i < c->args.fh.len; i++)
		c->args.fh.data[i] = (__u8)rnd();
	c->args.offset = (__u64)rnd() << 32 | rnd();
	c->args.count = rnd();
}

static void same_call(const struct na_rpc_call *a, const struct na_rpc_call *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void same_args(const struct na_read3args *a, const struct na_read3args *b)
{
	assert_true(a->offset == b->offset && a->count == b->count);
	assert_memory_equal(&a->fh, &b->fh, sizeof(a->fh));
}

/* Returns whether both accepted. */
static bool compare_call(const struct wire *w)
{
	struct na_rpc_call ours, theirs;
	struct na_read3args our_args, their_args;
	enum na_verdict v;
	struct na_xdr x;
	bool good;

	wire_open(&x, w, w->len, (__u8)rnd());
	v = na_nfs3_read_call(&x, &ours, &our_args);
	wire_close(&x);
	good = oracle_read_call(w->b, w->len, &theirs, &their_args);
	if (good != (v == NA_V_HIT))
		fail_msg("seed %llx: libtirpc %d, we %d", (unsigned long long)seed, good, v);
	if (good) {
		same_call(&ours, &theirs);
		same_args(&our_args, &their_args);
	}
	return good;
}

static void calls_of_libtirpc_are_read(void **state)
{
	struct na_rpc_call got;
	struct na_read3args args;
	struct oracle_call c;
	struct na_xdr x;
	struct wire w;
	int i;

	(void)state;
	seed = 0x1d872b41b9f5a3c7ull;
	for (i = 0; i < ROUNDS; i++) {
		random_call(&c);
		w.len = oracle_write_call(&c, w.b, NA_XDR_CAP);
		assert_true(w.len > 0);
		assert_true(compare_call(&w));
		wire_open(&x, &w, w.len, 0);
		assert_int_equal(na_nfs3_read_call(&x, &got, &args), NA_V_HIT);
		wire_close(&x);
		assert_int_equal(got.xid, c.xid);
		assert_int_equal(got.flavor, c.sys);
		assert_int_equal(got.uid, c.sys ? c.uid : 0);
		assert_int_equal(got.gid, c.sys ? c.gid : 0);
		assert_int_equal(got.ngids, c.sys ? c.ngids : 0);
		if (c.sys)
			assert_memory_equal(got.gids, c.gids, sizeof(c.gids));
		same_args(&args, &c.args);
	}
}

/* A good half of the wounds must show, or the test tests nothing. */
static void expect_both(int accepted)
{
	print_message("%d of %d damaged messages still good\n", accepted, ROUNDS);
	assert_in_range(accepted, ROUNDS / 20, ROUNDS - ROUNDS / 4);
}

static void damaged_calls(void **state)
{
	struct oracle_call c;
	struct wire w;
	int i, accepted = 0;

	(void)state;
	seed = 0x9e3779b97f4a7c15ull;
	for (i = 0; i < ROUNDS; i++) {
		random_call(&c);
		w.len = oracle_write_call(&c, w.b, NA_XDR_CAP);
		mutate(&w);
		accepted += compare_call(&w);
	}
	expect_both(accepted);
}

static void random_res(struct na_read3res *r)
{
	memset(r, 0, sizeof(*r));
	r->status = below(8) ? NA_NFS3_OK : 70;
	r->has_attr = below(8) != 0;
	r->fattr.type = 1;
	r->fattr.mode = below(010000);
	r->fattr.nlink = rnd();
	r->fattr.uid = rnd();
	r->fattr.gid = rnd();
	r->fattr.size = (__u64)rnd() << 32 | rnd();
	r->fattr.used = (__u64)rnd() << 32 | rnd();
	r->fattr.fsid = (__u64)rnd() << 32 | rnd();
	r->fattr.fileid = (__u64)rnd() << 32 | rnd();
	r->fattr.atime = (struct na_nfstime3){rnd(), rnd()};
	r->fattr.mtime = (struct na_nfstime3){rnd(), rnd()};
	r->fattr.ctime = (struct na_nfstime3){rnd(), rnd()};
	r->count = below(301);
	r->data_len = r->count;
	r->eof = below(2);
}

static void same_attr(const struct na_fattr3 *a, const struct na_fattr3 *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->nlink, b->nlink);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_true(a->size == b->size && a->used == b->used);
	assert_true(a->fsid == b->fsid && a->fileid == b->fileid);
	assert_memory_equal(&a->atime, &b->atime, sizeof(a->atime));
	assert_memory_equal(&a->mtime, &b->mtime, sizeof(a->mtime));
	assert_memory_equal(&a->ctime, &b->ctime, sizeof(a->ctime));
}

static void same_res(const struct na_read3res *a, const struct na_read3res *b)
{
	assert_int_equal(a->status, b->status);
	if (a->status != NA_NFS3_OK)
		return;
	assert_int_equal(a->has_attr, b->has_attr);
	if (a->has_attr)
		same_attr(&a->fattr, &b->fattr);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->eof, b->eof);
	assert_int_equal(a->data_len, b->data_len);
	assert_int_equal(a->data_pos, b->data_pos);
}

/*
 * libtirpc wants a reply whole; we tell its xid from two words, so it may only be
 * stricter about replies that are not plain.
 */
static bool compare_reply(const struct wire *w)
{
	struct na_read3res our_res, their_res;
	struct na_rpc_reply ours, theirs;
	__u32 results = 0;
	bool is_reply, good;
	struct na_xdr x;

	wire_open(&x, w, w->len, (__u8)rnd());
	is_reply = na_rpc_reply_head(&x, &ours);
	if (!oracle_reply(w->b, w->len, &theirs, &results)) {
		assert_false(is_reply && ours.plain);
		wire_close(&x);
		return false;
	}
	assert_true(is_reply);
	assert_int_equal(ours.xid, theirs.xid);
	assert_int_equal(ours.plain, theirs.plain);
	if (!ours.plain) {
		wire_close(&x);
		return false;
	}
	assert_int_equal(x.pos, results);
	memset(&our_res, 0, sizeof(our_res));
	good = na_nfs3_read_res(&x, w->len, &our_res);
	wire_close(&x);
	assert_int_equal(good, oracle_read_res(w->b + results, w->len - results, &their_res));
	if (!good)
		return false;
	if (their_res.status == NA_NFS3_OK)
		their_res.data_pos += results;
	same_res(&our_res, &their_res);
	return true;
}

static void replies_of_libtirpc_are_read(void **state)
{
	struct na_read3res r;
	__u8 data[304] = {0};
	struct wire w;
	int i;

	(void)state;
	seed = 0xd1b54a32d192ed03ull;
	for (i = 0; i < ROUNDS; i++) {
		random_res(&r);
		w.len = oracle_write_reply(rnd(), &r, data, w.b, NA_XDR_CAP);
		assert_true(w.len > 0);
		assert_true(compare_reply(&w));
	}
}

static void damaged_replies(void **state)
{
	struct na_read3res r;
	__u8 data[304] = {0};
	struct wire w;
	int i, accepted = 0;

	(void)state;
	seed = 0x8cb92ba72f3d8dd7ull;
	for (i = 0; i < ROUNDS; i++) {
		random_res(&r);
		w.len = oracle_write_reply(rnd(), &r, data, w.b, NA_XDR_CAP);
		mutate(&w);
		accepted += compare_reply(&w);
	}
	expect_both(accepted);
}

/* What we write is byte for byte what libtirpc writes for the same values. */
static void our_replies_are_libtirpcs(void **state)
{
	__u8 ours[NA_READ3_HEAD + 304] __attribute__((aligned(4)));
	__u8 data[304];
	struct na_read3res r;
	struct wire w;
	__u32 i, xid;

	(void)state;
	seed = 0xabc98388fb8fac03ull;
	for (i = 0; i < ROUNDS / 10; i++) {
		random_res(&r);
		r.status = NA_NFS3_OK;
		r.has_attr = 1;
		xid = rnd();
		memset(data, (int)rnd(), sizeof(data));
		w.len = oracle_write_reply(xid, &r, data, w.b, sizeof(w.b));
		assert_true(w.len > 0);
		memset(ours, 0, sizeof(ours));
		na_nfs3_build_read_reply(ours, xid, w.b + 32, r.count, r.eof);
		memcpy(ours + NA_READ3_HEAD, data, r.count);
		assert_int_equal(na_nfs3_reply_len(r.count), 4 + w.len);
		assert_int_equal(wire_get32(ours), 0x80000000u | w.len);
		assert_memory_equal(ours + 4, w.b, w.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_libtirpc_are_read),	cmocka_unit_test(damaged_calls),
		cmocka_unit_test(replies_of_libtirpc_are_read), cmocka_unit_test(damaged_replies),
		cmocka_unit_test(our_replies_are_libtirpcs),
	};

	return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}

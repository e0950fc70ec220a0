// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short ways of limits against the long ones: calls known at a glance must be such as their
 * parsing tells to be of the same export; segments that are one record cost what they cost byte
 * by byte.
 */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "nfsaccel/call_info.h"
#include "nfsaccel/meter.h"

#define ROUNDS 100000

struct shape {
	__u32 vers, proc, flavor, cred, verf, tag, ops, type, export;
};

static __u32 some(__u32 n)
{
	return (__u32)random() % n;
}

static __u32 word(__u8 *out, __u32 at, __u32 v)
{
	na_put_be32(out + at, v);
	return at + 4;
}

/* A call of this shape with a handle of any file; its length with the mark. */
static __u32 make(const struct shape *s, __u8 out[NA_XDR_CAP + 8])
{
	__u32 at = 0, i, n;

	for (i = 0; i < NA_XDR_CAP + 8; i++)
		out[i] = (__u8)random();
	at = word(out, 8, NA_RPC_CALL);
	at = word(out, at, NA_RPC_VERSION);
	at = word(out, at, NA_NFS_PROGRAM);
	at = word(out, at, s->vers);
	at = word(out, at, s->proc);
	at = word(out, at, s->flavor);
	at = word(out, at, s->cred) + s->cred;
	at = word(out, at, NA_RPC_AUTH_NONE);
	at = word(out, at, s->verf) + s->verf;
	if (s->vers == 4) {
		at = word(out, at, s->tag) + na_xdr_padded(s->tag);
		at = word(out, at, 1);
		at = word(out, at, 3);
		if (s->ops)
			at = word(out, at, NA_OP4_SEQUENCE) + NA_SEQUENCE_ARGS;
		at = word(out, at, NA_OP4_PUTFH);
	}
	n = NA_FH_FSID + na_fsid_len(s->type) + 4 * some(4);
	at = word(out, at, n);
	out[at] = 1;
	out[at + 1] = 0;
	out[at + 2] = (__u8)s->type;
	for (i = 0; i < na_fsid_len(s->type); i++)
		out[at + NA_FH_FSID + i] = (__u8)(s->export >> (i & 7));
	at += n + 4 * some(5);
	word(out, 0, NA_RPC_LAST | (at - 4));
	return at;
}

static struct shape any(void)
{
	static const __u32 flavors[] = {0, 1, NA_RPC_GSS};
	struct shape s = {.vers = 3 + some(2), .flavor = flavors[some(10) ? some(2) : 2],
			  .cred = 4 * some(12), .verf = some(8) ? 0 : 8, .tag = some(6) ? 0 : some(9),
			  .ops = some(6) != 0, .type = some(NA_FSID_TYPES), .export = some(3)};

	s.proc = s.vers == 4 ? NA_NFS4_COMPOUND : some(22);
	return s;
}

/* The export of a call of which `have` bytes are there. */
static bool tells(const __u8 *call, __u32 have, struct na_fh_head *fh, struct na_export_key *k)
{
	struct na_xdr x;

	na_xdr_init(&x, call + 4, have - 4);
	na_call_handle(&x, fh);
	return fh->len && na_export_key_of(fh->data, fh->len, k);
}

static void test_glance(void **state)
{
	__u8 a[NA_XDR_CAP + 8] __attribute__((aligned(8))), b[sizeof(a)] __attribute__((aligned(8)));
	struct na_export_key of_a, of_b;
	__u32 i, n, known = 0, others = 0;
	struct na_fh_head fh;
	struct na_exempt e;

	(void)state;
	srandom(5);
	for (i = 0; i < ROUNDS; i++) {
		struct shape s = any(), t = s;

		n = make(&s, a);
		if (!tells(a, n, &fh, &of_a))
			continue;
		memset(&e, 0, sizeof(e));
		na_exempt_set(&e, a, &fh);
		if (some(3) == 0)
			t.export = some(3);
		if (some(3) == 0)
			t = any();
		n = make(&t, b);
		if (some(3) == 0)
			n = 32 + some(n - 31); /* cut off */
		if (some(3) == 0)
			b[4 * some(n / 4) + some(4)] ^= (__u8)(1u << some(8));
		if (!na_exempt_call(&e, b, n)) {
			others++;
			continue;
		}
		known++;
		if (tells(b, n, &fh, &of_b))
			assert_memory_equal(&of_a, &of_b, sizeof(of_a));
		else
			assert_true(!fh.len);
	}
	assert_true(known > ROUNDS / 10);
	assert_true(others > ROUNDS / 10);
}

/* What clients send most is known. */
static void test_usual(void **state)
{
	__u8 a[NA_XDR_CAP + 8] __attribute__((aligned(8)));
	struct na_export_key k;
	struct na_fh_head fh;
	struct na_exempt e;
	__u32 n, i;

	(void)state;
	for (i = 0; i < 2 * NA_FSID_TYPES; i++) {
		const struct shape s = {.vers = 3 + i % 2, .proc = i % 2 ? NA_NFS4_COMPOUND : 6,
					.flavor = 1, .cred = 36, .ops = 1, .type = i / 2, .export = 5};

		n = make(&s, a);
		assert_true(tells(a, n, &fh, &k));
		memset(&e, 0, sizeof(e));
		na_exempt_set(&e, a, &fh);
		assert_true(na_exempt_call(&e, a, n));
		n = make(&s, a);
		assert_true(na_exempt_call(&e, a, n));
	}
}

/* By the marks, one by one; bytes holds the stream from `base` on. */
static void follow(struct na_stream *st, const __u8 *bytes, __u32 seq, __u32 len, __u32 head,
		   bool psh, struct na_toll *t)
{
	__u32 off, n;

	if (!na_stream_enter(st, seq, len, t))
		return;
	while (na_records_want(&st->rec, seq, seq + len, &off, &n))
		na_stream_mark(st, seq + len, head, n == 4 ? na_get_be32(bytes + off) : bytes[off], n,
			       t);
	na_stream_leave(st, seq + len, psh, t);
}

static void test_whole(void **state)
{
	static __u8 bytes[4096];
	__u32 seq = 0xfff00000u, i, len, cut, whole = 0;
	struct na_stream one, two;
	struct na_toll t, u;

	(void)state;
	memset(&one, 0, sizeof(one));
	one.known = 1;
	one.high = seq;
	na_records_start(&one.rec, seq);
	two = one;
	for (i = 0; i < ROUNDS; i++) {
		__u32 at, head = some(2) ? NA_LIMIT_CALL_HEAD : NA_LIMIT_REPLY_HEAD;

		/* one or two records, in segments that end where they do, or elsewhere */
		len = 8 + some(600);
		na_put_be32(bytes, (some(9) ? NA_RPC_LAST : 0) | (len - 4));
		if (some(3) == 0) {
			at = len;
			len += 8 + some(600);
			na_put_be32(bytes + at, NA_RPC_LAST | (len - at - 4));
		}
		cut = some(3) ? len : some(len + 1);
		for (at = 0; at < len; at = cut, cut = len) {
			bool psh = some(2);

			if (cut == at)
				continue;
			follow(&one, bytes + at, seq + at, cut - at, head, psh, &t);
			if (cut - at >= 4 &&
			    na_stream_whole(&two, seq + at, cut - at, head,
					    na_get_be32(bytes + at), &u))
				whole++;
			else
				follow(&two, bytes + at, seq + at, cut - at, head, psh, &u);
			assert_int_equal(t.messages, u.messages);
			assert_int_equal(t.bytes, u.bytes);
			assert_memory_equal(&one, &two, sizeof(one));
			if (some(50) == 0) { /* once more: nothing new */
				assert_false(na_stream_whole(&two, seq + at, cut - at, head,
							     na_get_be32(bytes + at), &u));
			}
		}
		seq += len;
		if (some(100) == 0) /* a hole: out of sync until a guess */
			seq += some(50);
		if (!one.rec.sync && some(2)) {
			na_records_start(&one.rec, seq);
			one.high = two.high = seq;
			one.head = two.head = 0;
			two.rec = one.rec;
		}
	}
	assert_true(whole > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glance),
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

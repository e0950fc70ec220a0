// SPDX-License-Identifier: GPL-2.0-only
/* A record from a client: we accept just what libtirpc finds plain, with its values. */
#include "tests/fuzz/input.h"
#include "tests/unit/oracle.h"

static enum na_verdict parse(const __u8 *data, size_t size, int tail, struct na_rpc_call *c,
			     struct na_read3args *a)
{
	enum na_verdict v;
	struct na_xdr x;

	fuzz_open(&x, data, size, tail);
	v = na_nfs3_read_call(&x, c, a);
	FUZZ_CHECK(x.pos <= x.len && x.pos % 4 == 0);
	fuzz_close(&x);
	return v;
}

static void same(const struct na_rpc_call *c, const struct na_read3args *a,
		 const struct na_rpc_call *c2, const struct na_read3args *a2)
{
	FUZZ_CHECK(memcmp(c, c2, sizeof(*c)) == 0);
	FUZZ_CHECK(memcmp(&a->fh, &a2->fh, sizeof(a->fh)) == 0);
	FUZZ_CHECK(a->offset == a2->offset && a->count == a2->count);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct na_read3args a, a2;
	struct na_rpc_call c, c2;
	enum na_verdict v;

	if (size > NA_XDR_CAP)
		return 0;
	v = parse(data, size, 0x00, &c, &a);
	FUZZ_CHECK(parse(data, size, 0xff, &c2, &a2) == v);
	if (v == NA_V_HIT)
		same(&c, &a, &c2, &a2);
	FUZZ_CHECK(oracle_read_call(data, (__u32)size, &c2, &a2) == (v == NA_V_HIT));
	if (v == NA_V_HIT)
		same(&c, &a, &c2, &a2);
	return 0;
}

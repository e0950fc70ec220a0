// SPDX-License-Identifier: GPL-2.0-only
/*
 * READ3res. What we accept libtirpc reads likewise, and the reply we would build from it
 * reads back as it was.
 */
#include "tests/fuzz/input.h"
#include "tests/unit/oracle.h"

static void rebuild(const struct na_read3res *r)
{
	__u8 *out = malloc(NA_XDR_CAP);
	struct na_rpc_reply rpc;
	struct na_read3res back;
	struct na_rpc_mark m;
	struct na_xdr x;

	FUZZ_CHECK(out);
	memset(&back, 0, sizeof(back)); /* padding is compared too */
	na_nfs3_build_read_reply(out, 0x01020304, r->attr, r->count, r->eof);
	m = na_rpc_mark_read(na_xdr_get32(out));
	na_xdr_init(&x, out, NA_READ3_HEAD);
	x.pos = NA_RPC_MARK_BYTES;
	FUZZ_CHECK(m.last && m.len + NA_RPC_MARK_BYTES == na_nfs3_reply_len(r->count));
	FUZZ_CHECK(na_rpc_reply_head(&x, &rpc) && rpc.plain && rpc.xid == 0x01020304);
	FUZZ_CHECK(na_nfs3_read_res(&x, m.len + NA_RPC_MARK_BYTES, &back));
	FUZZ_CHECK(back.has_attr && back.count == r->count && back.eof == r->eof);
	FUZZ_CHECK(memcmp(back.attr, r->attr, sizeof(back.attr)) == 0);
	FUZZ_CHECK(memcmp(&back.fattr, &r->fattr, sizeof(back.fattr)) == 0);
	free(out);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct na_read3res ours, theirs;
	struct na_xdr x;
	bool good;

	if (size > NA_XDR_CAP)
		return 0;
	memset(&ours, 0, sizeof(ours));
	fuzz_open(&x, data, size, 0x00);
	good = na_nfs3_read_res(&x, (__u32)size, &ours);
	FUZZ_CHECK(x.pos <= x.len);
	fuzz_close(&x);
	FUZZ_CHECK(good == oracle_read_res(data, (__u32)size, &theirs));
	if (!good)
		return 0;
	FUZZ_CHECK(ours.status == theirs.status);
	if (ours.status != NA_NFS3_OK)
		return 0;
	FUZZ_CHECK(ours.has_attr == theirs.has_attr && ours.count == theirs.count);
	FUZZ_CHECK(ours.eof == theirs.eof && ours.data_len == theirs.data_len);
	FUZZ_CHECK(ours.data_pos == theirs.data_pos);
	if (ours.has_attr) {
		FUZZ_CHECK(memcmp(&ours.fattr, &theirs.fattr, sizeof(ours.fattr)) == 0);
		if (ours.count <= NA_FILE_MAX)
			rebuild(&ours);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* A record from the server, up to its results. */
#include "tests/fuzz/input.h"
#include "tests/unit/oracle.h"

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct na_rpc_reply ours, theirs;
	__u32 results = 0;
	bool is_reply;
	struct na_xdr x;

	if (size > NA_XDR_CAP)
		return 0;
	fuzz_open(&x, data, size, 0x00);
	is_reply = na_rpc_reply_head(&x, &ours);
	FUZZ_CHECK(x.pos <= x.len);
	fuzz_close(&x);
	/* libtirpc wants the rest of a reply that is not plain too; we only want its xid. */
	if (!oracle_reply(data, (__u32)size, &theirs, &results)) {
		FUZZ_CHECK(!is_reply || !ours.plain);
		return 0;
	}
	FUZZ_CHECK(is_reply && ours.xid == theirs.xid && ours.plain == theirs.plain);
	FUZZ_CHECK(!ours.plain || x.pos == results);
	return 0;
}

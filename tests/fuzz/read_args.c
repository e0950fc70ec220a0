// SPDX-License-Identifier: GPL-2.0-only
/* READ3args at any place in the buffer: the first byte says at which word. */
#include "tests/fuzz/input.h"
#include "tests/unit/oracle.h"

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	__u8 shifted[NA_XDR_CAP] = {0};
	struct na_read3args a, a2;
	struct na_xdr x;
	__u32 pos;
	bool good;

	if (size == 0)
		return 0;
	pos = data[0] % (NA_XDR_CAP / 4) * 4;
	data++;
	size--;
	if (pos + size > NA_XDR_CAP)
		return 0;
	memcpy(shifted + pos, data, size);
	fuzz_open(&x, shifted, pos + size, 0xff);
	x.pos = pos;
	good = na_nfs3_read_args(&x, &a);
	FUZZ_CHECK(x.pos <= x.len);
	fuzz_close(&x);
	if (!oracle_read_args(data, (__u32)size, &a2)) {
		FUZZ_CHECK(!good);
		return 0;
	}
	/* A handle needs room for the longest one. */
	FUZZ_CHECK(good == (pos + 4 <= NA_XDR_CAP - NA_NFS_FHSIZE));
	if (good) {
		FUZZ_CHECK(memcmp(&a.fh, &a2.fh, sizeof(a.fh)) == 0);
		FUZZ_CHECK(a.offset == a2.offset && a.count == a2.count);
	}
	return 0;
}

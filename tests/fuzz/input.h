/* SPDX-License-Identifier: GPL-2.0-only */
/* A fuzzer's input as the BPF programs would hold it. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stdlib.h>
#include <string.h>

#include "nfsaccel/xdr.h"

#define FUZZ_CHECK(cond)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			__builtin_trap();                                                          \
	} while (0)

/* On the heap, NA_XDR_CAP bytes and not one more; bytes past the message are `tail`. */
static inline void fuzz_open(struct na_xdr *x, const __u8 *data, size_t size, int tail)
{
	__u8 *b = malloc(NA_XDR_CAP);

	FUZZ_CHECK(b && size <= NA_XDR_CAP);
	memset(b, tail, NA_XDR_CAP);
	if (size)
		memcpy(b, data, size);
	na_xdr_init(x, b, (__u32)size);
}

static inline void fuzz_close(struct na_xdr *x)
{
	free((void *)x->base);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

#endif

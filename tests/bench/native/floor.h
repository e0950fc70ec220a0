/* SPDX-License-Identifier: GPL-2.0-only */
/* What the floor's program sends, set by its loader. */
#ifndef TESTS_BENCH_NATIVE_FLOOR_H
#define TESTS_BENCH_NATIVE_FLOOR_H

#define FLOOR_REPLY_MAX 66048u /* a multiple of 512 */
#define FLOOR_SLACK	9216u  /* lets the verifier see offset + length in bounds */

struct floor_reply {
	unsigned char bytes[FLOOR_REPLY_MAX + FLOOR_SLACK];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that are read: a directory of a server's export with files f000000, f000001, ...
 * of one size, their handles and the server's own replies to a READ of the whole file. Or
 * files that no server has, whose handles and replies follow from their number.
 */
#ifndef TESTS_BENCH_NATIVE_SET_H
#define TESTS_BENCH_NATIVE_SET_H

#include <stdbool.h>

#include "nfsaccel/abi.h"

#define BENCH_MOUNTD  20048u
#define BENCH_HEAD    28u  /* record mark to accept status of a reply */
#define BENCH_RESULTS 104u /* status to the data's length */
#define BENCH_CALL    152u /* no READ call of ours is longer */

struct bench_file {
	struct na_fh fh;
	__u8 *reply; /* the record, mark included, xid 0 */
	__u32 len;   /* of it */
};

struct bench_set {
	__u32 n;
	__u32 size; /* of each file */
	struct bench_file *files;
};

/* Ask a server (by its address) for n files; 0 or negative errno, the reason on stderr. */
int bench_set_ask(struct bench_set *set, const char *server, const char *dir, __u32 n, __u32 size);
void bench_set_free(struct bench_set *set);

/* attr (NA_FATTR3_BYTES of them) and data in a reply. */
static inline const __u8 *bench_attr(const __u8 *reply)
{
	return reply + BENCH_HEAD + 8;
}

static inline const __u8 *bench_data(const __u8 *reply)
{
	return reply + BENCH_HEAD + BENCH_RESULTS;
}

/* File `number` of those no server has: its handle; its number, or -1; any one's reply. */
void bench_fake_fh(struct na_fh *fh, __u32 number);
long bench_fake_number(const __u8 *fh, __u32 len);
int bench_fake_reply(struct bench_file *file, __u32 number, __u32 size);

/* A READ of the whole file as AUTH_SYS root, into BENCH_CALL bytes; its length. */
__u32 bench_call(__u8 *out, const struct na_fh *fh, __u32 xid, __u32 size);

#endif

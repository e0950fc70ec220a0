/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who did how much: counters by client address, and by export.
 *
 *	na_client_work	what nfsd did for clients; written by the hook at nfsd_dispatch only
 *	na_client_reads	what came of clients' READs at the device, and how long limits held
 *			clients back; written by TC programs only
 *	na_export_tally	both of exports, by number (export.h)
 *
 * 1. Every CPU has tables of its own, and in each of the two one writer at a time: no
 *    addition is ever lost. User space adds up what it finds under one address.
 * 2. A client is in one of two sets of NA_TALLY_WAYS places, so a table fills up before
 *    anybody has to go; then the one of the eight that was seen longest ago does.
 * 3. Who copies a place while it changes hands can tell: `end` is written last and stands
 *    first, `begin` the other way round; a copy is good if they are equal.
 */
#ifndef NFSACCEL_TALLY_H
#define NFSACCEL_TALLY_H

#include "nfsaccel/export_key.h"
#include "nfsaccel/types.h"
#include "nfsaccel/verdict.h"

#define NA_TALLY_WAYS 4u
#define NA_TALLY_EXPORTS 256u /* numbers from there on, and what is not known, are number 0 */

/* Operations of all versions. X(symbol, name) */
#define NA_OPS(X)                                                                                  \
	X(READ, "read")                                                                            \
	X(WRITE, "write")                                                                          \
	X(GETATTR, "getattr")                                                                      \
	X(SETATTR, "setattr")                                                                      \
	X(LOOKUP, "lookup")                                                                        \
	X(ACCESS, "access")                                                                        \
	X(READDIR, "readdir")                                                                      \
	X(CREATE, "create")                                                                        \
	X(REMOVE, "remove")                                                                        \
	X(RENAME, "rename")                                                                        \
	X(COMMIT, "commit")                                                                        \
	X(FSINFO, "fsinfo")                                                                        \
	X(OPEN, "open")                                                                            \
	X(LOCK, "lock")                                                                            \
	X(SESSION, "session")                                                                      \
	X(OTHER, "other")

enum na_op {
#define NA_X(sym, name) NA_OP_##sym,
	NA_OPS(NA_X)
#undef NA_X
		NA_OP_MAX,
	NA_OP_NONE = NA_OP_MAX, /* a step of a v4 compound that is nobody's purpose */
};

#define NA_NFS3_PROCS 22u
#define NA_NFS4_OPS   76u

/* By procedure of version 3 (RFC 1813). */
static const __u8 na_op_v3[NA_NFS3_PROCS] __attribute__((unused)) = {
	NA_OP_OTHER,   NA_OP_GETATTR, NA_OP_SETATTR, NA_OP_LOOKUP, NA_OP_ACCESS,  NA_OP_OTHER,
	NA_OP_READ,    NA_OP_WRITE,   NA_OP_CREATE,  NA_OP_CREATE, NA_OP_CREATE,  NA_OP_CREATE,
	NA_OP_REMOVE,  NA_OP_REMOVE,  NA_OP_RENAME,  NA_OP_CREATE, NA_OP_READDIR, NA_OP_READDIR,
	NA_OP_FSINFO,  NA_OP_FSINFO,  NA_OP_FSINFO,  NA_OP_COMMIT,
};

/* By operation of version 4 (RFC 7530, 8881, 7862, 8276), 0 to 75. */
static const __u8 na_op_v4[NA_NFS4_OPS] __attribute__((unused)) = {
	NA_OP_NONE,    NA_OP_NONE,    NA_OP_NONE,    NA_OP_ACCESS,  NA_OP_OPEN,	   NA_OP_COMMIT,
	NA_OP_CREATE,  NA_OP_OTHER,   NA_OP_OPEN,    NA_OP_GETATTR, NA_OP_NONE,	   NA_OP_CREATE,
	NA_OP_LOCK,    NA_OP_LOCK,    NA_OP_LOCK,    NA_OP_LOOKUP,  NA_OP_LOOKUP,  NA_OP_GETATTR,
	NA_OP_OPEN,    NA_OP_OPEN,    NA_OP_OPEN,    NA_OP_OPEN,    NA_OP_NONE,	   NA_OP_NONE,
	NA_OP_NONE,    NA_OP_READ,    NA_OP_READDIR, NA_OP_OTHER,   NA_OP_REMOVE,  NA_OP_RENAME,
	NA_OP_SESSION, NA_OP_NONE,    NA_OP_NONE,    NA_OP_OTHER,   NA_OP_SETATTR, NA_OP_SESSION,
	NA_OP_SESSION, NA_OP_GETATTR, NA_OP_WRITE,   NA_OP_LOCK,    NA_OP_SESSION, NA_OP_SESSION,
	NA_OP_SESSION, NA_OP_SESSION, NA_OP_SESSION, NA_OP_SESSION, NA_OP_OTHER,   NA_OP_OTHER,
	NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_NONE,
	NA_OP_SESSION, NA_OP_SESSION, NA_OP_OPEN,    NA_OP_SESSION, NA_OP_SESSION, NA_OP_OTHER,
	NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,
	NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_READ,    NA_OP_OTHER,   NA_OP_OTHER,   NA_OP_OTHER,
	NA_OP_GETATTR, NA_OP_SETATTR, NA_OP_GETATTR, NA_OP_SETATTR,
};

/* ---- how long it took: bucket i holds less than 2^i microseconds, the last one all else */

#define NA_TIMES 24u

na_inline __u32 na_time_bucket(__u64 ns)
{
	__u64 us = ns / 1000;
	__u32 v = us > 0xffffffff ? 0xffffffff : (__u32)us, n = !!v;

	if (v >> 16) {
		v >>= 16;
		n += 16;
	}
	if (v >> 8) {
		v >>= 8;
		n += 8;
	}
	if (v >> 4) {
		v >>= 4;
		n += 4;
	}
	if (v >> 2) {
		v >>= 2;
		n += 2;
	}
	n += v >> 1;
	return n < NA_TIMES ? n : NA_TIMES - 1;
}

/* ---- what is counted ---------------------------------------------------- */

struct na_work_tally {
	__u64 calls; /* a compound is one */
	__u64 ns; /* from when nfsd had the call to when its reply was made */
	__u64 read_bytes; /* of files */
	__u64 written_bytes;
	__u64 ops[NA_OP_MAX];
	__u64 times[NA_TIMES]; /* of calls */
};
_Static_assert(sizeof(struct na_work_tally) == 352, "na_work_tally");

/* The reasons of enum na_verdict whose names begin with miss_, and all that begin with pass_. */
#define NA_MISS_FIRST NA_V_MISS_NOENTRY
#define NA_MISSES     (NA_V_MISS_SHADOW - NA_V_MISS_NOENTRY + 1u)

struct na_read_tally {
	__u64 hits;
	__u64 hit_bytes;
	__u64 misses[NA_MISSES];
	__u64 passed;
	__u64 held; /* packets */
	__u64 held_ns;
	__u64 dropped; /* segments beyond the limits */
	/* READs that were compared (shadow.h), all of which are misses, too */
	__u64 same;
	__u64 different;
	__u64 same_ns; /* until nfsd's reply */
};
_Static_assert(sizeof(struct na_read_tally) == 176, "na_read_tally");

struct na_tally_key {
	__u64 end;
	__u8 addr[16]; /* IPv4 as ::ffff:a.b.c.d; all 0: free */
	__u64 seen; /* ns */
};

struct na_work_place {
	struct na_tally_key key;
	struct na_fh_head fh; /* of the last call that had one */
	__u32 export; /* whose it is; 0: not known */
	__u32 fsid; /* bytes of its fsid */
	struct na_work_tally t;
	__u64 begin;
};
_Static_assert(sizeof(struct na_work_place) == 432, "na_work_place");

struct na_read_place {
	struct na_tally_key key;
	struct na_read_tally t;
	__u64 begin;
};
_Static_assert(sizeof(struct na_read_place) == 216, "na_read_place");

struct na_work_set {
	struct na_work_place place[NA_TALLY_WAYS];
	__u64 way; /* the writer's own: which place it has just found */
};

struct na_read_set {
	struct na_read_place place[NA_TALLY_WAYS];
	__u64 way;
};

struct na_export_tally {
	struct na_work_tally work; /* by the hook only */
	struct na_read_tally reads; /* by TC programs only */
};

/* By operation. A v4 compound is what its first operation is that is not NONE. */
struct na_op_tally {
	__u64 ns;
	__u64 times[NA_TIMES];
};

/* ---- where a client's place is ------------------------------------------- */

/* Which of `sets` sets, a power of two: the first choice or the second. */
na_inline __u32 na_tally_set(const __u8 addr[16], __u32 sets, bool second)
{
	const __u64 *a = (const __u64 *)addr; /* aligned in all that have one */
	__u64 h = (a[0] ^ a[1] ^ a[1] >> 32) * 0x9e3779b97f4a7c15ull;

	return (__u32)(second ? h >> 44 : h >> 24) & (sets - 1);
}

#endif

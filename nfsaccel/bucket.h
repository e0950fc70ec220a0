/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of buckets: NA_BUCKET_SETS sets of NA_BUCKET_WAYS. A bucket that is in debt is
 * never given to another: a client cannot lose its debt by crowding the table. Of the
 * others the one not used for longest goes: a full bucket is as good as a new one. Where
 * all of a set are in debt, newcomers share the bucket of their rule, which is behind the
 * sets.
 */
#ifndef NFSACCEL_BUCKET_H
#define NFSACCEL_BUCKET_H

#include "nfsaccel/limit.h"
#include "nfsaccel/splice_state.h"

#define NA_BUCKET_SETS 2048u
#define NA_BUCKET_WAYS 16u
#define NA_BUCKET_RULE (NA_BUCKET_SETS * NA_BUCKET_WAYS) /* + element of na_limits */
#define NA_BUCKETS     (NA_BUCKET_RULE + 2 * NA_LIMIT_RULES)

struct na_bucket_key {
	__u32 id; /* na_limit.id; 0: never used */
	__u8 client[16]; /* zeros: all clients */
};

struct na_bucket {
	NA_SPIN_LOCK lock;
	struct na_bucket_key key;
	__u64 seen; /* used last */
	__u64 tat[NA_LIMIT_WHATS];
	/* since it is this client's; for people to read */
	__u64 taken[NA_LIMIT_WHATS]; /* operations, bytes read, bytes written */
	__u64 waited; /* ns from what was asked for to when it is paid for, in all */
	__u64 dropped; /* segments */
};
_Static_assert(sizeof(struct na_bucket) == 96, "na_bucket");

na_inline bool na_bucket_is(const struct na_bucket *b, const struct na_bucket_key *k)
{
	typedef __u32 __attribute__((may_alias)) word;
	const word *x = (const word *)&b->key, *y = (const word *)k;
	__u32 diff = 0, i;

	for (i = 0; i < sizeof(*k) / 4; i++)
		diff |= x[i] ^ y[i];
	return !diff;
}

/* The first element of the key's set. */
na_inline __u32 na_bucket_set(const struct na_bucket_key *k, __u32 seed)
{
	typedef __u32 __attribute__((may_alias)) word;
	const word *x = (const word *)k;
	__u64 h = seed;
	__u32 i;

	for (i = 0; i < sizeof(*k) / 4; i++) {
		h = (h ^ x[i]) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return (__u32)(h >> 40) % NA_BUCKET_SETS * NA_BUCKET_WAYS;
}

/* ns of its longest debt. */
na_inline __u64 na_bucket_debt(const struct na_bucket *b, __u64 now)
{
	__u64 most = b->tat[0];
	__u32 i;

	for (i = 1; i < NA_LIMIT_WHATS; i++)
		if (b->tat[i] > most)
			most = b->tat[i];
	return na_limit_debt(most, now);
}

/* For a newcomer; with the lock held. False if it was taken, or has got into debt. */
na_inline bool na_bucket_claim(struct na_bucket *b, const struct na_bucket_key *k, __u64 now)
{
	if (na_bucket_is(b, k))
		return true;
	if (na_bucket_debt(b, now))
		return false;
	b->key = *k;
	b->seen = now;
	b->tat[NA_LIMIT_OPS] = 0;
	b->tat[NA_LIMIT_READ] = 0;
	b->tat[NA_LIMIT_WRITE] = 0;
	b->taken[NA_LIMIT_OPS] = 0;
	b->taken[NA_LIMIT_READ] = 0;
	b->taken[NA_LIMIT_WRITE] = 0;
	b->waited = 0;
	b->dropped = 0;
	return true;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: rules, and the token bucket behind them as a virtual schedule (GCRA): a bucket
 * is one time, `tat`, up to which all that was taken has been paid for. Time is injected.
 *
 * Rules and how they are found (map keys and values; user space fills all of them, see
 * admin/limits.h, which is the way to do it):
 *
 *	na_limit_trie	na_limit_key -> number of a rule. Longest prefix; the bank and the
 *			export count as its first 64 bits, so they always match in full.
 *	na_limits	number -> struct na_limit; number 0 is never used.
 *	na_exports	na_export_key -> export number, never 0 (nfsaccel/export.h); not of
 *			the policy but of what is exported, and always there.
 *	na_buckets	filled by the programs.
 *	na_ctl.limit_gen	0: no rules. Else the policy's generation, its lowest bit being
 *			the bank: a new policy is written beside the old one, then this moves.
 *
 * For a call from client C in export E at most three rules hold, and the one that is
 * exhausted first decides:
 *	NA_SCOPE_CLIENT		longest prefix of C among rules without export
 *	NA_SCOPE_INSIDE		longest prefix of C among rules of E
 *	NA_SCOPE_EXPORT		the rule of E as a whole: everybody, shared
 * A more specific rule without any rate frees its clients from the less specific one.
 */
#ifndef NFSACCEL_LIMIT_H
#define NFSACCEL_LIMIT_H

#include "nfsaccel/export.h"
#include "nfsaccel/types.h"

#define NA_LIMIT_RULES	   8192u /* of one policy, numbers 1 to NA_LIMIT_RULES - 1 */
#define NA_LIMIT_KEYS	   (4 * NA_LIMIT_RULES) /* two policies, and NA_EXPORT_SOME */
#define NA_LIMIT_BACKLOG   2000000000ull /* ns, where a rule does not say */
#define NA_LIMIT_HELD_MAX  8000000000ull /* fq drops what is due in more than 10 s */
#define NA_LIMIT_BURST	   100000000ull /* ns worth of burst, where a rule does not say */
#define NA_LIMIT_BURST_MAX 60000000000ull

enum na_limit_what {
	NA_LIMIT_OPS,
	NA_LIMIT_READ, /* bytes of replies without their heads */
	NA_LIMIT_WRITE, /* bytes of calls without their heads */
	NA_LIMIT_WHATS,
};

/* What heads are taken to be: exact for an NFSv3 READ, near enough for the rest. */
#define NA_LIMIT_CALL_HEAD  192u
#define NA_LIMIT_REPLY_HEAD 132u

enum na_limit_scope {
	NA_SCOPE_CLIENT,
	NA_SCOPE_INSIDE,
	NA_SCOPE_EXPORT,
	NA_SCOPES,
};

struct na_limit_rate {
	__u64 rate; /* operations or bytes a second; 0: no limit */
	__u64 burst; /* operations or bytes; 0: NA_LIMIT_BURST worth */
};

#define NA_LIMIT_EACH	1u /* a bucket for each client address; else one for all */
#define NA_LIMIT_POLICE 2u /* nothing is held: calls beyond the limit are dropped */

struct na_limit {
	__u32 id; /* the rule's name for its buckets, kept from policy to policy */
	__u32 flags; /* NA_LIMIT_EACH, NA_LIMIT_POLICE */
	__u64 backlog; /* ns of debt beyond which calls are dropped; 0: NA_LIMIT_BACKLOG */
	struct na_limit_rate rate[NA_LIMIT_WHATS];
};
_Static_assert(sizeof(struct na_limit) == 64, "na_limit");

#define NA_LIMIT_KEY_FIXED 64u /* bits of bank and export */

struct na_limit_key {
	__u32 prefixlen; /* NA_LIMIT_KEY_FIXED + bits of addr */
	__u32 bank; /* na_ctl.limit_gen & 1, in the export's case | NA_LIMIT_WHOLE */
	__u32 export; /* number, 0: rules without export, NA_EXPORT_SOME */
	__u8 addr[16]; /* IPv4 as ::ffff:a.b.c.d */
};
_Static_assert(sizeof(struct na_limit_key) == 28, "na_limit_key");

/*
 * na_unshaped: devices that hold no packets, and why. One that is not there holds them.
 * A program turns IDLE into WANTED when it first meets a limited connection on the device;
 * the daemon then puts fq on it, or makes it POLICE.
 */
enum na_unshaped {
	NA_UNSHAPED_POLICE = 1, /* never: what is too much is dropped */
	NA_UNSHAPED_IDLE, /* not needed so far */
	NA_UNSHAPED_WANTED,
};

/* na_ctl.limit_exports: whose calls must be looked at for the export they are for. */
enum na_limit_exports {
	NA_LIMIT_NONES, /* no rule is for an export */
	NA_LIMIT_SOME, /* of those na_limit_trie has under NA_EXPORT_SOME, whatever the value */
	NA_LIMIT_ALL,
};

#define NA_LIMIT_WHOLE 2u /* in na_limit_key.bank: the rule of NA_SCOPE_EXPORT */

/* Calls of a connection that no rule is for, in spite of rules for exports. */
struct na_exempt {
	struct na_fh_head fh __attribute__((aligned(8))); /* a handle of the export they are for */
	__u32 fsid; /* bytes of its fsid */
	__u32 gen; /* the policy's na_ctl.limit_gen; 0: none are known */
	/* what such a call looked like, as on the wire (call_info.h) */
	__u32 flavor;
	__u32 cred; /* length */
	__u32 verf; /* where its verifier's length is, from the mark on; 0: unknown */
	__u32 pad;
};
_Static_assert(sizeof(struct na_exempt) == 56, "na_exempt");

/* A rule as user space gives it to admin/limits.h. */
struct na_limit_rule {
	__u8 addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 bits; /* of addr: 0 everybody, IPv4 96 + prefix length, at most 128 */
	__u32 export; /* number from na_exports, 0: whatever export */
	struct na_limit limit; /* id is ignored */
};

/* ---- the bucket -------------------------------------------------------- */

/* ns that n units cost, rounded down; 0 where there is no limit. */
na_inline __u64 na_limit_cost(const struct na_limit_rate *r, __u64 n)
{
	if (!r->rate)
		return 0;
	if (n > ~0ull / 1000000000ull)
		return NA_LIMIT_BURST_MAX;
	return n * 1000000000ull / r->rate;
}

na_inline __u64 na_limit_burst(const struct na_limit_rate *r)
{
	__u64 ns = r->burst ? na_limit_cost(r, r->burst) : NA_LIMIT_BURST;

	return ns < NA_LIMIT_BURST_MAX ? ns : NA_LIMIT_BURST_MAX;
}

/*
 * Take n units at time now from the bucket at *tat, which may get into debt. Returns when
 * they are paid for: now if the burst covers them.
 */
na_inline __u64 na_limit_take(const struct na_limit_rate *r, __u64 *tat, __u64 now, __u64 n)
{
	__u64 burst, at = *tat, oldest;

	if (!r->rate)
		return now;
	burst = na_limit_burst(r);
	oldest = now > burst ? now - burst : 0;
	if (at < oldest)
		at = oldest;
	at += na_limit_cost(r, n);
	*tat = at;
	return at > now ? at : now;
}

/* ns of debt at time now. */
na_inline __u64 na_limit_debt(__u64 tat, __u64 now)
{
	return tat > now ? tat - now : 0;
}

/* May a call with this debt still come in? */
na_inline bool na_limit_admits(const struct na_limit *l, __u64 debt)
{
	if (l->flags & NA_LIMIT_POLICE)
		return !debt;
	return debt <= (l->backlog ? l->backlog : NA_LIMIT_BACKLOG);
}

/*
 * When what is due at `due` may leave on a connection whose last packet leaves at *hold:
 * never before that one (TCP's order), never so late that fq would drop it.
 */
na_inline __u64 na_limit_departure(__u64 *hold, __u64 now, __u64 due)
{
	__u64 at = *hold > due ? *hold : due;

	if (at > now + NA_LIMIT_HELD_MAX)
		at = now + NA_LIMIT_HELD_MAX;
	if (at < *hold)
		at = *hold;
	*hold = at;
	return at;
}

#endif

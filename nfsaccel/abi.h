/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Map keys and values: the contract between the BPF programs and the daemon.
 *
 * 1. No implicit padding; keys are zeroed before they are filled and compared in full.
 * 2. Addresses and ports are in network byte order, everything else in host order.
 * 3. Times are bpf_ktime_get_ns() (CLOCK_MONOTONIC) nanoseconds.
 * 4. NA_ABI changes whenever a size, a meaning or a map's shape does: pinned state of
 *    another ABI is never taken over.
 */
#ifndef NFSACCEL_ABI_H
#define NFSACCEL_ABI_H

#include "nfsaccel/types.h"
#include "nfsaccel/verdict.h"

#define NA_ABI 7

/* Marks on skbs: set at ingress on what we send, cleared at egress. */
#define NA_MARK_OURS 0x6e667361u

#define NA_NFS_FHSIZE	 64 /* NFS3_FHSIZE, RFC 1813 section 2.4 */
#define NA_AUTH_GIDS	 16 /* RFC 5531 appendix A */
#define NA_FATTR3_BYTES	 84 /* fattr3 on the wire, RFC 1813 section 2.6 */
#define NA_BLOCK_SHIFT	 12
#define NA_BLOCK_BYTES	 (1u << NA_BLOCK_SHIFT)
#define NA_FILE_BLOCKS	 16 /* blocks of one cached file: 64 KiB */
#define NA_FILE_MAX	 (NA_FILE_BLOCKS * NA_BLOCK_BYTES)
#define NA_SLAB_BLOCKS	 64 /* blocks of one element of the slab array */
#define NA_SLAB_LEAD	 64
#define NA_SLAB_SLACK	 NA_BLOCK_BYTES /* lets the verifier see offset + length in bounds */
#define NA_SLOTS	 65536u /* version slots; a power of two */
#define NA_FIFO		 128u /* answered requests not yet acknowledged, per connection */
#define NA_NO_BLOCK	 0u /* block and entry numbers start at 1 */
#define NA_REPLY_PACKETS 48u /* the most packets one reply may ever take */

/* --- connections ------------------------------------------------------- */

struct na_flow_key {
	__u8 client[16]; /* IPv4 as ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2 */
	__u8 server[16];
	__u16 client_port; /* network order */
	__u16 server_port;
};
_Static_assert(sizeof(struct na_flow_key) == 36, "na_flow_key");

/* Both aligned to 4. */
na_inline bool na_flow_key_equal(const struct na_flow_key *a, const struct na_flow_key *b)
{
	typedef __u32 __attribute__((may_alias)) word;
	const word *x = (const word *)a, *y = (const word *)b;
	__u32 diff = 0, i;

	for (i = 0; i < sizeof(*a) / 4; i++)
		diff |= x[i] ^ y[i];
	return !diff;
}

/* --- the cache --------------------------------------------------------- */

/* An NFSv3 file handle as on the wire; bytes past len are zero. */
struct na_fh {
	__u32 len;
	__u8 data[NA_NFS_FHSIZE];
};
_Static_assert(sizeof(struct na_fh) == 68, "na_fh");

/* In full, the zeros behind len too. */
na_inline bool na_fh_equal(const struct na_fh *a, const struct na_fh *b)
{
	typedef __u32 __attribute__((may_alias)) word;
	const word *x = (const word *)a, *y = (const word *)b;
	__u32 diff = 0, i;

	for (i = 0; i < sizeof(*a) / 4; i++)
		diff |= x[i] ^ y[i];
	return !diff;
}

/* What guard 2 compares with the live inode (coherence.md). */
struct na_inode_snap {
	__u64 inode; /* kernel address; may be stale, so never trusted */
	__u64 sb;
	__u64 ino;
	__u64 size;
	__s64 mtime_sec;
	__s64 ctime_sec;
	__u64 iversion; /* without the QUERIED bit */
	__u64 acl; /* i_acl, the pointer itself */
	__u32 mtime_nsec;
	__u32 ctime_nsec;
	__u32 generation;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 nlink;
	__u32 dev; /* s_dev as the kernel encodes it */
};
_Static_assert(sizeof(struct na_inode_snap) == 96, "na_inode_snap");

/* Version slot (guard 1): hash(s_dev, i_ino) -> counter. Only hooks write it. */
struct na_slot {
	__u64 version;
	__u64 bumped; /* time of the last bump; written before version moves */
};

#define NA_ENTRY_LIVE 0x80000000u

/*
 * One cached file. ref counts pins; the bit NA_ENTRY_LIVE is cleared by cmpxchg(LIVE, 0)
 * only, so a pinned entry never dies and a dead one is never used. All but ref, used, valid,
 * hits, keep, expires (the daemon may end it) and block[] is written once, before the entry is put into the index.
 */
struct na_entry {
	__u32 ref;
	__u32 used; /* set by hits, cleared by the clock hand */
	__u32 valid; /* bit i: block[i] holds its bytes */
	__u32 slot; /* index of the version slot */
	__u64 fid; /* never used twice; kept when an unchanged file is refilled */
	__u64 version; /* the slot's value the bytes belong to */
	__u64 flush; /* na_ctl.flush at fill */
	__u64 expires;
	__u64 fsid; /* fattr3.fsid, host order: depends on export and handle type */
	__u32 size; /* bytes of the whole file */
	__u32 hits; /* not exact; carried on when an unchanged file is refilled */
	struct na_fh fh;
	__u8 attr[NA_FATTR3_BYTES]; /* as nfsd sent it */
	__u32 block[NA_FILE_BLOCKS]; /* block numbers, NA_NO_BLOCK where none */
	struct na_inode_snap snap;
	__u32 keep; /* set by the daemon: the clock hand passes over it */
	__u32 export; /* its number; 0: not known when it was filled */
};
_Static_assert(sizeof(struct na_entry) == 384, "na_entry");

/*
 * NA_SLAB_LEAD is no multiple of a page, so that slabs begin at different places of one. Copying
 * by rep movsb to where the source lies in its page, or up to 31 bytes further, takes 25 times
 * as long on AMD (2 us for 4 KiB, Zen 3), and where in a page the data of a packet begins is the
 * same for all packets alike: it would be all files or none.
 */
struct na_slab {
	__u8 lead[NA_SLAB_LEAD];
	__u8 data[NA_SLAB_BLOCKS * NA_BLOCK_BYTES + NA_SLAB_SLACK];
};

/* Who asks, exactly as on the wire. */
struct na_cred_key {
	__u8 client[16];
	__u32 flavor; /* AUTH_NONE 0, AUTH_SYS 1 */
	__u32 privileged; /* client port below 1024 */
	__u32 uid;
	__u32 gid;
	__u32 ngids;
	__u32 gids[NA_AUTH_GIDS]; /* in wire order */
};
_Static_assert(sizeof(struct na_cred_key) == 100, "na_cred_key");

struct na_auth_key {
	__u64 cred; /* number given to a na_cred_key, never used twice */
	__u64 fid;
	__u32 op; /* NFSv3 procedure number */
	__u32 pad;
};
_Static_assert(sizeof(struct na_auth_key) == 24, "na_auth_key");

struct na_auth {
	__u64 version;
	__u64 epoch;
	__u64 flush;
	__u64 expires;
	__u64 fsid; /* the fsid nfsd showed to this client */
};

/* --- fill: what ingress asks, the hook vouches for, egress completes ---- */

struct na_pending_key {
	struct na_flow_key flow;
	__u32 xid;
};
_Static_assert(sizeof(struct na_pending_key) == 40, "na_pending_key");

/* na_pending.state moves by compare-and-swap only; whoever moved it to GONE deletes it. */
enum na_pending_state {
	NA_PENDING_ASKED = 1, /* seen at ingress */
	NA_PENDING_HOOKED = 3, /* the nfsd hook found it fit; snap, version, slot are set */
	NA_PENDING_GONE = 4, /* its reply passed */
	/*
	 * Not to be filled: refused, or several calls are out with one xid. The low byte is
	 * how many replies must pass until the xid may be trusted again.
	 */
	NA_PENDING_POISON = 0x100,
	NA_PENDING_REFUSED = NA_PENDING_POISON + 1,
	NA_PENDING_POISON_MAX = NA_PENDING_POISON + 0xff,
};

#define NA_MOST_BYTES 64u

struct na_pending {
	__u32 state;
	__u32 count; /* asked */
	__u64 offset;
	__u64 asked; /* time at ingress */
	__u64 coarse; /* then, by the monotonic side of the clock that ctime is taken from */
	__u64 epoch; /* export epoch at ingress */
	__u64 flush;
	__u64 cred;
	/* from the hook */
	__u64 version;
	__u64 expires; /* no later than what export and client cache entries have left */
	__u32 slot;
	__u8 read; /* ingress saw that the call is a READ */
	__u8 shadow; /* na_shadows says what it would have been answered with */
	__u16 most; /* the longest reply worth learning, in NA_MOST_BYTES */
	struct na_inode_snap snap;
	struct na_fh fh;
	__u32 ran; /* READs that nfsd began under this xid, less those whose reply passed */
	__u64 ttl; /* from the hook: how long the entry may live */
};
_Static_assert(sizeof(struct na_pending) == 256, "na_pending");

/* --- shadow checking: what would have been answered, by pending key ------- */

struct na_shadow {
	__u32 entry;
	__u32 count;
	__u64 fid;
	__u64 offset;
	__u64 asked;
	/* when the call was judged: if one of them has moved since, nothing can be told */
	__u64 version;
	__u64 epoch;
	__u64 flush;
};
_Static_assert(sizeof(struct na_shadow) == 56, "na_shadow");

/* The first difference since na_ctl.tripped was 0. Never holds bytes of a file. */
struct na_shadow_report {
	__u32 fault; /* enum na_shadow_fault */
	__u32 status; /* nfsd's */
	__u64 when;
	__u64 offset; /* of the READ */
	__u64 at; /* file offset of the first byte that differs, for NA_SHADOW_DATA */
	__u32 count;
	__u32 xid;
	struct na_flow_key flow;
	struct na_fh fh;
};
_Static_assert(sizeof(struct na_shadow_report) == 144, "na_shadow_report");

/* --- control ------------------------------------------------------------ */

enum na_mode {
	NA_MODE_OFF = 0, /* nothing is answered, nothing filled */
	NA_MODE_FILL = 1, /* grace: hooks are attached, filling has begun, no answers yet */
	NA_MODE_ANSWER = 2,
	NA_MODE_DYING = 3, /* stopping: spliced connections are being reset */
	NA_MODE_OBSERVE = 4, /* filled; what would be answered goes to nfsd and is compared */
};

/* One element, writable by both sides; everything the programs may change is atomic. */
struct na_ctl {
	__u32 abi;
	__u32 mode; /* enum na_mode */
	__u64 epoch; /* export epoch, coherence.md */
	__u64 flush; /* entries of another number are gone */
	__u64 next_id; /* source of fid, cred and flow numbers */
	__u64 clock_hand;
	__u64 max_payload; /* nfsd's, 0 until the first READ told */
	__u64 hook_skips; /* recursion misses the daemon has dealt with */
	__u64 policy;	  /* cache rules are in force; 0: all exports may be cached */
	/* limits (limit.h) */
	__u32 limit_gen; /* 0: no rules; else the policy's generation, the lowest bit its bank */
	__u32 limit_exports; /* enum na_limit_exports */
	__u32 limit_seed; /* of the hash over na_buckets */
	__u32 limit_last; /* newest generation there ever was */
	__u32 shadow; /* one in so many hits goes to nfsd and is compared; 0: none */
	__u32 tripped; /* enum na_shadow_fault: what a comparison showed */
	__u64 answers; /* of mountd that did not move the epoch: may be of exports new to us */
};
_Static_assert(__builtin_offsetof(struct na_ctl, shadow) == 80, "the lab's tests write it there");

struct na_counter {
	__u64 n;
};

#endif

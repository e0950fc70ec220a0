/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of one connection: what splice.md calls the splice. Sequence numbers are in
 * "client space" (as the client counts) or "server space" (as the server's socket does).
 */
#ifndef NFSACCEL_SPLICE_STATE_H
#define NFSACCEL_SPLICE_STATE_H

#ifdef __bpf__
#include <linux/bpf.h>
#endif

#include "nfsaccel/abi.h"
#include "nfsaccel/limit.h"

#ifndef __bpf__
struct na_spin_lock {
	__u32 val;
};
#define NA_SPIN_LOCK struct na_spin_lock
#else
#define NA_SPIN_LOCK struct bpf_spin_lock
#endif

/* An answered request whose reply is not settled yet. */
struct na_fifo_slot {
	__u32 req_c; /* first byte of the consumed record, client space */
	__u32 req_len;
	__u32 req_s; /* where the server's stream would hold it */
	__u32 rep_c; /* first byte of the injected reply, client space */
	__u32 rep_len;
	__u32 rep_s; /* where it was put in, server space */
	__u32 entry; /* pinned */
	__u32 xid;
	__u32 count; /* READ count asked */
	__u32 fid; /* low half of the entry's fid: tells whether it is still that entry */
	__u32 offset; /* READ offset asked; all beyond 32 bits is beyond any cached file's end */
	__u32 sent; /* when the reply was first sent, na_usec() */
};
_Static_assert(sizeof(struct na_fifo_slot) == 48, "na_fifo_slot");

/* One direction's record parser (RFC 5531 section 11). */
struct na_records {
	__u32 next; /* stream position of the next record mark */
	__u32 mark; /* bytes of a split mark so far, high byte first */
	__u8 have; /* how many of them, 0 to 3 */
	__u8 inside; /* the fragment before `next` was not its record's last */
	__u8 sync; /* `next` is known */
	__u8 pad;
};
_Static_assert(sizeof(struct na_records) == 12, "na_records");

/*
 * Bytes of the client's stream that are missing since others overtook them. These are taken to
 * begin with a record; whether that is right shows once the missing ones have been followed.
 */
struct na_gap {
	__u32 from; /* what is missing */
	__u32 to;
	struct na_records before; /* the parser at `from` */
	struct na_records behind; /* and at c_next, if a record begins at `to`; in sync: there is a gap */
};

/*
 * The way the server's own packets take to the client: ours go the same. Where the client's
 * come from may be another way (routers, balancers that see one direction only).
 */
struct na_way {
	__u32 ifindex; /* 0 until one was seen */
	__u8 mac[12]; /* to, from */
	__u32 tos; /* the newest one's DSCP, and the ECN field of the newest with new data */
	__u32 label; /* IPv6 flow label, which routers may choose the way by */
};
_Static_assert(sizeof(struct na_way) == 24, "na_way");

/* A READ that begins at a segment's end is kept back if it is no longer, with its record mark. */
#define NA_KEEP_MAX 256u

/* na_flow.flags */
#define NA_FLOW_SYN	 0x0002u /* a SYN passed, and the client did not carry on since (I11) */
#define NA_FLOW_CLOSING	 0x0004u /* FIN or RST of either side */
#define NA_FLOW_DEAD	 0x0010u /* reset: nothing is translated any more */
#define NA_FLOW_TS	 0x0020u /* timestamps in use, ts_offset known */
#define NA_FLOW_SACK	 0x0040u
#define NA_FLOW_SHAVE	 0x0080u /* headroom is kept out of the window told to the server */
#define NA_FLOW_RECOVERY 0x0100u /* a lost reply is being resent, until recover_c */
#define NA_FLOW_DARK	 0x0800u /* calls passed unseen: their replies may be taken for others' */
#define NA_FLOW_FRESH	 0x0200u /* seen from its first byte: no watching needed */
#define NA_FLOW_LOSSY	 0x1000u /* what was sent again had been lost, not late */
#define NA_FLOW_REUSE	 0x0400u /* syn_isn is that of another connection on these ports */
#define NA_FLOW_HELD	 0x20000u /* the server's SACKs wait for what was answered before them */
#define NA_FLOW_PROMPT	 0x40000u /* the client sends less than a packet without waiting for ACKs */
/* ECN: splice_ecn.h */
#define NA_FLOW_ECN	 0x2000u /* both ends agreed to it, as of RFC 3168 */
#define NA_FLOW_ECHO	 0x4000u /* the server's newest packet says ECE, so do ours: NA_TCP_ECE << 8 */
#define NA_FLOW_CWR	 0x8000u /* our next new data says CWR: NA_TCP_CWR << 8 */
#define NA_FLOW_CUT	 0x10000u /* ECE is old news until more than recover_c is there */

/*
 * That many calls in vain, and an unspliced connection is left alone; a READ counts for eight, and
 * one that could be answered ends the row (na_flow.bored).
 */
#define NA_DOZE_AFTER 2048u
#define NA_DOZE_READ  8u

/*
 * Where only connections are to be spliced for which that pays (na_eager), other calls count as
 * much, and each READ that could be answered makes up for some of them: of one packet for two and
 * a half, so that at two in seven na_flow.bored stays where it is. Splicing waits until it is 0.
 */
#define NA_DOZE_HIT1 20u /* by packets of the reply */
#define NA_DOZE_HIT2 16u
#define NA_DOZE_HIT3 8u /* or more */
#define NA_DOZE_NEW  192u /* a connection begins with that */
#define NA_DOZE_MET  1536u /* and with that if it is older than we are, or dozed */

struct na_flow {
	NA_SPIN_LOCK lock;
	__u32 flags;
	struct na_flow_key key; /* repeated: the element may be reused under a reader */
	__u32 syn_isn; /* sequence of the newest SYN; at first the connection's own, or 0 */
	/* client to server, client space unless said otherwise */
	__u32 c_next; /* highest position ever passed or consumed */
	__u32 din; /* bytes consumed in all */
	__u32 told; /* highest acknowledgement sent to the client */
	__u32 s_ack; /* server's newest acknowledgement, server space */
	__u32 s_edge; /* server's newest right edge, server space */
	/* server to client */
	__u32 s_high; /* highest position that passed egress, server space */
	__u32 dout; /* bytes injected in all */
	__u32 c_ack; /* client's newest acknowledgement, client space */
	__u32 c_edge; /* client's right edge, client space */
	__u32 c_ack_s; /* c_ack in server space */
	__u32 s_una; /* newest acknowledgement passed to the server, server space */
	__u32 s_edge_told; /* highest right edge ever passed to the server, server space */
	__u32 s_edge_last; /* right edge passed to the server last, server space */
	__u32 kept; /* bytes behind c_next that came and were kept back, in keep */
	__u32 c_at; /* when the newest bytes came in order, na_usec() */
	__u32 c_most; /* bytes of the longest segment of those */
	struct na_records c_rec; /* in sync only while nothing is missing below c_next */
	struct na_gap gap;
	struct na_records s_rec;
	/* options */
	__u8 c_wscale; /* shift of the client's windows */
	__u8 s_wscale; /* shift of the server's windows */
	__u16 mss; /* payload bytes of a packet to the client */
	__u32 c_tsval; /* client's newest TSval of those that came in order */
	__u32 c_newest; /* and of all; 0: none */
	__u32 ts_last; /* newest TSval sent to the client */
	__s32 ts_offset; /* max(server's TSval - milliseconds now) */
	/* congestion (I8), bytes */
	__u32 cwnd;
	__u32 ssthresh;
	__u32 peak; /* most that was in flight in the round trip that ends at peak_c */
	__u32 peak_c;
	__u32 recover_c; /* highest position sent when recovery began, or the allowance was cut */
	__u32 resent_c; /* end of the reply sent again last, client space */
	__u32 tries; /* how often the client's timer asked for the same hole in vain */
	/* a loss that may turn out to be none: what to go back to */
	__u32 undo_cwnd; /* 0: nothing to undo */
	__u32 undo_ssthresh;
	__u32 undo_c; /* the byte that was taken for lost, client space */
	__u32 undo_above; /* bytes SACKed above it at that time */
	__u32 above; /* bytes the client has above a hole of ours at c_ack */
	__u32 reorder; /* more bytes than that came before one that was only late */
	__u32 trouble; /* losses and gaps of late, see splice_trouble.h */
	__u32 regret; /* requests passed meanwhile that might have been answered */
	__u32 rtt; /* na_usec() from a reply to its acknowledgement, the least; 0: unknown */
	/*
	 * nfsd ran READs that were not seen as calls, so their replies may be taken for others'
	 * until it is idle; counts up, outside the lock.
	 */
	__u32 strangers;
	__u32 free_gen; /* na_ctl.limit_gen by which no rule is for this client */
	__u32 bored; /* calls in vain that no hits paid for, as NA_DOZE_AFTER counts them; no lock */
	struct na_way way;
	/* FIFO ring */
	__u32 head;
	__u32 count;
	__u64 id; /* never used twice */
	__u64 born; /* when tracking began */
	__u64 last_seen;
	__u64 last_alive; /* when the server last acknowledged new bytes: the stack lets them by */
	__u64 last_resend;
	__u64 back_at; /* nfsd answers all */
	struct na_exempt exempt; /* no lock */
	struct na_fifo_slot fifo[NA_FIFO];
	/* fill in progress; only the egress program touches it, outside the lock */
	struct {
		__u32 entry;
		__u32 block; /* claimed, not yet valid */
		__u32 next_s; /* server-space position the next byte must have */
		__u32 left; /* data bytes still to come */
		__u32 offset; /* file offset of the next byte */
		__u32 shadow; /* the entry is compared with, not filled */
		__u32 xid; /* of the reply */
		__u32 pad;
	} fill;
	/* a reply whose first bytes came at a segment's end; as fill */
	struct {
		__u32 next_s; /* server-space position the next byte must have */
		__u32 have;
		__u8 head[24]; /* twice what is wanted: a bound the verifier sees */
	} split;
	__u8 keep[NA_KEEP_MAX] __attribute__((aligned(8)));
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the splice is told about a segment, and what it wants done: the pure machine's
 * input and output. Everything in host order.
 */
#ifndef NFSACCEL_SEGMENT_H
#define NFSACCEL_SEGMENT_H

#include "nfsaccel/splice_state.h"

#define NA_TCP_FIN 0x01u
#define NA_TCP_SYN 0x02u
#define NA_TCP_RST 0x04u
#define NA_TCP_PSH 0x08u
#define NA_TCP_ACK 0x10u
#define NA_TCP_URG 0x20u
#define NA_TCP_ECE 0x40u
#define NA_TCP_CWR 0x80u

/* The ECN field of a TOS or traffic class (RFC 3168 section 5); above it lies the DSCP. */
#define NA_ECN	    0x03u
#define NA_ECN_ECT0 0x02u
#define NA_ECN_CE   0x03u

/* na_segment.facts */
#define NA_SEG_TS      0x01u /* carries timestamps */
#define NA_SEG_CSUM    0x02u /* checksum verified */
#define NA_SEG_GSO     0x04u /* one skb, many packets: cannot be cut at egress */
#define NA_SEG_DYING   0x08u /* the daemon is resetting spliced connections */
#define NA_SEG_SCANNED 0x10u /* rec_from and rec_to are set */
#define NA_SEG_CE      0x20u /* IP congestion-experienced mark */
#define NA_SEG_NOTED   0x80u /* every call that begins in it was seen, or is no READ */
#define NA_SEG_WARM    0x40u /* its file is cached: replies will be injected from now on */

#define NA_SACKS     4 /* RFC 2018 section 3 */
#define NA_OFFER_MAX 128 /* requests of one segment answered at once */
#define NA_REST_MAX  (15u << 10) /* payload that may go on of a segment some requests of which do not */

struct na_sack {
	__u32 left;
	__u32 right;
};

struct na_segment {
	__u64 now; /* ns, monotonic */
	__u32 seq;
	__u32 ack;
	__u32 len; /* payload bytes */
	__u32 kept; /* the first of them that came earlier, and were kept back */
	__u32 tsval;
	__u32 tsecr;
	__u16 win; /* as on the wire, unscaled */
	__u8 flags; /* NA_TCP_* */
	__u8 facts; /* NA_SEG_* */
	__u32 tos; /* or traffic class */
	__u32 nsack;
	struct na_sack sack[NA_SACKS];
	struct na_records rec_from; /* the parser's state the scan began with */
	struct na_records rec_to; /* and its state behind this segment */
};

/* A READ call that may be answered. */
struct na_question {
	__u32 at; /* where the record begins in the segment's payload */
	__u32 req_len; /* the record with its mark */
	__u32 rep_len; /* the reply with its mark */
	__u32 entry; /* pinned for us */
	__u32 xid;
	__u32 count;
	__u32 fid; /* low half of the entry's */
	__u64 offset;
};

/*
 * Records of one segment that can be answered, in order; what lies between them goes to the
 * server. Found by the parser whose states are rec_from and rec_to.
 */
struct na_offer {
	__u32 n;
	__u32 tail; /* so many bytes at the segment's end begin a record that may be kept back, or 0 */
	struct na_question q[NA_OFFER_MAX];
};

/* na_action.todo */
#define NA_DO_PASS    0x001u /* the segment goes on, rewritten if NA_DO_REWRITE */
#define NA_DO_REWRITE 0x002u /* fields below differ from the segment's */
#define NA_DO_TRIM    0x004u /* only the first `keep` payload bytes go on, and no FIN */
#define NA_DO_BARE    0x008u /* a bare ACK with the fields below goes on instead */
#define NA_DO_REPLY   0x010u /* the first `taken` offered replies are sent, from c_seq on */
#define NA_DO_RESEND  0x020u /* `again` from stream position c_seq on is sent */
#define NA_DO_ACK     0x040u /* a bare ACK is sent to the client */
#define NA_DO_FORGET  0x080u /* the flow is another connection's: delete it */
#define NA_DO_DROP    0x100u
#define NA_DO_SPLIT   0x200u /* `keep` bytes go on, without the first `skip` and the `taken` requests */
#define NA_DO_KEEP    0x400u /* the last `tail` bytes are kept back: as if they had not come */

struct na_action {
	__u32 todo;
	__u32 why; /* enum na_verdict: what kept the offer's rest from being taken, or NA_V_MAX */
	__u32 taken; /* so many of the offer's first are consumed */
	__u32 newest; /* the client sent the segment after all that came before */
	__u32 again_now; /* a reply is to be sent again, */
	__u32 from; /* from this byte on, client space; */
	__u32 above; /* so many behind it are known to have come, */
	__u32 above_end; /* up to this one, */
	__u32 above_replies; /* and with them so many replies' ends */
	/* the segment as it goes on */
	__u32 seq;
	__u32 ack;
	__u32 keep;
	__u32 skip;
	__u32 tsval;
	__u32 tsecr;
	__u32 win;
	__u32 nsack;
	struct na_sack sack[NA_SACKS];
	/* what is sent to the client */
	__u32 c_seq;
	__u32 c_ack;
	__u32 c_win;
	__u32 c_tsval;
	__u32 c_tsecr;
	__u32 c_flags; /* ACK and, of ECN, ECE; the first packet only: CWR */
	__u32 c_tos;
	__u32 mss; /* payload bytes of a packet to the client */
	struct na_fifo_slot again;
	/* entries whose reply is settled */
	__u32 nunpin;
	__u32 unpin[NA_FIFO];
};

#endif

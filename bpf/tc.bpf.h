/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the TC programs. Each is a global function, which the verifier checks on
 * its own: what they share lies in na_work, by direction. Where no value is documented,
 * 0 is success and anything negative failure.
 */
#ifndef NFSACCEL_BPF_TC_H
#define NFSACCEL_BPF_TC_H

#include "bpf/maps.bpf.h"
#include "bpf/work.bpf.h"

#define NA_CAS_TRIES  4 /* of a compare-and-swap; then doubt, which is a miss */
#define NA_ASK_MAX    160 /* calls looked at in one segment */
/*
 * skb->tc_index of what one of our programs has dealt with: devices stand on one another
 * (macvlan, ipvlan, a bridge with its ports), and each may have our filters.
 */
#define NA_SEEN 0x6e66
#define NA_SCAN_MARKS 1024u /* record marks followed in one segment */

/* May replies be taken for those of calls that passed unseen? */
static __always_inline bool na_dark(const struct na_flow *f)
{
	return (f->flags & NA_FLOW_DARK) || *(volatile const __u32 *)&f->strangers;
}

/* What a call that is no READ adds to na_flow.bored. */
static __always_inline __u32 na_call_bores(void)
{
	return na_eager ? 1 : NA_DOZE_READ;
}

/* What a hit of so many bytes pays, in units of na_flow.bored. */
static __always_inline __u32 na_hit_pays(__u32 mss, __u32 len)
{
	if (len <= mss)
		return NA_DOZE_HIT1;
	return len <= 2 * mss ? NA_DOZE_HIT2 : NA_DOZE_HIT3;
}

/* READs could be answered, or will be from now on, that pay so much. */
static __always_inline void na_less_bored(struct na_flow *f, __u32 pay)
{
	__u32 bored = f->bored;

	f->bored = na_eager || bored < pay ? 0 : bored - pay;
}

/* parse.bpf.c: headers into w->p, w->s, w->key. 1 if the segment is of our port, else 0. */
int na_parse(struct __sk_buff *skb, __u32 dir);

/*
 * A segment of a connection we follow came as a fragment or with options, so it cannot be
 * translated: what to do with it, a TC_ACT_*.
 */
int na_stray(struct __sk_buff *skb);

/* csum.bpf.c */
#define NA_CSUM_FAILED (~0ull)
/* Sum of skb bytes [off, end), at most 16 KiB, added to seed; or NA_CSUM_FAILED. */
__u64 na_csum_range(struct __sk_buff *skb, __u32 off, __u32 end, __u32 seed);
/* 1 if the checksum of the segment parsed at ingress is verified, or could be; else 0. */
int na_csum_good(struct __sk_buff *skb);

/* What the kernel knows of the skb and does not show to programs: a set of these. */
#define NA_SKB_PARTIAL 0x1u /* CHECKSUM_PARTIAL: the device is to sum it */
#define NA_SKB_LOCAL   0x2u /* of a sender on this machine (lo, veth), who still has it */
int na_skb_facts(struct __sk_buff *skb, __u32 dir);

/*
 * Put the TCP checksum into the skb. The pseudo header's addresses are the same turned
 * round. A CHECKSUM_PARTIAL skb wants the pseudo-header sum, any other the full one.
 */
static __always_inline int na_store_csum(struct __sk_buff *skb, struct na_packet *p, __u32 end,
					 __s32 partial, __u64 flags)
{
	__u32 sum = na_csum_pseudo(p, end - p->l4);
	__u16 field;

	if (partial) {
		field = na_csum_fold(sum);
	} else {
		__u64 whole = na_csum_range(skb, p->l4, end, sum);

		if (whole == NA_CSUM_FAILED)
			return -1;
		field = ~na_csum_fold((__u32)whole);
	}
	return bpf_skb_store_bytes(skb, p->l4 + NA_TCP_CSUM, &field, 2, flags);
}

/*
 * ask.bpf.c: parse and look up all records that begin in the ingress segment, the first at
 * skb offset w->at. Leaves what can be answered in w->o. Sets NA_SEG_NOTED if nothing was
 * overlooked.
 */
int na_ask(struct __sk_buff *skb);
/* What is offered in w->o from number `from` on goes to nfsd after all: write down its xids. */
int na_note_passed(struct __sk_buff *skb, __u32 from);
/* So does the record that begins in the last w->o.tail bytes; w->call still has it. */
int na_note_tail(struct __sk_buff *skb);
/*
 * The offer in w->o from number `from` on is over. pins: 1 of each entry for the sending, and
 * another for the FIFO if that did not take it.
 */
int na_offer_drop(struct __sk_buff *skb, __u32 from, __u32 pins);

/* The longest reply this connection is answered with, and taught by; bytes. */
static __always_inline __u32 na_reply_max(const struct na_flow *f)
{
	return (na_max_packets ?: na_auto_packets(f->mss)) * f->mss;
}

/*
 * shadow.bpf.c: the reply of len bytes (without mark) at skb offset off, of which avail are
 * in the skb, answers the call noted in w->shadow. Compares its head; seq is its place in
 * the server's stream. 1 if its data are to be compared, too.
 */
int na_shadow_reply(struct __sk_buff *skb, __u32 off, __u32 avail, __u32 len, __u32 seq);
/* Compare data, at skb offset off, of the reply in na_flow.fill. */
int na_shadow_data(struct __sk_buff *skb, __u32 off, __u32 avail);

/* socket.bpf.c: begin to follow the connection of the ingress segment. */
int na_meet(struct __sk_buff *skb);
/* Take lost record boundaries from the socket, if it stands at them. */
int na_resync(struct __sk_buff *skb);

/* limit.bpf.c, for segments of connections that are not known to be free of limits */
#define NA_LIMIT_SLOW 100000000ull /* ns: a client held back longer might ask again */
#define NA_PRIO_CONTROL 7 /* TC_PRIO_CONTROL: fq lets it overtake what is held */
enum na_limit_act {
	NA_LIMIT_PASS,
	NA_LIMIT_DROP, /* too much debt */
	NA_LIMIT_FREE, /* pass, and no rule of this policy will ever be for this connection */
	NA_LIMIT_EXEMPT, /* pass, and no rule is for calls with handles of w->l.fh's export */
};
/* An ingress segment: enum na_limit_act. Sets w->l. */
int na_limit_in(struct __sk_buff *skb);
/* An ingress segment of the connection that dozes there by NA_DOZE_CALLS. 0 if it is awake now. */
int na_limit_asleep(struct __sk_buff *skb, __u32 place);
/* Of the call that begins at skb offset w->at: its handle's head into w->l.fh, or length 0. */
int na_limit_handle(struct __sk_buff *skb);
/* Does e hold for that call? 1 if so; else its handle is in w->l.fh, if it has one. */
int na_limit_exempt(struct __sk_buff *skb, struct na_exempt *e);
/* An answer of ours with this many file bytes: when it may leave, 0 at once. */
__u64 na_limit_answer(struct __sk_buff *skb, __u32 bytes);
/* An egress segment as nfsd sent it: counts, and sets its departure. 1 if it is limited. */
int na_limit_out(struct __sk_buff *skb);

/*
 * tally.bpf.c, for the client of the segment, and the export where it is known (else 0): n READs
 * left to nfsd; one answered from the entry; a packet held this long, or, for 0, dropped; a READ
 * compared.
 */
int na_tally_missed(struct __sk_buff *skb, __u32 why); /* the READ in w->args */
int na_tally_passed(struct __sk_buff *skb, __u32 why, __u32 n);
int na_tally_hit(struct __sk_buff *skb, __u32 bytes, __u32 entry);
int na_tally_held(struct __sk_buff *skb, __u32 dir, __u64 ns);
int na_tally_compared(struct __sk_buff *skb, __u64 ns, __u32 same, __u32 export);

/* rest.bpf.c: keep what NA_DO_SPLIT leaves of the skb, and put it behind the headers again. */
int na_keep_rest(struct __sk_buff *skb);
int na_put_rest(struct __sk_buff *skb);

/* emit.bpf.c: carry out NA_DO_REPLY, NA_DO_RESEND and NA_DO_ACK of w->a. */
int na_send_all(struct __sk_buff *skb, __s32 partial, __u32 last);
/* Payload and checksum into an skb that has the headers of w->send's next packet. */
int na_fill_packet(struct __sk_buff *skb);

/* rewrite.bpf.c: give the skb the header of w->a in place. */
int na_rewrite(struct __sk_buff *skb, __u32 dir);
/*
 * Make the skb this segment again, whatever it carried since, with the header of w->a and
 * only `keep` payload bytes: the first, which must still be in place, or NA_DO_SPLIT's.
 */
int na_rewrite_cut(struct __sk_buff *skb, __u32 dir, __u32 keep, __s32 partial);

/* learn.bpf.c: follow and learn from a new egress segment whose stream is in sync. */
int na_walk(struct __sk_buff *skb);
/* The egress segment's connection is another's by now: let go of all its state holds. */
int na_forget(struct __sk_buff *skb);

#endif

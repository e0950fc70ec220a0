// SPDX-License-Identifier: GPL-2.0-only
/* Packets to the client, made out of its own: replies and bare ACKs. */
#include "bpf/store.bpf.h"
#include "bpf/tc.bpf.h"

#define NA_SKB_MAX 16000u /* bpf_skb_change_tail makes no larger skb (kernel-facts.md) */
#define NA_TTL	   64u
#define NA_OUT_L2  2u /* where the Ethernet header begins in na_work.out: the others are aligned */

struct na_reply_ctx {
	struct __sk_buff *skb;
	struct na_work *w;
	__s32 partial;
	__u32 last;
	__s32 err;
	__u32 sent; /* of the offered replies */
	bool again; /* what the client has is left out */
};

static __always_inline __u32 na_out_hdr_len(const struct na_work *w)
{
	return w->p.l4 + NA_TCP_LEN + ((w->s.facts & NA_SEG_TS) ? 12 : 0);
}

/*
 * Headers of a packet to the client into w->out: the client's own, turned round, and the
 * way and the marks of the server's. len: payload bytes. The IP checksum is right; TCP's is too if
 * it is a partial one, else 0. Not inlined: the callers' stacks are full.
 */
static __attribute__((noinline)) void na_out_headers(struct na_work *w, __u32 seq, __u32 len,
						     __u8 flags, __s32 partial)
{
	struct na_packet *p = &w->p;
	bool ts = w->s.facts & NA_SEG_TS;
	__u32 doff = NA_TCP_LEN + (ts ? 12 : 0), ports = na_xdr_raw(p->tcp), i;
	__u8 *mac = w->out + NA_OUT_L2, *ip = mac + NA_L3, *tcp;

	for (i = 0; i < 12; i += 2)
		*(__u16 *)(mac + i) = *(const __u16 *)(w->way.mac + i);
	*(__u16 *)(mac + 12) = *(const __u16 *)(p->l2 + 12);
	if (p->ip6) {
		na_xdr_put32(ip, 0x60000000u | w->a.c_tos << 20 | w->way.label);
		na_xdr_put32(ip + 4, (doff + len) << 16 | NA_PROTO_TCP << 8 | NA_TTL);
		na_v6_copy(ip + 8, p->l3 + 24);
		na_v6_copy(ip + 24, p->l3 + 8);
		tcp = ip + NA_IP6_LEN;
	} else {
		__u64 sum;

		na_xdr_put32(ip, 0x45000000u | w->a.c_tos << 16 | (NA_IP4_LEN + doff + len));
		na_xdr_put32(ip + 4, 0x00004000u); /* no fragments */
		na_xdr_put32(ip + 8, NA_TTL << 24 | NA_PROTO_TCP << 16);
		na_xdr_put_raw(ip + 12, na_xdr_raw(p->l3 + 16));
		na_xdr_put_raw(ip + 16, na_xdr_raw(p->l3 + 12));
		sum = (__u64)na_xdr_raw(ip) + na_xdr_raw(ip + 4) + na_xdr_raw(ip + 8) +
		      na_xdr_raw(ip + 12) + na_xdr_raw(ip + 16);
		*(__u16 *)(ip + 10) = ~na_csum_fold(na_csum_carry(sum));
		tcp = ip + NA_IP4_LEN;
	}
	na_xdr_put_raw(tcp, ports << 16 | ports >> 16);
	na_xdr_put32(tcp + 4, seq);
	na_xdr_put32(tcp + 8, w->a.c_ack);
	na_xdr_put32(tcp + 12, doff / 4 << 28 | (__u32)flags << 16 | w->a.c_win);
	na_xdr_put_raw(tcp + NA_TCP_CSUM, partial ? na_csum_fold(na_csum_pseudo(p, doff + len)) : 0);
	if (ts) {
		na_xdr_put32(tcp + 20, NA_OPTS_TIMES);
		na_xdr_put32(tcp + 24, w->a.c_tsval);
		na_xdr_put32(tcp + 28, w->a.c_tsecr);
	}
}

/* The headers of w->out into the skb, whose size is right already. */
static __always_inline int na_store_headers(struct __sk_buff *skb, struct na_work *w, __u32 hdr)
{
	if (!na_within(hdr, 1, NA_HDR_MAX))
		return -1;
	return bpf_skb_store_bytes(skb, 0, w->out + NA_OUT_L2, hdr, 0);
}

/* Send the skb to the client: itself, or a clone of it; at: when it may leave, or 0. */
static __always_inline int na_send_skb(struct __sk_buff *skb, struct na_work *w, bool last,
				       __u64 at)
{
	skb->mark = NA_MARK_OURS;
	if (at)
		bpf_skb_set_tstamp(skb, at, BPF_SKB_TSTAMP_DELIVERY_MONO);
	if (last)
		return bpf_redirect(w->way.ifindex, 0) == TC_ACT_REDIRECT ? 0 : -1;
	return bpf_clone_redirect(skb, w->way.ifindex, 0);
}

struct na_copy {
	struct __sk_buff *skb;
	struct na_entry *e;
	__u32 at; /* in the skb */
	__u32 off; /* in the file */
	__u32 left;
	__s32 err;
};

/* The part of one block that is wanted into the skb. */
static long na_copy_step(__u32 i, struct na_copy *c)
{
	__u32 index = c->off >> NA_BLOCK_SHIFT, in = c->off & (NA_BLOCK_BYTES - 1), n, at;
	struct na_slab *slab;

	asm volatile("" : "+r"(index)); /* what is checked is what is used */

	if (!c->left)
		return 1;
	n = NA_BLOCK_BYTES - in;
	if (n > c->left)
		n = c->left;
	if (index >= NA_FILE_BLOCKS)
		goto fail;
	slab = na_slab_of(c->e->block[index], &at);
	at += in;
	if (!slab || !na_within(at, 0, NA_SLAB_BLOCKS * NA_BLOCK_BYTES) ||
	    !na_within(n, 1, NA_BLOCK_BYTES))
		goto fail;
	if (bpf_skb_store_bytes(c->skb, c->at, slab->data + at, n, 0) < 0)
		goto fail;
	c->at += n;
	c->off += n;
	c->left -= n;
	return 0;
fail:
	c->err = -1;
	return 1;
}

/* len file bytes from file offset off into the skb at `at`. */
__attribute__((noinline)) int na_store_file(struct __sk_buff *skb, __u32 entry, __u32 at, __u32 off,
					    __u32 len)
{
	struct na_copy c = { .skb = skb, .at = at, .off = off, .left = len };

	c.e = na_entry_at(entry);
	if (!c.e)
		return -1;
	na_copy_step(0, &c);
	if (c.left && !c.err)
		bpf_loop(NA_SKB_MAX / NA_BLOCK_BYTES + 1, na_copy_step, &c, 0);
	return c.err || c.left ? -1 : 0;
}

static __always_inline __u32 na_packet_len(const struct na_send *d)
{
	__u32 n = d->rep_len - d->off;

	return n < d->mss ? n : d->mss;
}

/* Inlined: the kernel allows eight frames, and na_send_packet() is the sixth. */
static __always_inline int na_fill_skb(struct __sk_buff *skb, struct na_work *w)
{
	const struct na_send *d = &w->send;
	__u32 data_end = NA_READ3_HEAD + d->data_len, n = na_packet_len(d), from = d->off;
	__u32 at = na_out_hdr_len(w), head = 0, zero = 0;

	if (skb->len != at + n && bpf_skb_change_tail(skb, at + n, 0) < 0)
		return -1;
	if (from < NA_READ3_HEAD) {
		/* packets hold more than a head (NA_MSS_MIN): it is never split */
		if (from || n < NA_READ3_HEAD ||
		    bpf_skb_store_bytes(skb, at, w->head, NA_READ3_HEAD, 0) < 0)
			return -1;
		head = NA_READ3_HEAD;
	}
	if (from + head < data_end) {
		__u32 data = n - head, left = data_end - from - head;

		if (data > left)
			data = left;
		if (na_store_file(skb, d->entry, at + head,
				  d->data_off + (from + head - NA_READ3_HEAD), data) < 0)
			return -1;
	}
	if (from + n > data_end) {
		__u32 pad = from + n - data_end;

		if (pad > n)
			pad = n;
		if (!na_within(pad, 1, 3) || bpf_skb_store_bytes(skb, at + n - pad, &zero, pad, 0) < 0)
			return -1;
	}
	return d->partial ? 0 : na_store_csum(skb, &w->p, at + n, false, 0);
}

int na_fill_packet(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);

	return w ? na_fill_skb(skb, w) : -1;
}

/*
 * The next packet of w->send. A clone leaves with headers only and gets its payload from
 * na_egress: this skb may belong to a sender on this machine, and then growing it does not
 * move its truesize (pskb_expand_head()). The receiving TCP divides by what it makes of
 * bytes and truesize: by 0 when more bytes came than truesize says (kernel 6.6 and later).
 */
__attribute__((noinline)) int na_send_packet(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_send *d;
	__u32 n, at;
	bool last;

	if (!w)
		return -1;
	d = &w->send;
	n = na_packet_len(d);
	at = na_out_hdr_len(w);
	last = d->off + n == d->rep_len;
	if (skb->len != at && bpf_skb_change_tail(skb, at, 0) < 0)
		return -1;
	na_out_headers(w, d->seq + d->off, n, w->a.c_flags | (last ? NA_TCP_PSH : 0), d->partial);
	w->a.c_flags &= ~NA_TCP_CWR;
	if (na_store_headers(skb, w, at) < 0)
		return -1;
	if (last && d->last) {
		if (na_fill_skb(skb, w) < 0 || na_send_skb(skb, w, true, d->at) < 0)
			return -1;
	} else {
		d->armed = 1;
		/* still armed: no filter of ours there */
		if (na_send_skb(skb, w, false, d->at) < 0 || *(volatile __u32 *)&d->armed) {
			d->armed = 0;
			return -1;
		}
	}
	d->off += n;
	return 0;
}

static long na_send_step(__u32 i, struct na_reply_ctx *c)
{
	const struct na_send *d = &c->w->send;

	if (d->off >= d->rep_len)
		return 1;
	if (c->again && na_has_come(&c->w->s, d->seq + d->off, na_packet_len(d))) {
		c->w->send.off += na_packet_len(d);
		return 0;
	}
	c->err = na_send_packet(c->skb);
	return c->err ? 1 : 0;
}

/*
 * Send the reply described by s, out of its entry e, from record byte `from` on; the last
 * packet is the skb itself if `last` says so.
 */
static __always_inline int na_send_reply(struct na_reply_ctx *c, const struct na_entry *e,
					 const struct na_fifo_slot *s, __u32 from, bool last)
{
	struct na_work *w = c->w;
	struct na_send *d = &w->send;
	__u32 n, eof;

	na_nfs3_read_span(e->size, s->offset, s->count, &n, &eof);
	na_nfs3_build_read_reply(w->head, s->xid, e->attr, n, eof);
	d->entry = s->entry;
	d->off = from;
	d->rep_len = s->rep_len;
	d->seq = s->rep_c;
	d->data_off = s->offset;
	d->data_len = n;
	d->mss = w->a.mss < NA_SKB_MAX - NA_HDR_MAX ? w->a.mss : NA_SKB_MAX - NA_HDR_MAX;
	d->last = last;
	d->partial = c->partial;
	if (!c->again)
		c->err = na_send_packet(c->skb);
	if (!c->err && d->off < d->rep_len)
		bpf_loop(NA_REPLY_PACKETS, na_send_step, c, 0);
	return c->err || d->off < d->rep_len ? -1 : 0;
}

/* The i-th offered reply; its place follows those of the ones before. Ends its pin for this. */
__attribute__((noinline)) int na_send_offered(struct __sk_buff *skb, __u32 i, __s32 partial,
					      __u32 last)
{
	struct na_reply_ctx c = { .skb = skb, .w = na_work(NA_IN), .partial = partial };
	const struct na_question *q;
	struct na_fifo_slot *s;
	struct na_entry *e;
	int err;

	if (!c.w || i >= NA_OFFER_MAX)
		return -1;
	q = &c.w->o.q[i];
	e = na_entry_at(q->entry);
	if (!e)
		return -1;
	s = &c.w->a.again; /* nothing is sent again now, and the stack is short */
	s->entry = q->entry;
	s->xid = q->xid;
	s->offset = na_offset32(q->offset);
	s->count = q->count;
	s->rep_len = q->rep_len;
	s->rep_c = c.w->a.c_seq;
	c.w->a.c_seq += q->rep_len;
	c.w->send.at = 0;
	if (c.w->l.limited)
		c.w->send.at = na_limit_answer(skb, q->rep_len - NA_READ3_HEAD);
	err = na_send_reply(&c, e, s, 0, last);
	if (!err) {
		na_count(NA_V_HIT, 1);
		na_count(NA_V_HIT_BYTES, c.w->send.data_len);
		if (na_tally_sets)
			na_tally_hit(skb, c.w->send.data_len, q->entry);
	}
	na_unpin(e);
	return err;
}

static long na_offered_step(__u32 round, struct na_reply_ctx *c)
{
	__u32 n = c->w->o.n, i = c->sent;

	if (i >= n)
		return 1;
	c->sent = i + 1;
	c->err = na_send_offered(c->skb, i, c->partial, c->last && i + 1 == n);
	return c->err ? 1 : 0;
}

/* A reply that was lost, from where the client's stream stops. */
__attribute__((noinline)) int na_send_again(struct __sk_buff *skb, __s32 partial, __u32 last)
{
	struct na_reply_ctx c = {
		.skb = skb, .w = na_work(NA_IN), .partial = partial, .again = true
	};
	struct na_fifo_slot *s;
	struct na_entry *e;
	int err = -1;

	if (!c.w)
		return -1;
	s = &c.w->a.again;
	c.w->send.at = 0;
	e = na_entry_at(s->entry);
	if (!e || !na_pin(e))
		return -1;
	if ((__u32)e->fid == s->fid)
		err = na_send_reply(&c, e, s, c.w->a.c_seq - s->rep_c, last);
	na_unpin(e);
	na_count(NA_V_RESEND, 1);
	return err;
}

static __always_inline int na_send_ack(struct __sk_buff *skb, struct na_work *w, __s32 partial,
				       bool last)
{
	__u32 hdr = na_out_hdr_len(w);

	na_count(NA_V_RELEASE_ACK, 1);
	if (bpf_skb_change_tail(skb, hdr, 0) < 0)
		return -1;
	na_out_headers(w, w->a.c_seq, 0, w->a.c_flags, partial);
	if (na_store_headers(skb, w, hdr) < 0 ||
	    (!partial && na_store_csum(skb, &w->p, hdr, false, 0) < 0))
		return -1;
	if (w->l.limited)
		skb->priority = NA_PRIO_CONTROL;
	return na_send_skb(skb, w, last, 0);
}

int na_send_all(struct __sk_buff *skb, __s32 partial, __u32 last)
{
	struct na_reply_ctx c = { .skb = skb, .w = na_work(NA_IN), .partial = partial, .last = last };
	int err;

	if (!c.w)
		return -1;
	if (c.w->a.todo & NA_DO_REPLY) {
		na_offered_step(0, &c);
		if (!c.err && c.sent < c.w->o.n)
			bpf_loop(NA_OFFER_MAX - 1, na_offered_step, &c, 0);
		err = c.err;
		if (c.sent < c.w->o.n)
			na_offer_drop(skb, c.sent, 1);
	} else if (c.w->a.todo & NA_DO_RESEND) {
		err = na_send_again(skb, partial, last);
	} else {
		err = na_send_ack(skb, c.w, partial, last);
	}
	if (err)
		na_count(NA_V_EMIT_FAIL, 1);
	return err;
}

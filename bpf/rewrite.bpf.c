// SPDX-License-Identifier: GPL-2.0-only
/* A segment that goes on, with the header the splice gave it. */
#include "bpf/tc.bpf.h"

/* The SACK option with the blocks that are left; NOPs where blocks went. */
static __always_inline void na_put_sacks(struct na_work *w, __u8 *tcp)
{
	__u32 at = w->p.sack_at, i;

	if (!at)
		return;
	tcp[(at - 1) & NA_TCP_MASK] = 2 + 8 * w->a.nsack;
	if (!w->a.nsack) {
		tcp[(at - 2) & NA_TCP_MASK] = NA_OPT_NOP;
		tcp[(at - 1) & NA_TCP_MASK] = NA_OPT_NOP;
	}
	for (i = 0; i < NA_SACKS; i++) {
		__u8 *block = tcp + (at & NA_TCP_MASK);

		if (i >= w->s.nsack)
			break;
		if (i < w->a.nsack) {
			na_put_be32(block, w->a.sack[i].left);
			na_put_be32(block + 4, w->a.sack[i].right);
		} else {
			na_put_be32(block, 0x01010101u);
			na_put_be32(block + 4, 0x01010101u);
		}
		at += 8;
	}
}

/* The new TCP header into w->out; its checksum field stays as it came. */
static __always_inline void na_new_header(struct na_work *w, bool cut)
{
	__u8 *tcp = w->out;
	__u32 at = w->p.ts_at;

	na_memcpy(tcp, w->p.tcp, NA_TCP_MAX);
	na_put_be32(tcp + 4, w->a.seq);
	na_put_be32(tcp + 8, w->a.ack);
	na_put_be16(tcp + 14, w->a.win);
	if (cut)
		tcp[13] &= ~(NA_TCP_FIN | NA_TCP_PSH);
	if (at) {
		na_put_be32(tcp + (at & NA_TCP_MASK), w->a.tsval);
		na_put_be32(tcp + (at & NA_TCP_MASK) + 4, w->a.tsecr);
	}
	na_put_sacks(w, tcp);
}

static __always_inline int na_store_tcp(struct __sk_buff *skb, struct na_work *w, __u64 flags)
{
	__u32 doff = w->p.doff;

	if (!na_within(doff, NA_TCP_LEN, NA_TCP_MAX))
		return -1;
	return bpf_skb_store_bytes(skb, w->p.l4, w->out, doff, flags);
}

/* The checksum is corrected by the difference. */
int na_rewrite(struct __sk_buff *skb, __u32 dir)
{
	struct na_work *w = na_work(dir);
	__s64 diff;
	__u32 len;

	if (!w)
		return -1;
	na_new_header(w, false);
	len = w->p.doff;
	if (!na_within(len, NA_TCP_LEN, NA_TCP_MAX))
		return -1;
	diff = bpf_csum_diff((__be32 *)w->p.tcp, len, (__be32 *)w->out, len, 0);
	if (na_store_tcp(skb, w, 0) < 0)
		return -1;
	return bpf_l4_csum_replace(skb, w->p.l4 + NA_TCP_CSUM, 0, (__u32)diff, 0);
}

int na_rewrite_cut(struct __sk_buff *skb, __u32 dir, __u32 keep, __s32 partial)
{
	struct na_work *w = na_work(dir);
	struct na_packet *p;
	__u32 end;

	if (!w)
		return -1;
	p = &w->p;
	end = p->payload + keep;
	na_new_header(w, w->a.todo & (NA_DO_TRIM | NA_DO_BARE));
	if (bpf_skb_change_tail(skb, end, 0) < 0 ||
	    bpf_skb_store_bytes(skb, 0, p->l2, NA_L3, BPF_F_RECOMPUTE_CSUM) < 0)
		return -1;
	if (p->ip6) {
		na_put_be16(p->l3 + 4, end - p->l4);
		if (bpf_skb_store_bytes(skb, NA_L3, p->l3, NA_IP6_LEN, BPF_F_RECOMPUTE_CSUM) < 0)
			return -1;
	} else {
		__u32 sum;

		na_put_be16(p->l3 + 2, end - NA_L3);
		*(__u16 *)(p->l3 + 10) = 0;
		sum = bpf_csum_diff(NULL, 0, (__be32 *)p->l3, NA_IP4_LEN, 0);
		*(__u16 *)(p->l3 + 10) = ~na_csum_fold(sum);
		if (bpf_skb_store_bytes(skb, NA_L3, p->l3, NA_IP4_LEN, BPF_F_RECOMPUTE_CSUM) < 0)
			return -1;
	}
	if ((w->a.todo & NA_DO_SPLIT) && na_put_rest(skb) < 0)
		return -1;
	*(__u16 *)(w->out + NA_TCP_CSUM) = 0;
	if (na_store_tcp(skb, w, BPF_F_RECOMPUTE_CSUM) < 0)
		return -1;
	return na_store_csum(skb, p, end, partial, BPF_F_RECOMPUTE_CSUM);
}

// SPDX-License-Identifier: GPL-2.0-only
/* From an skb to a TCP segment and the connection it belongs to. */
#include "bpf/tc.bpf.h"

/* IPv4 with options or in fragments; of these only the first holds the TCP header. */
static __always_inline bool na_stray4(struct na_packet *p)
{
	p->stray = (p->l3[0] & 15) >= 5 && !(na_get_be16(p->l3 + 6) & 0x1fff);
	p->l4 = NA_L3 + (p->l3[0] & 15) * 4;
	return false;
}

/*
 * IPv6 with a header before TCP: the jumbo option that the kernel itself puts in for BIG
 * TCP (RFC 2675), or a fragment's.
 */
static __always_inline bool na_parse_ext(struct __sk_buff *skb, struct na_packet *p)
{
	__u8 ext[8];

	if (bpf_skb_load_bytes(skb, NA_L3 + NA_IP6_LEN, ext, sizeof(ext)) < 0 ||
	    ext[0] != NA_PROTO_TCP)
		return false;
	if (p->l3[6] == NA_PROTO_FRAG) {
		p->l4 = NA_L3 + NA_IP6_LEN + sizeof(ext);
		p->stray = !(na_get_be16(ext + 2) & 0xfff8);
		return false;
	}
	p->l4 = NA_L3 + NA_IP6_LEN + 8 * (1u + ext[1]);
	p->jumbo = !ext[1] && ext[2] == 0xc2 && ext[3] == 4;
	p->stray = !p->jumbo;
	return p->jumbo;
}

/* By far the most: IPv4 and 32 bytes of TCP header, all in the linear part. */
#define NA_TCP_QUICK (NA_TCP_LEN + 12u)

static __always_inline bool na_load_quick(struct __sk_buff *skb, struct na_packet *p)
{
	const __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const __u8 *tcp = data + NA_L3 + NA_IP4_LEN;
	__u32 i;

	if (tcp + NA_TCP_QUICK > end || data[12] != 0x08 || data[13] != 0x00 || data[14] != 0x45 ||
	    tcp[12] != NA_TCP_QUICK / 4 << 4)
		return false;
	*(__u64 *)p->l2 = *(const __u64 *)data;
	*(__u32 *)(p->l2 + 8) = *(const __u32 *)(data + 8);
	*(__u16 *)(p->l2 + 12) = *(const __u16 *)(data + 12);
	*(__u64 *)p->l3 = *(const __u64 *)(data + NA_L3);
	*(__u64 *)(p->l3 + 8) = *(const __u64 *)(data + NA_L3 + 8);
	*(__u32 *)(p->l3 + 16) = *(const __u32 *)(data + NA_L3 + 16);
	for (i = 0; i < NA_TCP_QUICK; i += 8)
		*(__u64 *)(p->tcp + i) = *(const __u64 *)(tcp + i);
	for (; i < NA_TCP_ROOM; i += 8)
		*(__u64 *)(p->tcp + i) = 0;
	return true;
}

static __always_inline bool na_parse_ip4(struct __sk_buff *skb, struct na_packet *p)
{
	__u32 total;

	if ((p->l3[0] >> 4) != 4 || p->l3[9] != NA_PROTO_TCP)
		return false;
	p->ip6 = 0;
	if (p->l3[0] != 0x45 || (na_get_be16(p->l3 + 6) & 0x3fff))
		return na_stray4(p);
	p->l4 = NA_L3 + NA_IP4_LEN;
	total = na_get_be16(p->l3 + 2);
	p->tos = p->l3[1];
	/* BIG TCP leaves the field 0: the skb's own length counts */
	p->end = total ? NA_L3 + total : skb->len;
	return true;
}

static __always_inline bool na_parse_l3(struct __sk_buff *skb, struct na_packet *p)
{
	__u32 total;

	if (bpf_skb_load_bytes(skb, 0, p->l2, ETH_HLEN) < 0)
		return false;
	if (p->l2[12] == 0x08 && p->l2[13] == 0x00)
		return bpf_skb_load_bytes(skb, NA_L3, p->l3, NA_IP4_LEN) == 0 && na_parse_ip4(skb, p);
	if (p->l2[12] == 0x86 && p->l2[13] == 0xdd) {
		if (bpf_skb_load_bytes(skb, NA_L3, p->l3, NA_IP6_LEN) < 0)
			return false;
		/* on the wire a mapped address is a forgery, and would share an IPv4 flow's key */
		if ((p->l3[0] >> 4) != 6 || na_is_v4_mapped(p->l3 + 8) ||
		    na_is_v4_mapped(p->l3 + 24))
			return false;
		p->ip6 = 1;
		p->l4 = NA_L3 + NA_IP6_LEN;
		if (p->l3[6] == NA_PROTO_HOPS || p->l3[6] == NA_PROTO_FRAG) {
			if (!na_parse_ext(skb, p))
				return false;
		} else if (p->l3[6] != NA_PROTO_TCP) {
			return false;
		}
		total = na_get_be16(p->l3 + 4);
		p->tos = na_xdr_get32(p->l3) >> 20;
		p->end = total ? NA_L3 + NA_IP6_LEN + total : skb->len;
		return true;
	}
	return false;
}

/* Options of the header in p->tcp. Anything but timestamps and SACK is left alone. */
static __always_inline void na_parse_options(struct na_packet *p)
{
	volatile __u32 *at = &p->opt_at;
	__u32 i;

	p->ts_at = 0;
	p->sack_at = 0;
	p->odd = 0;
	if (p->doff == NA_TCP_LEN)
		return;
	/* by far the most: NOP NOP TS */
	if (p->doff == NA_TCP_QUICK && na_xdr_get32(p->tcp + NA_TCP_LEN) == NA_OPTS_TIMES) {
		p->ts_at = NA_TS_AT;
		return;
	}
	/* the position lives in memory: in a register the verifier would follow each value */
	*at = NA_TCP_LEN;
	for (i = 0; i < NA_TCP_MAX - NA_TCP_LEN; i++) {
		__u32 here = *at, kind, len;

		if (here >= p->doff)
			return;
		kind = p->tcp[here & NA_TCP_MASK];
		if (kind == NA_OPT_END)
			return;
		if (kind == NA_OPT_NOP) {
			*at = here + 1;
			continue;
		}
		len = p->tcp[(here + 1) & NA_TCP_MASK];
		if (len < 2 || here + len > p->doff) {
			p->odd = 1;
			return;
		}
		if (kind == NA_OPT_TIMES && len == 10)
			p->ts_at = here + 2;
		else if (kind == NA_OPT_SACK && len >= 10 && len <= 34)
			p->sack_at = here + 2;
		else
			p->odd = 1;
		*at = here + len;
	}
}

/* Timestamps and SACK blocks into the segment. */
static __always_inline void na_read_options(const struct na_packet *p, struct na_segment *s)
{
	__u32 at = p->ts_at, i, blocks;

	if (at) {
		s->facts |= NA_SEG_TS;
		if (at == NA_TS_AT) {
			s->tsval = na_xdr_get32(p->tcp + NA_TS_AT);
			s->tsecr = na_xdr_get32(p->tcp + NA_TS_AT + 4);
		} else {
			s->tsval = na_get_be32(p->tcp + (at & NA_TCP_MASK));
			s->tsecr = na_get_be32(p->tcp + (at & NA_TCP_MASK) + 4);
		}
	}
	at = p->sack_at;
	if (!at)
		return;
	blocks = ((__u32)p->tcp[(at - 1) & NA_TCP_MASK] - 2) / 8;
	for (i = 0; i < NA_SACKS; i++) {
		if (i >= blocks)
			break;
		s->sack[i].left = na_get_be32(p->tcp + (at & NA_TCP_MASK));
		s->sack[i].right = na_get_be32(p->tcp + (at & NA_TCP_MASK) + 4);
		at += 8;
		s->nsack = i + 1;
	}
}

int na_parse(struct __sk_buff *skb, __u32 dir)
{
	struct na_work *w = na_work(dir);
	struct na_packet *p;
	struct na_segment *s;
	__u32 l4, doff;
	bool quick;

	if (!w)
		return 0;
	p = &w->p;
	s = &w->s;
	p->stray = 0;
	p->jumbo = 0;

	/* a tagged packet is handled on its VLAN device */
	if (skb->vlan_present)
		return 0;
	quick = na_load_quick(skb, p);
	if (quick ? !na_parse_ip4(skb, p) : !na_parse_l3(skb, p))
		return 0;
	l4 = p->l4;
	if (!quick && bpf_skb_load_bytes(skb, l4, p->tcp, NA_TCP_LEN) < 0)
		return 0;
	p->sport = *(__u16 *)&p->tcp[0];
	p->dport = *(__u16 *)&p->tcp[2];
	if ((dir == NA_IN ? p->dport : p->sport) != bpf_htons(na_port))
		return 0;
	doff = (p->tcp[12] >> 4) * 4;
	if (doff < NA_TCP_LEN)
		return 0;
	p->doff = doff;
	p->payload = l4 + doff;
	if (p->payload > p->end || p->end > skb->len)
		return 0;
	if (!quick)
		na_memset(p->tcp + NA_TCP_LEN, 0, NA_TCP_ROOM - NA_TCP_LEN);
	if (!quick && doff > NA_TCP_LEN) {
		__u32 more = doff - NA_TCP_LEN;

		if (!na_within(more, 1, NA_TCP_MAX - NA_TCP_LEN) ||
		    bpf_skb_load_bytes(skb, l4 + NA_TCP_LEN, p->tcp + NA_TCP_LEN, more) < 0)
			return 0;
	}
	na_parse_options(p);
	/* of the reserved bits one belongs to accurate ECN (RFC 9768) */
	if (p->jumbo || (p->tcp[12] & 15))
		p->odd = 1;

	s->seq = na_xdr_get32(p->tcp + 4);
	s->ack = na_xdr_get32(p->tcp + 8);
	s->len = p->end - p->payload;
	s->kept = 0;
	s->win = bpf_ntohs(*(__u16 *)(p->tcp + 14));
	s->flags = p->tcp[13];
	s->facts = 0;
	s->nsack = 0;
	s->now = bpf_ktime_get_ns();
	if (s->flags & NA_TCP_URG)
		p->odd = 1;
	s->tos = p->tos;
	if ((s->tos & NA_ECN) == NA_ECN_CE)
		s->facts |= NA_SEG_CE;
	if (skb->gso_size)
		s->facts |= NA_SEG_GSO;
	na_read_options(p, s);
	na_flow_key_of(p, &w->key, dir == NA_IN);
	return 1;
}

/* A server that was told other positions would put these bytes in the wrong place. */
int na_stray(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_flow *f;
	__u16 head[4]; /* ports, sequence number: the least that a fragment holds */
	__u32 seq;
	bool drop;

	if (!w || bpf_skb_load_bytes(skb, w->p.l4, head, sizeof(head)) < 0 ||
	    head[1] != bpf_htons(na_port))
		return TC_ACT_UNSPEC;
	w->p.sport = head[0];
	w->p.dport = head[1];
	seq = na_get_be32(&head[2]);
	na_flow_key_of(&w->p, &w->key, true);
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f)
		return TC_ACT_UNSPEC;
	bpf_spin_lock(&f->lock);
	drop = na_spliced(f) && !(f->flags & NA_FLOW_DEAD);
	/* in window, so that not everybody can do this: there may be more, nfsd answers all */
	if (na_seq_le(f->told, seq) && na_seq_lt(seq, f->s_edge + f->din)) {
		f->flags |= NA_FLOW_CLOSING | NA_FLOW_DARK;
		f->c_rec.sync = 0;
		f->gap.behind.sync = 0;
	}
	bpf_spin_unlock(&f->lock);
	if (!drop)
		return TC_ACT_UNSPEC;
	na_count(NA_V_DROPPED, 1);
	return TC_ACT_SHOT;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least a TC program must do to answer: any packet with payload to the port is answered
 * at once with always the same reply, in as many packets as the MSS wants, with only the xid
 * changed; what has none is dropped. No state, no cache, no NFS, no loss, no windows, no
 * checksums but the partial ones of veth, one call at a time: this is no server, but what no
 * TC program that answers can be faster than. IPv4; payload is put in at egress for the same
 * reason as bpf/emit.bpf.c does it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/bounds.bpf.h"
#include "tests/bench/native/floor.h"

#define MARK	0x666c6f6fu
#define PACKETS 48u
#define PACKET	8948u /* most payload of one */
#define L3	14u
#define L4	34u
#define TIMES	12u /* NOP NOP TIMESTAMPS */

const volatile __u16 floor_port = 2049;
const volatile __u32 floor_len; /* of the reply, its mark included */

/* The payload of the packet that is on its way to egress. */
struct {
	__u32 from;
	__u32 n;
	__u32 hdr;
	__u32 xid;
} next;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct floor_reply);
} floor_reply SEC(".maps");

struct head {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	__u8 times[TIMES];
} __attribute__((packed, aligned(2)));

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

static __always_inline __u32 sum16(const void *p, __u32 n)
{
	const __u16 *w = p;
	__u32 sum = 0, i;

#pragma unroll
	for (i = 0; i < n / 2; i++)
		sum += w[i];
	return sum;
}

/* The headers turned round, for n bytes of payload. */
static __always_inline void turn(struct head *h, __u32 hdr, __u32 seq, __u32 ack, __u32 n,
				 bool last)
{
	h->ip.tot_len = bpf_htons(hdr - L3 + n);
	h->ip.check = 0;
	h->ip.check = ~fold(sum16(&h->ip, sizeof(h->ip)));
	h->tcp.seq = bpf_htonl(seq);
	h->tcp.ack_seq = bpf_htonl(ack);
	h->tcp.psh = last;
	/* as the kernel leaves it for the device: of the pseudo header only */
	h->tcp.check =
		fold(sum16(&h->ip.saddr, 8) + bpf_htons(IPPROTO_TCP) + bpf_htons(hdr - L4 + n));
}

static __always_inline void swap(void *a, void *b, __u32 n)
{
	__u8 *x = a, *y = b;
	__u32 i;

#pragma unroll
	for (i = 0; i < n; i++) {
		__u8 t = x[i];

		x[i] = y[i];
		y[i] = t;
	}
}

SEC("tc")
int floor_in(struct __sk_buff *skb)
{
	__u32 hdr, data, seq, ack, i, mtu = 0, mss, at, n;
	struct head h = {};
	__u8 doff;

	if (bpf_skb_load_bytes(skb, 0, &h, L4 + sizeof(struct tcphdr)) < 0 ||
	    h.eth.h_proto != bpf_htons(ETH_P_IP) || h.ip.protocol != IPPROTO_TCP || h.ip.ihl != 5 ||
	    h.tcp.dest != bpf_htons(floor_port) || h.tcp.syn || h.tcp.rst || h.tcp.fin)
		return TC_ACT_UNSPEC;
	doff = h.tcp.doff * 4;
	hdr = L4 + doff;
	data = bpf_ntohs(h.ip.tot_len) - (hdr - L3);
	if (!data)
		return TC_ACT_SHOT;
	if (doff == sizeof(struct tcphdr) + TIMES) {
		if (bpf_skb_load_bytes(skb, L4 + sizeof(struct tcphdr), h.times, TIMES) < 0)
			return TC_ACT_SHOT;
		swap(h.times + 4, h.times + 8, 4);
	} else if (doff != sizeof(struct tcphdr)) {
		return TC_ACT_SHOT;
	}
	if (bpf_skb_load_bytes(skb, hdr + 4, &next.xid, 4) < 0)
		return TC_ACT_SHOT;
	if (bpf_check_mtu(skb, 0, &mtu, 0, 0) < 0)
		return TC_ACT_SHOT;
	mss = mtu - (hdr - L3);
	if (mss > PACKET || mss < 256)
		return TC_ACT_SHOT;
	seq = bpf_ntohl(h.tcp.ack_seq);
	ack = bpf_ntohl(h.tcp.seq) + data;
	swap(h.eth.h_dest, h.eth.h_source, 6);
	swap(&h.ip.saddr, &h.ip.daddr, 4);
	swap(&h.tcp.source, &h.tcp.dest, 2);
	if (bpf_skb_change_tail(skb, hdr, 0) < 0)
		return TC_ACT_SHOT;
	skb->mark = MARK;
	for (i = 0, at = 0; i < PACKETS && at < floor_len; i++, at += n) {
		n = floor_len - at < mss ? floor_len - at : mss;
		turn(&h, hdr, seq + at, ack, n, at + n == floor_len);
		if (bpf_skb_store_bytes(skb, 0, &h, L4 + sizeof(struct tcphdr), 0) < 0 ||
		    (doff > sizeof(struct tcphdr) &&
		     bpf_skb_store_bytes(skb, L4 + sizeof(struct tcphdr), h.times, TIMES, 0) < 0))
			return TC_ACT_SHOT;
		next.from = at;
		next.n = n;
		next.hdr = hdr;
		if (bpf_clone_redirect(skb, skb->ifindex, 0) < 0)
			return TC_ACT_SHOT;
	}
	return TC_ACT_SHOT;
}

SEC("tc")
int floor_out(struct __sk_buff *skb)
{
	__u32 zero = 0, from = next.from, n = next.n, hdr = next.hdr;
	struct floor_reply *r;

	if (skb->mark != MARK)
		return TC_ACT_UNSPEC;
	skb->mark = 0;
	r = bpf_map_lookup_elem(&floor_reply, &zero);
	if (!r || !na_within(from, 0, FLOOR_REPLY_MAX - 1) || !na_within(n, 1, PACKET))
		return TC_ACT_SHOT;
	if (bpf_skb_change_tail(skb, hdr + n, 0) < 0 ||
	    bpf_skb_store_bytes(skb, hdr, r->bytes + from, n, 0) < 0)
		return TC_ACT_SHOT;
	if (!from && bpf_skb_store_bytes(skb, hdr + 4, &next.xid, 4, 0) < 0)
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";

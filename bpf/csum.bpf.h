/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP checksums in software (RFC 1071) and telling what the skb says about its own
 * (kernel-facts.md, "skb and helpers", 4).
 */
#ifndef NFSACCEL_BPF_CSUM_H
#define NFSACCEL_BPF_CSUM_H

#include "bpf/packet.bpf.h"


static __always_inline __u16 na_csum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* A sum of a few 32-bit words, as 32 bits. */
static __always_inline __u32 na_csum_carry(__u64 sum)
{
	sum = (sum & 0xffffffffu) + (sum >> 32);
	return (__u32)(sum + (sum >> 32));
}

/* Sum of the pseudo header for a TCP header plus payload of tcp_len bytes. */
static __always_inline __u32 na_csum_pseudo(struct na_packet *p, __u32 tcp_len)
{
	__u64 sum = bpf_htonl(tcp_len + NA_PROTO_TCP);
	__u32 i;

	sum += (__u64)na_xdr_raw(p->l3 + 12) + na_xdr_raw(p->l3 + 16);
	if (p->ip6) {
		sum += na_xdr_raw(p->l3 + 8);
		for (i = 20; i < NA_IP6_LEN; i += 4)
			sum += na_xdr_raw(p->l3 + i);
	}
	return na_csum_carry(sum);
}

#endif

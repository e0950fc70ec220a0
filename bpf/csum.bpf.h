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

/* Sum of the pseudo header for a TCP header plus payload of tcp_len bytes. */
static __always_inline __u32 na_csum_pseudo(struct na_packet *p, __u32 tcp_len)
{
	__u32 seed = bpf_htonl(tcp_len + NA_PROTO_TCP);

	if (p->ip6)
		return bpf_csum_diff(NULL, 0, (__be32 *)(p->l3 + 8), 32, seed);
	return bpf_csum_diff(NULL, 0, (__be32 *)(p->l3 + 12), 8, seed);
}

#endif

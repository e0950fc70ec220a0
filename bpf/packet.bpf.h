/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an skb to a TCP segment. The headers, Ethernet to TCP options, are copied into
 * memory once and read there; what is not plain Ethernet, IPv4 without options or IPv6
 * without extension headers, and TCP, is not ours (I13).
 */
#ifndef NFSACCEL_BPF_PACKET_H
#define NFSACCEL_BPF_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/bounds.bpf.h"
#include "nfsaccel/segment.h"
#include "nfsaccel/xdr.h"

#define NA_L3	    14u /* offset of the IP header: plain Ethernet */
#define NA_IP4_LEN  20u
#define NA_IP6_LEN  40u
#define NA_IP6_LABEL 0xfffffu /* in the first word of the header */
#define NA_TCP_LEN  20u
#define NA_TCP_MAX  60u
/* Any offset masked by NA_TCP_MASK may be read 8 bytes on: a bound the verifier sees. */
#define NA_TCP_ROOM 72u
#define NA_TCP_MASK 63u
#define NA_TCP_CSUM 16u /* offset of the checksum in the TCP header */
#define NA_HDR_MAX  (NA_L3 + NA_IP6_LEN + NA_TCP_MAX)

#define NA_PROTO_TCP  6
#define NA_PROTO_HOPS 0
#define NA_PROTO_FRAG 44

/* Options we know (IANA registry; RFC 7323, 2018, 9293). */
#define NA_OPT_END   0
#define NA_OPT_NOP   1
#define NA_OPT_SACK  5
#define NA_OPT_TIMES 8
#define NA_OPTS_TIMES 0x0101080au /* NOP NOP and timestamps, as Linux sends them */
#define NA_TS_AT      24u /* where the first then begins in the header */

/* Each header is aligned to 8. */
struct na_packet {
	__u8 l3[NA_IP6_LEN] __attribute__((aligned(8))); /* IP header as it came */
	__u8 l2[16]; /* Ethernet header as it came, 14 bytes */
	__u8 tcp[NA_TCP_ROOM]; /* TCP header as it came, zeros behind its end */
	__u32 l4; /* offset of the TCP header */
	__u32 doff; /* its length */
	__u32 payload; /* offset of the payload */
	__u32 end; /* offset behind it; trailing Ethernet padding is not counted */
	__u32 ts_at; /* offset of TSval in tcp[], 0 if none */
	__u32 sack_at; /* offset of the first SACK block in tcp[], 0 if none */
	__u32 opt_at; /* where the option parser is */
	__u16 sport; /* network order */
	__u16 dport;
	__u8 ip6;
	__u8 odd; /* an option or flag we keep away from */
	__u8 tos; /* or traffic class */
	__u8 jumbo; /* longer than an IPv6 length can say: a hop-by-hop option before TCP */
	__u8 stray; /* not parsed, but a TCP header begins at l4 */
	__u8 pad[3];
};

/* ::ffff:0:0/96, RFC 4291 section 2.5.5.2; addr is aligned to 4. */
static __always_inline bool na_is_v4_mapped(const __u8 *addr)
{
	return !(na_xdr_raw(addr) | na_xdr_raw(addr + 4)) && na_xdr_get32(addr + 8) == 0xffff;
}

/* Both aligned to 4. */
static __always_inline void na_v4_mapped(__u8 *out, const __u8 *addr)
{
	na_xdr_put_raw(out, 0);
	na_xdr_put_raw(out + 4, 0);
	na_xdr_put_raw(out + 8, bpf_htonl(0xffff));
	na_xdr_put_raw(out + 12, na_xdr_raw(addr));
}

static __always_inline void na_v6_copy(__u8 *out, const __u8 *addr)
{
	na_xdr_put_raw(out, na_xdr_raw(addr));
	na_xdr_put_raw(out + 4, na_xdr_raw(addr + 4));
	na_xdr_put_raw(out + 8, na_xdr_raw(addr + 8));
	na_xdr_put_raw(out + 12, na_xdr_raw(addr + 12));
}

/* The connection's key; from_client: the packet goes to the server. */
static __always_inline void na_flow_key_of(const struct na_packet *p, struct na_flow_key *k,
					   bool from_client)
{
	__u8 *src = from_client ? k->client : k->server;
	__u8 *dst = from_client ? k->server : k->client;

	if (p->ip6) {
		na_v6_copy(src, p->l3 + 8);
		na_v6_copy(dst, p->l3 + 24);
	} else {
		na_v4_mapped(src, p->l3 + 12);
		na_v4_mapped(dst, p->l3 + 16);
	}
	k->client_port = from_client ? p->sport : p->dport;
	k->server_port = from_client ? p->dport : p->sport;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TCP segment in an Ethernet frame, written byte by byte without the code under test,
 * checksums included. Everything in host order.
 */
#ifndef TESTS_PROG_FRAME_H
#define TESTS_PROG_FRAME_H

#include <linux/types.h>
#include <stdbool.h>

#define FRAME_MAX	  17000u
#define FRAME_OPTIONS_MAX 40u
#define FRAME_SACKS	  4u

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u
#define TCP_ECE 0x40u
#define TCP_CWR 0x80u

struct frame {
	__u8 to_mac[6];
	__u8 from_mac[6];
	bool ip6;
	__u8 from[16]; /* IPv4: the last four bytes */
	__u8 to[16];
	__u16 from_port;
	__u16 to_port;
	__u8 ttl;
	__u8 tos; /* ECN included */
	__u32 label; /* IPv6 */
	__u32 seq;
	__u32 ack;
	__u8 flags;
	__u16 win;
	bool ts; /* NOP NOP TS */
	__u32 tsval;
	__u32 tsecr;
	__u32 nsack;			 /* NOP NOP SACK, after the timestamps */
	__u32 sack[FRAME_SACKS][2];	 /* left, right */
	__u8 options[FRAME_OPTIONS_MAX]; /* more of them, after those; a multiple of 4 */
	__u32 noptions;
	const __u8 *data;
	__u32 len;
	bool partial; /* only the pseudo header is summed, as in a CHECKSUM_PARTIAL skb */
};

/* Writes at most FRAME_MAX bytes and returns how many. */
__u32 frame_build(const struct frame *f, __u8 *out);

/* The frame as the other end answers: addresses and ports turned round, nothing else set. */
struct frame frame_back(const struct frame *f);

/* Offset of the TCP header and of the payload. */
__u32 frame_tcp(const struct frame *f);
__u32 frame_payload(const struct frame *f);

/* Make the TCP checksum right again after bytes of a built frame were changed. */
void frame_sum(const struct frame *f, __u8 *out, __u32 len);

#endif

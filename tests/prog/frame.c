// SPDX-License-Identifier: GPL-2.0-only
#include "tests/prog/frame.h"

#include <assert.h>
#include <string.h>

#define ETH 14u

static void put16(__u8 *p, __u32 v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

static void put32(__u8 *p, __u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* RFC 1071, as it is explained there: 16-bit words in network order. */
static __u32 sum(const __u8 *p, __u32 len, __u32 seed)
{
	__u64 s = seed;
	__u32 i;

	for (i = 0; i + 1 < len; i += 2)
		s += (__u32)p[i] << 8 | p[i + 1];
	if (len & 1)
		s += (__u32)p[len - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (__u32)s;
}

static __u32 ip_len(const struct frame *f)
{
	return f->ip6 ? 40 : 20;
}

static __u32 tcp_len(const struct frame *f)
{
	return 20 + (f->ts ? 12 : 0) + (f->nsack ? 4 + 8 * f->nsack : 0) + f->noptions;
}

__u32 frame_tcp(const struct frame *f)
{
	return ETH + ip_len(f);
}

__u32 frame_payload(const struct frame *f)
{
	return frame_tcp(f) + tcp_len(f);
}

static __u32 pseudo(const struct frame *f, __u32 len)
{
	__u32 s = 6 + len;

	if (f->ip6)
		return sum(f->to, 16, sum(f->from, 16, s));
	return sum(f->to + 12, 4, sum(f->from + 12, 4, s));
}

void frame_sum(const struct frame *f, __u8 *out, __u32 len)
{
	__u8 *tcp = out + frame_tcp(f);
	__u32 n = len - frame_tcp(f), s = pseudo(f, n);

	put16(tcp + 16, 0);
	put16(tcp + 16, f->partial ? s : ~sum(tcp, n, s));
}

static void put_ip(const struct frame *f, __u8 *ip, __u32 payload)
{
	if (f->ip6) {
		put32(ip, 0x60000000u | (__u32)f->tos << 20 | f->label);
		put16(ip + 4, payload);
		ip[6] = 6;
		ip[7] = f->ttl;
		memcpy(ip + 8, f->from, 16);
		memcpy(ip + 24, f->to, 16);
		return;
	}
	ip[0] = 0x45;
	ip[1] = f->tos;
	put16(ip + 2, 20 + payload);
	put16(ip + 6, 0x4000); /* do not fragment */
	ip[8] = f->ttl;
	ip[9] = 6;
	memcpy(ip + 12, f->from + 12, 4);
	memcpy(ip + 16, f->to + 12, 4);
	put16(ip + 10, ~sum(ip, 20, 0));
}

static void put_options(const struct frame *f, __u8 *at)
{
	__u32 i;

	if (f->ts) {
		put32(at, 0x0101080a);
		put32(at + 4, f->tsval);
		put32(at + 8, f->tsecr);
		at += 12;
	}
	if (f->nsack) {
		put32(at, 0x01010500 | (2 + 8 * f->nsack));
		for (i = 0; i < f->nsack; i++) {
			put32(at + 4 + 8 * i, f->sack[i][0]);
			put32(at + 8 + 8 * i, f->sack[i][1]);
		}
		at += 4 + 8 * f->nsack;
	}
	memcpy(at, f->options, f->noptions);
}

__u32 frame_build(const struct frame *f, __u8 *out)
{
	__u32 len = frame_payload(f) + f->len;
	__u8 *tcp = out + frame_tcp(f);

	assert(len <= FRAME_MAX && tcp_len(f) <= 60 && f->noptions % 4 == 0);
	memset(out, 0, frame_payload(f));
	memcpy(out, f->to_mac, 6);
	memcpy(out + 6, f->from_mac, 6);
	put16(out + 12, f->ip6 ? 0x86dd : 0x0800);
	put_ip(f, out + ETH, len - frame_tcp(f));
	put16(tcp, f->from_port);
	put16(tcp + 2, f->to_port);
	put32(tcp + 4, f->seq);
	put32(tcp + 8, f->ack);
	tcp[12] = (__u8)(tcp_len(f) / 4 << 4);
	tcp[13] = f->flags;
	put16(tcp + 14, f->win);
	put_options(f, tcp + 20);
	if (f->len)
		memcpy(out + frame_payload(f), f->data, f->len);
	frame_sum(f, out, len);
	return len;
}

struct frame frame_back(const struct frame *f)
{
	struct frame b = {
		.ip6 = f->ip6, .from_port = f->to_port, .to_port = f->from_port, .ttl = 64};

	memcpy(b.from, f->to, 16);
	memcpy(b.to, f->from, 16);
	memcpy(b.from_mac, f->to_mac, 6);
	memcpy(b.to_mac, f->from_mac, 6);
	return b;
}

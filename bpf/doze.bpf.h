/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that are left alone for a while, since of many READs none was answered and
 * none taught anything: what they read is too large, open for writing, not to be cached.
 * What is here costs each of their packets a few dozen instructions, and is all that
 * nfsaccel costs them.
 *
 * 1. Only a connection that was never spliced may doze, and it leaves the flow table for
 *    that. When it wakes it is met like any connection that is older than we are
 *    (socket.bpf.c): watched first, and DARK until nfsd is idle.
 * 2. Nobody else's packets may pass for those of a dozing connection: they might need
 *    translation. A place is written by one at a time (busy), `until` is 0 while its key
 *    changes and never the same twice, and a reader looks at `until` before and after the
 *    key. 0.0.0.0 is nobody's address: what has client4 0 is no connection of IPv4.
 * 3. A place is taken before the flow leaves the table. Who puts a flow into the table
 *    looks here afterwards (na_meet).
 * 4. Whom limits are for pays in its sleep; when rules change, all wake.
 *
 * Times are jiffies, which need no call to be read: 2 s are some 500 of them.
 */
#ifndef NFSACCEL_BPF_DOZE_H
#define NFSACCEL_BPF_DOZE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/packet.bpf.h"
#include "nfsaccel/abi.h"
#include "nfsaccel/limit.h"
#include "nfsaccel/splice_state.h"

#define NA_DOZES	4096u /* a power of two; who shares a place wakes the other */
#define NA_DOZE_JIFFIES 512u
/* what nfsd looks up is noted while the last call that was noted is no older */
#define NA_ASKED_JIFFIES 32

#define NA_DOZE_BITS 2 /* of enum na_doze_how */
#define NA_DOZE_MASK 3u

/* What is still done for one that dozes. */
enum na_doze_how {
	NA_DOZE_NOT, /* it does not */
	NA_DOZE_ALONE, /* nothing: no rule is for it */
	NA_DOZE_PAYS, /* limits */
	NA_DOZE_CALLS, /* its calls are looked at: no rule may be for the export they are for */
};

struct na_doze {
	__u64 until;
	__u64 last; /* `until`, as it was set last */
	struct na_flow_key key;
	__u32 busy;
	__u32 limit_gen; /* na_ctl.limit_gen then */
	/* the key once more, if it is of IPv4: fewer words to compare; else 0 */
	__u32 client4;
	__u32 server4;
	__u32 ports; /* client's | server's << 16 */
	__u32 how; /* enum na_doze_how */
	/* NA_DOZE_CALLS; as of the place, written by who holds no lock: at worst it wakes */
	__u32 next; /* where the next call begins in the client's stream */
	struct na_exempt exempt;
};

struct na_dozes_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NA_DOZES);
	__type(key, __u32);
	__type(value, struct na_doze);
};

extern struct na_dozes_map na_dozes SEC(".maps");
extern volatile __u64 na_asked_at; /* when ingress last noted a call, roughly */

/* By the low word of the client's address and its port, both as on the wire. */
static __always_inline __u32 na_doze_place(__u32 client, __u16 port)
{
	return (client ^ ((__u32)port << 16 | port)) * 0x9e3779b1u >> 20;
}

static __always_inline struct na_doze *na_doze_at(__u32 client, __u16 port)
{
	__u32 at = na_doze_place(client, port);

	return bpf_map_lookup_elem(&na_dozes, &at);
}

/* A read with a full barrier; clang would make an add of 0 an or, which takes a loop. */
static __always_inline __u64 na_doze_read(__u64 *at)
{
	__u64 zero = 0;

	asm volatile("" : "+r"(zero));
	return __sync_fetch_and_add(at, zero);
}

/* The time to compare `until` with again when the key was read; 0 if nobody dozes there. */
static __always_inline __u64 na_doze_begin(struct na_doze *d)
{
	if (*(volatile __u64 *)&d->until <= bpf_jiffies64())
		return 0;
	return na_doze_read(&d->until);
}

static __always_inline bool na_doze_end(struct na_doze *d, __u64 until, __u32 gen)
{
	return d->limit_gen == gen && na_doze_read(&d->until) == until;
}

/* How does the IPv4 connection between these words, as on the wire, doze? */
static __always_inline enum na_doze_how na_doze_has4(__u32 client, __u32 server, __u32 ports,
						     __u32 gen)
{
	struct na_doze *d = na_doze_at(client, (__u16)ports);
	__u32 how;
	__u64 until;

	if (!d)
		return NA_DOZE_NOT;
	until = na_doze_begin(d);
	if (!until || d->client4 != client || d->server4 != server || d->ports != ports)
		return NA_DOZE_NOT;
	how = d->how;
	return na_doze_end(d, until, gen) ? how : NA_DOZE_NOT;
}

/* Does the connection of this key doze? */
static __always_inline bool na_doze_has(const struct na_flow_key *key, __u32 gen)
{
	const __u32 *client = (const __u32 *)key->client;
	struct na_doze *d = na_doze_at(client[3], key->client_port);
	__u64 until;

	if (!d)
		return false;
	until = na_doze_begin(d);
	return until && na_flow_key_equal(&d->key, key) && na_doze_end(d, until, gen);
}

/* The connection is awake from now on. */
static __always_inline void na_doze_over(struct na_doze *d)
{
	if (__sync_val_compare_and_swap(&d->busy, 0, 1))
		return;
	__sync_lock_test_and_set(&d->until, 0);
	__sync_lock_test_and_set(&d->busy, 0);
}

/*
 * How a segment's connection dozes, if its headers are plain, and above NA_DOZE_BITS its place;
 * in: it goes to the server. A SYN is another connection's, which may take the same port at once.
 * Not inlined, for the callers' stacks are full.
 */
static __attribute__((noinline, unused)) __u32 na_dozing(struct __sk_buff *skb, bool in, __u32 gen)
{
	const __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const __u32 *client, *server;
	const __u64 *kc, *ks;
	__u32 ports, src, dst, how;
	struct na_doze *d;
	__u64 until;

	if (data + ETH_HLEN + 34 > end)
		return NA_DOZE_NOT;
	if (*(const __u16 *)(data + 12) == bpf_htons(ETH_P_IP)) {
		if (data[14] != 0x45 || data[23] != 6)
			return NA_DOZE_NOT;
		src = *(const __u32 *)(data + 26);
		dst = *(const __u32 *)(data + 30);
		ports = *(const __u32 *)(data + 34);
		if (in) {
			how = na_doze_has4(src, dst, ports, gen);
			if (how && (data[47] & NA_TCP_SYN)) {
				d = na_doze_at(src, (__u16)ports);
				if (d)
					na_doze_over(d);
				return NA_DOZE_NOT;
			}
			return how | na_doze_place(src, (__u16)ports) << NA_DOZE_BITS;
		}
		return na_doze_has4(dst, src, ports >> 16 | ports << 16, gen);
	}
	if (data + ETH_HLEN + 54 > end || *(const __u16 *)(data + 12) != bpf_htons(ETH_P_IPV6) ||
	    data[20] != 6)
		return NA_DOZE_NOT;
	client = (const __u32 *)(data + (in ? 22 : 38));
	server = (const __u32 *)(data + (in ? 38 : 22));
	ports = *(const __u32 *)(data + 54);
	if (!in)
		ports = ports >> 16 | ports << 16;
	d = na_doze_at(client[3], (__u16)ports);
	if (!d)
		return NA_DOZE_NOT;
	until = na_doze_begin(d);
	if (!until)
		return NA_DOZE_NOT;
	kc = (const __u64 *)d->key.client;
	ks = (const __u64 *)d->key.server;
	if (kc[0] != *(const __u64 *)client || kc[1] != *(const __u64 *)(client + 2) ||
	    ks[0] != *(const __u64 *)server || ks[1] != *(const __u64 *)(server + 2) ||
	    d->ports != ports)
		return NA_DOZE_NOT;
	if (in && (data[67] & NA_TCP_SYN)) {
		na_doze_over(d);
		return NA_DOZE_NOT;
	}
	how = d->how | na_doze_place(client[3], (__u16)ports) << NA_DOZE_BITS;
	return na_doze_end(d, until, gen) ? how : NA_DOZE_NOT;
}

/* How one of this flow would; its exempt calls must be told apart from the first one on. */
static __always_inline enum na_doze_how na_doze_how(const struct na_flow *f, __u32 gen)
{
	if (!gen || f->free_gen == gen)
		return NA_DOZE_ALONE;
	if (f->exempt.gen != gen || !f->c_rec.sync || f->c_rec.have || f->c_rec.inside)
		return NA_DOZE_PAYS;
	return NA_DOZE_CALLS;
}

/* The connection of the flow dozes from now on. */
static __always_inline void na_doze_off(const struct na_flow_key *key, const struct na_flow *f,
					__u32 gen)
{
	struct na_doze *d = na_doze_at(((const __u32 *)key->client)[3], key->client_port);
	__u64 until = bpf_jiffies64() + NA_DOZE_JIFFIES;
	bool v4;

	if (!d || __sync_val_compare_and_swap(&d->busy, 0, 1))
		return;
	if (until <= d->last)
		until = d->last + 1;
	__sync_lock_test_and_set(&d->until, 0);
	na_memcpy(&d->key, key, sizeof(d->key));
	v4 = na_is_v4_mapped(key->client) && na_is_v4_mapped(key->server);
	d->client4 = v4 ? ((const __u32 *)key->client)[3] : 0;
	d->server4 = v4 ? ((const __u32 *)key->server)[3] : 0;
	d->ports = key->client_port | (__u32)key->server_port << 16;
	d->limit_gen = gen;
	d->how = na_doze_how(f, gen);
	d->next = f->c_rec.next;
	d->exempt = f->exempt;
	d->last = until;
	__sync_lock_test_and_set(&d->until, until);
	__sync_lock_test_and_set(&d->busy, 0);
}

#endif

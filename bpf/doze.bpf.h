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
 *    key.
 * 3. A place is taken before the flow leaves the table. Who puts a flow into the table
 *    looks here afterwards (na_meet).
 * 4. A connection that limits are for never dozes; when rules change, all wake.
 *
 * Times are jiffies, which need no call to be read: 2 s are some 500 of them.
 */
#ifndef NFSACCEL_BPF_DOZE_H
#define NFSACCEL_BPF_DOZE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "nfsaccel/abi.h"

#define NA_DOZES	4096u /* a power of two; who shares a place wakes the other */
#define NA_DOZE_JIFFIES 512u
/* what nfsd looks up is noted while the last call that was noted is no older */
#define NA_ASKED_JIFFIES 32

struct na_doze {
	__u64 until;
	__u64 last; /* `until`, as it was set last */
	struct na_flow_key key;
	__u32 busy;
	__u32 limit_gen; /* na_ctl.limit_gen then */
	__u32 pad;
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
static __always_inline struct na_doze *na_doze_at(__u32 client, __u16 port)
{
	__u32 at = (client ^ ((__u32)port << 16 | port)) * 0x9e3779b1u >> 20;

	return bpf_map_lookup_elem(&na_dozes, &at);
}

/* The time to compare `until` with again when the key was read; 0 if nobody dozes there. */
static __always_inline __u64 na_doze_begin(struct na_doze *d)
{
	if (*(volatile __u64 *)&d->until <= bpf_jiffies64())
		return 0;
	return __sync_fetch_and_add(&d->until, 0); /* a full barrier, as the one behind */
}

static __always_inline bool na_doze_end(struct na_doze *d, __u64 until, __u32 gen)
{
	return d->limit_gen == gen && __sync_fetch_and_add(&d->until, 0) == until;
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

/*
 * The same of a segment's, if its headers are plain; in: it goes to the server. Not inlined, for
 * the callers' stacks are full.
 */
static __attribute__((noinline, unused)) bool na_dozing(struct __sk_buff *skb, bool in, __u32 gen)
{
	const __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const __u32 *client, *server;
	const __u64 *kc, *ks;
	__u32 ports, want;
	struct na_doze *d;
	__u64 until;

	if (data + ETH_HLEN + 24 > end)
		return false;
	if (*(const __u16 *)(data + 12) == bpf_htons(ETH_P_IP)) {
		if (data[14] != 0x45 || data[23] != 6)
			return false;
		client = (const __u32 *)(data + (in ? 26 : 30));
		server = (const __u32 *)(data + (in ? 30 : 26));
		ports = *(const __u32 *)(data + 34);
		d = na_doze_at(*client, in ? (__u16)ports : (__u16)(ports >> 16));
		if (!d)
			return false;
		until = na_doze_begin(d);
		if (!until)
			return false;
		kc = (const __u64 *)d->key.client;
		ks = (const __u64 *)d->key.server;
		if (kc[0] || kc[1] != ((__u64)*client << 32 | bpf_htonl(0xffff)) || ks[0] ||
		    ks[1] != ((__u64)*server << 32 | bpf_htonl(0xffff)))
			return false;
	} else {
		if (data + ETH_HLEN + 44 > end ||
		    *(const __u16 *)(data + 12) != bpf_htons(ETH_P_IPV6) || data[20] != 6)
			return false;
		client = (const __u32 *)(data + (in ? 22 : 38));
		server = (const __u32 *)(data + (in ? 38 : 22));
		ports = *(const __u32 *)(data + 54);
		d = na_doze_at(client[3], in ? (__u16)ports : (__u16)(ports >> 16));
		if (!d)
			return false;
		until = na_doze_begin(d);
		if (!until)
			return false;
		kc = (const __u64 *)d->key.client;
		ks = (const __u64 *)d->key.server;
		if (kc[0] != *(const __u64 *)client || kc[1] != *(const __u64 *)(client + 2) ||
		    ks[0] != *(const __u64 *)server || ks[1] != *(const __u64 *)(server + 2))
			return false;
	}
	want = d->key.client_port | (__u32)d->key.server_port << 16;
	if ((in ? ports : ports >> 16 | ports << 16) != want)
		return false;
	return na_doze_end(d, until, gen);
}

/* The connection dozes from now on. */
static __always_inline void na_doze_off(const struct na_flow_key *key, __u32 gen)
{
	struct na_doze *d = na_doze_at(((const __u32 *)key->client)[3], key->client_port);
	__u64 until = bpf_jiffies64() + NA_DOZE_JIFFIES;

	if (!d || __sync_val_compare_and_swap(&d->busy, 0, 1))
		return;
	if (until <= d->last)
		until = d->last + 1;
	__sync_lock_test_and_set(&d->until, 0);
	na_memcpy(&d->key, key, sizeof(d->key));
	d->limit_gen = gen;
	d->last = until;
	__sync_lock_test_and_set(&d->until, until);
	__sync_lock_test_and_set(&d->busy, 0);
}

#endif

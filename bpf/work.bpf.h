/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a TC program works on: too much for the stack, so per CPU. Ingress runs in
 * softirq, egress with softirqs off, and what ingress sends leaves by our egress program
 * in the middle of the ingress one: each direction has its own.
 */
#ifndef NFSACCEL_BPF_WORK_H
#define NFSACCEL_BPF_WORK_H

#include "bpf/csum.bpf.h"
#include "bpf/event.bpf.h"
#include "bpf/inode.bpf.h"
#include "bpf/maps.bpf.h"
#include "bpf/packet.bpf.h"
#include "nfsaccel/cache_rule.h"
#include "nfsaccel/nfs3.h"
#include "nfsaccel/records.h"
#include "nfsaccel/splice_out.h"

/* One reply record on its way, packet by packet. */
struct na_send {
	__u32 entry;
	__u32 off; /* of the record, already sent */
	__u32 rep_len;
	__u32 seq; /* client-space position of the record's first byte */
	__u32 data_off; /* file offset of the record's data */
	__u32 data_len;
	__u32 mss;
	__u32 last; /* the skb itself, not a clone, carries the last packet */
	__s32 partial;
	__u32 armed; /* a clone with nothing but headers is on its way to na_egress */
	__u64 at; /* when it may leave, 0 at once */
};

/* Looking for a bucket in its set. */
struct na_find_ctx {
	struct na_bucket_key key;
	__u64 now;
	__u64 seen; /* of the best to take so far */
	__u32 set;
	__u32 found;
	__u32 take;
};

/* A limited connection's segment. */
struct na_limit_work {
	__u32 limited; /* else nothing below is set */
	__u32 slow; /* held back so long that nfsd had better answer */
	struct na_toll toll;
	struct na_stream st; /* being followed */
	__u64 price[NA_LIMIT_WHATS]; /* what is taken at once, in units */
	struct na_limit_key key;
	struct na_fh_head fh __attribute__((aligned(8))); /* of the call that is looked at */
	struct na_meter fresh;
	struct na_find_ctx find;
};

/*
 * A credential and its number, of the last READ on this CPU; nothing is remembered yet if 0. And
 * what was the same in the last READ that had it.
 */
struct na_known_cred {
	struct na_cred_key cred __attribute__((aligned(8)));
	__u64 number;
	struct na_read_alike alike;
};

/* Of a flow, before and after the splice. */
struct na_glimpse {
	__u32 flags;
	__u32 dout;
	__u32 sync; /* the client's records can be followed */
};

struct na_work {
	struct na_packet p;
	struct na_segment s;
	struct na_action a;
	struct na_flow_key key __attribute__((aligned(8)));
	struct na_glimpse was;
	struct na_glimpse is;
	__u32 mark; /* skb->mark as it came */
	struct na_way way; /* to the client */
	struct na_limit_work l;
	__u32 free_gen; /* the flow's */
	__u32 limit_gen; /* na_ctl's */
	/* ingress: the requests of this segment */
	struct na_offer o;
	__u32 rep_max; /* longest reply this connection gets */
	__u32 at; /* skb offset of the record being asked after */
	__u32 dark; /* NA_FLOW_DARK: nothing may be learnt */
	__u32 mss; /* the connection's */
	__u32 export; /* of what was found in the cache, and could not be answered: its number */
	__u64 changed; /* and its inode's */
	__u32 loaded; /* what call[] begins with: skb offset of a record, 0 if of none */
	__u32 vain; /* the segment's calls that cannot be answered, as NA_DOZE_AFTER counts them */
	__u32 paid; /* and those that can be, or were but for a comparison */
	__u8 call[NA_XDR_CAP + 8] __attribute__((aligned(8))); /* record mark and message */
	__u8 kept[NA_KEEP_MAX] __attribute__((aligned(8))); /* of s, the first s.kept bytes */
	struct na_rpc_call rpc;
	struct na_read3args args;
	struct na_cred_key cred __attribute__((aligned(8)));
	struct na_known_cred known;
	__u32 alike; /* the call has that credential, and w->cred is not set */
	__u32 args_at; /* else: offset of its arguments in call[] */
	struct na_pending_key pending_key;
	struct na_pending pending;
	struct na_auth_key auth;
	struct na_inode_room room;
	struct na_inode_snap live;
	/* the header being made; at ingress a packet's, with the reply's head */
	__u8 out[NA_HDR_MAX + 2] __attribute__((aligned(8)));
	__u8 head[NA_READ3_HEAD] __attribute__((aligned(8)));
	struct na_send send;
	/* egress: the reply being learnt */
	struct na_read3res res;
	struct na_fh fh;
	/* both: room to make a key in */
	struct na_export_key export_key;
	/* both: what the call would have been answered with; entry 0: it could not be */
	struct na_shadow shadow;
	bool hooked; /* egress: and nfsd began that very READ */
};

#define NA_IN  0u
#define NA_OUT 1u

struct na_work_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2); /* NA_IN, NA_OUT */
	__type(key, __u32);
	__type(value, struct na_work);
};

extern struct na_work_map na_works SEC(".maps");

/* It happened to the client of the segment. export: its number, or 0. */
static __always_inline void na_tell_client(const struct na_work *w, __u32 what, __u32 export,
					   __u64 value)
{
	__u64 client[2];

	na_memcpy(client, w->key.client, sizeof(client));
	na_tell(what | export << NA_TELL_EXPORT, client[0], client[1], value, w->s.now);
}

static __always_inline struct na_work *na_work(__u32 dir)
{
	return bpf_map_lookup_elem(&na_works, &dir);
}

/* The beginning of the record at skb offset w->at into w->call, its mark at least. */
static __always_inline bool na_load_record(struct __sk_buff *skb, struct na_work *w)
{
	__u32 n = w->p.end - w->at;

	if (n > NA_XDR_CAP + NA_RPC_MARK_BYTES)
		n = NA_XDR_CAP + NA_RPC_MARK_BYTES;
	if (!na_within(n, NA_RPC_MARK_BYTES, NA_XDR_CAP + NA_RPC_MARK_BYTES) ||
	    bpf_skb_load_bytes(skb, w->at, w->call, n) < 0)
		return false;
	w->loaded = w->at;
	return true;
}

#endif

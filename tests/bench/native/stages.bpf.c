// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stages of a hit, each program one more than the one before, for BPF_PROG_TEST_RUN. They
 * are linked with the programs they call parts of, and leave nothing behind.
 */
#include "bpf/store.bpf.h"
#include "bpf/tc.bpf.h"

#define STAGE_BYTES 1024u

/* Address of a live inode. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} stage_inode SEC(".maps");

SEC("tc")
int stage_empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int stage_parse(struct __sk_buff *skb)
{
	return na_parse(skb, NA_IN) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* The call in the segment into w->rpc and w->args, as na_ask_record() reads it. */
__attribute__((noinline)) int stage_call(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_xdr x;
	__u32 n;

	if (!w || !na_parse(skb, NA_IN))
		return -1;
	n = w->p.end - w->p.payload;
	if (!na_within(n, NA_RPC_MARK_BYTES, NA_XDR_CAP + NA_RPC_MARK_BYTES) ||
	    bpf_skb_load_bytes(skb, w->p.payload, w->call, n) < 0)
		return -1;
	na_xdr_init(&x, w->call + NA_RPC_MARK_BYTES, n - NA_RPC_MARK_BYTES);
	return na_nfs3_read_call(&x, &w->rpc, &w->args) == NA_V_HIT ? 0 : -1;
}

SEC("tc")
int stage_rpc(struct __sk_buff *skb)
{
	return stage_call(skb) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("tc")
int stage_lookup(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_entry *e;
	__u32 *number;

	if (!w || stage_call(skb))
		return TC_ACT_SHOT;
	number = bpf_map_lookup_elem(&na_index, &w->args.fh);
	e = number ? na_entry_at(*number) : NULL;
	return e && na_fh_equal(&e->fh, &w->args.fh) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* With all checks but guard 2, and the pins. */
SEC("tc")
int stage_authorize(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);

	if (!w || !na_parse(skb, NA_IN))
		return TC_ACT_SHOT;
	w->o.n = 0;
	w->at = w->p.payload;
	w->rep_max = NA_FILE_MAX + STAGE_BYTES;
	na_ask(skb);
	if (w->o.n != 1)
		return TC_ACT_SHOT;
	na_offer_drop(skb, 0, 2);
	return TC_ACT_UNSPEC;
}

/* What guard 2 reads. */
SEC("tc")
int stage_guard2(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	__u32 zero = 0;
	__u64 *inode = bpf_map_lookup_elem(&stage_inode, &zero);
	__s32 writers;
	bool freeing;

	if (!w || !inode || na_inode_snap_probe(*inode, &w->room, &w->live, &writers, &freeing))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

/* 1 KiB of a file into the packet; its checksum. The packet is longer than that. */
SEC("tc")
int stage_build(struct __sk_buff *skb)
{
	struct na_slab *slab;
	__u32 at;

	slab = na_slab_of(1, &at);
	if (!slab || !na_within(at, 0, NA_SLAB_BLOCKS * NA_BLOCK_BYTES) ||
	    bpf_skb_store_bytes(skb, 64, slab->data + at, STAGE_BYTES, 0) < 0)
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int stage_csum(struct __sk_buff *skb)
{
	return na_csum_range(skb, 64, 64 + STAGE_BYTES, 0) == NA_CSUM_FAILED ? TC_ACT_SHOT
									     : TC_ACT_UNSPEC;
}

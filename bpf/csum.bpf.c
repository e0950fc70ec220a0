// SPDX-License-Identifier: GPL-2.0-only
/* TCP checksums in software, and what an skb says about its own. */
#include "bpf/tc.bpf.h"
#include "bpf/window.bpf.h"

#define NA_CHUNK       512u /* bpf_csum_diff takes no more at once on 6.1 */
#define NA_CSUM_CHUNKS 32u /* 16 KiB: what bpf_skb_change_tail can make */
#define NA_VERIFY_MAX  4096u /* longer payloads are only believed if the device verified them */

struct na_chunk {
	__u8 data[NA_CHUNK + 4];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct na_chunk);
} na_chunks SEC(".maps");

struct na_csum_ctx {
	struct __sk_buff *skb;
	struct na_chunk *chunk;
	__u32 off;
	__u32 end;
	__u32 sum;
	__s32 err;
};

static long na_csum_step(__u32 i, struct na_csum_ctx *c)
{
	struct na_chunk *chunk = c->chunk;
	__u32 n;

	if (c->off >= c->end)
		return 1;
	n = c->end - c->off;
	if (n > NA_CHUNK)
		n = NA_CHUNK;
	if (!na_within(n, 1, NA_CHUNK) ||
	    bpf_skb_load_bytes(c->skb, c->off, chunk->data, n) < 0) {
		c->err = -1;
		return 1;
	}
	/* an odd tail is summed as if zeros followed */
	*(__u8 *)(chunk->data + n) = 0;
	*(__u8 *)(chunk->data + n + 1) = 0;
	*(__u8 *)(chunk->data + n + 2) = 0;
	c->off += n;
	n = (n + 3) & ~3u;
	if (n > NA_CHUNK) {
		c->err = -1;
		return 1;
	}
	c->sum = bpf_csum_diff(NULL, 0, (__be32 *)chunk->data, n, c->sum);
	return 0;
}

__u64 na_csum_range(struct __sk_buff *skb, __u32 off, __u32 end, __u32 seed)
{
	struct na_csum_ctx c = { .skb = skb, .off = off, .end = end, .sum = seed };
	__u32 zero = 0;

	c.chunk = bpf_map_lookup_elem(&na_chunks, &zero);
	if (!c.chunk)
		return NA_CSUM_FAILED;
	bpf_loop(NA_CSUM_CHUNKS, na_csum_step, &c, 0);
	return c.err || c.off < c.end ? NA_CSUM_FAILED : c.sum;
}

/*
 * I9: is the checksum of this segment verified, or can it be? CHECKSUM_PARTIAL (a sender
 * on this machine) shows as the bare pseudo-header sum in the checksum field.
 */
int na_csum_good(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_packet *p;
	__u64 whole;
	__u32 pseudo, sum, len;
	__u16 field;

	if (!w)
		return 0;
	p = &w->p;
	len = w->s.len;
	pseudo = na_csum_pseudo(p, p->doff + len);
	field = *(__u16 *)(p->tcp + NA_TCP_CSUM);
	if (field == na_csum_fold(pseudo) || bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0)
		return 1;
	if (len > NA_VERIFY_MAX)
		return 0;
	sum = bpf_csum_diff(NULL, 0, (__be32 *)p->tcp, NA_TCP_MAX, pseudo);
	whole = na_csum_range(skb, p->payload, p->end, sum);
	return whole != NA_CSUM_FAILED && na_csum_fold((__u32)whole) == 0xffff;
}

#define NA_SKB_WINDOW	    64 /* from the destructor on; fclone and ip_summed follow soon */
#define NA_FCLONE_CLONE	    2 /* SKB_FCLONE_CLONE */
#define NA_CHECKSUM_PARTIAL 3 /* CHECKSUM_PARTIAL */

/* Where nothing can be read, it may be anybody's. */
int na_skb_facts(struct __sk_buff *skb, __u32 dir)
{
	struct na_window v = {.len = NA_SKB_WINDOW, .addr = (__u64)skb};
	struct na_work *w = na_work(dir);
	int facts = 0;

	if (!w)
		return NA_SKB_LOCAL;
	v.data = w->room.head;
	v.from = NA_OFF(struct sk_buff, destructor);
	if (bpf_probe_read_kernel(w->room.head, NA_SKB_WINDOW, (void *)(v.addr + v.from)) < 0)
		return NA_SKB_LOCAL;
	if (NA_WIN_BITS(&v, sk_buff, ip_summed) == NA_CHECKSUM_PARTIAL)
		facts |= NA_SKB_PARTIAL;
	if (w->room.head[0] || NA_WIN_BITS(&v, sk_buff, fclone) == NA_FCLONE_CLONE)
		facts |= NA_SKB_LOCAL;
	return facts;
}

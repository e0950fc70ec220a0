// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes on of a segment some requests of which are answered: it is put aside while the
 * skb carries replies.
 */
#include "bpf/tc.bpf.h"

/* Of bytes up to NA_REST_MAX, any number up to NA_REST_MAX are in bounds. */
struct na_rest {
	__u8 data[2 * NA_REST_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct na_rest);
} na_rests SEC(".maps");

struct na_rest_ctx {
	struct __sk_buff *skb;
	struct na_work *w;
	struct na_rest *rest;
	__u32 at; /* in the segment's payload */
	__u32 n; /* bytes kept */
	__s32 err;
};

/* What lies before the i-th taken request, or behind the last one; what is skipped, is not kept. */
static long na_keep_step(__u32 i, struct na_rest_ctx *c)
{
	__u32 taken = c->w->a.taken, end = c->w->s.len, len, n = c->n, next;

	if (i > taken)
		return 1;
	if (c->w->a.todo & NA_DO_KEEP)
		end -= c->w->o.tail;
	next = end;
	if (i < taken && i < NA_OFFER_MAX) {
		const struct na_question *q = &c->w->o.q[i];

		end = q->at;
		next = end + q->req_len;
	}
	len = end - c->at;
	if (len) {
		if (!na_within(len, 1, NA_REST_MAX) || !na_within(n, 0, NA_REST_MAX) ||
		    bpf_skb_load_bytes(c->skb, c->w->p.payload + c->at - c->w->s.kept,
				       c->rest->data + n, len) < 0) {
			c->err = -1;
			return 1;
		}
		c->n = n + len;
	}
	c->at = next;
	return 0;
}

int na_keep_rest(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct na_rest_ctx c = {
		.skb = skb, .w = na_work(NA_IN), .rest = bpf_map_lookup_elem(&na_rests, &zero)
	};

	if (!c.w || !c.rest)
		return -1;
	c.at = c.w->a.skip;
	/* what was kept back begins a record, which goes on or not */
	if (c.w->s.kept && (!c.w->a.taken || c.w->o.q[0].at)) {
		na_memcpy(c.rest->data, c.w->kept, NA_KEEP_MAX);
		c.at = c.n = c.w->s.kept;
	}
	bpf_loop(NA_OFFER_MAX + 1, na_keep_step, &c, 0);
	return c.err || c.n != c.w->a.keep ? -1 : 0;
}

int na_put_rest(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	__u32 zero = 0, len;
	struct na_rest *rest = bpf_map_lookup_elem(&na_rests, &zero);

	if (!w || !rest)
		return -1;
	len = w->a.keep;
	if (!na_within(len, 1, NA_REST_MAX))
		return -1;
	return bpf_skb_store_bytes(skb, w->p.payload, rest->data, len, BPF_F_RECOMPUTE_CSUM);
}

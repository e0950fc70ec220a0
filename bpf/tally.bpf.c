// SPDX-License-Identifier: GPL-2.0-only
/* What came of clients' READs, as the TC programs saw it. */
#include "bpf/bounds.bpf.h"
#include "bpf/store.bpf.h"
#include "bpf/tally.bpf.h"
#include "bpf/tc.bpf.h"

static __always_inline struct na_read_tally *na_reads_of(struct na_work *w)
{
	__u64 addr[2];
	struct na_read_place *p;

	na_memcpy(addr, w->key.client, sizeof(addr));
	p = na_tally_place(&na_client_reads, sizeof(*p), addr, w->s.now);
	return p ? &p->t : NULL;
}

static __always_inline struct na_read_tally *na_export_reads(__u32 export)
{
	struct na_export_tally *e = NULL;

	if (export && export < NA_TALLY_EXPORTS)
		e = bpf_map_lookup_elem(&na_export_tally, &export);
	return e ? &e->reads : NULL;
}

static __always_inline void na_add_miss(struct na_read_tally *t, __u32 why, __u32 n)
{
	__u32 at = why - NA_MISS_FIRST;

	if (na_within(at, 0, NA_MISSES - 1))
		t->misses[at] += n;
	else
		t->passed += n;
}

int na_tally_missed(struct __sk_buff *skb, __u32 why)
{
	struct na_work *w = na_work(NA_IN);
	struct na_read_tally *t;

	asm volatile("" : : "r"(skb)); /* or clang passes rubbish for an unused argument */
	if (!w)
		return -1;
	t = na_reads_of(w);
	if (t)
		na_add_miss(t, why, 1);
	t = na_export_reads(na_tally_export(w->args.fh.data, w->args.fh.len, &w->export_key));
	if (t)
		na_add_miss(t, why, 1);
	return 0;
}

int na_tally_passed(struct __sk_buff *skb, __u32 why, __u32 n)
{
	struct na_work *w = na_work(NA_IN);
	struct na_read_tally *t;

	asm volatile("" : : "r"(skb));
	if (!w)
		return -1;
	t = na_reads_of(w);
	if (t)
		na_add_miss(t, why, n);
	return 0;
}

static __always_inline void na_add_hit(struct na_read_tally *t, __u32 bytes)
{
	t->hits++;
	t->hit_bytes += bytes;
}

int na_tally_hit(struct __sk_buff *skb, __u32 bytes, __u32 entry)
{
	struct na_work *w = na_work(NA_IN);
	struct na_entry *e = na_entry_at(entry);
	struct na_read_tally *t;

	asm volatile("" : : "r"(skb));
	if (!w)
		return -1;
	t = na_reads_of(w);
	if (t)
		na_add_hit(t, bytes);
	t = e ? na_export_reads(e->export) : NULL;
	if (t)
		na_add_hit(t, bytes);
	return 0;
}

int na_tally_held(struct __sk_buff *skb, __u32 dir, __u64 ns)
{
	struct na_work *w = na_work(dir);
	struct na_read_tally *t;

	asm volatile("" : : "r"(skb));
	if (!w)
		return -1;
	t = na_reads_of(w);
	if (!t)
		return 0;
	if (ns) {
		t->held++;
		t->held_ns += ns;
	} else {
		t->dropped++;
	}
	return 0;
}

static __always_inline void na_add_compared(struct na_read_tally *t, __u64 ns, bool same)
{
	if (same) {
		t->same++;
		t->same_ns += ns;
	} else {
		t->different++;
	}
}

int na_tally_compared(struct __sk_buff *skb, __u64 ns, __u32 same, __u32 export)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_read_tally *t;

	asm volatile("" : : "r"(skb));
	if (!w)
		return -1;
	t = na_reads_of(w);
	if (t)
		na_add_compared(t, ns, same);
	t = na_export_reads(export);
	if (t)
		na_add_compared(t, ns, same);
	return 0;
}

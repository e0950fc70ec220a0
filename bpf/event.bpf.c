// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/event.bpf.h"

/* Is it for this one to tell? Of two at once on two CPUs only one is. */
static __always_inline bool na_passes(struct na_event_gate *g, __u64 key, __u64 now, __u64 *n)
{
	__u64 opens = *(volatile __u64 *)&g->opens, before;

	if (now < opens || __sync_val_compare_and_swap(&g->opens, opens, now + NA_EVENT_GAP) != opens) {
		if (*(volatile __u64 *)&g->key == key)
			__sync_fetch_and_add(&g->n, 1);
		else
			na_count(NA_V_EVENT_MUTED, 1);
		return false;
	}
	before = __sync_lock_test_and_set(&g->n, 0);
	if (g->key == key) {
		*n = before + 1;
		return true;
	}
	*(volatile __u64 *)&g->key = key;
	*n = 1;
	if (before)
		na_count(NA_V_EVENT_MUTED, before);
	return true;
}

__attribute__((noinline)) int na_tell(__u32 what, __u64 client0, __u64 client1, __u64 value,
				      __u64 now)
{
	__u32 why = what & ((1u << NA_TELL_EXPORT) - 1), gate;
	struct na_event_gate *g;
	struct na_happened *e;
	__u64 key, n;

	na_count(why, 1);
	key = na_event_key(why, client0, client1);
	gate = na_event_gate(key);
	g = bpf_map_lookup_elem(&na_gates, &gate);
	if (!g || !na_passes(g, key, now, &n))
		return 0;
	e = bpf_ringbuf_reserve(&na_happened, sizeof(*e), 0);
	if (!e) {
		na_count(NA_V_EVENT_LOST, n);
		return 0;
	}
	e->n = n;
	e->value = value;
	e->client[0] = client0;
	e->client[1] = client1;
	e->what = why;
	e->export = what >> NA_TELL_EXPORT;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

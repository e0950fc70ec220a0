/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps, declared once here and defined once in maps.bpf.c. Sizes given as 1 are
 * set by the loader from the memory budget (admin/budget.c).
 */
#ifndef NFSACCEL_BPF_MAPS_H
#define NFSACCEL_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "nfsaccel/abi.h"
#include "nfsaccel/bucket.h"
#include "nfsaccel/event.h"
#include "nfsaccel/export.h"
#include "nfsaccel/meter.h"
#include "nfsaccel/splice_state.h"
#include "nfsaccel/tally.h"

/* One element: mode, epoch, flush number, id source. */
struct na_ctl_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct na_ctl);
};

struct na_counters_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NA_V_MAX);
	__type(key, __u32);
	__type(value, struct na_counter);
};

/* Guard 1. Fixed array: no eviction, no failed lookup. */
struct na_slots_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NA_SLOTS);
	__type(key, __u32);
	__type(value, struct na_slot);
};

/* Spliced or watched connections; plain HASH, never LRU (I11). Only TC programs touch it. */
struct na_flows_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct na_flow_key);
	__type(value, struct na_flow);
};

/*
 * READ calls on their way through nfsd. Not LRU: whether a second call with the same xid is
 * out must not be forgotten under pressure. A full map loses fills.
 */
struct na_pending_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct na_pending_key);
	__type(value, struct na_pending);
};

/* By the key of the note (na_pending). LRU: one that is lost is not compared. */
struct na_shadows_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct na_pending_key);
	__type(value, struct na_shadow);
};

/* Written by who sets na_ctl.tripped, before answering ends. */
struct na_shadow_report_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct na_shadow_report);
};

struct na_creds_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct na_cred_key);
	__type(value, __u64);
};

struct na_auths_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct na_auth_key);
	__type(value, struct na_auth);
};

/* File handle -> entry number. */
struct na_index_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct na_fh);
	__type(value, __u32);
};

/* Entry number -> entry; number 0 is never used. Mapped by the daemon, which unpins too. */
struct na_entries_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct na_entry);
};

/* Block number / NA_SLAB_BLOCKS -> slab; block number 0 is never used. */
struct na_slabs_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct na_slab);
};

/* Free numbers; the loader fills them when it creates the maps. */
struct na_free_map {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
};

/* Which handles are which export's; filled by the daemon. Also what the limits go by. */
struct na_exports_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, NA_EXPORTS_MAX);
	__type(key, struct na_export_key);
	__type(value, __u32);
};

/* What may be cached, by export and client; looked at only while na_ctl.policy is not 0. */
struct na_cache_rules_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, NA_CACHE_RULES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct na_cache_key);
	__type(value, struct na_cache_policy);
};

/* Limits; limit.h says which is which. */
struct na_limit_trie_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, NA_LIMIT_KEYS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct na_limit_key);
	__type(value, __u32);
};

struct na_limits_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * NA_LIMIT_RULES);
	__type(key, __u32);
	__type(value, struct na_limit);
};

struct na_buckets_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NA_BUCKETS);
	__type(key, __u32);
	__type(value, struct na_bucket);
};

/* Devices (ifindex) on which packets are not held: enum na_unshaped. */
struct na_unshaped_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u32);
};

/* LRU: what a connection forgets here its buckets still know. */
struct na_meters_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct na_flow_key);
	__type(value, struct na_meter);
};

/* Who did how much; tally.h says which is which. One element of these is a set of places. */
struct na_client_work_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct na_work_set);
};

struct na_client_reads_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct na_read_set);
};

struct na_export_tally_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NA_TALLY_EXPORTS);
	__type(key, __u32);
	__type(value, struct na_export_tally);
};

struct na_op_tally_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NA_OP_MAX);
	__type(key, __u32);
	__type(value, struct na_op_tally);
};

/* What happened, for the daemon (event.h). */
struct na_gates_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NA_EVENT_GATES);
	__type(key, __u32);
	__type(value, struct na_event_gate);
};

struct na_happened_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, NA_EVENT_BUFFER);
};

extern struct na_ctl_map na_ctl SEC(".maps");
extern struct na_counters_map na_counters SEC(".maps");
extern struct na_slots_map na_slots SEC(".maps");
extern struct na_flows_map na_flows SEC(".maps");
extern struct na_pending_map na_pending SEC(".maps");
extern struct na_shadows_map na_shadows SEC(".maps");
extern struct na_shadow_report_map na_shadow_found SEC(".maps");
extern struct na_creds_map na_creds SEC(".maps");
extern struct na_auths_map na_auths SEC(".maps");
extern struct na_index_map na_index SEC(".maps");
extern struct na_entries_map na_entries SEC(".maps");
extern struct na_slabs_map na_slabs SEC(".maps");
extern struct na_free_map na_free_blocks SEC(".maps");
extern struct na_free_map na_free_entries SEC(".maps");
extern struct na_exports_map na_exports SEC(".maps");
extern struct na_cache_rules_map na_cache_rules SEC(".maps");
extern struct na_limit_trie_map na_limit_trie SEC(".maps");
extern struct na_limits_map na_limits SEC(".maps");
extern struct na_buckets_map na_buckets SEC(".maps");
extern struct na_unshaped_map na_unshaped SEC(".maps");
extern struct na_meters_map na_meters SEC(".maps");
extern struct na_client_work_map na_client_work SEC(".maps");
extern struct na_client_reads_map na_client_reads SEC(".maps");
extern struct na_export_tally_map na_export_tally SEC(".maps");
extern struct na_op_tally_map na_op_tally SEC(".maps");
extern struct na_gates_map na_gates SEC(".maps");
extern struct na_happened_map na_happened SEC(".maps");

/* Set by the loader before the programs are loaded. */
extern const volatile __u32 na_netns; /* inode number of the network namespace served */
extern const volatile __u16 na_port; /* host order, 2049 */
extern const volatile __u32 na_max_file; /* bytes, at most NA_FILE_MAX */
extern const volatile __u32 na_max_packets; /* packets of one reply; 0: na_auto_packets() */
extern const volatile bool na_eager; /* whether hits pay is not asked */
extern const volatile __u64 na_ttl_ns; /* longest life of entries and authorizations */
extern const volatile __u64 na_alive_ns; /* a connection is answered this long without a pass */
extern const volatile __u32 na_guards; /* test switch: bit 0 guard 1, bit 1 guard 2 */
extern const volatile __u32 na_entries_max; /* highest entry number + 1 */
extern const volatile __u32 na_tally_sets; /* of na_client_*, a power of two; 0: nobody counts */

static __always_inline struct na_ctl *na_ctl_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&na_ctl, &zero);
}

static __always_inline void na_count(enum na_verdict why, __u64 n)
{
	__u32 key = why;
	struct na_counter *c = bpf_map_lookup_elem(&na_counters, &key);

	if (c)
		c->n += n;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* Definitions of what maps.bpf.h declares. */
#include "bpf/doze.bpf.h"
#include "bpf/work.bpf.h"

struct na_ctl_map na_ctl SEC(".maps");
struct na_counters_map na_counters SEC(".maps");
struct na_slots_map na_slots SEC(".maps");
struct na_flows_map na_flows SEC(".maps");
struct na_pending_map na_pending SEC(".maps");
struct na_shadows_map na_shadows SEC(".maps");
struct na_shadow_report_map na_shadow_found SEC(".maps");
struct na_creds_map na_creds SEC(".maps");
struct na_auths_map na_auths SEC(".maps");
struct na_index_map na_index SEC(".maps");
struct na_entries_map na_entries SEC(".maps");
struct na_slabs_map na_slabs SEC(".maps");
struct na_free_map na_free_blocks SEC(".maps");
struct na_free_map na_free_entries SEC(".maps");
struct na_exports_map na_exports SEC(".maps");
struct na_cache_rules_map na_cache_rules SEC(".maps");
struct na_limit_trie_map na_limit_trie SEC(".maps");
struct na_limits_map na_limits SEC(".maps");
struct na_buckets_map na_buckets SEC(".maps");
struct na_unshaped_map na_unshaped SEC(".maps");
struct na_meters_map na_meters SEC(".maps");
struct na_client_work_map na_client_work SEC(".maps");
struct na_client_reads_map na_client_reads SEC(".maps");
struct na_export_tally_map na_export_tally SEC(".maps");
struct na_op_tally_map na_op_tally SEC(".maps");
struct na_gates_map na_gates SEC(".maps");
struct na_happened_map na_happened SEC(".maps");
struct na_work_map na_works SEC(".maps");
struct na_dozes_map na_dozes SEC(".maps");

volatile __u64 na_asked_at;

const volatile __u32 na_netns = 0;
const volatile __u16 na_port = 2049;
const volatile __u32 na_max_file = NA_FILE_MAX;
const volatile __u32 na_max_packets = 0;
const volatile bool na_eager = true;
const volatile __u64 na_ttl_ns = 60000000000ull;
const volatile __u64 na_alive_ns = 5000000000ull;
const volatile __u32 na_guards = 3;
const volatile __u32 na_entries_max = 1;
const volatile __u32 na_tally_sets = 0;

char LICENSE[] SEC("license") = "GPL";

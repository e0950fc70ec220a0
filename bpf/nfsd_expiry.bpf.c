// SPDX-License-Identifier: GPL-2.0-only
/*
 * When nfsd's belief about the current request ends. Plain expiry has no event, so what
 * is learnt from a request must not outlive the cache entries nfsd used for it. Export
 * and client are at hand in the fill hook; the export key and the groups are looked up
 * and let go of, so their times are noted here, per nfsd thread, as they pass by.
 * Where a run is skipped the fill hook finds nothing noted since the request came.
 */
#include "bpf/expiry.bpf.h"
#include <bpf/bpf_tracing.h>

struct na_expiry_map na_expiry SEC(".maps");

SEC("fexit/sunrpc_cache_lookup_rcu")
int BPF_PROG(na_x_lookup, struct cache_detail *detail, void *key, int hash, struct cache_head *ret)
{
	char name[16] __attribute__((aligned(8))) = {};
	struct na_expiry_note *note;
	struct na_expiry *e;
	bool gid;

	if (!ret)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(detail, name));
	/* Eight bytes at a time, or the compiler calls a memcmp that is not there. */
	gid = !__builtin_memcmp(name, "auth.uni", 8) && !__builtin_memcmp(name + 8, "x.gid\0\0", 8);
	if (!gid && __builtin_memcmp(name, "nfsd.fh", 8))
		return 0;
	e = bpf_task_storage_get(&na_expiry, bpf_get_current_task_btf(), NULL,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!e)
		return 0;
	note = gid ? &e->gid : &e->key;
	note->expiry = BPF_CORE_READ(ret, expiry_time);
	note->noted = bpf_ktime_get_ns();
	return 0;
}

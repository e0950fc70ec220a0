// SPDX-License-Identifier: GPL-2.0-only
/*
 * When nfsd's belief about the current request ends. Plain expiry has no event, so what
 * is learnt from a request must not outlive the cache entries nfsd used for it. Export
 * and client are at hand in the fill hook; the export key and the groups are looked up
 * and let go of, so their times are noted here, per nfsd thread, as they pass by.
 * Where a run is skipped the fill hook finds nothing noted since the request came; nothing is
 * noted either while no call is about that the hook might ask for.
 */
#include "bpf/doze.bpf.h"
#include "bpf/expiry.bpf.h"
#include <bpf/bpf_tracing.h>

struct na_expiry_map na_expiry SEC(".maps");

/*
 * The two caches' names, once seen, by address: this runs for every cache nfsd asks, some
 * four times a READ. Neither sunrpc nor nfsd can be unloaded while this is attached.
 */
static const char *na_name_key, *na_name_gid;

SEC("fexit/sunrpc_cache_lookup_rcu")
int BPF_PROG(na_x_lookup, struct cache_detail *detail, void *key, int hash, struct cache_head *ret)
{
	char text[16] __attribute__((aligned(8))) = {};
	const char *name = detail->name;
	struct na_expiry_note *note;
	struct na_expiry *e;

	if (!ret || (__s64)(bpf_jiffies64() - na_asked_at) > NA_ASKED_JIFFIES)
		return 0;
	if (!na_name_key || !na_name_gid) {
		bpf_probe_read_kernel_str(text, sizeof(text), name);
		/* Eight bytes at a time, or the compiler calls a memcmp that is not there. */
		if (!__builtin_memcmp(text, "nfsd.fh", 8))
			na_name_key = name;
		else if (!__builtin_memcmp(text, "auth.uni", 8) &&
			 !__builtin_memcmp(text + 8, "x.gid\0\0", 8))
			na_name_gid = name;
	}
	if (name != na_name_key && name != na_name_gid)
		return 0;
	e = bpf_task_storage_get(&na_expiry, bpf_get_current_task_btf(), NULL,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!e)
		return 0;
	note = name == na_name_gid ? &e->gid : &e->key;
	note->expiry = BPF_CORE_READ(ret, expiry_time);
	note->noted = bpf_ktime_get_ns();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exports, clients and groups may do: every change moves the export epoch, and with
 * it all that was learnt about permission. Before and after, for the same reasons as in
 * vfs_inode.bpf.c. Caches of other network namespaces count as ours: that costs misses.
 */
#include "bpf/answer.bpf.h"
#include "bpf/bump.bpf.h"
#include <bpf/bpf_tracing.h>

#define NA_EPOCH_AT(name, function)                                                                \
	SEC("fentry/" function)                                                                    \
	int BPF_PROG(na_e_##name)                                                                  \
	{                                                                                          \
		na_epoch();                                                                        \
		return 0;                                                                          \
	}                                                                                          \
	SEC("fexit/" function)                                                                     \
	int BPF_PROG(na_x_##name)                                                                  \
	{                                                                                          \
		na_epoch();                                                                        \
		return 0;                                                                          \
	}

/* An answer of mountd that this task is about to store, and that was found to change nothing. */
struct na_answer {
	__u64 epoch; /* then */
	bool same; /* until it has been stored */
	bool first; /* into an entry that had none */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct na_answer);
} na_answers SEC(".maps");

/*
 * Answers of mountd: exports, export keys, client addresses, groups. Each MOUNT call has the
 * client's address and the export written anew, and nfsd asks again for what is half as old as it
 * may get.
 */
SEC("fentry/sunrpc_cache_update")
int BPF_PROG(na_e_update, struct cache_detail *detail, struct cache_head *new,
	     struct cache_head *old)
{
	struct na_answer *a = bpf_task_storage_get(&na_answers, bpf_get_current_task_btf(), NULL,
						   BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct na_ctl *ctl = na_ctl_get();

	if (a && ctl) {
		a->epoch = *(volatile __u64 *)&ctl->epoch;
		a->first = !na_entry_valid(old);
		a->same = na_answer_same(detail, new, old);
		if (a->same) {
			na_count(NA_V_ANSWER_SAME, 1);
			return 0;
		}
	}
	na_epoch();
	return 0;
}

/*
 * Another answer may have come in between, from another of mountd's threads: one that changed
 * something has moved the epoch, and one that was the first as well has the entry replaced.
 */
SEC("fexit/sunrpc_cache_update")
int BPF_PROG(na_x_update, struct cache_detail *detail, struct cache_head *new,
	     struct cache_head *old, int hash, struct cache_head *ret)
{
	struct na_answer *a =
		bpf_task_storage_get(&na_answers, bpf_get_current_task_btf(), NULL, 0);
	struct na_ctl *ctl = na_ctl_get();
	bool same = a && ctl && a->same && a->epoch == *(volatile __u64 *)&ctl->epoch &&
		    a->first == (ret == old);

	if (a)
		a->same = false;
	if (same)
		na_step(&ctl->answers);
	else
		na_epoch();
	return 0;
}

NA_EPOCH_AT(purge, "cache_purge")
/* exportfs -f writes to /proc/net/rpc/.../flush; cache_flush is inlined there. */
NA_EPOCH_AT(flush, "write_flush_procfs")
/* 7.2's exportfs may ask by netlink instead. */
NA_EPOCH_AT(nl_sunrpc, "sunrpc_nl_cache_flush_doit")
NA_EPOCH_AT(nl_nfsd, "nfsd_nl_cache_flush_doit")

/* The server's sockets are closed: nfsd stops, or lockd, or an NFS client's callback. */
static __always_inline void na_stop(struct svc_serv *serv)
{
	char name[5] = {};

	bpf_probe_read_kernel(name, sizeof(name), serv->sv_name);
	if (name[0] == 'n' && name[1] == 'f' && name[2] == 's' && name[3] == 'd' && !name[4])
		na_flush();
}

SEC("fentry/svc_xprt_destroy_all")
int BPF_PROG(na_e_stop, struct svc_serv *serv)
{
	na_stop(serv);
	return 0;
}

SEC("fexit/svc_xprt_destroy_all")
int BPF_PROG(na_x_stop, struct svc_serv *serv)
{
	na_stop(serv);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exports, clients and groups may do: every change moves the export epoch, and with
 * it all that was learnt about permission. Before and after, for the same reasons as in
 * vfs_inode.bpf.c. Caches of other network namespaces count as ours: that costs misses.
 */
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

/* Answers of mountd: exports, export keys, client addresses, groups. */
NA_EPOCH_AT(update, "sunrpc_cache_update")
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

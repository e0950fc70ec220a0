/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fill hook asks nfsd's own structures. Each predicate is true only for what is
 * known to be plain: unknown flags, types and addresses are refusals.
 */
#ifndef NFSACCEL_BPF_NFSD_H
#define NFSACCEL_BPF_NFSD_H

#include "bpf/doze.bpf.h"
#include "bpf/expiry.bpf.h"
#include "bpf/hooks.def.h"
#include "bpf/inode.bpf.h"

#include <bpf/bpf_endian.h>

#include "nfsaccel/nfs3.h"

/*
 * Beyond a hook's own arguments everything is read by BPF_CORE_READ: in the modules' BTF
 * many pointers lead to types that are only declared there (up to 6.12), and those the
 * verifier does not follow.
 */

#define NA_NSEC 1000000000ull

#define NA_IPPROTO_TCP 6
#define NA_AF_INET     2
#define NA_AF_INET6    10
#define NA_AUTH_UNIX   1 /* and AUTH_NULL, 0 */

static __always_inline __u32 na_fs_bit(unsigned long magic)
{
	if (magic == NA_MAGIC_EXT4)
		return NA_FS_EXT4;
	if (magic == NA_MAGIC_XFS)
		return NA_FS_XFS;
	if (magic == NA_MAGIC_BTRFS)
		return NA_FS_BTRFS;
	if (magic == NA_MAGIC_TMPFS)
		return NA_FS_TMPFS;
	return 0;
}

/*
 * include/uapi/linux/nfsd/export.h. All flags under which a READ is the business of the
 * handle, the credential and the inode alone. Not among them: V4ROOT, PNFS, and what
 * newer kernels may add (7.1's signed handles).
 */
#define NA_EXP_NOSUBTREECHECK 0x0400
#define NA_EXP_PLAIN                                                                               \
	(0x0001 /* READONLY */ | 0x0002 /* INSECURE_PORT */ | 0x0004 /* ROOTSQUASH */ |            \
	 0x0008 /* ALLSQUASH */ | 0x0010 /* ASYNC */ | 0x0020 /* GATHERED_WRITES */ |              \
	 0x0040 /* NOREADDIRPLUS */ | 0x0080 /* SECURITY_LABEL */ | 0x0200 /* NOHIDE */ |          \
	 NA_EXP_NOSUBTREECHECK | 0x0800 /* NOAUTHNLM */ | 0x2000 /* FSID */ |                      \
	 0x4000 /* CROSSMOUNT */ | 0x8000 /* NOACL */)

static __always_inline bool na_export_plain(struct svc_export *exp)
{
	int flags = BPF_CORE_READ(exp, ex_flags);

	return (flags & NA_EXP_NOSUBTREECHECK) && !(flags & ~NA_EXP_PLAIN) &&
	       !BPF_CORE_READ(exp, ex_layout_types);
}

/* include/linux/filelock.h */
#define NA_FL_DELEG    4u
#define NA_FL_LAYOUT   2048u
#define NA_F_RDLCK     0
#define NA_LEASES_READ 4 /* more leases than this on one file are a refusal */

/*
 * No lease but read delegations: anything else a READ may have to break. A lease set
 * after this was read bumps the slot.
 */
static __always_inline bool na_leases_plain(struct inode *inode)
{
	struct file_lock_context *ctx = BPF_CORE_READ(inode, i_flctx);
	__u64 head, node;
	int i;

	if (!ctx)
		return true;
	head = (__u64)ctx + bpf_core_field_offset(struct file_lock_context, flc_lease);
	if (bpf_probe_read_kernel(&node, sizeof(node), (void *)head))
		return false;
	for (i = 0; i < NA_LEASES_READ; i++) {
		__u32 flags;
		__u8 type;

		if (node == head)
			return true;
		if (!na_lease_read(node, &flags, &type) || type != NA_F_RDLCK ||
		    !(flags & NA_FL_DELEG) || (flags & NA_FL_LAYOUT))
			return false;
		if (bpf_probe_read_kernel(&node, sizeof(node), (void *)node))
			return false;
	}
	return node == head;
}

/* Does a listener want to be asked before this file is read? */
static __always_inline bool na_fanotify_asks(struct inode *inode, struct dentry *dentry,
					     struct svc_export *exp)
{
	struct inode *dir = BPF_CORE_READ(dentry, d_parent, d_inode);
	__u64 mnt = (__u64)BPF_CORE_READ(exp, ex_path.mnt);
	__u32 mask = BPF_CORE_READ(inode, i_fsnotify_mask);
	__u32 mnt_mask = 0;

	mask |= BPF_CORE_READ(inode, i_sb, s_fsnotify_mask);
	mask |= BPF_CORE_READ(dir, i_fsnotify_mask);
	mnt -= bpf_core_field_offset(struct mount, mnt);
	mnt += bpf_core_field_offset(struct mount, mnt_fsnotify_mask);
	if (bpf_probe_read_kernel(&mnt_mask, sizeof(mnt_mask), (void *)mnt))
		return true;
	return (mask | mnt_mask) & NA_PERM_EVENTS;
}

/* A sockaddr_in or sockaddr_in6, as a map key has it. */
static __always_inline bool na_addr_read(void *from, __u8 *addr, __u16 *port)
{
	struct {
		__u16 family;
		__u16 port;
		__u32 word; /* IPv4 address; flow label */
		__u32 ip6[4];
		__u32 scope;
	} sa;
	__u32 *to = (__u32 *)addr;

	if (bpf_probe_read_kernel(&sa, sizeof(sa), from))
		return false;
	*port = sa.port;
	if (sa.family == NA_AF_INET) {
		to[0] = 0;
		to[1] = 0;
		to[2] = bpf_htonl(0xffff);
		to[3] = sa.word;
		return true;
	}
	if (sa.family != NA_AF_INET6)
		return false;
	to[0] = sa.ip6[0];
	to[1] = sa.ip6[1];
	to[2] = sa.ip6[2];
	to[3] = sa.ip6[3];
	return true;
}

enum na_asleep { NA_AWAKE, NA_ASLEEP, NA_ASLEEP_UNKNOWN };

/*
 * Does the call's connection doze? What that costs is all a READ pays which is left alone, so
 * it looks at few words, and only at those of IPv4. They are the transport's, copied when the call
 * came in, and need no helper to be read.
 */
static __always_inline enum na_asleep na_call_dozes(struct svc_rqst *rqstp, __u32 limit_gen)
{
	/* with NA_OFF: a load is not to be relocated as one of the whole member */
	const char *remote = (const char *)rqstp + NA_OFF(struct svc_rqst, rq_addr);
	const char *local = (const char *)rqstp + NA_OFF(struct svc_rqst, rq_daddr);
	__u32 ports;

	if (*(const __u16 *)remote != NA_AF_INET)
		return NA_ASLEEP_UNKNOWN;
	ports = *(const __u16 *)(remote + 2) | (__u32) * (const __u16 *)(local + 2) << 16;
	return na_doze_has4(*(const __u32 *)(remote + 4), *(const __u32 *)(local + 4), ports,
			    limit_gen)
		       ? NA_ASLEEP
		       : NA_AWAKE;
}

/* The key under which ingress noted this call; false if it is none that ingress notes. */
static __always_inline bool na_pending_key_read(struct svc_rqst *rqstp, __u32 netns,
						__u32 limit_gen, struct na_pending_key *key)
{
	struct svc_xprt *xprt = rqstp->rq_xprt;
	enum na_asleep asleep;

	if (!xprt)
		return false;
	asleep = na_call_dozes(rqstp, limit_gen);
	if (asleep == NA_ASLEEP)
		return false;
	if (rqstp->rq_proc != NA_NFS3_READ || rqstp->rq_vers != NA_NFS3_VERSION ||
	    rqstp->rq_prog != NA_NFS_PROGRAM)
		return false;
	if (!na_addr_read(&xprt->xpt_remote, key->flow.client, &key->flow.client_port) ||
	    !na_addr_read(&xprt->xpt_local, key->flow.server, &key->flow.server_port) ||
	    (asleep == NA_ASLEEP_UNKNOWN && na_doze_has(&key->flow, limit_gen)))
		return false;
	key->xid = bpf_ntohl(rqstp->rq_xid);
	return BPF_CORE_READ(xprt, xpt_class, xcl_ident) == NA_IPPROTO_TCP &&
	       BPF_CORE_READ(xprt, xpt_net, ns.inum) == netns;
}

/* The handle as on the wire. */
static __always_inline bool na_fh_read(struct svc_fh *fhp, struct na_fh *fh)
{
	__u32 len = fhp->fh_handle.fh_size;

	if (len == 0 || len > NA_NFS_FHSIZE)
		return false;
	__builtin_memset(fh, 0, sizeof(*fh));
	fh->len = len;
	return !bpf_probe_read_kernel(fh->data, len, &fhp->fh_handle.fh_raw);
}

extern const struct hrtimer_cpu_base hrtimer_bases __ksym;
#define NA_BASE_REALTIME 1 /* HRTIMER_BASE_REALTIME */

/*
 * CLOCK_REALTIME at a monotonic time. No helper tells it; the timer bases hold the
 * distance, which a clock that is set changes at once on all CPUs (clock_was_set).
 */
static __always_inline __s64 na_real_ns(__u64 mono)
{
	struct hrtimer_cpu_base *base = bpf_this_cpu_ptr(&hrtimer_bases);

	return (__s64)mono + base->clock_base[NA_BASE_REALTIME].offset;
}

/* Seconds that a cache entry of sunrpc has left, less one for rounding. */
static __always_inline __s64 na_seconds_left(__s64 expiry)
{
	return expiry - (__s64)(bpf_ktime_get_boot_ns() / NA_NSEC) - 1;
}

/*
 * When what nfsd believes about export, client, key and groups ends, at most ttl from
 * now; 0 if it has ended or cannot be seen. TCP transports keep their client's ip_map;
 * key and groups were looked up by this thread for this request.
 */
static __always_inline __u64 na_fill_expires(struct svc_rqst *rqstp, struct svc_export *exp,
					     __u64 asked, __u64 ttl)
{
	void *client = BPF_CORE_READ(rqstp, rq_xprt, xpt_auth_cache);
	struct na_expiry *noted =
		bpf_task_storage_get(&na_expiry, bpf_get_current_task_btf(), NULL, 0);
	__s64 expiry, first, left;

	if (!noted || !client ||
	    bpf_probe_read_kernel(&expiry, sizeof(expiry),
				  client + bpf_core_field_offset(struct cache_head, expiry_time)))
		return 0;
	first = BPF_CORE_READ(exp, h.expiry_time);
	if (expiry < first)
		first = expiry;
	if (noted->key.noted < asked)
		return 0;
	if (noted->key.expiry < first)
		first = noted->key.expiry;
	if (BPF_CORE_READ(rqstp, rq_cred.cr_flavor) == NA_AUTH_UNIX) {
		if (noted->gid.noted < asked)
			return 0;
		if (noted->gid.expiry < first)
			first = noted->gid.expiry;
	}
	left = na_seconds_left(first);
	if (left <= 0)
		return 0;
	if ((__u64)left < ttl / NA_NSEC)
		ttl = (__u64)left * NA_NSEC;
	return bpf_ktime_get_ns() + ttl;
}

#endif

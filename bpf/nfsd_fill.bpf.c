// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fill, step 2 (coherence.md): inside nfsd, after it has checked permission and before it
 * reads, says whether the READ that ingress noted may be cached, and writes down what the
 * bytes will belong to.
 *
 * Order: the slot's version, a full barrier, then i_writecount and the snapshot. A writer
 * raises i_writecount and then bumps, so whoever is not seen in i_writecount moves the
 * version after it was read here. The other way round would admit a writer for ever.
 */
#include "bpf/bump.bpf.h"
#include "bpf/nfsd.bpf.h"
#include <bpf/bpf_tracing.h>

/* One after the other: the stack is short. */
union na_fill_room {
	struct na_inode_room inode;
	struct na_fh fh;
	struct na_export_key export;
	struct na_cache_key rule;
};

/*
 * What nfsaccel.exports says of this export and client. False if that is nothing, or not
 * yet known to the daemon: what may not be cached never is.
 */
static __always_inline bool na_policy_allows(struct na_pending *p, const __u8 *client,
					     union na_fill_room *room)
{
	struct na_cache_policy *rule;
	__u32 *number;

	if (!na_export_key_of(p->fh.data, p->fh.len, &room->export))
		return false;
	number = bpf_map_lookup_elem(&na_exports, &room->export);
	if (!number)
		return false;
	room->rule.prefixlen = 8 * (sizeof(room->rule) - sizeof(room->rule.prefixlen));
	room->rule.export = *number;
	na_memcpy(room->rule.client, client, sizeof(room->rule.client));
	rule = bpf_map_lookup_elem(&na_cache_rules, &room->rule);
	if (!rule || !rule->allowed || p->snap.size > rule->max_file)
		return false;
	if (rule->ttl < p->ttl)
		p->ttl = rule->ttl;
	return true;
}

/* Which file systems' own hooks are attached: the loader clears what is not. */
const volatile __u32 na_fs_mask = NA_FS_EXT4 | NA_FS_XFS | NA_FS_BTRFS | NA_FS_TMPFS;

/* Reads version with full ordering: nothing after it is read before it. */
static __always_inline __u64 na_version_barrier(struct na_slot *slot)
{
	return __sync_fetch_and_add(&slot->version, 0);
}

/*
 * Most of what is read in vain is too long: nothing else is looked at then. Only a saving, as
 * neither the size nor what is made of it is what counts in the end.
 */
static __always_inline enum na_verdict na_fill_size(struct inode *inode, const struct na_pending *p)
{
	__u64 size = BPF_CORE_READ(inode, i_size);
	__u32 n, eof;

	if (!na_is_regular(BPF_CORE_READ(inode, i_mode)))
		return NA_V_REFUSE_NOTREG;
	if (size > na_max_file)
		return NA_V_REFUSE_SIZE;
	na_nfs3_read_span(size, p->offset, p->count, &n, &eof);
	return na_nfs3_reply_len(n) > p->most * NA_MOST_BYTES ? NA_V_REFUSE_LONG : NA_V_FILL_HOOKED;
}

static __always_inline enum na_verdict na_fill_inode(struct inode *inode, __u64 offset)
{
	unsigned long magic = BPF_CORE_READ(inode, i_sb, s_magic);

	if (!(na_fs_bit(magic) & na_fs_mask))
		return NA_V_REFUSE_FSTYPE;
	/*
	 * Before 6.5 nfsd sends other bytes than the file's if a READ begins within a page
	 * that a tmpfs has no memory for (seen on 6.1). Those are for that READ alone.
	 */
	if (magic == NA_MAGIC_TMPFS && (offset & (NA_BLOCK_BYTES - 1)))
		return NA_V_REFUSE_OFFSET;
	if (!na_leases_plain(inode))
		return NA_V_REFUSE_LEASE;
	return NA_V_FILL_HOOKED;
}

/*
 * Not changed since the request came, and not just before: the clock ctime is taken from
 * had moved beyond ctime by then. So the next change leaves another ctime; and what nfsd
 * checked before a chmod is never put down for after it, even if the bump was skipped.
 * That clock's own value is compared: counting ticks back from the precise time would not
 * do, as they come late where a virtual CPU waits for its turn.
 */
static __always_inline bool na_settled(const struct na_inode_snap *snap, __u64 coarse)
{
	return snap->ctime_sec * (__s64)NA_NSEC + snap->ctime_nsec < na_real_ns(coarse);
}

static __always_inline enum na_verdict na_fill_check(struct svc_rqst *rqstp, struct svc_fh *fhp,
						     struct na_pending *p, const __u8 *client,
						     bool policy)
{
	struct dentry *dentry = fhp->fh_dentry;
	struct svc_export *exp = fhp->fh_export;
	struct inode *inode;
	struct na_slot *slot;
	enum na_verdict v;
	__s32 writers;
	union na_fill_room room;
	bool freeing;
	__u32 index;

	if (!dentry || !exp)
		return NA_V_REFUSE_EXPORT;
	inode = BPF_CORE_READ(dentry, d_inode);
	if (!inode)
		return NA_V_REFUSE_NOTREG;
	v = na_fill_size(inode, p);
	if (v != NA_V_FILL_HOOKED)
		return v;
	index = na_slot_index(BPF_CORE_READ(inode, i_sb, s_dev), BPF_CORE_READ(inode, i_ino));
	slot = bpf_map_lookup_elem(&na_slots, &index);
	if (!slot)
		return NA_V_REFUSE_SPACE;
	p->slot = index;
	p->version = na_version_barrier(slot);

	v = na_fill_inode(inode, p->offset);
	if (v != NA_V_FILL_HOOKED)
		return v;
	if (!na_export_plain(exp) || rqstp->rq_cred.cr_flavor > NA_AUTH_UNIX)
		return NA_V_REFUSE_EXPORT;
	if (na_fanotify_asks(inode, dentry, exp))
		return NA_V_REFUSE_FANOTIFY;
	if (na_inode_snap_probe((__u64)inode, &room.inode, &p->snap, &writers, &freeing) || freeing)
		return NA_V_REFUSE_MOVED;
	if (writers > 0)
		return NA_V_REFUSE_WRITER;
	if (p->snap.size > na_max_file)
		return NA_V_REFUSE_SIZE;
	if (!na_settled(&p->snap, p->coarse))
		return NA_V_REFUSE_RACY;
	if (!na_fh_read(fhp, &room.fh))
		return NA_V_REFUSE_EXPORT;
	if (!na_fh_equal(&room.fh, &p->fh))
		return NA_V_REFUSE_DUPXID;
	p->ttl = na_ttl_ns;
	if (policy && !na_policy_allows(p, client, &room))
		return NA_V_REFUSE_POLICY;
	p->expires = na_fill_expires(rqstp, exp, p->asked, p->ttl);
	if (!p->expires)
		return NA_V_REFUSE_EXPORT;
	return NA_V_FILL_HOOKED;
}

/* Not deleted: a second call with this xid must not find its way to the reply of this one. */
static __always_inline void na_refuse(struct na_pending *p)
{
	if (__sync_val_compare_and_swap(&p->state, NA_PENDING_ASKED, NA_PENDING_REFUSED) ==
	    NA_PENDING_HOOKED)
		__sync_val_compare_and_swap(&p->state, NA_PENDING_HOOKED, NA_PENDING_REFUSED);
}

/* Have no more READs begun under this xid, this one included, than calls were seen? */
static __always_inline bool na_seen(struct na_pending *p)
{
	__u32 ran = __sync_fetch_and_add(&p->ran, 1) + 1;
	__u32 state = *(volatile __u32 *)&p->state;

	if (state >= NA_PENDING_POISON)
		return ran <= state - NA_PENDING_POISON;
	return state != NA_PENDING_GONE && ran == 1;
}

/*
 * A READ that ingress did not see, whatever the client did to that end (bytes sent twice
 * that differ, fragments): its reply must not pass for that of another call.
 */
static __always_inline void na_stranger(const struct na_pending_key *key)
{
	struct na_flow *f = bpf_map_lookup_elem(&na_flows, &key->flow);
	struct na_pending *p;

	if (f) {
		__u32 old = __sync_fetch_and_add(&f->strangers, 1);

		asm volatile("" ::"r"(old));
	}
	/* noted while we looked: ingress may not have seen the line above (na_note_asked) */
	p = bpf_map_lookup_elem(&na_pending, key);
	if (p)
		na_refuse(p);
}

/* offset: what this call reads; ingress noted a call by xid, this one may be another. */
static __always_inline void na_fill_hook(struct svc_rqst *rqstp, struct svc_fh *fhp, __u64 offset)
{
	struct na_ctl *ctl = na_ctl_get();
	struct na_pending_key key;
	struct na_pending *p;
	enum na_verdict v;

	if (!ctl || !na_pending_key_read(rqstp, na_netns, *(volatile __u32 *)&ctl->limit_gen, &key))
		return;
	p = bpf_map_lookup_elem(&na_pending, &key);
	if (!p || !na_seen(p)) {
		na_stranger(&key);
		return;
	}
	if (p->state != NA_PENDING_ASKED)
		return;
	v = p->offset == offset ? na_fill_check(rqstp, fhp, p, key.flow.client, ctl->policy)
				: NA_V_REFUSE_DUPXID;
	na_count(v, 1);
	if (v == NA_V_REFUSE_DUPXID)
		na_stranger(&key);
	if (v != NA_V_FILL_HOOKED) {
		na_refuse(p);
		return;
	}
	ctl->max_payload = BPF_CORE_READ(rqstp, rq_server, sv_max_payload);
	/* Last, and only if ingress has not poisoned it meanwhile. */
	__sync_val_compare_and_swap(&p->state, NA_PENDING_ASKED, NA_PENDING_HOOKED);
}

SEC("fentry/nfsd_splice_read")
int BPF_PROG(na_e_splice_read, struct svc_rqst *rqstp, struct svc_fh *fhp, void *file, __u64 offset)
{
	na_fill_hook(rqstp, fhp, offset);
	return 0;
}

/* 6.12 and later, where splicing is off; 6.1's nfsd_readv has too many arguments. */
SEC("fentry/nfsd_iter_read")
int BPF_PROG(na_e_iter_read, struct svc_rqst *rqstp, struct svc_fh *fhp, void *nf, __u64 offset)
{
	na_fill_hook(rqstp, fhp, offset);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guard 1: moving a version slot, the export epoch or the flush number.
 *
 * 1. Every atomic whose result matters to others is of the fetching form: clang makes an
 *    unused __sync_fetch_and_add a relaxed add, which orders nothing on arm64.
 * 2. slot.bumped never goes back, and is no older than the version it belongs to: who
 *    sees the new version sees a time that is at least that of the bump.
 */
#ifndef NFSACCEL_BPF_BUMP_H
#define NFSACCEL_BPF_BUMP_H

#include "bpf/event.bpf.h"
#include "bpf/inode.bpf.h"
#include "bpf/maps.bpf.h"
#include "nfsaccel/slot.h"

/* Increments *v with full ordering. */
static __always_inline void na_step(__u64 *v)
{
	__u64 old = __sync_fetch_and_add(v, 1);

	asm volatile("" ::"r"(old));
}

static __always_inline void na_bump_slot(__u32 dev, __u64 ino)
{
	__u32 index = na_slot_index(dev, ino);
	struct na_slot *slot = bpf_map_lookup_elem(&na_slots, &index);
	__u64 now = bpf_ktime_get_ns();
	__u64 seen;
	int i;

	if (!slot)
		return;
	/*
	 * A plain store could put the time of a bump that was preempted here back over that
	 * of a later one. Who loses the exchange was overtaken by bumps of this very moment.
	 */
	seen = slot->bumped;
	for (i = 0; i < 4 && seen < now; i++) {
		__u64 was = __sync_val_compare_and_swap(&slot->bumped, seen, now);

		if (was == seen)
			break;
		seen = was;
	}
	na_step(&slot->version);
	na_count(NA_V_BUMP, 1);
}

/*
 * Bumps the slot of a regular file on a file system that is served. The type of
 * an inode never changes, so all others are left out: they are most of what a machine opens.
 */
static __always_inline void na_bump_inode(struct inode *inode)
{
	struct super_block *sb;

	if (!inode || !na_is_regular(inode->i_mode))
		return;
	sb = inode->i_sb;
	if (na_magic_served(sb->s_magic))
		na_bump_slot(sb->s_dev, inode->i_ino);
}

static __always_inline void na_bump_dentry(struct dentry *dentry)
{
	na_bump_inode(dentry->d_inode);
}

static __always_inline void na_bump_file(struct file *file)
{
	na_bump_inode(file->f_inode);
}

static __always_inline void na_flush(void)
{
	struct na_ctl *ctl = na_ctl_get();

	if (!ctl)
		return;
	na_step(&ctl->flush);
	na_tell(NA_V_FLUSH, 0, 0, 0, bpf_ktime_get_ns());
}

static __always_inline void na_flush_sb(struct super_block *sb)
{
	if (na_magic_served(sb->s_magic))
		na_flush();
}

static __always_inline void na_epoch(void)
{
	struct na_ctl *ctl = na_ctl_get();

	if (!ctl)
		return;
	na_step(&ctl->epoch);
	na_tell(NA_V_EPOCH, 0, 0, 0, bpf_ktime_get_ns());
}

#endif

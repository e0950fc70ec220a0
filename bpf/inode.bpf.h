/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading an inode: what guard 2 compares, by the hooks (live pointer) and by the TC
 * program (an address that may be stale). One reader for both, so that both mean the
 * same by "unchanged".
 */
#ifndef NFSACCEL_BPF_INODE_H
#define NFSACCEL_BPF_INODE_H

#include "bpf/drift.bpf.h"
#include "bpf/window.bpf.h"
#include "nfsaccel/abi.h"

/* What is read at once: all from i_mode to i_state, and from i_version to i_writecount. */
#define NA_WIN_HEAD 160
#define NA_WIN_VERS 32

/* Room for that: the stack has it in a hook, but not deep inside the TC program. */
struct na_inode_room {
	__u64 head[NA_WIN_HEAD / 8];
	__u64 vers[NA_WIN_VERS / 8];
};

static __always_inline void na_win_time(const struct na_window *w, const struct na_time_off *o,
					__s64 *sec, __u32 *nsec)
{
	*sec = na_win_u64(w, o->sec);
	*nsec = (o->wide ? (__u32)na_win_u64(w, o->nsec) : na_win_u32(w, o->nsec)) & NA_NSEC_MASK;
}

/*
 * Reads the inode at addr. False if the memory is gone. Otherwise out is written in full,
 * but nothing says that the memory still is that inode, or an inode at all: compare
 * everything, use nothing. Members are read one after the other, not as of one moment;
 * a change under way holds i_writecount or is bracketed by bumps (guard 1).
 * Three reads, a fourth where i_generation is far away (before 6.11).
 */
static __always_inline int na_inode_snap_probe(__u64 addr, struct na_inode_room *room,
					       struct na_inode_snap *out, __s32 *writecount,
					       bool *freeing)
{
	struct na_window h = {room->head, 0, sizeof(room->head), addr};
	struct na_window v = {room->vers, 0, sizeof(room->vers), addr};
	struct na_time_off mtime, ctime;
	__u64 off_state;
	__u32 dying;
	bool wide;
	int err;

	h.from = NA_OFF(struct inode, i_mode);
	v.from = NA_OFF(struct inode, i_version);
	err = bpf_probe_read_kernel(room->head, sizeof(room->head), (void *)(addr + h.from));
	if (err)
		return err;
	err = bpf_probe_read_kernel(room->vers, sizeof(room->vers), (void *)(addr + v.from));
	if (err)
		return err;

	na_off_mtime(&mtime);
	na_off_ctime(&ctime);
	off_state = na_off_state(&dying, &wide);

	out->inode = addr;
	out->sb = na_win_u64(&h, NA_OFF(struct inode, i_sb));
	out->ino = na_win_u64(&h, NA_OFF(struct inode, i_ino));
	out->size = na_win_u64(&h, NA_OFF(struct inode, i_size));
	na_win_time(&h, &mtime, &out->mtime_sec, &out->mtime_nsec);
	na_win_time(&h, &ctime, &out->ctime_sec, &out->ctime_nsec);
	/* Bit 0 is I_VERSION_QUERIED: reading the attributes sets it. */
	out->iversion = na_win_u64(&v, NA_OFF(struct inode, i_version.counter)) >> 1;
	out->acl = na_win_u64(&h, NA_OFF(struct inode, i_acl));
	out->generation = na_win_u32(&h, NA_OFF(struct inode, i_generation));
	out->mode = (__u16)na_win_u32(&h, NA_OFF(struct inode, i_mode));
	out->uid = na_win_u32(&h, NA_OFF(struct inode, i_uid.val));
	out->gid = na_win_u32(&h, NA_OFF(struct inode, i_gid.val));
	out->nlink = na_win_u32(&h, NA_OFF(struct inode, i_nlink));
	*writecount = na_win_u32(&v, NA_OFF(struct inode, i_writecount.counter));
	*freeing = ((wide ? (__u32)na_win_u64(&h, off_state) : na_win_u32(&h, off_state)) & dying);
	return bpf_probe_read_kernel(&out->dev, sizeof(out->dev),
				     (void *)(out->sb + NA_OFF(struct super_block, s_dev)));
}

/* File systems whose files may be cached; the rest of the machine bumps nothing. */
static __always_inline bool na_magic_served(unsigned long magic)
{
	return magic == NA_MAGIC_EXT4 || magic == NA_MAGIC_XFS || magic == NA_MAGIC_BTRFS ||
	       magic == NA_MAGIC_TMPFS;
}

static __always_inline bool na_is_regular(__u32 mode)
{
	return (mode & NA_S_IFMT) == NA_S_IFREG;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard 1, changes of names: link, unlink and rename move nlink and ctime, and decide
 * what a handle that nobody has open stands for. As in vfs_inode.bpf.c.
 */
#include "bpf/bump.bpf.h"
#include <bpf/bpf_tracing.h>

struct na_victim {
	__u64 ino;
	__u32 dev;
	__u32 pad;
};

/*
 * Files being unlinked, by dentry: when vfs_unlink returns the dentry may have let go of
 * its inode. The caller holds dentry and directory, so an address is in use once only,
 * also where overlayfs unlinks inside an unlink. LRU: what a skipped fexit leaves behind
 * goes by itself.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct na_victim);
} na_victims SEC(".maps");

SEC("lsm/inode_link")
int BPF_PROG(na_l_link, struct dentry *old, struct inode *dir, struct dentry *new, int ret)
{
	na_bump_dentry(old);
	return ret;
}

SEC("fexit/vfs_link")
int BPF_PROG(na_x_link, struct dentry *old)
{
	na_bump_dentry(old);
	return 0;
}

SEC("lsm/inode_unlink")
int BPF_PROG(na_l_unlink, struct inode *dir, struct dentry *dentry, int ret)
{
	struct inode *inode = dentry->d_inode;
	__u64 key = (__u64)dentry;
	struct na_victim victim = {};

	if (!inode || !na_magic_served(inode->i_sb->s_magic))
		return ret;
	na_bump_inode(inode);
	/* Also what is no regular file: at exit there is no mode to tell it by. */
	victim.ino = inode->i_ino;
	victim.dev = inode->i_sb->s_dev;
	/* If this fails vfs_unlink's fexit finds neither inode nor victim, and flushes. */
	bpf_map_update_elem(&na_victims, &key, &victim, BPF_ANY);
	return ret;
}

SEC("fexit/vfs_unlink")
int BPF_PROG(na_x_unlink, void *idmap, struct inode *dir, struct dentry *dentry)
{
	__u64 key = (__u64)dentry;
	struct na_victim *victim = bpf_map_lookup_elem(&na_victims, &key);

	if (victim) {
		na_bump_slot(victim->dev, victim->ino);
		bpf_map_delete_elem(&na_victims, &key);
	} else if (dentry->d_inode) {
		na_bump_dentry(dentry);
	} else if (na_magic_served(dir->i_sb->s_magic)) {
		na_flush();
	}
	return 0;
}

/* RENAME_EXCHANGE: the kernel calls this twice; both inodes are bumped either way. */
SEC("lsm/inode_rename")
int BPF_PROG(na_l_rename, struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	     struct dentry *new, int ret)
{
	na_bump_dentry(old);
	na_bump_dentry(new);
	return ret;
}

/* Both dentries keep their inodes: d_move exchanges names, not inodes. */
SEC("fexit/vfs_rename")
int BPF_PROG(na_x_rename, struct renamedata *rd)
{
	na_bump_dentry(rd->old_dentry);
	na_bump_dentry(rd->new_dentry);
	return 0;
}

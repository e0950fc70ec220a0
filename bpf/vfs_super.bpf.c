// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard 1, events of a whole file system, and ioctls, which may be one: the simplest
 * answer that is right is to flush everything, and they are rare.
 */
#include "bpf/bump.bpf.h"
#include <bpf/bpf_tracing.h>

/* EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32) on every architecture. */
#define NA_IOC_SHUTDOWN 0x8004587du

/* TCGETS, FIOCLEX and the like, <asm-generic/ioctls.h>: of type 'T', and without a size. */
static __always_inline bool na_ioctl_of_terminals(__u32 cmd)
{
	return (cmd & ~0xffu) == 'T' << 8;
}

/*
 * An ioctl may change generation, ctime or attributes of a file that is open for reading
 * only. Most change nothing, but which is for the file system to know; but none of ours knows
 * those of terminals, and Python asks every file that it opens whether it is one.
 */
static __always_inline void na_ioctl(struct file *file, __u32 cmd)
{
	struct inode *inode = file->f_inode;

	if (na_ioctl_of_terminals(cmd))
		return;
	na_bump_inode(inode);
	if (cmd == NA_IOC_SHUTDOWN && inode)
		na_flush_sb(inode->i_sb);
}

SEC("lsm/file_ioctl")
int BPF_PROG(na_l_ioctl, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	na_ioctl(file, cmd);
	return ret;
}

/* 32-bit programs, since 6.8 and 6.1.75 (f1bb47a31dff); before, file_ioctl saw them too. */
SEC("lsm/file_ioctl_compat")
int BPF_PROG(na_l_ioctl32, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	na_ioctl(file, cmd);
	return ret;
}

SEC("fexit/ext4_ioctl")
int BPF_PROG(na_x_ext4_ioctl, struct file *file, unsigned int cmd)
{
	na_ioctl(file, cmd);
	return 0;
}

SEC("fexit/xfs_file_ioctl")
int BPF_PROG(na_x_xfs_ioctl, struct file *file, unsigned int cmd)
{
	na_ioctl(file, cmd);
	return 0;
}

SEC("fexit/btrfs_ioctl")
int BPF_PROG(na_x_btrfs_ioctl, struct file *file, unsigned int cmd)
{
	na_ioctl(file, cmd);
	return 0;
}

/* A log that cannot be written shuts XFS down without any ioctl. */
SEC("fexit/xfs_do_force_shutdown")
int BPF_PROG(na_x_xfs_down)
{
	na_flush();
	return 0;
}

/* By ioctl and by rmdir(2); every handle into the subvolume goes stale at once. */
SEC("fentry/btrfs_delete_subvolume")
int BPF_PROG(na_e_subvol)
{
	na_flush();
	return 0;
}

SEC("fexit/btrfs_delete_subvolume")
int BPF_PROG(na_x_subvol)
{
	na_flush();
	return 0;
}

static __always_inline void na_remount(struct fs_context *fc)
{
	struct dentry *root = fc->root;

	if (root)
		na_flush_sb(root->d_sb);
}

SEC("fentry/reconfigure_super")
int BPF_PROG(na_e_remount, struct fs_context *fc)
{
	na_remount(fc);
	return 0;
}

SEC("fexit/reconfigure_super")
int BPF_PROG(na_x_remount, struct fs_context *fc)
{
	na_remount(fc);
	return 0;
}

/*
 * In generic_shutdown_super, after the inodes were evicted, each with its own bump.
 * tmpfs comes and goes with every container and is left to those.
 */
SEC("lsm/sb_delete")
int BPF_PROG(na_l_umount, struct super_block *sb)
{
	if (sb->s_magic != NA_MAGIC_TMPFS)
		na_flush_sb(sb);
	return 0;
}

/*
 * A listener that wants to be asked before files are read must be asked by nfsd from now
 * on: fills refuse once the mark is set, and what was cached goes here, just before.
 */
SEC("lsm/path_notify")
int BPF_PROG(na_l_notify, void *path, __u64 mask, unsigned int type, int ret)
{
	if (mask & NA_PERM_EVENTS)
		na_flush();
	return ret;
}

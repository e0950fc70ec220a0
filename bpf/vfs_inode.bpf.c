// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard 1, single inodes: bumps the version slot before and after each change
 * (coherence.md, "What bumps"; hooks.def.h says what attaches where).
 *
 * "Before" programs are BPF-LSM wherever there is such a hook: those are never skipped.
 * An fexit ("after") may be, when a task is preempted inside it and another runs it on
 * the same CPU. What holds then: the change has moved ctime, i_version or i_acl, which
 * guard 2 compares; a fill takes an inode only if its ctime is older than the request,
 * so no permission from before the change is learnt; and the daemon sees the skipped run
 * counted and flushes everything.
 *
 * LSM programs hand on the verdict of those before them; ours never refuse.
 */
#include "bpf/bump.bpf.h"
#include <bpf/bpf_tracing.h>

/* Runs after i_writecount was raised: from here to the last close nothing is filled. */
SEC("lsm/file_open")
int BPF_PROG(na_l_open, struct file *file, int ret)
{
	if (file->f_mode & NA_FMODE_WRITE)
		na_bump_file(file);
	return ret;
}

/* A word of the context. In asm, or the compiler folds two into one at a variable offset. */
#define NA_CTX(ctx, off)                                                                           \
	({                                                                                         \
		long word_;                                                                        \
		asm volatile("%0 = *(u64 *)(%1 + " #off ")" : "=r"(word_) : "r"(ctx));             \
		word_;                                                                             \
	})

/* notify_change: chmod, chown, truncate, utimes. */
SEC("lsm/inode_setattr")
long na_l_setattr(__u64 *ctx)
{
	struct dentry *dentry;
	long ret; /* not int: the verifier must see that it comes out as it went in */

	if (NA_LSM_SETATTR_HAS_IDMAP) {
		dentry = (struct dentry *)NA_CTX(ctx, 8);
		ret = NA_CTX(ctx, 24);
	} else {
		dentry = (struct dentry *)NA_CTX(ctx, 0);
		ret = NA_CTX(ctx, 16);
	}
	na_bump_dentry(dentry);
	return ret;
}

SEC("lsm/inode_post_setattr")
int BPF_PROG(na_p_setattr, void *idmap, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

SEC("fexit/notify_change")
int BPF_PROG(na_x_setattr, void *idmap, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

/* nfsd sets ACLs by set_posix_acl, where there is no LSM hook. */
static __always_inline void na_acl(__u64 *ctx)
{
	if (NA_ACL_HAS_DENTRY)
		na_bump_dentry((struct dentry *)ctx[1]);
	else
		na_bump_inode((struct inode *)ctx[1]);
}

SEC("fentry/set_posix_acl")
int na_e_acl(__u64 *ctx)
{
	na_acl(ctx);
	return 0;
}

SEC("fexit/set_posix_acl")
int na_x_acl(__u64 *ctx)
{
	na_acl(ctx);
	return 0;
}

SEC("lsm/inode_setxattr")
int BPF_PROG(na_l_setxattr, void *idmap, struct dentry *dentry, void *name, void *value,
	     unsigned long n, int flags, int ret)
{
	na_bump_dentry(dentry);
	return ret;
}

SEC("lsm/inode_post_setxattr")
int BPF_PROG(na_p_setxattr, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

SEC("fexit/__vfs_setxattr_noperm")
int BPF_PROG(na_x_setxattr, void *idmap, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

/* nfsd calls __vfs_removexattr_locked itself, so vfs_removexattr would not do. */
SEC("lsm/inode_removexattr")
int BPF_PROG(na_l_rmxattr, void *idmap, struct dentry *dentry, void *name, int ret)
{
	na_bump_dentry(dentry);
	return ret;
}

SEC("lsm/inode_post_removexattr")
int BPF_PROG(na_p_rmxattr, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

SEC("fexit/__vfs_removexattr_locked")
int BPF_PROG(na_x_rmxattr, void *idmap, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

/* chattr by ioctl and by file_setattr(2); the LSM hook came with the latter (6.17). */
SEC("fentry/vfs_fileattr_set")
int BPF_PROG(na_e_fileattr, void *idmap, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

SEC("lsm/inode_file_setattr")
int BPF_PROG(na_l_fileattr, struct dentry *dentry, void *fa, int ret)
{
	na_bump_dentry(dentry);
	return ret;
}

SEC("fexit/vfs_fileattr_set")
int BPF_PROG(na_x_fileattr, void *idmap, struct dentry *dentry)
{
	na_bump_dentry(dentry);
	return 0;
}

/* Deduplication needs no writable file, and changes what fattr3.used says. */
SEC("fentry/vfs_dedupe_file_range_one")
int BPF_PROG(na_e_dedupe, struct file *src, __s64 src_pos, struct file *dst)
{
	na_bump_file(dst);
	return 0;
}

SEC("fexit/vfs_dedupe_file_range_one")
int BPF_PROG(na_x_dedupe, struct file *src, __s64 src_pos, struct file *dst)
{
	na_bump_file(dst);
	return 0;
}

/* Leases and pNFS layouts: a write lease must be broken by a READ that nfsd sees. */
SEC("fentry/generic_setlease")
int BPF_PROG(na_e_lease, struct file *file)
{
	na_bump_file(file);
	return 0;
}

SEC("fexit/generic_setlease")
int BPF_PROG(na_x_lease, struct file *file)
{
	na_bump_file(file);
	return 0;
}

/*
 * The last thing evict does with an inode before its memory and its number are free for
 * others. Not evict itself: a tracing program on it would run, and now and then be
 * skipped, for every inode the machine drops, and each skip flushes everything.
 */
SEC("lsm/inode_free_security")
int BPF_PROG(na_l_free, struct inode *inode)
{
	na_bump_inode(inode);
	return 0;
}

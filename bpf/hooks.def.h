/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every hook, once: X(program, "function", kind, module, need, "what it guards").
 *
 * kind: LSM (function is the hook's name, "bpf_lsm_" before it in BTF), FENTRY, FEXIT.
 * module: where the function is. One that is built in is looked for in vmlinux first.
 * need:
 *   MANDATORY      must be attached, or nothing is answered from the cache
 *   ALTERNATIVE(g) one of the group g must be
 *   WHERE_PRESENT  must be attached if the kernel has the function. Older kernels do
 *                  without: there another hook sees the same, or there is nothing to see
 *   FILE_SYSTEM(b) as WHERE_PRESENT. Where it is absent when the programs are loaded
 *                  (module not loaded), the loader clears bit b of na_fs_mask: files of
 *                  that file system are then not cached
 *   FILL           as MANDATORY; a skipped run loses a fill and nothing else, so the
 *                  loader does not count it among those that flush everything
 *   FILL_PRESENT   the same, where the kernel has the function
 *   COUNT          counts what nfsd does, and is no guard: nothing depends on it
 *   OPTIONAL       closes a window that another hook or guard 2 also covers
 *
 * Arguments are checked by the verifier: a program whose function has others than those
 * known here does not load.
 */
#ifndef NFSACCEL_BPF_HOOKS_DEF_H
#define NFSACCEL_BPF_HOOKS_DEF_H

/* Bits of na_fs_mask, for the programs and the loader. */
#define NA_FS_EXT4  0x1u
#define NA_FS_XFS   0x2u
#define NA_FS_BTRFS 0x4u
#define NA_FS_TMPFS 0x8u

/* clang-format off */
#define NA_HOOKS(X)                                                                                \
	X(na_l_open, "file_open", LSM, vmlinux, MANDATORY, "opening for writing")                  \
	X(na_l_setattr, "inode_setattr", LSM, vmlinux, MANDATORY, "chmod, chown, truncate, before") \
	X(na_p_setattr, "inode_post_setattr", LSM, vmlinux, WHERE_PRESENT, "chmod, chown, truncate, after") \
	X(na_x_setattr, "notify_change", FEXIT, vmlinux, MANDATORY, "chmod, chown, truncate, after") \
	X(na_e_acl, "set_posix_acl", FENTRY, vmlinux, MANDATORY, "ACL, before")                    \
	X(na_x_acl, "set_posix_acl", FEXIT, vmlinux, MANDATORY, "ACL, after")                      \
	X(na_l_setxattr, "inode_setxattr", LSM, vmlinux, MANDATORY, "setxattr, before")            \
	X(na_p_setxattr, "inode_post_setxattr", LSM, vmlinux, WHERE_PRESENT, "setxattr, after")    \
	X(na_x_setxattr, "__vfs_setxattr_noperm", FEXIT, vmlinux, MANDATORY, "setxattr, after")    \
	X(na_l_rmxattr, "inode_removexattr", LSM, vmlinux, MANDATORY, "removexattr, before")       \
	X(na_p_rmxattr, "inode_post_removexattr", LSM, vmlinux, WHERE_PRESENT, "removexattr, after") \
	X(na_x_rmxattr, "__vfs_removexattr_locked", FEXIT, vmlinux, MANDATORY, "removexattr, after") \
	X(na_l_link, "inode_link", LSM, vmlinux, MANDATORY, "link, before")                        \
	X(na_x_link, "vfs_link", FEXIT, vmlinux, MANDATORY, "link, after")                         \
	X(na_l_unlink, "inode_unlink", LSM, vmlinux, MANDATORY, "unlink, before")                  \
	X(na_x_unlink, "vfs_unlink", FEXIT, vmlinux, MANDATORY, "unlink, after")                   \
	X(na_l_rename, "inode_rename", LSM, vmlinux, MANDATORY, "rename, before")                  \
	X(na_x_rename, "vfs_rename", FEXIT, vmlinux, MANDATORY, "rename, after")                   \
	X(na_e_fileattr, "vfs_fileattr_set", FENTRY, vmlinux, MANDATORY, "chattr, before")         \
	X(na_l_fileattr, "inode_file_setattr", LSM, vmlinux, WHERE_PRESENT, "chattr, before")      \
	X(na_x_fileattr, "vfs_fileattr_set", FEXIT, vmlinux, MANDATORY, "chattr, after")           \
	X(na_e_dedupe, "vfs_dedupe_file_range_one", FENTRY, vmlinux, MANDATORY, "deduplication, before") \
	X(na_x_dedupe, "vfs_dedupe_file_range_one", FEXIT, vmlinux, MANDATORY, "deduplication, after") \
	X(na_e_lease, "generic_setlease", FENTRY, vmlinux, MANDATORY, "leases and layouts, before") \
	X(na_x_lease, "generic_setlease", FEXIT, vmlinux, MANDATORY, "leases and layouts, after")  \
	X(na_l_free, "inode_free_security", LSM, vmlinux, MANDATORY, "inode leaves memory")         \
	X(na_l_ioctl, "file_ioctl", LSM, vmlinux, MANDATORY, "ioctl: generation, shutdown")        \
	X(na_l_ioctl32, "file_ioctl_compat", LSM, vmlinux, WHERE_PRESENT, "ioctl of 32-bit programs") \
	X(na_x_ext4_ioctl, "ext4_ioctl", FEXIT, ext4, FILE_SYSTEM(NA_FS_EXT4), "ioctl, after")     \
	X(na_x_xfs_ioctl, "xfs_file_ioctl", FEXIT, xfs, FILE_SYSTEM(NA_FS_XFS), "ioctl, after")    \
	X(na_x_xfs_down, "xfs_do_force_shutdown", FEXIT, xfs, FILE_SYSTEM(NA_FS_XFS), "XFS shuts itself down") \
	X(na_x_btrfs_ioctl, "btrfs_ioctl", FEXIT, btrfs, FILE_SYSTEM(NA_FS_BTRFS), "ioctl, after") \
	X(na_e_subvol, "btrfs_delete_subvolume", FENTRY, btrfs, FILE_SYSTEM(NA_FS_BTRFS), "subvolume deleted, before") \
	X(na_x_subvol, "btrfs_delete_subvolume", FEXIT, btrfs, FILE_SYSTEM(NA_FS_BTRFS), "subvolume deleted, after") \
	X(na_e_remount, "reconfigure_super", FENTRY, vmlinux, MANDATORY, "remount, before")        \
	X(na_x_remount, "reconfigure_super", FEXIT, vmlinux, MANDATORY, "remount, after")          \
	X(na_l_umount, "sb_delete", LSM, vmlinux, MANDATORY, "file system goes away")              \
	X(na_l_notify, "path_notify", LSM, vmlinux, MANDATORY, "fanotify permission marks")        \
	X(na_x_lookup, "sunrpc_cache_lookup_rcu", FEXIT, sunrpc, FILL, "when export keys and groups expire") \
	X(na_e_update, "sunrpc_cache_update", FENTRY, sunrpc, MANDATORY, "mountd's answers, before") \
	X(na_x_update, "sunrpc_cache_update", FEXIT, sunrpc, MANDATORY, "mountd's answers, after") \
	X(na_e_purge, "cache_purge", FENTRY, sunrpc, MANDATORY, "export caches emptied, before")   \
	X(na_x_purge, "cache_purge", FEXIT, sunrpc, MANDATORY, "export caches emptied, after")     \
	X(na_e_flush, "write_flush_procfs", FENTRY, sunrpc, MANDATORY, "exportfs -f, before")      \
	X(na_x_flush, "write_flush_procfs", FEXIT, sunrpc, MANDATORY, "exportfs -f, after")        \
	X(na_e_nl_sunrpc, "sunrpc_nl_cache_flush_doit", FENTRY, sunrpc, WHERE_PRESENT, "flush by netlink, before") \
	X(na_x_nl_sunrpc, "sunrpc_nl_cache_flush_doit", FEXIT, sunrpc, WHERE_PRESENT, "flush by netlink, after") \
	X(na_e_nl_nfsd, "nfsd_nl_cache_flush_doit", FENTRY, nfsd, WHERE_PRESENT, "flush by netlink, before") \
	X(na_x_nl_nfsd, "nfsd_nl_cache_flush_doit", FEXIT, nfsd, WHERE_PRESENT, "flush by netlink, after") \
	X(na_e_stop, "svc_xprt_destroy_all", FENTRY, sunrpc, MANDATORY, "nfsd stops, before")      \
	X(na_x_stop, "svc_xprt_destroy_all", FEXIT, sunrpc, MANDATORY, "nfsd stops, after")        \
	X(na_e_splice_read, "nfsd_splice_read", FENTRY, nfsd, FILL, "fill: what nfsd is about to read") \
	X(na_e_iter_read, "nfsd_iter_read", FENTRY, nfsd, FILL_PRESENT, "fill, where splicing is off") \
	X(na_x_dispatch, "nfsd_dispatch", FEXIT, nfsd, COUNT, "counters by client and export")
/* clang-format on */

#endif

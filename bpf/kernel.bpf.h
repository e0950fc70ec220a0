/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's structures, only the members used here. Offsets and sizes are relocated
 * against the running kernel's BTF when the programs are loaded (CO-RE), so neither the
 * order nor what is left out matters. What differs between kernels is in drift.bpf.h.
 */
#ifndef NFSACCEL_BPF_KERNEL_H
#define NFSACCEL_BPF_KERNEL_H

#include "nfsaccel/types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__u32 val;
} na_kuid;

typedef struct {
	int counter;
} na_atomic;

typedef struct {
	__s64 counter;
} na_atomic64;

struct sk_buff {
	void (*destructor)(struct sk_buff *skb);
	__u8 fclone : 2;
	__u8 ip_summed : 2;
};

struct list_head {
	struct list_head *next, *prev;
};

struct file_lock_context {
	struct list_head flc_lease;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
	__u32 s_fsnotify_mask;
};

struct inode {
	__u16 i_mode;
	na_kuid i_uid;
	na_kuid i_gid;
	void *i_acl;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	__s64 i_size;
	na_atomic64 i_version;
	na_atomic i_writecount;
	struct file_lock_context *i_flctx;
	__u32 i_generation;
	__u32 i_fsnotify_mask;
};

struct dentry {
	struct dentry *d_parent;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct vfsmount mnt;
	__u32 mnt_fsnotify_mask;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct inode *f_inode;
};

struct renamedata {
	struct dentry *old_dentry;
	struct dentry *new_dentry;
};

struct fs_context {
	struct dentry *root;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

struct mutex {
	na_atomic64 owner;
};

struct sock_common {
	volatile unsigned char skc_state;
};

struct sock {
	struct sock_common __sk_common;
	void *sk_user_data; /* of nfsd's sockets: struct svc_sock */
};

struct tcp_options_received {
	__u16 saw_tstamp : 1, tstamp_ok : 1, dsack : 1, wscale_ok : 1, sack_ok : 3, smc_ok : 1,
		snd_wscale : 4, rcv_wscale : 4;
};

struct tcp_congestion_ops {
	__u32 flags;
};

struct inet_connection_sock {
	const struct tcp_congestion_ops *icsk_ca_ops;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u64 bytes_received;
	__u64 bytes_sent;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 rcv_wnd;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 snd_wnd;
	__u32 mss_cache;
	__u32 write_seq;
	__u8 ecn_flags;
	struct tcp_options_received rx_opt;
};

struct cache_head {
	__s64 expiry_time; /* seconds since boot */
	unsigned long flags;
};

struct cache_detail {
	char *name;
};

struct na_sockaddr {
	char data[28];
};

struct svc_xprt_class {
	int xcl_ident;
};

struct svc_xprt {
	struct svc_xprt_class *xpt_class;
	unsigned long xpt_flags;
	struct mutex xpt_mutex; /* one reply at a time */
	na_atomic xpt_nr_rqsts; /* calls being worked on */
	void *xpt_auth_cache;	/* struct ip_map, which begins with a cache_head */
	struct net *xpt_net;
	struct na_sockaddr xpt_local; /* struct __kernel_sockaddr_storage */
	struct na_sockaddr xpt_remote;
};

struct svc_sock {
	struct svc_xprt sk_xprt;
	struct sock *sk_sk;
	__u32 sk_tcplen; /* bytes of the record being received, its mark included */
};

/* kernel/time: per CPU, the distance of each clock from CLOCK_MONOTONIC. */
struct hrtimer_clock_base {
	__s64 offset;
};

struct hrtimer_cpu_base {
	struct hrtimer_clock_base clock_base[8];
};

struct svc_serv {
	unsigned int sv_max_payload;
	char *sv_name;
};

struct svc_cred {
	__u32 cr_flavor;
};

struct xdr_buf {
	unsigned int page_len;
};

struct svc_rqst {
	struct svc_xprt *rq_xprt;
	struct na_sockaddr rq_addr; /* the client's */
	struct na_sockaddr rq_daddr; /* and which of ours it spoke to */
	struct svc_serv *rq_server;
	struct svc_cred rq_cred;
	__be32 rq_xid;
	__u32 rq_prog;
	__u32 rq_vers;
	__u32 rq_proc;
	void *rq_argp;
	void *rq_resp;
	struct xdr_buf rq_res;
	__s64 rq_stime; /* when the call had been received */
};

struct nfsd3_writeres {
	__be32 status;
	unsigned long count;
};

struct nfsd4_read {
	__u32 rd_length;
};

struct nfsd4_write {
	__u32 wr_bytes_written;
};

union nfsd4_op_u {
	struct nfsd4_read read;
	struct nfsd4_write write;
};

struct nfsd4_op {
	__u32 opnum;
	__be32 status;
	union nfsd4_op_u u;
};

struct nfsd4_compoundargs {
	struct nfsd4_op *ops;
};

struct knfsd_fh {
	unsigned int fh_size;
	__u8 fh_raw[128];
};

/* sunrpc's and nfsd's caches, nfsd(7): who an address is, groups by uid, exports, and their keys. */
struct ip_map {
	struct cache_head h;
	void *m_client; /* struct unix_domain, one a name */
};

struct group_info {
	int ngroups;
	na_kuid gid[]; /* kgid_t */
};

struct unix_gid {
	struct cache_head h;
	struct group_info *gi;
};

struct svc_expkey {
	struct cache_head h;
	struct path ek_path;
};

struct exp_flavor_info {
	__u32 pseudoflavor;
	__u32 flags;
};

struct svc_export {
	struct cache_head h;
	int ex_flags;
	struct path ex_path;
	na_kuid ex_anon_uid;
	na_kuid ex_anon_gid;
	int ex_fsid;
	unsigned char *ex_uuid; /* of 16 bytes, or NULL */
	__u32 ex_nflavors;
	struct exp_flavor_info ex_flavors[8];
	__u32 ex_layout_types;
};

struct svc_fh {
	struct knfsd_fh fh_handle;
	struct dentry *fh_dentry;
	struct svc_export *fh_export;
};

struct nfsd4_compound_state {
	struct svc_fh current_fh;
};

struct nfsd4_compoundres {
	__u32 opcnt; /* that were done */
	struct nfsd4_compound_state cstate;
};

#pragma clang attribute pop

/* include/linux/fs.h and linux/magic.h: values that are no enum and so not in BTF */
#define NA_FMODE_WRITE 0x2u
#define NA_S_IFMT      0170000
#define NA_S_IFREG     0100000
/* FS_OPEN_PERM, FS_ACCESS_PERM, FS_OPEN_EXEC_PERM, FS_PRE_ACCESS (6.14) */
#define NA_PERM_EVENTS 0x00170000u
#define NA_MAGIC_EXT4  0xEF53
#define NA_MAGIC_XFS   0x58465342
#define NA_MAGIC_BTRFS 0x9123683E
#define NA_MAGIC_TMPFS 0x01021994

#endif

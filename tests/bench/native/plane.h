/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TC programs with a cache that is filled by hand, as nfsd's hooks would have filled it:
 * those hooks need nfsd, which there is none of here. Nothing is pinned; all of it ends with
 * the process, but for filters that plane_detach() has not taken off their device.
 */
#ifndef TESTS_BENCH_NATIVE_PLANE_H
#define TESTS_BENCH_NATIVE_PLANE_H

#include "bpf/nfsaccel.skel.h" /* generated */
#include "nfsaccel/splice_state.h"

struct plane_options {
	__u32 files;  /* at most */
	__u32 blocks; /* of NA_BLOCK_BYTES; files beyond share them */
	__u32 flows;
	__u32 guards; /* NA_GUARD_* */
	__u64 alive_ns;
};

struct plane {
	struct nfsaccel_bpf *skel;
	struct na_entry *entries; /* the map itself */
	struct na_slab *slab;	  /* being filled, number slab_no */
	__u32 files, slabs, blocks, slab_no;
	__u32 next_entry, next_block;
	__u64 cred; /* the number of every credential here */
};

struct plane_file {
	struct na_fh fh;
	const __u8 *attr; /* NA_FATTR3_BYTES, aligned to 4 */
	const __u8 *data;
	struct na_inode_snap snap; /* of its live inode; dev and ino choose the version slot */
};

/* 0, or negative errno with the reason on stderr. */
int plane_open(struct plane *p, const struct plane_options *o);
void plane_close(struct plane *p);

/* Root of this client (as na_flow_key has it) may read all files, from any port. */
int plane_client(struct plane *p, const __u8 client[16]);

/* Into the cache; what was put there can be read after plane_flush(). */
int plane_put(struct plane *p, const struct plane_file *file);
int plane_flush(struct plane *p);

int plane_attach(const struct plane *p, int ifindex);
void plane_detach(int ifindex);

/* What all maps take of the kernel's memory; those whose size depends on how much is cached. */
__u64 plane_memory(const struct plane *p);
__u64 plane_cache_memory(const struct plane *p);

/* What ingress and egress did, while the kernel's statistics are on. */
struct plane_runs {
	__u64 ns;
	__u64 n;
};

struct plane_runs plane_runs(const struct plane *p);
__u64 plane_count(const struct plane *p, enum na_verdict what);

#endif

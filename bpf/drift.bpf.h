/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels that the programs know, each with the version that
 * made it necessary. A struct name ending in ___x is a CO-RE flavour: the loader looks
 * up the name without the suffix.
 */
#ifndef NFSACCEL_BPF_DRIFT_H
#define NFSACCEL_BPF_DRIFT_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "bpf/kernel.bpf.h"

#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

/*
 * Offset of a member. The barrier keeps the compiler from computing the offsets of both
 * branches and choosing afterwards: the one of a member that is not there does not load.
 */
#define NA_OFF(type, member)                                                                       \
	({                                                                                         \
		__u64 off_ = bpf_core_field_offset(type, member);                                  \
		barrier_var(off_);                                                                 \
		off_;                                                                              \
	})

#define NA_HAS(type, member) bpf_core_field_exists(((struct type *)0)->member)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct na_timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

/* Before 6.6 (13bc24457850, __i_ctime) and 6.7 (12cd44023651, __i_mtime). */
struct inode___ts {
	struct na_timespec64 i_mtime;
	struct na_timespec64 i_ctime;
};

struct inode___uts {
	struct na_timespec64 __i_mtime;
	struct na_timespec64 __i_ctime;
};

/* Since 6.11 (3aa63a569c64: discrete integers). */
struct inode___sec {
	__s64 i_mtime_sec;
	__s64 i_ctime_sec;
	__u32 i_mtime_nsec;
	__u32 i_ctime_nsec;
};

/* Since 6.4 (b3cbf98e2fdf: RPC with TLS). */
struct svc_export___tls {
	unsigned long ex_xprtsec_modes;
};

/* i_state: unsigned long, __u32 since 6.12 (2ed634c96ed1). */
struct inode___state_long {
	unsigned long i_state;
};

enum inode_state_flags_enum___x {
	I_WILL_FREE___x = 128,
	I_FREEING___x = 256,
};

/* ... an enum in 6.18 ... */
enum inode_state_flags_t___x {
	I_WILL_FREE___t = 128,
	I_FREEING___t = 256,
};

struct inode___state_enum {
	enum inode_state_flags_t___x i_state;
};

struct inode_state_flags___x {
	enum inode_state_flags_enum___x __state;
};

/* ... and a struct of its own since 6.19 (b4dbfd8653b3, inode_state_read()). */
struct inode___state_struct {
	struct inode_state_flags___x i_state;
};

/* Leases share their head with locks, and are a type of their own, since 6.9 (c69ff4071935). */
struct file_lock___old {
	struct list_head fl_list;
	unsigned int fl_flags;
	unsigned char fl_type;
};

struct file_lock_core___new {
	struct list_head flc_list;
	unsigned int flc_flags;
	unsigned char flc_type;
};

/* Since 6.2 (cac2f8b8d8b5; 138060ba92b3 gave set_posix_acl the dentry in that series). */
struct inode_operations {
	void *(*get_inode_acl)(void);
};

/* Since 6.9 (77fa6f314f03; 314a8dc728d0 gave inode_setattr the idmap in that series). */
union security_list_options {
	void (*inode_post_setattr)(void);
};

#pragma clang attribute pop

/* Does set_posix_acl's second argument name the dentry, or the inode? */
#define NA_ACL_HAS_DENTRY bpf_core_field_exists(((struct inode_operations *)0)->get_inode_acl)

/* Does the LSM hook inode_setattr begin with the idmap, or with the dentry? */
#define NA_LSM_SETATTR_HAS_IDMAP                                                                   \
	bpf_core_field_exists(((union security_list_options *)0)->inode_post_setattr)

struct na_time_off {
	__u64 sec;
	__u64 nsec;
	bool wide; /* nsec has 8 bytes */
};

static __always_inline void na_off_mtime(struct na_time_off *o)
{
	if (NA_HAS(inode___sec, i_mtime_sec)) {
		o->sec = NA_OFF(struct inode___sec, i_mtime_sec);
		o->nsec = NA_OFF(struct inode___sec, i_mtime_nsec);
		o->wide = false;
	} else if (NA_HAS(inode___uts, __i_mtime)) {
		o->sec = NA_OFF(struct inode___uts, __i_mtime.tv_sec);
		o->nsec = NA_OFF(struct inode___uts, __i_mtime.tv_nsec);
		o->wide = true;
	} else {
		o->sec = NA_OFF(struct inode___ts, i_mtime.tv_sec);
		o->nsec = NA_OFF(struct inode___ts, i_mtime.tv_nsec);
		o->wide = true;
	}
}

static __always_inline void na_off_ctime(struct na_time_off *o)
{
	if (NA_HAS(inode___sec, i_ctime_sec)) {
		o->sec = NA_OFF(struct inode___sec, i_ctime_sec);
		o->nsec = NA_OFF(struct inode___sec, i_ctime_nsec);
		o->wide = false;
	} else if (NA_HAS(inode___uts, __i_ctime)) {
		o->sec = NA_OFF(struct inode___uts, __i_ctime.tv_sec);
		o->nsec = NA_OFF(struct inode___uts, __i_ctime.tv_nsec);
		o->wide = true;
	} else {
		o->sec = NA_OFF(struct inode___ts, i_ctime.tv_sec);
		o->nsec = NA_OFF(struct inode___ts, i_ctime.tv_nsec);
		o->wide = true;
	}
}

/* Since 6.13 (4e40eff0b573, multigrain) the top bit says "was looked at". */
#define NA_NSEC_MASK 0x7fffffffu

/*
 * Where the state bits are, and which of them mean that the inode is going away: no enum
 * before 6.19. 6.12 moved the bits up (2b111edbe0f8) in the series that shrank i_state.
 */
static __always_inline __u64 na_off_state(__u32 *dying, bool *wide)
{
	__u64 off;

	*wide = false;
	if (NA_HAS(inode___state_struct, i_state.__state)) {
		*dying = bpf_core_enum_value(enum inode_state_flags_enum___x, I_FREEING___x) |
			 bpf_core_enum_value(enum inode_state_flags_enum___x, I_WILL_FREE___x);
		return NA_OFF(struct inode___state_struct, i_state.__state);
	}
	if (NA_HAS(inode___state_enum, i_state)) {
		*dying = bpf_core_enum_value(enum inode_state_flags_t___x, I_FREEING___t) |
			 bpf_core_enum_value(enum inode_state_flags_t___x, I_WILL_FREE___t);
		return NA_OFF(struct inode___state_enum, i_state);
	}
	off = NA_OFF(struct inode___state_long, i_state);
	if (bpf_core_field_size(((struct inode___state_long *)0)->i_state) == 4) {
		*dying = 1u << 7 | 1u << 8;
	} else {
		*dying = 1u << 4 | 1u << 5;
		*wide = true;
	}
	return off;
}

/* From the list node of a lease to its flags and type. */
static __always_inline bool na_lease_read(__u64 node, __u32 *flags, __u8 *type)
{
	__u64 off_flags, off_type;

	if (NA_HAS(file_lock_core___new, flc_list)) {
		__u64 base = node - NA_OFF(struct file_lock_core___new, flc_list);

		off_flags = base + NA_OFF(struct file_lock_core___new, flc_flags);
		off_type = base + NA_OFF(struct file_lock_core___new, flc_type);
	} else {
		__u64 base = node - NA_OFF(struct file_lock___old, fl_list);

		off_flags = base + NA_OFF(struct file_lock___old, fl_flags);
		off_type = base + NA_OFF(struct file_lock___old, fl_type);
	}
	return !bpf_probe_read_kernel(flags, sizeof(*flags), (void *)off_flags) &&
	       !bpf_probe_read_kernel(type, sizeof(*type), (void *)off_type);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of one of the kernel's structs, read at once: a read costs more than what it copies. */
#ifndef NFSACCEL_BPF_WINDOW_H
#define NFSACCEL_BPF_WINDOW_H

#include "bpf/drift.bpf.h"

struct na_window {
	const __u64 *data;
	__u64 from; /* offset in the struct of its first byte */
	__u32 len;
	__u64 addr; /* of the struct */
};

/*
 * Copies a member out of the window, or from the struct where this kernel has it elsewhere
 * (lock debugging makes i_lock grow). All offsets are constants to the verifier, which
 * drops the other branch.
 */
static __always_inline __u32 na_win_u32(const struct na_window *w, __u64 off)
{
	__u32 v = 0;

	if (off >= w->from && off - w->from <= w->len - sizeof(v))
		return *(const __u32 *)((const char *)w->data + (off - w->from));
	bpf_probe_read_kernel(&v, sizeof(v), (void *)(w->addr + off));
	return v;
}

static __always_inline __u64 na_win_u64(const struct na_window *w, __u64 off)
{
	__u64 v = 0;

	if (off >= w->from && off - w->from <= w->len - sizeof(v))
		return *(const __u64 *)((const char *)w->data + (off - w->from));
	bpf_probe_read_kernel(&v, sizeof(v), (void *)(w->addr + off));
	return v;
}

/* A bit field of struct `type`; what is read beside it is shifted out. */
#define NA_WIN_BITS(window, type, member)                                                          \
	({                                                                                         \
		const struct type *none_ = NULL;                                                   \
		__u64 at_ = __builtin_preserve_field_info(none_->member, BPF_FIELD_BYTE_OFFSET);   \
		barrier_var(at_);                                                                  \
		na_win_u64(window, at_)                                                            \
				<< __builtin_preserve_field_info(none_->member,                    \
								 BPF_FIELD_LSHIFT_U64) >>          \
			__builtin_preserve_field_info(none_->member, BPF_FIELD_RSHIFT_U64);        \
	})

#endif

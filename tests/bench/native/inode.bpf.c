// SPDX-License-Identifier: GPL-2.0-only
/* The live inodes behind a process's open files, as guard 2 will compare them. */
#include "bpf/inode.bpf.h"
#include <bpf/bpf_tracing.h>

#include "tests/bench/native/inode.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};
#pragma clang attribute pop

SEC("iter/task_file")
int inodes(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct inode_seen seen = {};
	struct na_inode_room room;
	__s32 writers;
	bool freeing;

	if (!file)
		return 0;
	seen.fd = ctx->fd;
	seen.err = na_inode_snap_probe((__u64)file->f_inode, &room, &seen.snap, &writers, &freeing);
	bpf_seq_write(ctx->meta->seq, &seen, sizeof(seen));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

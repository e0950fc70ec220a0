// SPDX-License-Identifier: GPL-2.0-only
/* Guard 2's reader where the answer is known: an inode being opened, and one being evicted. */
#include "bpf/inode.bpf.h"
#include <bpf/bpf_tracing.h>

#include "tests/prog/probe.h"

struct probe_result opened, evicted, asked;
__u64 want_ino;
__u64 want_addr;

static __always_inline void probe(struct probe_result *r, __u64 addr)
{
	struct na_inode_room room;
	struct na_inode_snap snap = {};
	__s32 writers = 0;
	bool freeing = false;

	r->err = na_inode_snap_probe(addr, &room, &snap, &writers, &freeing);
	r->snap = snap;
	r->writers = writers;
	r->freeing = freeing;
	r->runs++;
}

SEC("lsm/file_open")
int BPF_PROG(probe_open, struct file *file, int ret)
{
	struct inode *inode = file->f_inode;

	if (want_ino && inode->i_ino == want_ino)
		probe(&opened, (__u64)inode);
	return ret;
}

SEC("fentry/evict")
int BPF_PROG(probe_evict, struct inode *inode)
{
	if (want_ino && inode->i_ino == want_ino)
		probe(&evicted, (__u64)inode);
	return 0;
}

/* As the TC program reads, by address. */
SEC("tc")
int probe_addr(struct __sk_buff *skb)
{
	probe(&asked, want_addr);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

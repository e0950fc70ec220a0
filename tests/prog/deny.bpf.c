// SPDX-License-Identifier: GPL-2.0-only
/* A kernel that will not have one program, by its name. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <asm-generic/errno-base.h>

#include "nfsaccel/types.h"

#define CO_RE __attribute__((preserve_access_index))

struct file___deny {
	void *private_data;
} CO_RE;

struct fdtable {
	struct file___deny **fd;
} CO_RE;

struct files_struct {
	struct fdtable *fdt;
} CO_RE;

struct task_struct {
	struct files_struct *files;
} CO_RE;

struct bpf_prog_aux {
	char name[16];
} CO_RE;

struct bpf_prog {
	struct bpf_prog_aux *aux;
} CO_RE;

const volatile char name[16];
const volatile bool attaching; /* loading, else */
__u32 denied;

static __always_inline bool is_ours(const char *other)
{
	__u32 i;

	for (i = 0; i < sizeof(name); i++) {
		if (other[i] != name[i])
			return false;
		if (!name[i])
			break;
	}
	return true;
}

static __always_inline int name_by_fd(__u32 fd, char to[16])
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file___deny **table = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;
	struct bpf_prog *prog;

	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	prog = BPF_CORE_READ(file, private_data);
	return bpf_probe_read_kernel(to, 16, BPF_CORE_READ(prog, aux, name));
}

SEC("lsm/bpf")
int BPF_PROG(deny_bpf, int cmd, union bpf_attr *attr)
{
	char other[16] = {};
	__u32 fd = 0;

	if (!attaching && cmd == BPF_PROG_LOAD) {
		bpf_probe_read_kernel(other, sizeof(other), attr->prog_name);
	} else if (attaching && (cmd == BPF_LINK_CREATE || cmd == BPF_RAW_TRACEPOINT_OPEN)) {
		if (cmd == BPF_LINK_CREATE)
			bpf_probe_read_kernel(&fd, sizeof(fd), &attr->link_create.prog_fd);
		else
			bpf_probe_read_kernel(&fd, sizeof(fd), &attr->raw_tracepoint.prog_fd);
		if (name_by_fd(fd, other))
			return 0;
	} else {
		return 0;
	}
	if (!is_ours(other))
		return 0;
	denied++;
	return -EACCES;
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/tcx.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

/* include/uapi/linux/bpf.h, from 6.6 on */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS  ((enum bpf_attach_type)47)
#define TCX_MAX	    64 /* programs on one point: BPF_MPROG_MAX */

static enum bpf_attach_type point(bool egress)
{
	return egress ? TCX_EGRESS : TCX_INGRESS;
}

/* An fd of the program of this name, or a negative errno: -ENOENT when there is none. */
static int open_program(int ifindex, bool egress, const char *name, __u32 *id)
{
	__u32 ids[TCX_MAX] = {0}, i;
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids, .prog_cnt = TCX_MAX);

	if (bpf_prog_query_opts(ifindex, point(egress), &opts))
		return -ENOENT;
	for (i = 0; i < opts.prog_cnt && i < TCX_MAX; i++) {
		_cleanup_(close) int fd = bpf_prog_get_fd_by_id(ids[i]);
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) || strcmp(info.name, name))
			continue;
		*id = ids[i];
		return na_take_fd(&fd);
	}
	return -ENOENT;
}

__u32 na_tcx_program(int ifindex, bool egress, const char *name)
{
	__u32 id = 0;
	_cleanup_(close) int fd = open_program(ifindex, egress, name, &id);

	return fd < 0 ? 0 : id;
}

int na_tcx_attach(int ifindex, bool egress, const char *name, int fd)
{
	__u32 id;
	_cleanup_(close) int old = open_program(ifindex, egress, name, &id);
	LIBBPF_OPTS(bpf_prog_attach_opts, opts, .flags = old < 0 ? 0 : BPF_F_REPLACE,
		    .replace_prog_fd = old < 0 ? 0 : old);

	return bpf_prog_attach_opts(fd, ifindex, point(egress), &opts);
}

int na_tcx_detach(int ifindex, bool egress, const char *name)
{
	__u32 id;
	_cleanup_(close) int fd = open_program(ifindex, egress, name, &id);

	return fd < 0 ? 0 : bpf_prog_detach2(fd, ifindex, point(egress));
}

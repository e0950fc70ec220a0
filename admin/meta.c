// SPDX-License-Identifier: GPL-2.0-only
#include "admin/meta.h"

#include "admin/bpffs.h"
#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <string.h>
#include <sys/stat.h>

int na_shape_make(struct na_shape *s, const struct na_config *c, bool small)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st))
		return -errno;
	*s = (struct na_shape){
		.abi = NA_ABI,
		.port = c->port,
		.netns = st.st_ino,
		.tc_priority = c->tc_priority,
	};
	na_budget_make(&s->budget, c, small);
	return 0;
}

int na_meta_create(const struct na_shape *shape)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	_cleanup_(close) int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "na_meta", sizeof(__u32),
						 sizeof(struct na_meta), 1, &opts);
	struct na_meta meta = {.shape = *shape};
	__u32 zero = 0;
	int err;

	if (fd < 0)
		return -errno;
	err = bpf_map_update_elem(fd, &zero, &meta, BPF_ANY);
	return err ? err : na_take_fd(&fd);
}

int na_meta_read(const char *pin, struct na_shape *shape)
{
	_cleanup_(close) int fd = na_bpffs_get(pin, "", "meta");
	_cleanup_(free) void *value = NULL;
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info), zero = 0;
	int err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (err)
		return err;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size < NA_SHAPE_FIXED)
		return -EINVAL;
	value = malloc((info.value_size + 7) & ~7u);
	if (!value)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &zero, value);
	if (err)
		return err;
	memset(shape, 0, sizeof(*shape));
	memcpy(shape, value,
	       info.value_size == sizeof(struct na_meta) ? sizeof(*shape) : NA_SHAPE_FIXED);
	return 0;
}

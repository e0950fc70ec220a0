// SPDX-License-Identifier: GPL-2.0-only
/* Leaving nothing behind: after this daemon, or after another one that was killed. */
#include "admin/plane.h"

#include "admin/bpffs.h"
#include "admin/cleanup.h"
#include "admin/links.h"
#include "admin/qdisc.h"
#include "admin/reset.h"
#include "nfsaccel/splice_state.h"

#include <bpf/bpf.h>
#include <string.h>

/* na_flows, if we know how to read it. */
static int open_flows(const char *pin, const struct na_shape *shape)
{
	_cleanup_(close) int fd = na_bpffs_get(pin, "maps", "na_flows");
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (fd < 0 || shape->abi != NA_ABI || bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.value_size != sizeof(struct na_flow) ||
	    info.key_size != sizeof(struct na_flow_key))
		return -1;
	return na_take_fd(&fd);
}

/* Was there no clsact on this device before us? Unknown is no. */
static bool made_clsact(const struct na_meta *meta, int ifindex)
{
	__u32 i;

	for (i = 0; i < meta->nclsact && i < NA_META_CLSACT; i++)
		if (meta->clsact[i] == (__u32)ifindex)
			return true;
	return false;
}

static int detach_all(const char *pin, const struct na_shape *shape)
{
	_cleanup_(close) int fd = na_bpffs_get(pin, "", "meta");
	struct na_meta meta = {0};
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info), zero = 0;
	struct na_links links;
	size_t i;
	int err = na_links_read(&links);

	if (err)
		return err;
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.value_size == sizeof(meta))
		bpf_map_lookup_elem(fd, &zero, &meta);
	for (i = 0; i < links.n; i++) {
		int ifindex = links.link[i].ifindex;
		int one = na_tc_detach(ifindex, shape->tc_priority, made_clsact(&meta, ifindex));

		one = na_qdisc_restore(ifindex) ?: one;

		/* The device may be gone by now. */
		if (one && one != -ENODEV && !err)
			err = one;
	}
	free(links.link);
	return err;
}

int na_plane_undo(const char *pin, __u32 netns, unsigned int *reset, struct na_why *why)
{
	_cleanup_(close) int flows = -1;
	_cleanup_(close) int ctl = -1;
	struct na_shape shape;
	struct na_reset r;
	int err;

	*reset = 0;
	err = na_meta_read(pin, &shape);
	if (err == -ENOENT) {
		/* A start that got no further than this left no programs attached. */
		na_bpffs_remove(pin);
		return na_why(why, err, "nothing is pinned at %s", pin);
	}
	if (err)
		return na_why(why, err, "cannot read %s/meta: %s", pin, strerror(-err));
	if (shape.netns != netns)
		return na_why(
			why, -EXDEV,
			"%s belongs to another network namespace (%u): give this "
			"nfsacceld a pin and run of its own in nfsaccel.conf; if that namespace "
			"is gone, rm -r %s",
			pin, shape.netns, pin);
	ctl = na_bpffs_get(pin, "maps", "na_ctl");
	if (ctl < 0)
		return na_why(why, ctl, "cannot open %s/maps/na_ctl: %s", pin, strerror(-ctl));
	flows = open_flows(pin, &shape);
	r = (struct na_reset){.ctl_fd = ctl, .flows_fd = flows, .port = shape.port};
	err = na_reset_connections(&r);
	*reset = r.done;
	if (err)
		return na_why(why, err, "cannot reset the connections that depend on %s: %s", pin,
			      strerror(-err));
	if (r.left)
		return na_why(why, -EBUSY,
			      "%u connections did not let themselves be reset; the "
			      "programs stay so that they go on working",
			      r.left);
	err = detach_all(pin, &shape);
	if (err)
		return na_why(why, err, "cannot detach from all devices: %s", strerror(-err));
	err = na_bpffs_remove(pin);
	if (err)
		return na_why(why, err, "cannot remove %s: %s", pin, strerror(-err));
	return 0;
}

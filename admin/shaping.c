// SPDX-License-Identifier: GPL-2.0-only
#include "admin/shaping.h"

#include "admin/limits.h"
#include "admin/probe.h"
#include "admin/qdisc.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* 0, or why packets cannot be held on the device: -EEXIST is another's qdisc. */
static int shape(struct na_device *dev)
{
	struct na_qdisc q;
	int err = na_qdisc_read(dev->ifindex, &q);

	if (err)
		return err;
	snprintf(dev->qdisc, sizeof(dev->qdisc), "%s", q.kind);
	if (q.holds)
		return 0;
	if (!q.untouched && !q.ours)
		return -EEXIST;
	na_probe_load_module("sch_fq");
	err = na_qdisc_replace(dev->ifindex, &q);
	return err ?: na_qdisc_read(dev->ifindex, &q) ?: q.holds ? 0 : -EIO;
}

int na_shaping_refresh(struct na_devices *d, struct na_plane *p)
{
	int map = na_plane_map_fd(p, "na_unshaped"), err = 0;
	bool changed = false;
	__u32 one = 1;
	size_t i;

	if (!p->ctl->limit_gen)
		return 0;
	for (i = 0; i < d->n; i++) {
		struct na_device *dev = &d->device[i];
		__u32 ifindex = dev->ifindex, was = 0;
		int unshaped;

		if (dev->err || !dev->ifindex)
			continue;
		unshaped = shape(dev);
		if (unshaped != dev->unshaped)
			dev->told = false;
		dev->unshaped = unshaped;
		bpf_map_lookup_elem(map, &ifindex, &was);
		if (!unshaped == !was)
			continue;
		changed = true;
		if (unshaped ? bpf_map_update_elem(map, &ifindex, &one, BPF_ANY)
			     : bpf_map_delete_elem(map, &ifindex))
			err = -errno;
	}
	if (changed)
		na_limits_renew(p);
	return err;
}

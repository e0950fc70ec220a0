// SPDX-License-Identifier: GPL-2.0-only
#include "admin/shaping.h"

#include "admin/limits.h"
#include "admin/probe.h"
#include "admin/qdisc.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* An enum na_unshaped, or 0. */
static __u32 told(int map, const struct na_device *dev)
{
	__u32 ifindex = dev->ifindex, was = 0;

	bpf_map_lookup_elem(map, &ifindex, &was);
	return was;
}

static int tell(int map, const struct na_device *dev, __u32 now)
{
	__u32 ifindex = dev->ifindex;

	if (now ? bpf_map_update_elem(map, &ifindex, &now, BPF_ANY)
		: bpf_map_delete_elem(map, &ifindex))
		return -errno;
	return 0;
}

static int put_fq(struct na_device *dev, struct na_qdisc *q)
{
	int err;

	na_probe_load_module("sch_fq");
	err = na_qdisc_replace(dev->ifindex, q);
	return err ?: na_qdisc_read(dev->ifindex, q) ?: q->holds ? 0 : -EIO;
}

/* What the device is to the programs. */
static __u32 shape(struct na_device *dev)
{
	struct na_qdisc q;
	int err = na_qdisc_read(dev->ifindex, &q);

	if (!err)
		snprintf(dev->qdisc, sizeof(dev->qdisc), "%s", q.kind);
	if (!err && !q.holds && !q.untouched && !q.ours)
		err = -EEXIST;
	if (!err && !q.holds && dev->limited)
		err = put_fq(dev, &q);
	dev->fq = !err && q.ours;
	dev->holds = !err && q.holds;
	if (err != dev->unshaped)
		dev->told = false;
	dev->unshaped = err;
	return err ? NA_UNSHAPED_POLICE : q.holds ? 0 : NA_UNSHAPED_IDLE;
}

/* Without limits: our fq goes when it is empty. */
static void release(struct na_device *dev)
{
	struct na_qdisc q;

	dev->limited = false;
	dev->told = false;
	if (na_qdisc_read(dev->ifindex, &q))
		return;
	dev->fq = q.ours;
	if (q.ours && !q.waiting && !na_qdisc_restore(dev->ifindex))
		dev->fq = false;
}

int na_shaping_refresh(struct na_devices *d, struct na_plane *p)
{
	int map = na_plane_map_fd(p, "na_unshaped"), err = 0, one;
	bool changed = false;
	__u32 was, now;
	size_t i;

	for (i = 0; i < d->n; i++) {
		struct na_device *dev = &d->device[i];

		if (dev->err || !dev->ifindex)
			continue;
		if (!p->ctl->limit_gen) {
			release(dev);
			continue;
		}
		was = told(map, dev);
		dev->limited = dev->limited || was == NA_UNSHAPED_WANTED;
		now = shape(dev);
		if (now == was)
			continue;
		changed = true;
		one = tell(map, dev, now);
		err = err ?: one;
	}
	if (changed)
		na_limits_renew(p);
	return err;
}

bool na_shaping_due(const struct na_devices *d, const struct na_plane *p)
{
	int map = na_plane_map_fd(p, "na_unshaped");
	size_t i;

	for (i = 0; i < d->n; i++)
		if (p->ctl->limit_gen ? told(map, &d->device[i]) == NA_UNSHAPED_WANTED
				      : d->device[i].fq)
			return true;
	return false;
}

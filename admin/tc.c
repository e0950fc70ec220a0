// SPDX-License-Identifier: GPL-2.0-only
#include "admin/tc.h"

#include "admin/cleanup.h"
#include "admin/netlink.h"
#include "admin/tcx.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define POINTS 2

static const struct {
	enum bpf_tc_attach_point point;
	const char *program;
	__u32 parent;
} points[POINTS] = {
	{BPF_TC_EGRESS, NA_TC_EGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)},
	{BPF_TC_INGRESS, NA_TC_INGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)},
};

/* Program at our handle; 0 when there is none. */
static __u32 filter_program(int ifindex, int i, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = points[i].point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = NA_TC_HANDLE, .priority = priority);

	return bpf_tc_query(&hook, &opts) ? 0 : opts.prog_id;
}

static bool is_ours(int i, __u32 id)
{
	_cleanup_(close) int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       !strcmp(info.name, points[i].program);
}

static int attach_clsact(int ifindex, const struct na_tc_programs *p, bool *created)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	const int fds[POINTS] = {p->egress_fd, p->ingress_fd};
	int i, err;

	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	*created = !err;
	for (i = 0; i < POINTS; i++) {
		__u32 id = filter_program(ifindex, i, p->priority);
		LIBBPF_OPTS(bpf_tc_hook, one, .ifindex = ifindex, .attach_point = points[i].point);
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = NA_TC_HANDLE, .priority = p->priority,
			    .prog_fd = fds[i], .flags = id ? BPF_TC_F_REPLACE : 0);

		if (id && !is_ours(i, id))
			return -EEXIST;
		err = bpf_tc_attach(&one, &opts);
		/* What an ingress qdisc in clsact's place says to an egress filter. */
		if (err == -EINVAL)
			err = -EBUSY;
		if (err)
			return err;
	}
	return 0;
}

static bool clsact_attached(int ifindex, const struct na_tc_programs *p)
{
	return filter_program(ifindex, 0, p->priority) == p->egress_id &&
	       filter_program(ifindex, 1, p->priority) == p->ingress_id;
}

static __u32 tcx_program(int ifindex, int i)
{
	return na_tcx_program(ifindex, points[i].point == BPF_TC_EGRESS, points[i].program);
}

static bool tcx_attached(int ifindex, const struct na_tc_programs *p)
{
	return tcx_program(ifindex, 0) == p->egress_id && tcx_program(ifindex, 1) == p->ingress_id;
}

static int detach_tcx(int ifindex)
{
	int i, err = 0;

	for (i = POINTS - 1; i >= 0; i--)
		err = na_tcx_detach(ifindex, points[i].point == BPF_TC_EGRESS, points[i].program)
			      ?: err;
	return err;
}

/* Both or neither: what is half attached is taken off again. */
static int attach_tcx(int ifindex, const struct na_tc_programs *p)
{
	const int fds[POINTS] = {p->egress_fd, p->ingress_fd};
	int i, err = 0;

	for (i = 0; !err && i < POINTS; i++)
		err = na_tcx_attach(ifindex, points[i].point == BPF_TC_EGRESS, points[i].program,
				    fds[i]);
	if (err)
		detach_tcx(ifindex);
	return err;
}

bool na_tc_attached(int ifindex, const struct na_tc_programs *p)
{
	return tcx_attached(ifindex, p) || clsact_attached(ifindex, p);
}

bool na_tc_present(int ifindex, uint32_t priority)
{
	int i;

	for (i = 0; i < POINTS; i++) {
		__u32 id = filter_program(ifindex, i, priority);

		if (tcx_program(ifindex, i) || (id && is_ours(i, id)))
			return true;
	}
	return false;
}

static int on_filter(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(nlh);
	unsigned int *n = data;

	/* Each chain also dumps a head without a handle. */
	if (nlh->nlmsg_type == RTM_NEWTFILTER && t->tcm_handle)
		++*n;
	return MNL_CB_OK;
}

/* Filters on the device's clsact, whoever's; negative errno when they cannot be told. */
static int count_filters(int ifindex)
{
	_cleanup_(mnl) struct mnl_socket *nl = na_netlink_open(NETLINK_ROUTE);
	unsigned int n = 0;
	int i, err;

	if (!nl)
		return -errno;
	for (i = 0; i < POINTS; i++) {
		char buf[256] __attribute__((aligned(8)));
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct tcmsg *t;

		nlh->nlmsg_type = RTM_GETTFILTER;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		t = mnl_nlmsg_put_extra_header(nlh, sizeof(*t));
		t->tcm_ifindex = ifindex;
		t->tcm_parent = points[i].parent;
		err = na_netlink_call(nl, nlh, on_filter, &n);
		if (err)
			return err;
	}
	return n;
}

static int detach_filters(int ifindex, uint32_t priority)
{
	int i, err = 0;

	for (i = POINTS - 1; i >= 0; i--) {
		__u32 id = filter_program(ifindex, i, priority);
		LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = points[i].point);
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = NA_TC_HANDLE, .priority = priority);

		if (id && is_ours(i, id))
			err = bpf_tc_detach(&hook, &opts) ?: err;
	}
	return err;
}

/* Other people's filters: ours keeps the place among them that its priority gives it. */
static bool others_filter(int ifindex, uint32_t priority)
{
	int i, n = count_filters(ifindex);

	for (i = 0; i < POINTS; i++) {
		__u32 id = filter_program(ifindex, i, priority);

		n -= id && is_ours(i, id);
	}
	return n > 0;
}

int na_tc_attach(int ifindex, const struct na_tc_programs *p, bool *created)
{
	int err;

	*created = false;
	/* A moment with both does no harm: what one has dealt with the other leaves (NA_SEEN). */
	if (!p->clsact_only && !others_filter(ifindex, p->priority) && !attach_tcx(ifindex, p))
		return detach_filters(ifindex, p->priority);
	err = attach_clsact(ifindex, p, created);
	return err ?: detach_tcx(ifindex);
}

int na_tc_detach(int ifindex, uint32_t priority, bool delete_clsact)
{
	LIBBPF_OPTS(bpf_tc_hook, all, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err = detach_tcx(ifindex);

	err = detach_filters(ifindex, priority) ?: err;
	if (delete_clsact && count_filters(ifindex) == 0)
		err = bpf_tc_hook_destroy(&all) ?: err;
	return err;
}

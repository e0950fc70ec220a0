// SPDX-License-Identifier: GPL-2.0-only
#include "admin/qdisc.h"

#include "admin/netlink.h"

#include "admin/cleanup.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* Limits bound what waits; these are against accidents only. */
#define FQ_PACKETS	100000
#define FQ_FLOW_PACKETS 20000

struct look {
	int ifindex;
	struct na_qdisc root;
	__u32 root_handle;
	unsigned int queues; /* below the root */
	unsigned int fq;
	unsigned int chosen; /* by an administrator: neither fq nor the kernel's default */
};

static const char *kind_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	}
	return "";
}

static unsigned int waiting_in(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	struct tc_stats stats;

	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg))
	{
		if (mnl_attr_get_type(attr) != TCA_STATS ||
		    mnl_attr_get_payload_len(attr) < sizeof(stats))
			continue;
		memcpy(&stats, mnl_attr_get_payload(attr), sizeof(stats));
		return stats.qlen;
	}
	return 0;
}

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(nlh);
	struct look *l = data;
	const char *kind = kind_of(nlh);

	if (nlh->nlmsg_type != RTM_NEWQDISC || t->tcm_ifindex != l->ifindex ||
	    t->tcm_parent == TC_H_INGRESS)
		return MNL_CB_OK;
	if (t->tcm_parent == TC_H_ROOT) {
		snprintf(l->root.kind, sizeof(l->root.kind), "%s", kind);
		l->root.waiting = waiting_in(nlh);
		l->root_handle = t->tcm_handle;
		return MNL_CB_OK;
	}
	l->queues++;
	l->fq += !strcmp(kind, "fq");
	l->chosen += strcmp(kind, "fq") && t->tcm_handle;
	return MNL_CB_OK;
}

static struct tcmsg *begin(char *buf, __u16 type, __u16 flags, int ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *t;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	t = mnl_nlmsg_put_extra_header(nlh, sizeof(*t));
	t->tcm_ifindex = ifindex;
	return t;
}

static int look_at(int ifindex, struct look *l)
{
	_cleanup_(mnl) struct mnl_socket *nl = na_netlink_open(NETLINK_ROUTE);
	char buf[256] __attribute__((aligned(8)));

	*l = (struct look){.ifindex = ifindex};
	if (!nl)
		return -errno;
	begin(buf, RTM_GETQDISC, NLM_F_DUMP, ifindex);
	return na_netlink_call(nl, (struct nlmsghdr *)buf, on_qdisc, l);
}

int na_qdisc_read(int ifindex, struct na_qdisc *q)
{
	struct look l;
	int err = look_at(ifindex, &l);

	if (err)
		return err;
	*q = l.root;
	q->ours = l.root_handle == NA_QDISC_HANDLE && !l.chosen;
	q->untouched = !l.root_handle;
	q->holds = !strcmp(q->kind, "fq") || (!strcmp(q->kind, "mq") && l.fq && l.fq == l.queues);
	return 0;
}

static int change(struct nlmsghdr *nlh)
{
	_cleanup_(mnl) struct mnl_socket *nl = na_netlink_open(NETLINK_ROUTE);

	return nl ? na_netlink_call(nl, nlh, NULL, NULL) : -errno;
}

/* No pacing of what has no departure time: unlimited clients are served as before. */
static int put_fq(int ifindex, __u32 parent, __u32 handle)
{
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	struct tcmsg *t =
		begin(buf, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, ifindex);
	struct nlattr *options;

	t->tcm_parent = parent;
	t->tcm_handle = handle;
	mnl_attr_put_strz(nlh, TCA_KIND, "fq");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	mnl_attr_put_u32(nlh, TCA_FQ_PLIMIT, FQ_PACKETS);
	mnl_attr_put_u32(nlh, TCA_FQ_FLOW_PLIMIT, FQ_FLOW_PACKETS);
	mnl_attr_put_u32(nlh, TCA_FQ_RATE_ENABLE, 0);
	mnl_attr_nest_end(nlh, options);
	return change(nlh);
}

static int put_mq(int ifindex)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	struct tcmsg *t =
		begin(buf, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, ifindex);

	t->tcm_parent = TC_H_ROOT;
	t->tcm_handle = NA_QDISC_HANDLE;
	mnl_attr_put_strz(nlh, TCA_KIND, "mq");
	return change(nlh);
}

int na_qdisc_replace(int ifindex, const struct na_qdisc *q)
{
	struct look l = {0};
	unsigned int i;
	int err;

	if (strcmp(q->kind, "mq"))
		return put_fq(ifindex, TC_H_ROOT, NA_QDISC_HANDLE);
	err = put_mq(ifindex) ?: look_at(ifindex, &l);
	for (i = 1; !err && i <= l.queues; i++)
		err = put_fq(ifindex, NA_QDISC_HANDLE | i, 0);
	if (err)
		na_qdisc_restore(ifindex);
	return err;
}

int na_qdisc_restore(int ifindex)
{
	char buf[256] __attribute__((aligned(8)));
	struct na_qdisc q;
	struct tcmsg *t;
	int err = na_qdisc_read(ifindex, &q);

	if (err || !q.ours)
		return err;
	t = begin(buf, RTM_DELQDISC, NLM_F_ACK, ifindex);
	t->tcm_parent = TC_H_ROOT;
	t->tcm_handle = NA_QDISC_HANDLE;
	return change((struct nlmsghdr *)buf);
}

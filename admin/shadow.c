// SPDX-License-Identifier: GPL-2.0-only
#include "admin/shadow.h"

#include "admin/address.h"
#include "admin/log.h"
#include "admin/mode.h"
#include "admin/reset.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

#include "nfsaccel/shadow.h"

static const char *fault_text(__u32 fault)
{
	switch ((enum na_shadow_fault)fault) {
	case NA_SHADOW_NONE:
		break;
#define NA_X(sym, text)                                                                            \
	case NA_SHADOW_##sym:                                                                      \
		return text;
		NA_SHADOW_FAULTS(NA_X)
#undef NA_X
	}
	return "unknown";
}

/* What the file handle is, since what the file is called is not known here. */
static void log_difference(const struct na_shadow_report *r)
{
	char client[INET6_ADDRSTRLEN], fh[2 * NA_NFS_FHSIZE + 1] = "";
	__u32 i;

	na_address_text(r->flow.client, client);
	for (i = 0; i < r->fh.len && i < NA_NFS_FHSIZE; i++)
		sprintf(fh + 2 * i, "%02x", r->fh.data[i]);
	na_error("shadow check: %s: READ of %u bytes at %llu by %s, xid %08x, nfsd's status %u, "
		 "first difference at %llu, handle %s",
		 fault_text(r->fault), r->count, (unsigned long long)r->offset, client, r->xid,
		 r->status, (unsigned long long)r->at, fh);
}

static int report_fd(const struct na_daemon *d)
{
	return na_plane_map_fd(&d->plane, "na_shadow_found");
}

void na_shadow_forget(struct na_daemon *d)
{
	struct na_shadow_report none = {0};
	__u32 zero = 0;

	/* first: who sets tripped has written the report before */
	__atomic_store_n(&d->plane.ctl->tripped, NA_SHADOW_NONE, __ATOMIC_SEQ_CST);
	bpf_map_update_elem(report_fd(d), &zero, &none, BPF_ANY);
	d->tripped = false;
}

bool na_shadow_tripped(const struct na_daemon *d, struct na_why *why)
{
	__u32 fault = __atomic_load_n(&d->plane.ctl->tripped, __ATOMIC_SEQ_CST);

	if (!fault)
		return false;
	na_why(why, 0,
	       "a shadow check found nfsd to answer otherwise than the cache would have: %s; "
	       "to go on: nfsaccelctl mode answer",
	       fault_text(fault));
	return true;
}

static void reset_spliced(struct na_daemon *d)
{
	struct na_reset r = {
		.ctl_fd = na_plane_map_fd(&d->plane, "na_ctl"),
		.flows_fd = na_plane_map_fd(&d->plane, "na_flows"),
		.port = d->config->port,
	};
	int err = na_reset_connections(&r);

	if (err)
		na_warn("cannot reset spliced connections: %s", strerror(-err));
	else
		na_warn("%u spliced connection(s) reset, %u would not be", r.done, r.left);
}

void na_shadow_watch(struct na_daemon *d)
{
	struct na_shadow_report r;
	__u32 zero = 0;

	if (!__atomic_load_n(&d->plane.ctl->tripped, __ATOMIC_SEQ_CST) || d->tripped)
		return;
	if (!bpf_map_lookup_elem(report_fd(d), &zero, &r))
		log_difference(&r);
	if (d->wanted == NA_MODE_OBSERVE) {
		na_shadow_forget(d);
		return;
	}
	d->tripped = true;
	reset_spliced(d);
	na_mode_decide(d);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our two programs on a device: at its tcx points where the kernel has them (tcx.h), else as
 * filters on clsact. Filters are known by handle, priority and the names of their programs;
 * other people's filters and qdiscs are never touched. A device which has filters of
 * others gets clsact all the same, as tcx would come before them whatever the priority.
 */
#ifndef NFSACCEL_ADMIN_TC_H
#define NFSACCEL_ADMIN_TC_H

#include <stdbool.h>
#include <stdint.h>

#define NA_TC_HANDLE  1
#define NA_TC_INGRESS "na_ingress"
#define NA_TC_EGRESS  "na_egress"

struct na_tc_programs {
	int ingress_fd;
	int egress_fd;
	uint32_t ingress_id;
	uint32_t egress_id;
	uint32_t priority;
	bool clsact_only;
};

/*
 * Attach, or atomically replace what an earlier nfsacceld attached; egress first, since
 * nothing may be answered that could not be translated. Sets *created when there was no
 * clsact before. -EEXIST: somebody else has our handle at this priority. -EBUSY: an
 * ingress qdisc is in the way.
 */
int na_tc_attach(int ifindex, const struct na_tc_programs *p, bool *created);

/* Are both there, with exactly these programs? */
bool na_tc_attached(int ifindex, const struct na_tc_programs *p);

/* Is any program of ours there, of whatever nfsacceld? */
bool na_tc_present(int ifindex, uint32_t priority);

/* Remove our programs, if any; and clsact when delete_clsact and nothing else is on it. */
int na_tc_detach(int ifindex, uint32_t priority, bool delete_clsact);

#endif

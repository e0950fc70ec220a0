/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our programs at a device's tcx points, which the kernel has from 6.6 on: they are called
 * without the classifiers of clsact, which saves some 400 instructions a packet. Attached
 * without links: like a filter, a program stays there when its loader dies. Known by
 * their names; other people's programs are never touched.
 *
 * libbpf and the kernel headers of Debian 12 do not know tcx, but their calls carry it.
 */
#ifndef NFSACCEL_ADMIN_TCX_H
#define NFSACCEL_ADMIN_TCX_H

#include <linux/types.h>
#include <stdbool.h>

/* Id of the program of this name; 0 when there is none, or no tcx. */
__u32 na_tcx_program(int ifindex, bool egress, const char *name);

/*
 * Attach the program, or atomically replace the one of this name; behind other people's.
 * A negative errno where the kernel has no tcx.
 */
int na_tcx_attach(int ifindex, bool egress, const char *name, int fd);

/* Remove the program of this name, if any. */
int na_tcx_detach(int ifindex, bool egress, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow checking as the daemon sees it: the programs compare (bpf/shadow.bpf.c) and, at a
 * difference, end answering by themselves; here it is told, and the connections spliced so
 * far are reset.
 */
#ifndef NFSACCEL_ADMIN_SHADOW_H
#define NFSACCEL_ADMIN_SHADOW_H

#include "admin/daemon.h"

/*
 * Look for a difference; once a second. While observing it is logged and the next one is
 * waited for. Otherwise nothing is answered until na_shadow_forget().
 */
void na_shadow_watch(struct na_daemon *d);

/* Whether a difference keeps the daemon from answering; then why says which. */
bool na_shadow_tripped(const struct na_daemon *d, struct na_why *why);

/* The administrator wants to go on in spite of what was found. */
void na_shadow_forget(struct na_daemon *d);

#endif

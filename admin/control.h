/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: one JSON object a line each way.
 *
 * 1. Only root and members of the configured groups are answered (SO_PEERCRED).
 * 2. No peer can make the daemon wait, whatever it sends or does not read.
 */
#ifndef NFSACCEL_ADMIN_CONTROL_H
#define NFSACCEL_ADMIN_CONTROL_H

#include "admin/daemon.h"

struct na_control;

/* Listens; requests wait until na_control_open(). */
int na_control_start(struct na_control **out, struct na_daemon *d, struct na_why *why);
void na_control_open(struct na_control *c);
void na_control_stop(struct na_control *c);

#endif

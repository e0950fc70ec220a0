/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Prometheus is told, in its text format (version 0.0.4). Names and units follow the
 * conventions of Prometheus: counters end in _total, times are seconds, sizes bytes.
 */
#ifndef NFSACCEL_ADMIN_METRICS_H
#define NFSACCEL_ADMIN_METRICS_H

#include <stddef.h>

#include "admin/daemon.h"

/* The page, to be freed; NULL when out of memory. */
char *na_metrics_text(struct na_daemon *d, size_t *len);

#endif

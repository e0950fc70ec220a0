/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Prometheus is told, in its text format (version 0.0.4). Names and units follow the
 * conventions of Prometheus: counters end in _total, times are seconds, sizes bytes.
 */
#ifndef NFSACCEL_ADMIN_METRICS_H
#define NFSACCEL_ADMIN_METRICS_H

#include <stddef.h>
#include <stdio.h>

#include "admin/daemon.h"
#include "admin/labels.h"

/* The page, to be freed; NULL when out of memory. */
char *na_metrics_text(struct na_daemon *d, struct na_labels *labels, size_t *len);

/* What stands before the samples of a metric. */
void na_metrics_head(FILE *out, const char *metric, const char *type, const char *help);

/* Those of single clients, as many as `labels` allows. */
void na_client_metrics(FILE *out, const struct na_plane *p, struct na_labels *labels);

#endif

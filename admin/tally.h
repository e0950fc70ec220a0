/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of tally.h, of all CPUs together. */
#ifndef NFSACCEL_ADMIN_TALLY_H
#define NFSACCEL_ADMIN_TALLY_H

#include <json-c/json.h>
#include <stddef.h>

#include "admin/plane.h"
#include "nfsaccel/tally.h"

struct na_client_tally {
	__u8 addr[16];
	__u64 seen; /* CLOCK_MONOTONIC, nanoseconds */
	struct na_work_tally work;
	struct na_read_tally reads;
};

struct na_client_tallies {
	struct na_client_tally *client; /* free() it */
	size_t n;
};

/* By address. Whoever was moved out of a table by others counts from then on. */
int na_tally_clients(const struct na_plane *p, struct na_client_tallies *out);

int na_tally_exports(const struct na_plane *p, struct na_export_tally out[static NA_TALLY_EXPORTS]);

int na_tally_ops(const struct na_plane *p, struct na_op_tally out[static NA_OP_MAX]);

/* Calls of nfsd that were not counted: the kernel skipped the hook. */
__u64 na_tally_skipped(const struct na_plane *p);

/* The figures as control replies have them (nfsaccel-control(7)), into o. */
void na_tally_put(struct json_object *o, const struct na_work_tally *work,
		  const struct na_read_tally *reads);
void na_tally_put_times(struct json_object *o, __u64 ns, const __u64 times[static NA_TIMES]);

extern const char *const na_op_names[NA_OP_MAX];

#endif

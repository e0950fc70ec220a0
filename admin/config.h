/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /etc/nfsaccel.conf.
 *
 * 1. Every key has a default; a missing default file is not an error.
 * 2. Unknown sections and keys, keys given twice in one file, and values out of range
 *    are errors that name file and line.
 */
#ifndef NFSACCEL_ADMIN_CONFIG_H
#define NFSACCEL_ADMIN_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "admin/why.h"
#include "nfsaccel/abi.h"

#define NA_CONFIG_DEVICES 64

enum na_on_stop {
	NA_STOP_RESET, /* reset spliced connections and leave nothing behind */
	NA_STOP_KEEP,  /* leave programs and state to the next nfsacceld */
};

enum na_tc_hook {
	NA_TC_AUTO, /* tcx where the kernel has it and the device no filters of others */
	NA_TC_CLSACT,
};

struct na_config {
	/* [cache] */
	uint64_t memory;   /* bytes */
	uint64_t max_file; /* bytes */
	uint64_t max_packets; /* 0: auto */
	bool eager; /* whether hits pay is not asked */
	uint64_t lifetime; /* ns */
	uint64_t credentials;
	uint64_t authorizations;
	uint64_t shadow; /* one in so many hits is compared; 0: none */
	uint64_t spare;	 /* bytes that are to stay available on the machine; 0: not looked at */
	/* [network] */
	uint64_t port;
	uint64_t connections;
	uint64_t alive; /* ns */
	uint64_t tc_priority;
	enum na_tc_hook tc_hook;
	char devices[NA_CONFIG_DEVICES][16]; /* IFNAMSIZ; none named: auto */
	unsigned int ndevices;
	/* [daemon] */
	char run[PATH_MAX];
	char control[PATH_MAX]; /* empty: control.sock in run */
	char pin[PATH_MAX];
	char group[64];
	char read_group[64]; /* empty: none */
	char policy[PATH_MAX];
	enum na_on_stop on_stop;
	enum na_mode mode; /* ANSWER, OBSERVE or OFF */
	/* [metrics] */
	char listen[PATH_MAX]; /* where HTTP is spoken (http.h); empty: nowhere */
	bool page;	       /* the status page too */
	uint64_t named;	       /* clients that have metrics of their own */
	/* [stats] */
	uint64_t clients; /* that are counted one by one; 0: nobody, nor exports */
	/* [test] */
	uint64_t guards; /* bit 0 guard 1, bit 1 guard 2 */
	char proc[PATH_MAX]; /* where meminfo and pressure are read */
};

void na_config_defaults(struct na_config *c);

/* 0, or -ENOENT, -EINVAL or another errno with "file:line: text" in err; c is then undefined. */
int na_config_read(struct na_config *c, const char *path, struct na_why *err);

/* One "section.key=value" from the command line. */
int na_config_set(struct na_config *c, const char *assignment, struct na_why *err);

/* The control socket's path: c->control, or control.sock in c->run. */
int na_config_control(const struct na_config *c, char path[static PATH_MAX]);

#endif

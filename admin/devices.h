/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices our filters are on.
 *
 * 1. Chosen are those the configuration names, or all that carry traffic (links.h), and
 *    any that still has our filters from before: half a connection is worse than none.
 * 2. A device once chosen stays so while it exists.
 */
#ifndef NFSACCEL_ADMIN_DEVICES_H
#define NFSACCEL_ADMIN_DEVICES_H

#include <net/if.h>

#include "admin/plane.h"

struct na_device {
	int ifindex;
	char name[IF_NAMESIZE];
	int err;       /* 0: both filters are attached */
	bool reported; /* this err has been logged */
	bool lost;     /* somebody had removed our filters; not yet told */
	/* while there are limits (shaping.h) */
	int unshaped;	/* 0: it holds packets, or will when needed; else why not */
	bool holds;	/* it does */
	bool told;	/* this unshaped has been logged */
	bool limited;	/* limited clients come by it */
	bool fq;	/* ours may be on it */
	char qdisc[16]; /* kind of its root, as found */
};

struct na_devices {
	struct na_device *device;
	size_t n;
};

/*
 * Look at the links there are and attach where filters are missing. Per-device trouble is
 * in device[].err; *again counts devices whose filters somebody had removed. A device that
 * the configuration names and that does not exist has ifindex 0 and -ENODEV.
 */
int na_devices_refresh(struct na_devices *d, struct na_plane *p, unsigned int *again);

/* What to do about device[].err. */
const char *na_device_advice(int err);

#endif

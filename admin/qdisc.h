/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queueing disciplines: only fq holds packets until their departure time.
 *
 * 1. What the kernel put on a device by itself (handle 0) may be replaced by fq, or by mq
 *    with fq below where it was mq; ours are known by their handle.
 * 2. What an administrator configured is never touched, nor is our mq once something of his
 *    is below it.
 */
#ifndef NFSACCEL_ADMIN_QDISC_H
#define NFSACCEL_ADMIN_QDISC_H

#include <stdbool.h>

#define NA_QDISC_HANDLE 0x6e660000u

struct na_qdisc {
	char kind[16]; /* of the root, "" none */
	bool holds;    /* packets leave in time: fq, or mq with nothing but fq */
	bool ours;
	bool untouched; /* the kernel's default */
	unsigned int waiting; /* packets in it */
};

int na_qdisc_read(int ifindex, struct na_qdisc *q);

/*
 * Put fq on the device, whose default qdisc q is. -ENOENT: this kernel has no fq. The
 * default is back after an error.
 */
int na_qdisc_replace(int ifindex, const struct na_qdisc *q);

/* Remove ours, if it is there: the kernel puts its default back. */
int na_qdisc_restore(int ifindex);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Telling the daemon what happened (event.h). */
#ifndef NFSACCEL_BPF_EVENT_H
#define NFSACCEL_BPF_EVENT_H

#include "bpf/maps.bpf.h"
#include "nfsaccel/event.h"

/*
 * event.bpf.c: it happened at `now` to this client, 0 and 0 if to nobody. `what` is counted
 * as an enum na_verdict, too. export: its number << NA_TELL_EXPORT, or'd to `what`.
 */
#define NA_TELL_EXPORT 16
int na_tell(__u32 what, __u64 client0, __u64 client1, __u64 value, __u64 now);

#endif

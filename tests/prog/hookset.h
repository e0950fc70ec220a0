/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hook programs of the BPF object, loaded without the rest of nfsaccel, and the
 * numbers they move. Links live in this process only: whatever ends it detaches them.
 */
#ifndef TESTS_PROG_HOOKSET_H
#define TESTS_PROG_HOOKSET_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "admin/hooks.h"
#include "nfsaccel/abi.h"
#include "tests/prog/hooks.skel.h" /* generated: the hooks without the TC programs */

struct hookset {
	struct hooks_bpf *skel;
	struct na_hook_status *status;
	struct bpf_link **links; /* by row of the table */
	int stats;		 /* while open, the kernel counts runs */
};

/*
 * Loads every program whose function this kernel has, for the own network namespace.
 * 0 or negative errno.
 */
int hookset_load(struct hookset *s);

/* Attach every program that was loaded. 0 or negative errno. */
int hookset_attach_all(struct hookset *s);
void hookset_detach(struct hookset *s);
void hookset_free(struct hookset *s);

/* The row of a program, or -1. */
int hookset_row(const char *program);

/* How often the program of a row has run since it was loaded. */
__u64 hookset_runs(const struct hookset *s, int row);

__u64 hookset_slot(const struct hookset *s, __u32 dev, __u64 ino);
struct na_ctl hookset_ctl(const struct hookset *s);
__u64 hookset_count(const struct hookset *s, enum na_verdict which);

#endif

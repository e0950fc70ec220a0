/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel is and can do. */
#ifndef NFSACCEL_ADMIN_PROBE_H
#define NFSACCEL_ADMIN_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Is "bpf" among the active security modules? 1, 0, or negative errno if it cannot be told. */
int na_probe_bpf_lsm(void);

/* Does the kernel describe itself at /sys/kernel/btf/vmlinux? */
bool na_probe_btf(void);

/* Is the module there (loaded or built in)? */
bool na_probe_module(const char *name);

/* Run modprobe; 0 if the module is there afterwards. */
int na_probe_load_module(const char *name);

/* Who listens on the port. */
struct na_listener {
	bool kernel; /* nfsd */
	int pid;     /* of a user-space program that does, else 0 */
	char name[64];
};

int na_probe_listener(uint16_t port, struct na_listener *out);

#endif

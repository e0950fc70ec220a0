/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pin directory:
 *
 *	PIN/meta	struct na_meta, pinned last: without it the rest means nothing
 *	PIN/maps/NAME	maps of the BPF object
 *	PIN/links/NAME	attached hooks, by program name
 */
#ifndef NFSACCEL_ADMIN_BPFFS_H
#define NFSACCEL_ADMIN_BPFFS_H

#include <limits.h>

/*
 * Make PIN, PIN/maps and PIN/links, mounting bpffs at /sys/fs/bpf if PIN is below it and
 * nobody did. -EMEDIUMTYPE: PIN is not on a bpffs.
 */
int na_bpffs_prepare(const char *pin);

/* PIN/maps/NAME and the like; sub "" for PIN/NAME. */
int na_bpffs_path(char path[static PATH_MAX], const char *pin, const char *sub, const char *name);

/* Pin fd at PIN/SUB/NAME, replacing atomically what is pinned there. */
int na_bpffs_pin(int fd, const char *pin, const char *sub, const char *name);

/* An fd of what is pinned there, or a negative errno. */
int na_bpffs_get(const char *pin, const char *sub, const char *name);

/*
 * Call cb with the name of each pin in PIN/SUB; it returns 0 to go on. A missing
 * directory has none.
 */
int na_bpffs_each(const char *pin, const char *sub, int (*cb)(const char *name, void *data),
		  void *data);

/* Unpin everything and remove PIN; meta goes first. */
int na_bpffs_remove(const char *pin);

#endif

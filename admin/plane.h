/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object of this daemon: loaded, its state pinned, its hooks attached.
 *
 * 1. Pinned state of the same shape is taken over; if only the size of the cache is another,
 *    an empty one takes its place. Other state is undone first, by resetting the connections
 *    that live by it.
 * 2. New hooks are attached before the old ones go.
 * 3. Answering is switched off before hooks go without which it must not be.
 */
#ifndef NFSACCEL_ADMIN_PLANE_H
#define NFSACCEL_ADMIN_PLANE_H

#include "admin/config.h"
#include "admin/hooks.h"
#include "admin/meta.h"
#include "admin/tc.h"

struct bpf_link;
struct nfsaccel_bpf;

struct na_plane {
	const struct na_config *config;
	struct nfsaccel_bpf *skel;
	struct na_shape shape;
	struct na_tc_programs tc;
	bool taken_over;
	bool small; /* the cache has the least that it can have (shrink.h) */
	/* mapped, shared with the programs */
	struct na_ctl *ctl;
	struct na_meta *meta;
	struct na_entry *entries;
	int meta_fd;
	/* by hook, na_hook_count of each */
	struct na_hook_status *hooks;
	struct bpf_link **links;
};

/* Open and size the object as the configuration says, choose hooks; nothing is loaded. */
int na_plane_open(struct na_plane *p, const struct na_config *c, bool small, struct na_why *why);

/*
 * Load. Takes over, or undoes, what is pinned at c->pin. A hook program the kernel refuses
 * is left out (NA_HOOK_NO_LOAD); a refused TC program is an error. -ENOMEM: no memory for
 * the maps.
 */
int na_plane_load(struct na_plane *p, struct na_why *why);

/* As na_plane_load(), but touches no pins: for --check. */
int na_plane_try(struct na_plane *p, struct na_why *why);

/*
 * Attach and pin what hooks are READY, then drop links pinned before. What cannot be
 * attached is NA_HOOK_NO_ATTACH; an error is returned for pins only.
 */
int na_plane_attach_hooks(struct na_plane *p);

/*
 * Tail calls must outlive us: a program array is emptied when neither fd nor pin is left.
 * After a takeover the old array's pin is replaced only when the old TC programs are gone
 * from all devices; a fresh start has pinned it already.
 */
int na_plane_pin_jumps(struct na_plane *p);

/* Runs of hooks that the kernel skipped since the state was made. */
__u64 na_plane_skips(const struct na_plane *p);

/* Everything cached so far is gone. */
void na_plane_flush(struct na_plane *p);

/* Count something the daemon did; reported together with the programs' counters. */
void na_plane_count(struct na_plane *p, enum na_verdict what, __u64 n);

int na_plane_map_fd(const struct na_plane *p, const char *name);

/* Frees everything of this process; pins stay. */
void na_plane_close(struct na_plane *p);

/* Does no connection refer to the cache? For good, once answering and filling are off. */
bool na_plane_quiet(int flows_fd);

/*
 * Switch answering and filling off in what is pinned at pin, empty the cache, and wait until
 * it is quiet. False if that takes too long, or the state is not as ours.
 */
bool na_plane_calm(const char *pin);

/* Undo what is pinned at pin: reset, detach, unpin. -ENOENT: nothing is pinned there. */
int na_plane_undo(const char *pin, __u32 netns, unsigned int *reset, struct na_why *why);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nfsd exports, and under which handles: the map na_exports is kept from
 * /proc/net/rpc/nfsd.fh/content, which is what nfsd itself resolves handles with.
 *
 * 1. A path keeps its number as long as the pinned state lives.
 * 2. Handles that nfsd has forgotten stay known: clients may still hold them.
 */
#ifndef NFSACCEL_ADMIN_EXPORTED_H
#define NFSACCEL_ADMIN_EXPORTED_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/plane.h"
#include "nfsaccel/export.h"

struct na_exported {
	char *path;
	__u32 number;
	bool listed; /* in /proc/fs/nfsd/exports or etab, when last looked at */
	bool seen;   /* nfsd resolved a handle to it */
};

struct na_export_list {
	struct na_exported *export;
	size_t n;
	__u32 last; /* the highest number given */
};

struct na_export_change {
	bool grown; /* there are exports that were not there before */
	bool moved; /* a handle belongs to another export than before */
};

/* Look again. The first time the numbers in the pinned map are taken on. */
int na_exported_refresh(struct na_export_list *l, const struct na_plane *p,
			struct na_export_change *change);

/* The number of a path, exported or not; 0: out of memory. */
__u32 na_exported_number(struct na_export_list *l, const char *path);

/* NULL if there is none with this number. */
const struct na_exported *na_exported_find(const struct na_export_list *l, __u32 number);

void na_exported_free(struct na_export_list *l);

/*
 * One line of nfsd.fh/content: "DOMAIN TYPE 0xFSID PATH". False for comments, handles without
 * an export, and what is not understood. Path is unescaped in place.
 */
bool na_exported_line(char *line, struct na_export_key *key, char **path);

#endif

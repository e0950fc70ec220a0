/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cached files one by one: which are read most, keeping some, forgetting some. Files are
 * known by their file handle, as name_to_handle_at(2) tells it.
 */
#ifndef NFSACCEL_ADMIN_CACHE_FILES_H
#define NFSACCEL_ADMIN_CACHE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/exported.h"
#include "admin/plane.h"

#define NA_KEPT_MAX 1024

struct na_file_id {
	__u32 type; /* of the handle */
	__u32 len;
	__u8 handle[NA_NFS_FHSIZE];
	__u32 dev; /* as the kernel encodes it */
};

/* The files that are to be kept. */
struct na_kept {
	struct na_file_id id[NA_KEPT_MAX];
	char *name[NA_KEPT_MAX]; /* as given, for people */
	size_t n;
};

/* -EEXIST, -ENOENT; -ENOSPC beyond NA_KEPT_MAX. */
int na_kept_add(struct na_kept *k, const struct na_file_id *id, const char *name);
int na_kept_remove(struct na_kept *k, const struct na_file_id *id);
void na_kept_free(struct na_kept *k);

/*
 * Mark what is cached of them, and nothing else, as not to be evicted; at most half of the
 * cache's files. Once a second, as entries come and go.
 */
void na_kept_mark(const struct na_kept *k, struct na_plane *p);

/* The part of the handle that names the file within its file system. */
bool na_entry_file(const struct na_entry *e, struct na_file_id *id);
bool na_file_equal(const struct na_file_id *a, const struct na_file_id *b);

/* Number of the entry's export, or NA_EXPORT_ANY. */
__u32 na_entry_export(const struct na_plane *p, const struct na_entry *e);

/* A copy of entry i; false if nothing that may be answered is in it. */
bool na_entry_copy(const struct na_plane *p, __u32 i, __u64 now, struct na_entry *copy);

/*
 * Forget entries: of this file, of this export, whichever is given. How many went. What is
 * being filled just now may come back.
 */
unsigned int na_cache_forget(struct na_plane *p, const struct na_file_id *file, __u32 export);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/cache_files.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <string.h>
#include <time.h>

/* Handles of btrfs name the subvolume themselves, and its files' device is not the kernel's. */
#define BTRFS_TYPE_FIRST 0x4d
#define BTRFS_TYPE_LAST	 0x4f

bool na_entry_file(const struct na_entry *e, struct na_file_id *id)
{
	__u32 head = NA_FH_FSID + na_fsid_len(e->fh.data[2]);

	if (e->fh.len <= head || e->fh.len > NA_NFS_FHSIZE)
		return false;
	*id = (struct na_file_id){
		.type = e->fh.data[3], .len = e->fh.len - head, .dev = e->snap.dev};
	memcpy(id->handle, e->fh.data + head, id->len);
	return true;
}

bool na_file_equal(const struct na_file_id *a, const struct na_file_id *b)
{
	bool btrfs = a->type >= BTRFS_TYPE_FIRST && a->type <= BTRFS_TYPE_LAST;

	return a->type == b->type && a->len == b->len && !memcmp(a->handle, b->handle, a->len) &&
	       (btrfs || a->dev == b->dev);
}

static size_t find(const struct na_kept *k, const struct na_file_id *id)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (na_file_equal(&k->id[i], id))
			break;
	return i;
}

int na_kept_add(struct na_kept *k, const struct na_file_id *id, const char *name)
{
	char *copy;

	if (find(k, id) < k->n)
		return -EEXIST;
	if (k->n == NA_KEPT_MAX)
		return -ENOSPC;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	k->id[k->n] = *id;
	k->name[k->n++] = copy;
	return 0;
}

int na_kept_remove(struct na_kept *k, const struct na_file_id *id)
{
	size_t i = find(k, id);

	if (i == k->n)
		return -ENOENT;
	free(k->name[i]);
	k->n--;
	k->id[i] = k->id[k->n];
	k->name[i] = k->name[k->n];
	return 0;
}

void na_kept_free(struct na_kept *k)
{
	while (k->n)
		free(k->name[--k->n]);
}

void na_kept_mark(const struct na_kept *k, struct na_plane *p)
{
	__u32 i, room = p->shape.budget.entries / 2;

	for (i = 1; i < p->shape.budget.entries; i++) {
		struct na_entry *e = &p->entries[i];
		struct na_file_id id;
		__u32 keep = 0;

		if (k->n && e->fid && na_entry_file(e, &id))
			keep = room && find(k, &id) < k->n;
		room -= keep;
		if (e->keep != keep)
			__atomic_store_n(&e->keep, keep, __ATOMIC_RELAXED);
	}
}

__u32 na_entry_export(const struct na_plane *p, const struct na_entry *e)
{
	struct na_export_key key;
	__u32 number;

	if (!na_export_key_of(e->fh.data, e->fh.len, &key) ||
	    bpf_map_lookup_elem(na_plane_map_fd(p, "na_exports"), &key, &number))
		return NA_EXPORT_ANY;
	return number;
}

bool na_entry_copy(const struct na_plane *p, __u32 i, __u64 now, struct na_entry *copy)
{
	const struct na_entry *e = &p->entries[i];
	__u64 fid = __atomic_load_n(&e->fid, __ATOMIC_ACQUIRE);

	if (!fid)
		return false;
	*copy = *e;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* fids are never used twice: it was this file all the time */
	return __atomic_load_n(&e->fid, __ATOMIC_ACQUIRE) == fid && copy->fid == fid &&
	       copy->flush == p->ctl->flush && copy->expires > now;
}

unsigned int na_cache_forget(struct na_plane *p, const struct na_file_id *file, __u32 export)
{
	struct na_file_id id;
	struct na_entry e;
	unsigned int n = 0;
	__u32 i;

	for (i = 1; i < p->shape.budget.entries; i++) {
		if (!na_entry_copy(p, i, 0, &e) || (file && (!na_entry_file(&e, &id) ||
							     !na_file_equal(&id, file))) ||
		    (export && na_entry_export(p, &e) != export))
			continue;
		/* what has expired is a miss, whoever looks at it meanwhile */
		__atomic_store_n(&p->entries[i].expires, 0, __ATOMIC_SEQ_CST);
		n++;
	}
	return n;
}

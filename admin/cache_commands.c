// SPDX-License-Identifier: GPL-2.0-only
/* The control socket's commands about cached files and exports. */
#include "admin/cache_files.h"
#include "admin/cleanup.h"
#include "admin/commands.h"
#include "admin/log.h"
#include "admin/mode.h"
#include "admin/tally.h"

#include <string.h>

#define TOP_DEFAULT 20
#define TOP_MAX	    1000

static void put(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void put_number(struct json_object *o, const char *key, __u64 n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int get_number(struct json_object *request, const char *key, __u32 *n)
{
	struct json_object *field;
	int64_t v;

	if (!json_object_object_get_ex(request, key, &field))
		return -ENOENT;
	v = json_object_get_int64(field);
	if (!json_object_is_type(field, json_type_int) || v < 0 || v > UINT32_MAX)
		return -EINVAL;
	*n = (__u32)v;
	return 0;
}

static bool from_hex(const char *hex, struct na_file_id *id)
{
	char pair[3] = "";
	size_t i, len = strlen(hex);

	if (!len || len % 2 || len / 2 > sizeof(id->handle) ||
	    strspn(hex, "0123456789abcdef") != len)
		return false;
	for (i = 0; i < len / 2; i++) {
		memcpy(pair, hex + 2 * i, 2);
		id->handle[i] = (__u8)strtoul(pair, NULL, 16);
	}
	id->len = (__u32)(len / 2);
	return true;
}

static int get_file(struct json_object *request, struct na_file_id *id, struct na_why *why)
{
	const char *hex = na_request_text(request, "handle");

	*id = (struct na_file_id){0};
	if (!hex || !from_hex(hex, id) || get_number(request, "type", &id->type) ||
	    get_number(request, "dev", &id->dev))
		return na_why(why, -EINVAL, "\"handle\" (hex), \"type\" and \"dev\" are asked for");
	return 0;
}

static struct json_object *entry(const struct na_daemon *d, const struct na_entry *e)
{
	struct json_object *o = json_object_new_object();
	const struct na_exported *x = na_exported_find(&d->policy.exports,
						       na_entry_export(&d->plane, e));
	char hex[2 * NA_NFS_FHSIZE + 1] = "";
	struct na_file_id id = {0};
	__u32 i;

	na_entry_file(e, &id);
	for (i = 0; i < id.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", id.handle[i]);
	put(o, "export", x ? x->path : NULL);
	put_number(o, "inode", e->snap.ino);
	put_number(o, "dev", id.dev);
	put_number(o, "type", id.type);
	put(o, "handle", hex);
	put_number(o, "size", e->size);
	put_number(o, "cached_bytes", (__u64)__builtin_popcount(e->valid) * NA_BLOCK_BYTES);
	put_number(o, "hits", e->hits);
	put_number(o, "expires", (e->expires - now_ns()) / 1000000000ull);
	json_object_object_add(o, "pinned", json_object_new_boolean(e->keep));
	return o;
}

static int by_hits(const void *a, const void *b)
{
	const struct na_entry *x = a, *y = b;

	if (x->hits != y->hits)
		return x->hits > y->hits ? -1 : 1;
	return x->snap.ino < y->snap.ino ? -1 : x->snap.ino > y->snap.ino;
}

/* The entries that may be answered, most hits first. */
static struct na_entry *sorted(const struct na_plane *p, size_t *n)
{
	struct na_entry *list = calloc(p->shape.budget.entries, sizeof(*list));
	__u64 now = now_ns();
	__u32 i;

	*n = 0;
	for (i = 1; list && i < p->shape.budget.entries; i++)
		*n += na_entry_copy(p, i, now, &list[*n]);
	if (*n)
		qsort(list, *n, sizeof(*list), by_hits);
	return list;
}

int na_cache_top(struct na_daemon *d, struct json_object *request, struct json_object *o,
		 struct na_why *why)
{
	_cleanup_(free) struct na_entry *list = NULL;
	struct json_object *files = json_object_new_array();
	__u32 count = TOP_DEFAULT;
	size_t n, i;

	json_object_object_add(o, "files", files);
	if (get_number(request, "count", &count) == -EINVAL || count > TOP_MAX)
		return na_why(why, -EINVAL, "\"count\" is a number up to %d", TOP_MAX);
	list = sorted(&d->plane, &n);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < n && i < count; i++)
		json_object_array_add(files, entry(d, &list[i]));
	put_number(o, "cached", n);
	return 0;
}

int na_cache_pin(struct na_daemon *d, struct json_object *request, struct json_object *o,
		 struct na_why *why)
{
	const char *name = na_request_text(request, "name") ?: "?";
	struct na_file_id id;
	int err = get_file(request, &id, why) ?: na_kept_add(&d->kept, &id, name);

	(void)o;
	if (err == -EEXIST)
		return na_why(why, err, "it is pinned already");
	if (err == -ENOSPC)
		return na_why(why, err, "%d files are pinned already", NA_KEPT_MAX);
	if (!err)
		na_kept_mark(&d->kept, &d->plane);
	return err;
}

int na_cache_unpin(struct na_daemon *d, struct json_object *request, struct json_object *o,
		   struct na_why *why)
{
	struct na_file_id id;
	int err = get_file(request, &id, why) ?: na_kept_remove(&d->kept, &id);

	(void)o;
	if (err == -ENOENT)
		return na_why(why, err, "it is not pinned");
	if (!err)
		na_kept_mark(&d->kept, &d->plane);
	return err;
}

/* All, or those of an export, or one file. */
int na_cache_flush(struct na_daemon *d, struct json_object *request, struct json_object *o,
		   struct na_why *why)
{
	const char *path = na_request_text(request, "export");
	const struct na_export_list *l = &d->policy.exports;
	struct json_object *field;
	struct na_file_id id;
	size_t i;
	int err;

	if (json_object_object_get_ex(request, "handle", &field)) {
		err = get_file(request, &id, why);
		if (!err)
			put_number(o, "files", na_cache_forget(&d->plane, &id, NA_EXPORT_ANY));
		return err;
	}
	if (path) {
		for (i = 0; i < l->n && strcmp(l->export[i].path, path); i++)
			;
		if (i == l->n || (!l->export[i].listed && !l->export[i].seen))
			return na_why(why, -ENOENT, "%s is not exported", path);
		put_number(o, "files", na_cache_forget(&d->plane, NULL, l->export[i].number));
		return 0;
	}
	na_plane_flush(&d->plane);
	na_info("cache flushed on request");
	put_number(o, "flush", d->plane.ctl->flush);
	return 0;
}

struct use {
	__u64 files, bytes, hits;
};

static void add_use(const struct na_daemon *d, struct use *use)
{
	const struct na_export_list *l = &d->policy.exports;
	__u64 now = now_ns();
	struct na_entry e;
	__u32 i, number;
	size_t k;

	for (i = 1; i < d->plane.shape.budget.entries; i++) {
		if (!na_entry_copy(&d->plane, i, now, &e))
			continue;
		number = na_entry_export(&d->plane, &e);
		for (k = 0; k < l->n && l->export[k].number != number; k++)
			;
		if (k == l->n)
			continue;
		use[k].files++;
		use[k].bytes += (__u64)__builtin_popcount(e.valid) * NA_BLOCK_BYTES;
		use[k].hits += e.hits;
	}
}

int na_exports_show(struct na_daemon *d, struct json_object *request, struct json_object *o,
		    struct na_why *why)
{
	const struct na_export_list *l = &d->policy.exports;
	struct json_object *list = json_object_new_array();
	_cleanup_(free) struct use *use = calloc(l->n + 1, sizeof(*use));
	_cleanup_(free) struct na_export_tally *tally = NULL;
	size_t i;
	int err;

	(void)request, (void)why;
	put(o, "mode", na_mode_name(d->plane.ctl->mode));
	json_object_object_add(o, "exports", list);
	if (!use)
		return -ENOMEM;
	add_use(d, use);
	if (d->plane.shape.budget.tally_sets) {
		tally = calloc(NA_TALLY_EXPORTS, sizeof(*tally));
		err = tally ? na_tally_exports(&d->plane, tally) : -ENOMEM;
		if (err)
			return err;
	}
	for (i = 0; i < l->n; i++) {
		struct json_object *x = json_object_new_object();

		put(x, "path", l->export[i].path);
		put_number(x, "number", l->export[i].number);
		json_object_object_add(x, "exported", json_object_new_boolean(l->export[i].listed));
		json_object_object_add(x, "used", json_object_new_boolean(l->export[i].seen));
		put(x, "entry", na_nets_path(&d->policy.both, l->export[i].path));
		put_number(x, "files", use[i].files);
		put_number(x, "cached_bytes", use[i].bytes);
		put_number(x, "hits", use[i].hits);
		if (tally && l->export[i].number < NA_TALLY_EXPORTS)
			na_tally_put(x, &tally[l->export[i].number].work,
				     &tally[l->export[i].number].reads);
		json_object_array_add(list, x);
	}
	return 0;
}

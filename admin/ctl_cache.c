// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl cache ... Files go by their handles, so that the daemon opens nothing. */
#include "admin/ctl.h"

#include "admin/cleanup.h"
#include "admin/json.h"
#include "admin/parse.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define HANDLE_MAX 64 /* of NFS version 3 */

struct handle {
	struct file_handle h;
	unsigned char room[HANDLE_MAX]; /* h.f_handle */
};
_Static_assert(offsetof(struct handle, room) == offsetof(struct file_handle, f_handle), "handle");

static int usage(const char *text)
{
	fprintf(stderr, "Usage: nfsaccelctl %s\n", text);
	return NA_CTL_USAGE;
}

/* Put the file's identity into the request. */
static bool add_file(struct json_object *request, const char *path)
{
	struct handle handle = {.h.handle_bytes = HANDLE_MAX};
	char hex[2 * HANDLE_MAX + 1], *real;
	struct stat st;
	unsigned int i;
	int mount;

	if (stat(path, &st) ||
	    name_to_handle_at(AT_FDCWD, path, &handle.h, &mount, AT_SYMLINK_FOLLOW)) {
		fprintf(stderr, "nfsaccelctl: %s: %s\n", path, strerror(errno));
		return false;
	}
	for (i = 0; i < handle.h.handle_bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", handle.room[i]);
	real = realpath(path, NULL);
	json_object_object_add(request, "handle", json_object_new_string(hex));
	json_object_object_add(request, "type", json_object_new_int64(handle.h.handle_type));
	/* as the kernel has it */
	json_object_object_add(
		request, "dev",
		json_object_new_int64((int64_t)major(st.st_dev) << 20 | minor(st.st_dev)));
	json_object_object_add(request, "name", json_object_new_string(real ?: path));
	free(real);
	return true;
}

static void show_done(struct json_object *o)
{
	(void)o;
}

static int one_file(const struct na_ctl_line *l, const char *command, const char *how)
{
	struct json_object *request;

	if (!l->words[0] || l->words[1])
		return usage(how);
	request = na_ctl_request(command);
	if (add_file(request, l->words[0]))
		return na_ctl_tell(l, request, show_done);
	json_object_put(request);
	return EXIT_FAILURE;
}

int na_ctl_cache_pin(const struct na_ctl_line *l)
{
	return one_file(l, "cache pin", "cache pin FILE");
}

int na_ctl_cache_unpin(const struct na_ctl_line *l)
{
	return one_file(l, "cache unpin", "cache unpin FILE");
}

static void show_flush(struct json_object *o)
{
	if (na_json_field(o, "files"))
		printf("%ju file(s) forgotten\n", na_json_number(o, "files"));
	else
		printf("flushed\n");
}

int na_ctl_cache_flush(const struct na_ctl_line *l)
{
	struct json_object *request;

	if (l->words[0] || (l->export && l->file))
		return usage("cache flush [--export PATH | --file FILE]");
	request = na_ctl_request("flush");
	if (l->export)
		json_object_object_add(request, "export", json_object_new_string(l->export));
	if (!l->file || add_file(request, l->file))
		return na_ctl_tell(l, request, show_flush);
	json_object_put(request);
	return EXIT_FAILURE;
}

static unsigned char digit(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Where the file is, if we may open it by its handle and it was looked up by name lately. */
static bool name_of(struct json_object *f, char *name, size_t size)
{
	const char *hex = na_json_text(f, "handle"), *export = na_json_text(f, "export");
	_cleanup_(close) int dir = export[0] ? open(export, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	_cleanup_(close) int fd = -1;
	struct handle h = {.h.handle_type = (int)na_json_number(f, "type")};
	char link[64];
	ssize_t n;

	if (dir < 0 || strlen(hex) / 2 > HANDLE_MAX)
		return false;
	for (; hex[0] && hex[1]; hex += 2)
		h.room[h.h.handle_bytes++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
	fd = open_by_handle_at(dir, &h.h, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, size - 1);
	if (n < 0)
		return false;
	name[n] = '\0';
	return !strncmp(name, export, strlen(export));
}

void na_ctl_file_name(struct json_object *f, char *name, size_t size)
{
	if (!name_of(f, name, size))
		snprintf(name, size, "%s: inode %ju", na_json_text(f, "export"), na_json_number(f, "inode"));
}

static void show_top(struct json_object *o)
{
	struct json_object *list = na_json_field(o, "files");
	char name[4096], size[32], cached[32];
	size_t i;

	printf("%10s %8s %8s %6s  %s\n", "HITS", "SIZE", "CACHED", "TTL", "FILE");
	for (i = 0; i < na_json_items(list); i++) {
		struct json_object *f = json_object_array_get_idx(list, i);

		na_ctl_file_name(f, name, sizeof(name));
		printf("%10ju %8s %8s %5jus  %s%s\n", na_json_number(f, "hits"),
		       na_format_size(na_json_number(f, "size"), size),
		       na_format_size(na_json_number(f, "cached_bytes"), cached),
		       na_json_number(f, "expires"), name, na_json_bool(f, "pinned") ? " (pinned)" : "");
	}
	printf("%ju file(s) cached\n", na_json_number(o, "cached"));
}

int na_ctl_cache_top(const struct na_ctl_line *l)
{
	struct json_object *request;

	if (l->words[0])
		return usage("cache top [--count N]");
	request = na_ctl_request("cache top");
	if (l->count)
		json_object_object_add(request, "count", json_object_new_int64(atoll(l->count)));
	return na_ctl_tell(l, request, show_top);
}

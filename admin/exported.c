// SPDX-License-Identifier: GPL-2.0-only
#include "admin/exported.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <string.h>

#define HANDLES "/proc/net/rpc/nfsd.fh/content"

/* Where exports are listed, one "PATH CLIENT(OPTIONS)..." a line. */
static const char *const lists[] = {"/proc/fs/nfsd/exports", "/var/lib/nfs/etab"};

/* seq_path() and exportfs write blanks and the like as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* The kernel prints the fsid as words of the host's byte order. */
static bool parse_fsid(const char *hex, struct na_export_key *key)
{
	__u32 len = na_fsid_len(key->type), word, i;
	char digits[9];

	if (!len || strncmp(hex, "0x", 2) || strlen(hex + 2) != 2 * len)
		return false;
	hex += 2;
	for (i = 0; i < len; i += 4) {
		memcpy(digits, hex + 2 * i, 8);
		digits[8] = '\0';
		if (strspn(digits, "0123456789abcdef") != 8)
			return false;
		word = (__u32)strtoul(digits, NULL, 16);
		memcpy(key->fsid + i, &word, 4);
	}
	return true;
}

bool na_exported_line(char *line, struct na_export_key *key, char **path)
{
	char *state = NULL, *type, *fsid;

	if (line[0] == '#' || !strtok_r(line, " \n", &state))
		return false;
	type = strtok_r(NULL, " \n", &state);
	fsid = strtok_r(NULL, " \n", &state);
	*path = strtok_r(NULL, " \n", &state);
	if (!*path || (*path)[0] != '/' || strlen(type) != 1 || !isdigit((unsigned char)*type))
		return false;
	memset(key, 0, sizeof(*key));
	key->type = (__u8)(*type - '0');
	unescape(*path);
	return parse_fsid(fsid, key);
}

static struct na_exported *find(const struct na_export_list *l, const char *path)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!strcmp(l->export[i].path, path))
			return &l->export[i];
	return NULL;
}

/* number 0: the next one. */
static struct na_exported *get(struct na_export_list *l, const char *path, __u32 number)
{
	struct na_exported *e = find(l, path), *grown;

	if (e)
		return e;
	if (!(l->n & (l->n - 1))) {
		grown = reallocarray(l->export, l->n ? 2 * l->n : 1, sizeof(*grown));
		if (!grown)
			return NULL;
		l->export = grown;
	}
	e = &l->export[l->n];
	*e = (struct na_exported){.path = strdup(path), .number = number ?: l->last + 1};
	if (!e->path)
		return NULL;
	if (e->number > l->last)
		l->last = e->number;
	l->n++;
	return e;
}

__u32 na_exported_number(struct na_export_list *l, const char *path)
{
	const struct na_exported *e = get(l, path, 0);

	return e ? e->number : 0;
}

const struct na_exported *na_exported_find(const struct na_export_list *l, __u32 number)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->export[i].number == number)
			return &l->export[i];
	return NULL;
}

/* Numbers that handles have from before are not given to other paths. */
static void highest(struct na_export_list *l, int fd)
{
	struct na_export_key key;
	void *from = NULL;
	__u32 number;

	while (!bpf_map_get_next_key(fd, from, &key)) {
		from = &key;
		if (!bpf_map_lookup_elem(fd, &key, &number) && number > l->last)
			l->last = number;
	}
}

static int take_handle(struct na_export_list *l, int fd, const struct na_export_key *key,
		       const char *path, struct na_export_change *change)
{
	__u32 number = 0;
	bool had = !bpf_map_lookup_elem(fd, key, &number);
	/* a path that is new to us but not to the state has its handle's number already */
	struct na_exported *e =
		get(l, path, had && !na_exported_find(l, number) ? number : 0);

	if (!e)
		return -ENOMEM;
	change->grown |= !e->seen;
	e->seen = true;
	if (had && number == e->number)
		return 0;
	change->grown = true;
	change->moved |= had;
	return bpf_map_update_elem(fd, key, &e->number, BPF_ANY);
}

static int read_handles(struct na_export_list *l, int fd, struct na_export_change *change)
{
	_cleanup_(fclose) FILE *f = fopen(HANDLES, "re");
	_cleanup_(free) char *line = NULL;
	struct na_export_key key;
	size_t size = 0;
	char *path;
	int err = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!err && getline(&line, &size, f) > 0)
		if (na_exported_line(line, &key, &path))
			err = take_handle(l, fd, &key, path, change);
	/* no room: exports beyond stay unknown, so nothing of them is cached */
	return err == -E2BIG ? 0 : err;
}

static int read_list(struct na_export_list *l, const char *file)
{
	_cleanup_(fclose) FILE *f = fopen(file, "re");
	_cleanup_(free) char *line = NULL;
	struct na_exported *e;
	size_t size = 0;

	if (!f)
		return 0;
	while (getline(&line, &size, f) > 0) {
		if (line[0] != '/')
			continue;
		line[strcspn(line, " \t\n")] = '\0';
		unescape(line);
		e = get(l, line, 0);
		if (!e)
			return -ENOMEM;
		e->listed = true;
	}
	return 0;
}

int na_exported_refresh(struct na_export_list *l, const struct na_plane *p,
			struct na_export_change *change)
{
	int fd = na_plane_map_fd(p, "na_exports"), err;
	size_t i;

	*change = (struct na_export_change){0};
	if (!l->last)
		highest(l, fd);
	err = read_handles(l, fd, change);
	for (i = 0; i < l->n; i++)
		l->export[i].listed = false;
	for (i = 0; !err && i < sizeof(lists) / sizeof(lists[0]); i++)
		err = read_list(l, lists[i]);
	return err;
}

void na_exported_free(struct na_export_list *l)
{
	while (l->n)
		free(l->export[--l->n].path);
	free(l->export);
	*l = (struct na_export_list){0};
}

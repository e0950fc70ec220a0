// SPDX-License-Identifier: GPL-2.0-only
/* The files of a policy. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exports/scan.h"

static int fail(const char *path, int err, struct na_policy_error *out)
{
	struct na_scan s = {.name = path, .err = out};

	na_scan_fail(&s, 0, 0, ": %s", strerror(-err));
	return err;
}

int na_policy_read(struct na_policy *p, const char *path, struct na_policy_error *err)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;
	int ret;

	if (!f)
		return fail(path, -errno, err);
	text = malloc(NA_POLICY_FILE_MAX + 1);
	if (!text) {
		fclose(f);
		return fail(path, -ENOMEM, err);
	}
	n = fread(text, 1, NA_POLICY_FILE_MAX + 1, f);
	if (ferror(f))
		ret = fail(path, -EIO, err);
	else if (n > NA_POLICY_FILE_MAX)
		ret = fail(path, -EFBIG, err);
	else
		ret = na_policy_parse(p, path, text, n, err);
	free(text);
	fclose(f);
	return ret;
}

/* Hidden files are left alone, as exportfs does. */
static int wanted(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > strlen(".exports") &&
	       !strcmp(d->d_name + len - strlen(".exports"), ".exports");
}

static int read_directory(struct na_policy *p, const char *dir, struct na_policy_error *err)
{
	struct dirent **list;
	char path[PATH_MAX];
	int i, n = scandir(dir, &list, wanted, alphasort), ret = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : fail(dir, -errno, err);
	for (i = 0; i < n; i++) {
		if (!ret && snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name) >=
				    (int)sizeof(path))
			ret = fail(dir, -ENAMETOOLONG, err);
		if (!ret)
			ret = na_policy_read(p, path, err);
		free(list[i]);
	}
	free(list);
	return ret;
}

int na_policy_read_all(struct na_policy *p, const char *path, struct na_policy_error *err)
{
	char dir[PATH_MAX];
	int ret;

	if (snprintf(dir, sizeof(dir), "%s.d", path) >= (int)sizeof(dir))
		return fail(path, -ENAMETOOLONG, err);
	ret = na_policy_read(p, path, err);
	if (ret == -ENOENT)
		ret = 0;
	return ret ?: read_directory(p, dir, err);
}

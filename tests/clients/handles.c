// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/clients/engine.h"
#include "tests/clients/handles.h"

struct known {
	char *path;
	struct handle handle;
};

struct handles {
	void *tree;
};

int handles_save(const char *file, const struct engine *e)
{
	FILE *out = fopen(file, "we");
	int rc;

	if (!out)
		return -errno;
	for (uint32_t i = 0; i < engine_n_files(e); i++) {
		const struct engine_file *f = engine_file(e, i);

		for (uint32_t j = 0; j < f->handle.len; j++)
			fprintf(out, "%02x", (unsigned char)f->handle.data[j]);
		fprintf(out, " %s\n", f->path);
	}
	rc = ferror(out) ? -EIO : 0;
	if (fclose(out) && !rc)
		rc = -errno;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->path, ((const struct known *)b)->path);
}

static void free_entry(void *p)
{
	struct known *entry = p;

	free(entry->path);
	free(entry);
}

static int parse_line(char *line, struct known *entry)
{
	char *blank = strchr(line, ' '), *path;
	size_t digits;

	line[strcspn(line, "\n")] = '\0';
	if (!blank)
		return -EBADMSG;
	digits = (size_t)(blank - line);
	if (!digits || digits % 2 || digits / 2 > HANDLE_MAX ||
	    strspn(line, "0123456789abcdef") != digits)
		return -EBADMSG;
	for (size_t i = 0; i < digits / 2; i++) {
		unsigned int byte;

		sscanf(line + 2 * i, "%2x", &byte);
		entry->handle.data[i] = (char)byte;
	}
	entry->handle.len = (uint32_t)(digits / 2);
	path = strdup(blank + 1);
	if (!path)
		return -ENOMEM;
	entry->path = path;
	return 0;
}

static int add_line(struct handles *handles, char *line)
{
	struct known *entry = calloc(1, sizeof(*entry)), **found;
	int rc;

	if (!entry)
		return -ENOMEM;
	rc = parse_line(line, entry);
	if (!rc) {
		found = tsearch(entry, &handles->tree, by_path);
		if (!found)
			rc = -ENOMEM;
		else if (*found != entry)
			rc = -EBADMSG;
	}
	if (rc)
		free_entry(entry);
	return rc;
}

int handles_load(const char *file, struct handles **handles)
{
	struct handles *loaded;
	char *line = NULL;
	size_t size = 0;
	FILE *in;
	int rc = 0;

	in = fopen(file, "re");
	if (!in)
		return -errno;
	loaded = calloc(1, sizeof(*loaded));
	if (!loaded)
		rc = -ENOMEM;
	while (!rc && getline(&line, &size, in) > 0)
		rc = add_line(loaded, line);
	if (!rc && ferror(in))
		rc = -EIO;
	free(line);
	fclose(in);
	if (rc)
		handles_free(loaded);
	else
		*handles = loaded;
	return rc;
}

const struct handle *handles_find(const struct handles *handles, const char *path)
{
	const struct known key = {.path = (char *)path};
	struct known **found = tfind(&key, &handles->tree, by_path);

	return found ? &(*found)->handle : NULL;
}

void handles_free(struct handles *handles)
{
	if (handles)
		tdestroy(handles->tree, free_entry);
	free(handles);
}

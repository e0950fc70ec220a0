// SPDX-License-Identifier: GPL-2.0-only
/* Who listens on the port: nfsd's sockets are in no process's file table. */
#include "admin/cleanup.h"
#include "admin/probe.h"
#include "admin/sockdiag.h"

#include <ctype.h>
#include <dirent.h>
#include <netinet/tcp.h>
#include <string.h>

static void na_cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define LISTENERS 16

struct inodes {
	__u32 inode[LISTENERS];
	unsigned int n;
};

static int on_listener(const struct na_socket *s, void *data)
{
	struct inodes *list = data;

	if (list->n < LISTENERS)
		list->inode[list->n++] = s->inode;
	return 0;
}

/* Does one of the process's descriptors name one of these sockets? */
static bool process_has(const char *pid, const struct inodes *list)
{
	char path[300], target[64];
	_cleanup_(closedir) DIR *dir = NULL;
	struct dirent *d;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), d->d_name, target, sizeof(target) - 1);
		unsigned int inode, i;

		if (n < 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%u]", &inode) != 1)
			continue;
		for (i = 0; i < list->n; i++)
			if (list->inode[i] == inode)
				return true;
	}
	return false;
}

static void process_name(const char *pid, char *name, size_t size)
{
	_cleanup_(fclose) FILE *f = NULL;
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(name, size, f))
		snprintf(name, size, "?");
	name[strcspn(name, "\n")] = '\0';
}

int na_probe_listener(uint16_t port, struct na_listener *out)
{
	_cleanup_(mnl) struct mnl_socket *nl = na_sockdiag_open();
	_cleanup_(closedir) DIR *proc = NULL;
	struct inodes list = {.n = 0};
	struct dirent *d;
	int err;

	*out = (struct na_listener){0};
	if (!nl)
		return -errno;
	err = na_sockdiag_each(nl, port, 1u << TCP_LISTEN, on_listener, &list);
	if (err || !list.n)
		return err;
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while ((d = readdir(proc))) {
		if (!isdigit((unsigned char)d->d_name[0]) || !process_has(d->d_name, &list))
			continue;
		out->pid = atoi(d->d_name);
		process_name(d->d_name, out->name, sizeof(out->name));
		return 0;
	}
	out->kernel = true;
	return 0;
}

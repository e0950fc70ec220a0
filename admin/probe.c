// SPDX-License-Identifier: GPL-2.0-only
#include "admin/probe.h"

#include "admin/cleanup.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * securityfs need not be mounted (containers, small guests): a mount of our own that
 * nobody sees does as well.
 */
static int open_lsm_list(void)
{
	_cleanup_(close) int fs = -1;
	_cleanup_(close) int mnt = -1;
	int fd = open("/sys/kernel/security/lsm", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	fs = fsopen("securityfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	if (mnt < 0)
		return -errno;
	fd = openat(mnt, "lsm", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int na_probe_bpf_lsm(void)
{
	_cleanup_(close) int fd = open_lsm_list();
	char list[512], *state = NULL, *name;
	ssize_t n;

	/* A kernel without security modules has no such file system. */
	if (fd == -ENODEV || fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	n = read(fd, list, sizeof(list) - 1);
	if (n < 0)
		return -errno;
	list[n] = '\0';
	for (name = strtok_r(list, ",\n", &state); name; name = strtok_r(NULL, ",\n", &state))
		if (!strcmp(name, "bpf"))
			return 1;
	return 0;
}

bool na_probe_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

bool na_probe_module(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

int na_probe_load_module(const char *name)
{
	char *argv[] = {(char *)"modprobe", (char *)"-q", (char *)name, NULL};
	char *env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int status = 0, err;
	pid_t pid;

	if (na_probe_module(name))
		return 0;
	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, env);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return na_probe_module(name) ? 0 : -ENOENT;
}

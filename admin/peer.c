// SPDX-License-Identifier: GPL-2.0-only
#include "admin/peer.h"

#include "admin/cleanup.h"

#include <grp.h>
#include <stdbool.h>
#include <sys/socket.h>

gid_t na_peer_group(const char *name)
{
	const struct group *g = name[0] ? getgrnam(name) : NULL;

	return g ? g->gr_gid : 0;
}

/* Supplementary groups, as they were when the peer connected. */
static gid_t *groups_of(int fd, size_t *n)
{
	socklen_t len = 0;
	gid_t *groups;

	/* Asked with no room, the kernel says how much it takes. */
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) || errno != ERANGE)
		return NULL;
	groups = malloc(len);
	if (groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len)) {
		free(groups);
		return NULL;
	}
	*n = len / sizeof(*groups);
	return groups;
}

static bool is_in(gid_t group, gid_t primary, const gid_t *groups, size_t n)
{
	size_t i;

	if (!group || group == primary)
		return group;
	for (i = 0; groups && i < n; i++)
		if (groups[i] == group)
			return true;
	return false;
}

enum na_rights na_peer_rights(int fd, gid_t group, gid_t read_group)
{
	_cleanup_(free) gid_t *groups = NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	size_t n = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return NA_RIGHTS_NONE;
	if (cred.uid == 0)
		return NA_RIGHTS_ALL;
	groups = groups_of(fd, &n);
	if (is_in(group, cred.gid, groups, n))
		return NA_RIGHTS_ALL;
	return is_in(read_group, cred.gid, groups, n) ? NA_RIGHTS_READ : NA_RIGHTS_NONE;
}

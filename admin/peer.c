// SPDX-License-Identifier: GPL-2.0-only
#include "admin/peer.h"

#include "admin/cleanup.h"

#include <grp.h>
#include <sys/socket.h>

gid_t na_peer_group(const char *name)
{
	const struct group *g = getgrnam(name);

	return g ? g->gr_gid : 0;
}

bool na_peer_allowed(int fd, gid_t group)
{
	_cleanup_(free) gid_t *groups = NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	size_t i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	if (cred.uid == 0)
		return true;
	if (!group)
		return false;
	if (cred.gid == group)
		return true;
	/* Asked with no room, the kernel says how much it takes. */
	len = 0;
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) || errno != ERANGE)
		return false;
	groups = malloc(len);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

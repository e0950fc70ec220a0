/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is at the other end of a Unix socket. */
#ifndef NFSACCEL_ADMIN_PEER_H
#define NFSACCEL_ADMIN_PEER_H

#include <sys/types.h>

enum na_rights {
	NA_RIGHTS_NONE,
	NA_RIGHTS_READ, /* may ask */
	NA_RIGHTS_ALL,
};

/* The group's number; 0 when it does not exist, which stands for "nobody but root". */
gid_t na_peer_group(const char *name);

/* Root and group may do all, read_group may ask; as primary or supplementary groups. */
enum na_rights na_peer_rights(int fd, gid_t group, gid_t read_group);

#endif

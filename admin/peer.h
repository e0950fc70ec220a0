/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is at the other end of a Unix socket. */
#ifndef NFSACCEL_ADMIN_PEER_H
#define NFSACCEL_ADMIN_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* The group's number; 0 when it does not exist, which stands for "root only". */
gid_t na_peer_group(const char *name);

/* Root, or a member of group (as primary or supplementary group) unless that is 0. */
bool na_peer_allowed(int fd, gid_t group);

#endif

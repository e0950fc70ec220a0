// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of change made by libnfs's file calls, version 3. */
#ifndef TESTS_CLIENTS_TORTURE_LIBNFS_H
#define TESTS_CLIENTS_TORTURE_LIBNFS_H

struct torture_writer;

int torture_libnfs_write(struct torture_writer *w);
int torture_libnfs_append(struct torture_writer *w);
int torture_libnfs_truncate(struct torture_writer *w);
int torture_libnfs_chmod(struct torture_writer *w);
int torture_libnfs_chown(struct torture_writer *w);
int torture_libnfs_link(struct torture_writer *w);
int torture_libnfs_rename(struct torture_writer *w);

#endif

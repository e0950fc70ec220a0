/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits set at run time, beside those of the file (admin/policy.h). */
#ifndef NFSACCEL_ADMIN_RUNTIME_H
#define NFSACCEL_ADMIN_RUNTIME_H

struct na_daemon;
struct na_policy_error;

/* What a daemon left that was killed, if its state was taken over. */
void na_runtime_read(struct na_daemon *d);

/* In force, and replacing those set before for that client and path, when 0 is returned. */
int na_runtime_set(struct na_daemon *d, const char *client, const char *path, const char *options,
		   struct na_policy_error *err);

/* -ENOENT: there is none set at run time; err says where else it is. */
int na_runtime_del(struct na_daemon *d, const char *client, const char *path,
		   struct na_policy_error *err);

#endif

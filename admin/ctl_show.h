/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's replies, for people. */
#ifndef NFSACCEL_ADMIN_CTL_SHOW_H
#define NFSACCEL_ADMIN_CTL_SHOW_H

#include <json-c/json.h>

void na_ctl_show_status(struct json_object *o);
void na_ctl_show_stats(struct json_object *o);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What must be so before anything is loaded: said clearly, with the remedy. */
#ifndef NFSACCEL_ADMIN_READY_H
#define NFSACCEL_ADMIN_READY_H

#include "admin/config.h"

/* Loads the nfsd module when it is not there; that it cannot be is no error here. */
int na_ready(const struct na_config *c, struct na_why *why);

/* Parts of it, for --check. */
int na_ready_root(struct na_why *why);
int na_ready_btf(struct na_why *why);
int na_ready_port(const struct na_config *c, struct na_why *why);

#endif

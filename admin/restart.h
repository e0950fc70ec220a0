/* SPDX-License-Identifier: GPL-2.0-only */
/* Is this stop the first half of a restart? */
#ifndef NFSACCEL_ADMIN_RESTART_H
#define NFSACCEL_ADMIN_RESTART_H

#include <stdbool.h>

/*
 * True when systemd stops our service to start it again (systemctl restart, a new
 * package). False when it does not, when systemd did not start us, and in doubt.
 */
bool na_restart_pending(void);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* Reading all the time, and logging what came, until there is no further round. */
#ifndef TESTS_CLIENTS_TORTURE_READER_H
#define TESTS_CLIENTS_TORTURE_READER_H

#include "tests/clients/target.h"
#include "tests/clients/torture_shared.h"

/* By NFSv3 READs of libnfs, as the target says; stranger: not as root. */
void torture_read_libnfs(struct torture_shared *s, uint32_t number, const struct target *target,
			 bool stranger, bool aligned);
/* Through a kernel mount on dir, past its cache. */
void torture_read_mount(struct torture_shared *s, uint32_t number, const char *dir);

#endif

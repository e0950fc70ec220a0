// SPDX-License-Identifier: GPL-2.0-only
#ifndef TESTS_CLIENTS_HIGH_LEVEL_H
#define TESTS_CLIENTS_HIGH_LEVEL_H

#include <stddef.h>

#include "tests/clients/libnfs_api.h"
#include "tests/clients/target.h"

/*
 * A mounted context of libnfs's file calls, of the target's version; NULL with
 * a sentence in text. Ends by nfs_destroy_context().
 */
struct nfs_context *high_level_mount(const struct target *target, char *text, size_t size);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * File handles in a text file, one "HEX PATH" a line. With them a client can
 * READ what it could not have mounted or looked up: that is how an intruder
 * would come, and the tests of refusal must be able to.
 */
#ifndef TESTS_CLIENTS_HANDLES_H
#define TESTS_CLIENTS_HANDLES_H

#include "tests/clients/session.h"

struct engine;

int handles_save(const char *file, const struct engine *e);

struct handles;

/* 0 or negative errno; -EBADMSG when the file is no list of handles. */
int handles_load(const char *file, struct handles **handles);
const struct handle *handles_find(const struct handles *handles, const char *path);
void handles_free(struct handles *handles);

#endif

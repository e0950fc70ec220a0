// SPDX-License-Identifier: GPL-2.0-only
/* Contents that say what they are: file, generation and place, in each 8 bytes. */
#ifndef TESTS_CLIENTS_TORTURE_WORDS_H
#define TESTS_CLIENTS_TORTURE_WORDS_H

#include "tests/clients/torture_history.h"

#define TORTURE_MAX_ID 0xfffffu /* of files and of generations: 20 bits each */

/* Writes a block of the file as of generation gen (from 1). */
void torture_words_fill(void *block, uint32_t file, uint32_t gen, uint32_t index);

/*
 * Reads len bytes, a multiple of the block's size, that came from block `index` on, and
 * sets file, odd and seen of the READ.
 */
void torture_words_scan(struct torture_read *read, const void *data, uint32_t len, uint32_t index);

#endif

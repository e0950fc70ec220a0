// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tests/clients/random.h"
#include "tests/clients/torture_words.h"

#define WORDS (TORTURE_BLOCK / sizeof(uint64_t))
#define CHECK 24 /* bits that prove the rest */

static uint64_t word(uint32_t file, uint32_t gen, uint32_t place)
{
	uint64_t id = (uint64_t)(file & TORTURE_MAX_ID) << 20 | (gen & TORTURE_MAX_ID);
	uint64_t sum = random_mix(id ^ (uint64_t)place << 40);

	return id << CHECK | (sum & ((1u << CHECK) - 1));
}

void torture_words_fill(void *block, uint32_t file, uint32_t gen, uint32_t index)
{
	for (uint32_t i = 0; i < WORDS; i++) {
		uint64_t w = word(file, gen, index * WORDS + i);

		memcpy((char *)block + i * sizeof(w), &w, sizeof(w));
	}
}

static void scan_word(struct torture_seen *seen, uint64_t w, uint32_t place)
{
	uint32_t file = (uint32_t)(w >> (CHECK + 20)) & TORTURE_MAX_ID;
	uint32_t gen = (uint32_t)(w >> CHECK) & TORTURE_MAX_ID;

	if (!w) {
		seen->zero = true;
		return;
	}
	if (!file || !gen || w != word(file, gen, place)) {
		seen->broken++;
		return;
	}
	seen->mixed |= seen->file && seen->file != file;
	seen->file = file;
	if (!seen->oldest || gen < seen->oldest)
		seen->oldest = gen;
	if (gen > seen->newest)
		seen->newest = gen;
}

void torture_words_scan(struct torture_read *read, const void *data, uint32_t len, uint32_t index)
{
	uint32_t n = len / TORTURE_BLOCK;
	uint64_t w;

	/* Sizes and offsets are whole blocks, always. */
	read->odd = len % TORTURE_BLOCK != 0 || n > TORTURE_BLOCKS;
	read->file = TORTURE_NONE;
	if (n > TORTURE_BLOCKS)
		n = TORTURE_BLOCKS;
	memset(read->seen, 0, sizeof(read->seen));
	for (uint32_t b = 0; b < n; b++) {
		for (uint32_t i = 0; i < WORDS; i++) {
			memcpy(&w, (const char *)data + b * TORTURE_BLOCK + i * sizeof(w),
			       sizeof(w));
			scan_word(&read->seen[b], w, (index + b) * WORDS + i);
		}
		if (!read->file)
			read->file = read->seen[b].file;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tests/clients/mix.h"
#include "tests/clients/random.h"
#include "tests/clients/target.h"

static const char *const names[MIX_OPS] = {
	[ENGINE_READ] = "read",
	[ENGINE_GETATTR] = "getattr",
	[ENGINE_LOOKUP] = "lookup",
	[ENGINE_ACCESS] = "access",
};

const char *mix_name(enum engine_op op)
{
	return names[op];
}

static bool take(struct mix *mix, const char *word, size_t len)
{
	char number[8];

	for (uint32_t op = 0; op < MIX_OPS; op++) {
		size_t name = strlen(names[op]);

		if (len <= name || strncmp(word, names[op], name) || word[name] != '=')
			continue;
		len -= name + 1;
		if (mix->weights[op] || len >= sizeof(number))
			return false;
		memcpy(number, word + name + 1, len);
		number[len] = '\0';
		if (!parse_u32(number, 1, 1000, &mix->weights[op]))
			return false;
		mix->total += mix->weights[op];
		return true;
	}
	return false;
}

bool mix_parse(const char *text, struct mix *mix)
{
	*mix = (struct mix){.total = 0};
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!take(mix, text, len))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

bool mix_is_reads(const struct mix *mix)
{
	return mix->total == mix->weights[ENGINE_READ];
}

enum engine_op mix_pick(const struct mix *mix, uint64_t *random_state)
{
	uint64_t at;
	uint32_t op;

	if (mix_is_reads(mix))
		return ENGINE_READ;
	at = random_below(random_state, mix->total);
	for (op = 0; at >= mix->weights[op]; op++)
		at -= mix->weights[op];
	return (enum engine_op)op;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Which call is next, where nfsaccel-bench sends not READs alone. */
#ifndef TESTS_CLIENTS_MIX_H
#define TESTS_CLIENTS_MIX_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/clients/engine.h"

#define MIX_OPS (ENGINE_ACCESS + 1)

struct mix {
	uint32_t weights[MIX_OPS]; /* by enum engine_op */
	uint32_t total;		   /* 0: READs alone */
};

/* "getattr=26,read=18": each operation at most once, weights 1..1000. False: it is not that. */
bool mix_parse(const char *text, struct mix *mix);
bool mix_is_reads(const struct mix *mix);
/* Takes nothing from the generator where there are READs alone. */
enum engine_op mix_pick(const struct mix *mix, uint64_t *random_state);
/* "getattr", in the words of --mix. */
const char *mix_name(enum engine_op op);

#endif

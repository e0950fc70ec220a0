// SPDX-License-Identifier: GPL-2.0-only
/* What people are told: each violation of the first ones, and the figures. */
#ifndef TESTS_CLIENTS_TORTURE_TELL_H
#define TESTS_CLIENTS_TORTURE_TELL_H

#include "tests/clients/torture_check.h"
#include "tests/clients/torture_shared.h"

struct torture_result {
	uint64_t rounds, reads, judged, changes, violations;
	uint64_t wrong[TORTURE_WRONGS];
};

/* Adds a round, and prints its violations on stderr, with the changes around them. */
void torture_tell_round(struct torture_result *r, const struct torture_history *h,
			const struct torture_verdict *v);
void torture_tell_result(const struct torture_result *r, const struct torture_shared *s, bool json);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy file of any bytes: refused with a place in it, or read; what was read reads
 * back the same from its own text.
 */
#include <stdio.h>

#include "exports/policy.h"
#include "tests/fuzz/input.h"

static void reads_back(const struct na_rule *r)
{
	char *text = na_rule_format(r), *again;
	struct na_policy_error err;
	struct na_policy p = {0};

	FUZZ_CHECK(text);
	FUZZ_CHECK(!na_policy_parse(&p, "text", text, strlen(text), &err) && p.n == 1);
	FUZZ_CHECK(!strcmp(p.rule->path, r->path));
	FUZZ_CHECK(!memcmp(&p.rule->client, &r->client, sizeof(r->client)));
	again = na_rule_format(p.rule);
	FUZZ_CHECK(again && !strcmp(text, again));
	free(text);
	free(again);
	na_policy_free(&p);
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	char *text = malloc(size); /* not one byte more */
	struct na_policy_error err;
	unsigned int line, column;
	struct na_policy p = {0};
	size_t i;

	if (size)
		memcpy(text, data, size);
	if (na_policy_parse(&p, "f", text, size, &err)) {
		FUZZ_CHECK(p.n == 0);
		FUZZ_CHECK(sscanf(err.text, "f:%u:%u: ", &line, &column) == 2);
		FUZZ_CHECK(line && column && line <= size + 1 && column <= size + 1);
	}
	for (i = 0; i < p.n; i++)
		reads_back(&p.rule[i]);
	na_policy_free(&p);
	free(text);
	return 0;
}

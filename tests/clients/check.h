// SPDX-License-Identifier: GPL-2.0-only
/* Compares what a READ brought with what the file should contain. */
#ifndef TESTS_CLIENTS_CHECK_H
#define TESTS_CLIENTS_CHECK_H

#include <stddef.h>

#include "tests/clients/engine.h"
#include "tests/clients/source.h"

enum check_result {
	CHECK_RIGHT,
	CHECK_WRONG,	/* bytes, count, eof or attributes differ */
	CHECK_REFUSED,	/* the server answered with an error nobody expected */
	CHECK_NO_LOCAL, /* the local copy could not be read */
};

struct check {
	struct source *source;
	int expect_error; /* every READ must fail with this negative errno; 0: must succeed */
	bool loose_eof;	  /* READs of 0 bytes may say either */
	char *expected;	  /* room for the largest READ */
};

/* What is wrong goes to why, which is otherwise untouched. */
enum check_result check_reply(struct check *c, const struct engine_read *read,
			      const struct engine_reply *reply, char *why, size_t size);

#endif

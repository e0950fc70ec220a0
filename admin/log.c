// SPDX-License-Identifier: GPL-2.0-only
#include "admin/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct na_event events[NA_EVENTS];
static unsigned int newest;

void na_log(const char *prefix, const char *fmt, ...)
{
	struct na_event *e = &events[++newest % NA_EVENTS];
	int saved = errno;
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	e->when = time(NULL);
	/* journald reads the prefix; a person at a terminal need not. */
	fprintf(stderr, "%snfsacceld: %s\n", getenv("JOURNAL_STREAM") ? prefix : "", e->text);
	errno = saved;
}

const struct na_event *na_log_event(unsigned int i)
{
	const struct na_event *e = &events[(newest - i) % NA_EVENTS];

	return i < NA_EVENTS && e->when ? e : NULL;
}

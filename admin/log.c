// SPDX-License-Identifier: GPL-2.0-only
#include "admin/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct na_event events[NA_EVENTS];
static struct na_event messages[NA_MESSAGES];
static unsigned int newest, newest_message;

static struct na_event *keep(const char *kind, const char *fmt, va_list args)
{
	struct na_event *e = &events[++newest % NA_EVENTS];

	vsnprintf(e->text, sizeof(e->text), fmt, args);
	e->when = time(NULL);
	e->serial = newest;
	e->kind = kind;
	if (!kind)
		messages[++newest_message % NA_MESSAGES] = *e;
	return e;
}

void na_log_happened(const char *kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(kind, fmt, args);
	va_end(args);
}

void na_log(const char *prefix, const char *fmt, ...)
{
	int saved = errno;
	struct na_event *e;
	va_list args;

	va_start(args, fmt);
	e = keep(NULL, fmt, args);
	va_end(args);
	/* journald reads the prefix; a person at a terminal need not. */
	fprintf(stderr, "%snfsacceld: %s\n", getenv("JOURNAL_STREAM") ? prefix : "", e->text);
	errno = saved;
}

/* All rings are zero at first, and no event has a time of 0. */
static const struct na_event *found(const struct na_event *e)
{
	return e->when ? e : NULL;
}

const struct na_event *na_log_event(unsigned int i)
{
	return i < NA_EVENTS ? found(&events[(newest - i) % NA_EVENTS]) : NULL;
}

const struct na_event *na_log_message(unsigned int i)
{
	return i < NA_MESSAGES ? found(&messages[(newest_message - i) % NA_MESSAGES]) : NULL;
}

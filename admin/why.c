// SPDX-License-Identifier: GPL-2.0-only
#include "admin/why.h"

#include <stdarg.h>
#include <stdio.h>

int na_why(struct na_why *why, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return err;
}

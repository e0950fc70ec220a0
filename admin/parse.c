// SPDX-License-Identifier: GPL-2.0-only
#include "admin/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit no_units[] = {{"", 1}, {NULL, 0}};
static const struct unit sizes[] = {
	{"", 1}, {"K", 1ull << 10}, {"M", 1ull << 20}, {"G", 1ull << 30}, {NULL, 0},
};
static const struct unit times[] = {
	{"", 1000000000ull},	 {"ms", 1000000ull}, {"s", 1000000000ull},
	{"min", 60000000000ull}, {NULL, 0},
};

static int parse(const char *text, const struct unit *u, uint64_t *out)
{
	unsigned long long n;
	uint64_t product;
	char *end;

	/* strtoull() would take signs and blanks. */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -errno;
	while (*end == ' ')
		end++;
	for (; u->name; u++) {
		if (strcmp(u->name, end))
			continue;
		if (__builtin_mul_overflow(n, u->factor, &product))
			return -ERANGE;
		*out = product;
		return 0;
	}
	return -EINVAL;
}

int na_parse_number(const char *text, uint64_t *n)
{
	return parse(text, no_units, n);
}

int na_parse_size(const char *text, uint64_t *bytes)
{
	return parse(text, sizes, bytes);
}

int na_parse_time(const char *text, uint64_t *ns)
{
	return parse(text, times, ns);
}

char *na_format_size(uint64_t bytes, char buf[static 32])
{
	static const char units[] = " KMGT";
	double n = bytes;
	unsigned int i = 0;

	while (n >= 1024 && i < 4) {
		n /= 1024;
		i++;
	}
	if (!i)
		snprintf(buf, 32, "%ju", (uintmax_t)bytes);
	else
		snprintf(buf, 32, n < 10 && n != (int)n ? "%.1f%c" : "%.0f%c", n, units[i]);
	return buf;
}

char *na_format_time(uint64_t ns, char buf[static 32])
{
	uint64_t s = ns / 1000000000ull;

	if (!s)
		snprintf(buf, 32, "%jums", (uintmax_t)(ns / 1000000));
	else if (s <= 120)
		snprintf(buf, 32, "%jus", (uintmax_t)s);
	else if (s < 7200)
		snprintf(buf, 32, "%jumin", (uintmax_t)(s / 60));
	else if (s < 172800)
		snprintf(buf, 32, "%juh%jumin", (uintmax_t)(s / 3600), (uintmax_t)(s / 60 % 60));
	else
		snprintf(buf, 32, "%jud%juh", (uintmax_t)(s / 86400), (uintmax_t)(s / 3600 % 24));
	return buf;
}

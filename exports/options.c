// SPDX-License-Identifier: GPL-2.0-only
/* What: the words between the brackets. */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "exports/words.h"
#include "nfsaccel/abi.h"
#include "nfsaccel/limit.h"

#define SECOND 1000000000ull

enum value {
	VALUE_NONE, /* a word by itself: sets the flag to .max */
	VALUE_SIZE,
	VALUE_TIME,
	VALUE_RATE, /* a number; or "none" */
	VALUE_BYTE_RATE,
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit counts[] = {{"", 1}, {NULL, 0}};
static const struct unit sizes[] = {
	{"", 1},	   {"k", 1ull << 10}, {"K", 1ull << 10}, {"m", 1ull << 20},
	{"M", 1ull << 20}, {"g", 1ull << 30}, {"G", 1ull << 30}, {NULL, 0},
};
static const struct unit times[] = {
	{"", SECOND}, {"ms", 1000000ull}, {"s", SECOND}, {"min", 60 * SECOND}, {NULL, 0},
};

#define OFFSET(field) offsetof(struct na_options, field)

static const struct word {
	const char *name;
	enum na_option option;
	enum value value;
	size_t offset;
	uint64_t min, max;
	const char *want;
} words[] = {
	{"cache", NA_OPTION_CACHE, VALUE_NONE, OFFSET(cache), 0, 1, NULL},
	{"nocache", NA_OPTION_CACHE, VALUE_NONE, OFFSET(cache), 0, 0, NULL},
	{"maxfile", NA_OPTION_MAXFILE, VALUE_SIZE, OFFSET(maxfile), 0, NA_FILE_MAX,
	 "a size from 0 to 64k"},
	{"ttl", NA_OPTION_TTL, VALUE_TIME, OFFSET(ttl), SECOND, 60 * SECOND,
	 "a time from 1s to 60s"},
	{"ops", NA_OPTION_OPS, VALUE_RATE, OFFSET(ops), 1, 1000000000,
	 "a number of operations a second from 1 to 1000000000, or none"},
	{"read", NA_OPTION_READ, VALUE_BYTE_RATE, OFFSET(read), 1024, 1ull << 40,
	 "bytes a second from 1k to 1024G, or none"},
	{"write", NA_OPTION_WRITE, VALUE_BYTE_RATE, OFFSET(write), 1024, 1ull << 40,
	 "bytes a second from 1k to 1024G, or none"},
	{"burst", NA_OPTION_BURST, VALUE_TIME, OFFSET(burst), 1000000, NA_LIMIT_BURST_MAX,
	 "a time from 1ms to 60s"},
	{"backlog", NA_OPTION_BACKLOG, VALUE_TIME, OFFSET(backlog), 10000000, NA_LIMIT_HELD_MAX,
	 "a time from 10ms to 8s"},
	{"each", NA_OPTION_SHARE, VALUE_NONE, OFFSET(shared), 0, 0, NULL},
	{"shared", NA_OPTION_SHARE, VALUE_NONE, OFFSET(shared), 0, 1, NULL},
	{"shape", NA_OPTION_EXCESS, VALUE_NONE, OFFSET(police), 0, 0, NULL},
	{"police", NA_OPTION_EXCESS, VALUE_NONE, OFFSET(police), 0, 1, NULL},
};

#define NWORDS (sizeof(words) / sizeof(words[0]))

static bool number(const char *text, const struct unit *u, uint64_t *out)
{
	char *end;
	uint64_t n;

	/* strtoull() would take signs and blanks; twenty digits are too many */
	if (!isdigit((unsigned char)text[0]) || strspn(text, "0123456789") > 19)
		return false;
	n = strtoull(text, &end, 10);
	for (; u->name; u++)
		if (!strcmp(u->name, end))
			return !__builtin_mul_overflow(n, u->factor, out);
	return false;
}

static bool value_of(const struct word *k, const char *text, uint64_t *n)
{
	switch (k->value) {
	case VALUE_NONE:
		return false;
	case VALUE_SIZE:
		return number(text, sizes, n) && *n >= k->min && *n <= k->max;
	case VALUE_TIME:
		return number(text, times, n) && *n >= k->min && *n <= k->max;
	case VALUE_RATE:
	case VALUE_BYTE_RATE:
		*n = 0;
		return !strcmp(text, "none") ||
		       (number(text, k->value == VALUE_RATE ? counts : sizes, n) && *n >= k->min &&
			*n <= k->max);
	}
	return false;
}

static const struct word *find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < NWORDS; i++)
		if (strlen(words[i].name) == len && !memcmp(words[i].name, name, len))
			return &words[i];
	return NULL;
}

static int parse_one(struct na_scan *s, const struct na_word *w, struct na_options *o,
		     unsigned int *seen)
{
	const char *equals = strchr(w->text, '=');
	size_t len = equals ? (size_t)(equals - w->text) : w->len;
	const struct word *k = find(w->text, len);
	uint64_t n;

	if (!w->len)
		return na_scan_at(s, w, "an option is expected");
	if (!k)
		return na_scan_at(
			s, w,
			"no option '%.*s': cache, nocache, maxfile=, ttl=, ops=, read=, write=, "
			"burst=, backlog=, each, shared, shape or police is expected",
			(int)len, w->text);
	if (*seen & (1u << k->option))
		return na_scan_at(s, w, "'%.*s' after the list said so already, or the opposite",
				  (int)len, w->text);
	if (k->value == VALUE_NONE) {
		if (equals)
			return na_scan_at(s, w, "'%s' takes no value", k->name);
		*(bool *)((char *)o + k->offset) = k->max;
	} else {
		if (!equals)
			return na_scan_at(s, w, "'%s=' and %s is expected", k->name, k->want);
		if (!value_of(k, equals + 1, &n))
			return na_scan_fail(s, w->line, w->column + (unsigned int)len + 1,
					    "'%s' is not good for %s=: %s is expected", equals + 1,
					    k->name, k->want);
		*(uint64_t *)((char *)o + k->offset) = n;
	}
	*seen |= 1u << k->option;
	return 0;
}

int na_options_parse(struct na_scan *s, struct na_options *o)
{
	unsigned int seen = 0;
	struct na_word w;
	int err;

	for (;;) {
		err = na_scan_word(s, ",()", &w) ?: parse_one(s, &w, o, &seen);
		if (err)
			return err;
		if (na_scan_peek(s) != ',')
			break;
		na_scan_next(s);
	}
	o->given |= seen;
	return 0;
}

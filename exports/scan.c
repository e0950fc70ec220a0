// SPDX-License-Identifier: GPL-2.0-only
#include "exports/scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int na_scan_fail(struct na_scan *s, unsigned int line, unsigned int column, const char *fmt, ...)
{
	char *text = s->err->text;
	size_t size = sizeof(s->err->text);
	va_list args;
	int n;

	if (line)
		n = snprintf(text, size, "%s:%u:%u: ", s->name, line, column);
	else
		n = snprintf(text, size, "%s", s->name);
	if (n < 0 || (size_t)n >= size)
		return -EINVAL;
	va_start(args, fmt);
	vsnprintf(text + n, size - n, fmt, args);
	va_end(args);
	return -EINVAL;
}

static bool joined(const struct na_scan *s)
{
	return s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == '\n';
}

int na_scan_peek(const struct na_scan *s)
{
	if (s->at == s->end)
		return -1;
	return joined(s) ? ' ' : (unsigned char)*s->at;
}

int na_scan_next(struct na_scan *s)
{
	int c = na_scan_peek(s);

	if (c < 0)
		return c;
	if (joined(s))
		s->at++;
	if (*s->at++ == '\n') {
		s->line++;
		s->column = 1;
	} else {
		s->column++;
	}
	return c;
}

static bool blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool na_scan_line_goes_on(struct na_scan *s)
{
	while (blank(na_scan_peek(s)))
		na_scan_next(s);
	if (na_scan_peek(s) == '#')
		while (s->at < s->end && *s->at != '\n') {
			s->at++;
			s->column++;
		}
	return s->at < s->end && na_scan_peek(s) != '\n';
}

bool na_scan_to_line(struct na_scan *s)
{
	while (!na_scan_line_goes_on(s))
		if (na_scan_next(s) < 0)
			return false;
	return true;
}

/* A backslash and three octal digits, as exports(5) has it; -1 if it is anything else. */
static int octal(const struct na_scan *s)
{
	int i, value = 0;

	if (s->end - s->at < 4 || s->at[0] != '\\')
		return -1;
	for (i = 1; i < 4; i++) {
		if (s->at[i] < '0' || s->at[i] > '7')
			return -1;
		value = 8 * value + s->at[i] - '0';
	}
	return value;
}

static int escaped(struct na_scan *s)
{
	int c = octal(s);

	if (c < 0)
		return na_scan_here(s, "a backslash is followed by three octal digits, as in "
				       "\\040 for a blank, or by the line's end");
	if (c == 0 || c > 255)
		return na_scan_here(s, "\\%.3s is no character", s->at + 1);
	s->at += 4;
	s->column += 4;
	return c;
}

/* The next character of a word; 0 where the word ends. */
static int word_char(struct na_scan *s, const char *stop, struct na_word *w, bool *in_quotes)
{
	int c;

	while ((c = na_scan_peek(s)) == '"') {
		w->quoted = true;
		*in_quotes = !*in_quotes;
		na_scan_next(s);
	}
	if (c < 0 || c == '\n')
		return *in_quotes ? na_scan_at(s, w, "the closing '\"' is missing") : 0;
	if (!*in_quotes && (blank(c) || (c && strchr(stop, c))))
		return 0;
	if (c == 0)
		return na_scan_here(s, "there is a NUL byte in the file");
	if (c == '\\')
		return escaped(s);
	return na_scan_next(s);
}

int na_scan_word(struct na_scan *s, const char *stop, struct na_word *w)
{
	bool in_quotes = false;
	int c;

	w->len = 0;
	w->quoted = false;
	w->line = s->line;
	w->column = s->column;
	while ((c = word_char(s, stop, w, &in_quotes)) > 0) {
		if (w->len == NA_WORD_MAX)
			return na_scan_at(s, w, "a word of more than %d characters", NA_WORD_MAX);
		w->text[w->len++] = (char)c;
	}
	w->text[w->len] = '\0';
	return c;
}

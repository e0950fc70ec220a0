// SPDX-License-Identifier: GPL-2.0-only
/* Rules as text that reads back as the same rules. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exports/policy.h"

#define SECOND UINT64_C(1000000000)

static void put_path(FILE *f, const char *path)
{
	for (; *path; path++)
		if (*path <= ' ' || *path == 127 || strchr("\"\\#()", *path))
			fprintf(f, "\\%03o", (unsigned char)*path);
		else
			fputc(*path, f);
}

static void put_net(FILE *f, const struct na_client *c)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)c->addr) && c->bits >= 96;
	unsigned int bits = v4 ? c->bits - 96 : c->bits, full = v4 ? 32 : 128;
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? c->addr + 12 : c->addr, text, sizeof(text));
	fputs(text, f);
	if (bits < full)
		fprintf(f, "/%u", bits);
}

static void put_client(FILE *f, const struct na_client *c)
{
	switch (c->kind) {
	case NA_CLIENT_ANY:
		fputc('*', f);
		break;
	case NA_CLIENT_NET:
		put_net(f, c);
		break;
	case NA_CLIENT_NETGROUP:
		fputc('@', f);
		fputs(c->name, f);
		break;
	case NA_CLIENT_HOST:
	case NA_CLIENT_PATTERN:
		fputs(c->name, f);
		break;
	}
}

static void put_size(FILE *f, uint64_t n)
{
	static const char units[] = "\0kMG";
	unsigned int i = 0;

	while (n && i < 3 && n % 1024 == 0) {
		n /= 1024;
		i++;
	}
	fprintf(f, "%" PRIu64, n);
	if (i)
		fputc(units[i], f);
}

static void put_rate(FILE *f, uint64_t n)
{
	if (n)
		put_size(f, n);
	else
		fputs("none", f);
}

static void put_time(FILE *f, uint64_t ns)
{
	if (ns % SECOND)
		fprintf(f, "%" PRIu64 "ms", ns / 1000000);
	else
		fprintf(f, "%" PRIu64 "s", ns / SECOND);
}

static void put_option(FILE *f, const struct na_options *o, enum na_option which)
{
	switch (which) {
	case NA_OPTION_CACHE:
		fputs(o->cache ? "cache" : "nocache", f);
		break;
	case NA_OPTION_MAXFILE:
		fputs("maxfile=", f);
		put_size(f, o->maxfile);
		break;
	case NA_OPTION_TTL:
		fputs("ttl=", f);
		put_time(f, o->ttl);
		break;
	case NA_OPTION_OPS:
		if (o->ops)
			fprintf(f, "ops=%" PRIu64, o->ops);
		else
			fputs("ops=none", f);
		break;
	case NA_OPTION_READ:
		fputs("read=", f);
		put_rate(f, o->read);
		break;
	case NA_OPTION_WRITE:
		fputs("write=", f);
		put_rate(f, o->write);
		break;
	case NA_OPTION_BURST:
		fputs("burst=", f);
		put_time(f, o->burst);
		break;
	case NA_OPTION_BACKLOG:
		fputs("backlog=", f);
		put_time(f, o->backlog);
		break;
	case NA_OPTION_SHARE:
		fputs(o->shared ? "shared" : "each", f);
		break;
	case NA_OPTION_EXCESS:
		fputs(o->police ? "police" : "shape", f);
		break;
	case NA_OPTION_MAX:
		break;
	}
}

static void put_options(FILE *f, const struct na_options *o)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < NA_OPTION_MAX; i++) {
		if (!(o->given & (1u << i)))
			continue;
		fputs(comma, f);
		put_option(f, o, (enum na_option)i);
		comma = ",";
	}
}

/* Closing tells whether all of it found room. */
static char *finish(FILE *f, char **text)
{
	if (!fclose(f))
		return *text;
	free(*text);
	return NULL;
}

char *na_rule_format(const struct na_rule *r)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	put_path(f, r->path);
	fputc(' ', f);
	put_client(f, &r->client);
	fputc('(', f);
	put_options(f, &r->options);
	fputc(')', f);
	return finish(f, &text);
}

char *na_client_format(const struct na_client *c)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	put_client(f, c);
	return finish(f, &text);
}

char *na_options_format(const struct na_options *o)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	put_options(f, o);
	return finish(f, &text);
}

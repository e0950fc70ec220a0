// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/clients/clock.h"
#include "tests/clients/target.h"

bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long n;
	char *end;

	/* strtoull() takes signs and blanks; a number starts with a digit. */
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || *end || n < min || n > max)
		return false;
	*value = n;
	return true;
}

bool parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	uint64_t n;

	if (!parse_u64(text, min, max, &n))
		return false;
	*value = (uint32_t)n;
	return true;
}

bool parse_double(const char *text, double min, double max, double *value)
{
	char *end;
	double d;

	errno = 0;
	d = strtod(text, &end);
	if (errno || end == text || *end || !(d >= min && d <= max))
		return false;
	*value = d;
	return true;
}

bool parse_seconds(const char *text, uint64_t *ns)
{
	double seconds;

	if (!parse_double(text, 0.001, 1e8, &seconds))
		return false;
	*ns = (uint64_t)(seconds * (double)NSEC_PER_SEC);
	return true;
}

bool parse_size(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	size_t len = strlen(text);
	unsigned int shift = 0;
	char digits[24];
	uint64_t n;

	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len + 1);
	if (tolower((unsigned char)digits[len - 1]) == 'k')
		shift = 10;
	else if (tolower((unsigned char)digits[len - 1]) == 'm')
		shift = 20;
	if (shift)
		digits[len - 1] = '\0';
	if (!parse_u64(digits, 0, UINT32_MAX, &n))
		return false;
	n <<= shift;
	if (n < min || n > max)
		return false;
	*value = (uint32_t)n;
	return true;
}

void target_init(struct target *t)
{
	*t = (struct target){
		.version = 3,
		.uid = getuid(),
		.gid = getgid(),
		.connections = 1,
		.depth = 1,
		.timeout_ns = 30 * NSEC_PER_SEC,
	};
}

static const char *parse_argument(struct target *t, const char *name, const char *value)
{
	uint32_t n;

	if (!parse_u32(value, 0, UINT32_MAX, &n))
		return "an argument of the URL is not a number";
	if (!strcmp(name, "version")) {
		if (n != 3 && n != 4)
			return "the URL's version must be 3 or 4";
		t->version = (int)n;
	} else if (!strcmp(name, "nfsport") || !strcmp(name, "mountport")) {
		if (n < 1 || n > 65535)
			return "a port of the URL is out of range";
		*(name[0] == 'n' ? &t->nfs_port : &t->mount_port) = (int)n;
	} else if (!strcmp(name, "uid")) {
		t->uid = n;
	} else if (!strcmp(name, "gid")) {
		t->gid = n;
	} else {
		return "unknown argument in the URL";
	}
	return NULL;
}

static const char *parse_arguments(struct target *t, const char *text)
{
	char copy[256], *rest = copy, *one, *equals;
	const char *bad;

	if (strlen(text) >= sizeof(copy))
		return "the URL's arguments are too long";
	memcpy(copy, text, strlen(text) + 1);
	while ((one = strsep(&rest, "&"))) {
		equals = strchr(one, '=');
		if (!equals)
			return "an argument of the URL has no value";
		*equals = '\0';
		bad = parse_argument(t, one, equals + 1);
		if (bad)
			return bad;
	}
	return NULL;
}

const char *target_parse(struct target *t, const char *url)
{
	static const char scheme[] = "nfs://";
	const char *host, *end, *path, *arguments;
	size_t len;

	if (strncmp(url, scheme, sizeof(scheme) - 1))
		return "the URL must look like nfs://SERVER/PATH";
	host = url + sizeof(scheme) - 1;
	if (*host == '[') {
		host++;
		end = strchr(host, ']');
		path = end ? end + 1 : NULL;
	} else {
		path = end = strchr(host, '/');
	}
	if (!end || *path != '/' || end == host)
		return "the URL must look like nfs://SERVER/PATH";
	if ((size_t)(end - host) >= sizeof(t->server))
		return "the URL's server name is too long";
	arguments = strchr(path, '?');
	len = arguments ? (size_t)(arguments - path) : strlen(path);
	if (len >= sizeof(t->path))
		return "the URL's path is too long";

	memcpy(t->server, host, (size_t)(end - host));
	t->server[end - host] = '\0';
	memcpy(t->path, path, len);
	t->path[len] = '\0';
	return arguments ? parse_arguments(t, arguments + 1) : NULL;
}

static const char *parse_groups(struct target *t, const char *text)
{
	char copy[256], *rest = copy, *one;

	if (strlen(text) >= sizeof(copy))
		return "--groups is too long";
	memcpy(copy, text, strlen(text) + 1);
	t->n_groups = 0;
	while ((one = strsep(&rest, ","))) {
		if (t->n_groups == TARGET_MAX_GROUPS)
			return "--groups takes at most 16 numbers";
		if (!parse_u32(one, 0, UINT32_MAX, &t->groups[t->n_groups]))
			return "--groups wants numbers separated by commas";
		t->n_groups++;
	}
	return NULL;
}

const char *target_option(struct target *t, enum target_option option, const char *arg)
{
	switch (option) {
	case TARGET_OPT_CONNECTIONS:
		return parse_u32(arg, 1, 256, &t->connections) ? NULL
							       : "--connections wants 1..256";
	case TARGET_OPT_DEPTH:
		return parse_u32(arg, 1, 1024, &t->depth) ? NULL : "--depth wants 1..1024";
	case TARGET_OPT_TIMEOUT:
		return parse_seconds(arg, &t->timeout_ns) ? NULL : "--timeout wants seconds";
	case TARGET_OPT_RESEND:
		return parse_seconds(arg, &t->resend_ns) ? NULL : "--resend wants seconds";
	case TARGET_OPT_UID:
		return parse_u32(arg, 0, UINT32_MAX, &t->uid) ? NULL : "--uid wants a number";
	case TARGET_OPT_GID:
		return parse_u32(arg, 0, UINT32_MAX, &t->gid) ? NULL : "--gid wants a number";
	case TARGET_OPT_GROUPS:
		return parse_groups(t, arg);
	case TARGET_OPT_CORK:
		t->cork = true;
		return NULL;
	case TARGET_OPT_END:
		break;
	}
	return "unknown option";
}

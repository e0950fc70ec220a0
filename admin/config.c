// SPDX-License-Identifier: GPL-2.0-only
#include "admin/config.h"

#include "admin/address.h"
#include "admin/cleanup.h"
#include "admin/labels.h"
#include "admin/parse.h"

#include <ctype.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "nfsaccel/abi.h"

/* What a value looks like; says how config_value() reads it. */
enum kind {
	KIND_TC_HOOK,
	KIND_NUMBER,
	KIND_NUMBER_AUTO, /* 0 is auto */
	KIND_SIZE,
	KIND_TIME,
	KIND_PATH,
	KIND_GROUP,
	KIND_DEVICES,
	KIND_ON_STOP,
	KIND_MODE,
	KIND_LISTEN,
	KIND_YES_NO,
	KIND_GUARDS,
};

#define SECOND	      1000000000ull
#define OFFSET(field) offsetof(struct na_config, field)

static const struct key {
	const char *section;
	const char *name;
	enum kind kind;
	size_t offset;
	uint64_t min, max; /* of numbers, sizes and times */
} keys[] = {
	{"cache", "memory", KIND_SIZE, OFFSET(memory), 1ull << 20, 64ull << 30},
	{"cache", "max_file", KIND_SIZE, OFFSET(max_file), 0, NA_FILE_MAX},
	{"cache", "max_packets", KIND_NUMBER_AUTO, OFFSET(max_packets), 1, NA_REPLY_PACKETS},
	{"cache", "eager", KIND_YES_NO, OFFSET(eager), 0, 0},
	{"cache", "lifetime", KIND_TIME, OFFSET(lifetime), SECOND, 60 * SECOND},
	{"cache", "credentials", KIND_NUMBER, OFFSET(credentials), 16, 1 << 20},
	{"cache", "authorizations", KIND_NUMBER, OFFSET(authorizations), 64, 1 << 24},
	{"cache", "shadow", KIND_NUMBER, OFFSET(shadow), 0, 1000000000},
	{"cache", "spare", KIND_SIZE, OFFSET(spare), 0, 1ull << 50},
	{"network", "port", KIND_NUMBER, OFFSET(port), 1, 65535},
	{"network", "devices", KIND_DEVICES, OFFSET(devices), 0, 0},
	{"network", "connections", KIND_NUMBER, OFFSET(connections), 1, 1 << 20},
	{"network", "alive", KIND_TIME, OFFSET(alive), SECOND / 10, 60 * SECOND},
	{"network", "tc_priority", KIND_NUMBER, OFFSET(tc_priority), 1, 65535},
	{"network", "tc_hook", KIND_TC_HOOK, OFFSET(tc_hook), 0, 0},
	{"daemon", "run", KIND_PATH, OFFSET(run), 0, 0},
	{"daemon", "control", KIND_PATH, OFFSET(control), 0, 0},
	{"daemon", "pin", KIND_PATH, OFFSET(pin), 0, 0},
	{"daemon", "group", KIND_GROUP, OFFSET(group), 0, 0},
	{"daemon", "read_group", KIND_GROUP, OFFSET(read_group), 0, 0},
	{"daemon", "policy", KIND_PATH, OFFSET(policy), 0, 0},
	{"daemon", "on_stop", KIND_ON_STOP, OFFSET(on_stop), 0, 0},
	{"daemon", "mode", KIND_MODE, OFFSET(mode), 0, 0},
	{"metrics", "listen", KIND_LISTEN, OFFSET(listen), 0, 0},
	{"metrics", "page", KIND_YES_NO, OFFSET(page), 0, 0},
	{"metrics", "clients", KIND_NUMBER, OFFSET(named), 0, NA_LABELS_MAX},
	{"stats", "clients", KIND_NUMBER, OFFSET(clients), 0, 1 << 16},
	{"test", "guards", KIND_GUARDS, OFFSET(guards), 0, 0},
	{"test", "proc", KIND_PATH, OFFSET(proc), 0, 0},
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

void na_config_defaults(struct na_config *c)
{
	*c = (struct na_config){
		.memory = 64 << 20,
		.max_file = NA_FILE_MAX,
		.eager = true,
		.lifetime = 60 * SECOND,
		.credentials = 16384,
		.authorizations = 65536,
		.shadow = 10000,
		.spare = 64 << 20,
		.port = 2049,
		.connections = 4096,
		.alive = 5 * SECOND,
		.tc_priority = 2049,
		.run = "/run/nfsaccel",
		.pin = "/sys/fs/bpf/nfsaccel",
		.group = "nfsaccel",
		.policy = NFSACCEL_EXPORTS,
		.tc_hook = NA_TC_AUTO,
		.on_stop = NA_STOP_RESET,
		.mode = NA_MODE_ANSWER,
		.page = true,
		.clients = 0,
		.guards = 3,
		.proc = "/proc",
	};
}

static int set_text(char *to, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return -ENAMETOOLONG;
	strcpy(to, text);
	return 0;
}

static int set_devices(struct na_config *c, const char *value)
{
	char copy[NA_CONFIG_DEVICES * 17], *state = NULL, *name;
	unsigned int n = 0;

	if (set_text(copy, sizeof(copy), value))
		return -EINVAL;
	for (name = strtok_r(copy, " \t,", &state); name; name = strtok_r(NULL, " \t,", &state)) {
		if (n == NA_CONFIG_DEVICES || set_text(c->devices[n], sizeof(c->devices[n]), name))
			return -EINVAL;
		n++;
	}
	if (!n)
		return -EINVAL;
	if (n == 1 && !strcmp(c->devices[0], "auto"))
		n = 0;
	c->ndevices = n;
	return 0;
}

static int set_number(const struct key *k, uint64_t *to, const char *value)
{
	uint64_t n;
	int err = k->kind == KIND_SIZE	 ? na_parse_size(value, &n)
		  : k->kind == KIND_TIME ? na_parse_time(value, &n)
					 : na_parse_number(value, &n);

	if (err)
		return err;
	if (n < k->min || n > k->max)
		return -ERANGE;
	*to = n;
	return 0;
}

/* -EINVAL, -ERANGE or -ENAMETOOLONG when the value does not do. */
static int set_value(struct na_config *c, const struct key *k, const char *value)
{
	void *to = (char *)c + k->offset;
	union na_address address;

	switch (k->kind) {
	case KIND_NUMBER_AUTO:
		if (strcmp(value, "auto"))
			return set_number(k, to, value);
		*(uint64_t *)to = 0;
		return 0;
	case KIND_NUMBER:
	case KIND_SIZE:
	case KIND_TIME:
		return set_number(k, to, value);
	case KIND_PATH:
		return value[0] == '/' ? set_text(to, PATH_MAX, value) : -EINVAL;
	case KIND_GROUP:
		return value[0] ? set_text(to, sizeof(c->group), value) : -EINVAL;
	case KIND_DEVICES:
		return set_devices(c, value);
	case KIND_ON_STOP:
		if (!strcmp(value, "reset"))
			c->on_stop = NA_STOP_RESET;
		else if (!strcmp(value, "keep"))
			c->on_stop = NA_STOP_KEEP;
		else
			return -EINVAL;
		return 0;
	case KIND_MODE:
		if (!strcmp(value, "answer"))
			c->mode = NA_MODE_ANSWER;
		else if (!strcmp(value, "observe"))
			c->mode = NA_MODE_OBSERVE;
		else if (!strcmp(value, "off"))
			c->mode = NA_MODE_OFF;
		else
			return -EINVAL;
		return 0;
	case KIND_LISTEN:
		if (!strcmp(value, "off"))
			return set_text(to, PATH_MAX, "");
		return na_address_parse(value, &address) ? set_text(to, PATH_MAX, value) : -EINVAL;
	case KIND_YES_NO:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return -EINVAL;
		*(bool *)to = value[0] == 'y';
		return 0;
	case KIND_TC_HOOK:
		if (!strcmp(value, "auto"))
			c->tc_hook = NA_TC_AUTO;
		else if (!strcmp(value, "clsact"))
			c->tc_hook = NA_TC_CLSACT;
		else
			return -EINVAL;
		return 0;
	case KIND_GUARDS:
		if (!strcmp(value, "both"))
			c->guards = 3;
		else if (!strcmp(value, "version"))
			c->guards = 1;
		else if (!strcmp(value, "inode"))
			c->guards = 2;
		else
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

static const char *what_is_asked(const struct key *k, char *buf, size_t size)
{
	char min[32], max[32];

	switch (k->kind) {
	case KIND_NUMBER_AUTO:
		snprintf(buf, size, "a number from %ju to %ju, or auto", k->min, k->max);
		break;
	case KIND_NUMBER:
		snprintf(buf, size, "a number from %ju to %ju", k->min, k->max);
		break;
	case KIND_SIZE:
		snprintf(buf, size, "a size from %s to %s", na_format_size(k->min, min),
			 na_format_size(k->max, max));
		break;
	case KIND_TIME:
		snprintf(buf, size, "a time from %s to %s", na_format_time(k->min, min),
			 na_format_time(k->max, max));
		break;
	case KIND_PATH:
		snprintf(buf, size, "an absolute path");
		break;
	case KIND_GROUP:
		snprintf(buf, size, "a group's name");
		break;
	case KIND_DEVICES:
		snprintf(buf, size, "auto, or up to %d device names", NA_CONFIG_DEVICES);
		break;
	case KIND_ON_STOP:
		snprintf(buf, size, "reset or keep");
		break;
	case KIND_MODE:
		snprintf(buf, size, "answer, observe or off");
		break;
	case KIND_LISTEN:
		snprintf(buf, size,
			 "off, PORT, ADDRESS:PORT, [ADDRESS]:PORT or the path of a socket");
		break;
	case KIND_YES_NO:
		snprintf(buf, size, "yes or no");
		break;
	case KIND_TC_HOOK:
		snprintf(buf, size, "auto or clsact");
		break;
	case KIND_GUARDS:
		snprintf(buf, size, "both, version or inode");
		break;
	}
	return buf;
}

/* Where in which file we are, and the first thing that was wrong. */
struct reading {
	struct na_config *c;
	FILE *file;
	const char *path;
	unsigned int line;
	bool seen[NKEYS];
	struct na_why *err;
	bool failed;
	unsigned int failed_line;
};

__attribute__((format(printf, 2, 3))) static int complain(struct reading *r, const char *fmt, ...)
{
	int n = 0;
	va_list args;

	if (r->failed)
		return 0;
	r->failed = true;
	r->failed_line = r->line;
	if (r->line)
		n = snprintf(r->err->text, sizeof(r->err->text), "%s:%u: ", r->path, r->line);
	else
		n = snprintf(r->err->text, sizeof(r->err->text), "%s: ", r->path);
	va_start(args, fmt);
	vsnprintf(r->err->text + n, sizeof(r->err->text) - n, fmt, args);
	va_end(args);
	return 0;
}

/* inih's handler: 1 is good, 0 is bad. */
static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	bool section_known = false;
	char want[128];
	size_t i;
	int err;

	for (i = 0; i < NKEYS; i++) {
		if (strcmp(keys[i].section, section))
			continue;
		section_known = true;
		if (!strcmp(keys[i].name, name))
			break;
	}
	if (!section[0])
		return complain(r, "'%s' stands before any [section]", name);
	if (!section_known)
		return complain(r,
				"unknown section [%s]; there are [cache], [network], "
				"[daemon], [metrics], [stats]",
				section);
	if (i == NKEYS)
		return complain(r, "unknown key '%s' in [%s]; see nfsaccel.conf(5)", name, section);
	if (r->seen[i])
		return complain(r, "'%s' is given twice", name);
	r->seen[i] = true;
	err = set_value(r->c, &keys[i], value);
	if (err)
		return complain(r, "'%s' is not good for %s: %s is asked for", value, name,
				what_is_asked(&keys[i], want, sizeof(want)));
	return 1;
}

/*
 * inih's reader. Leading blanks are taken off, or inih would join the line to the one
 * before; lines too long for its buffer are refused, or it would split them silently.
 */
static char *next_line(char *buf, int size, void *user)
{
	struct reading *r = user;
	size_t blanks;

	if (r->failed || !fgets(buf, size, r->file))
		return NULL;
	r->line++;
	if (!strchr(buf, '\n') && !feof(r->file)) {
		if (strlen(buf) + 1 < (size_t)size)
			complain(r, "there is a NUL byte in the line");
		else
			complain(r, "line is longer than %d characters", size - 2);
		return NULL;
	}
	blanks = strspn(buf, " \t");
	memmove(buf, buf + blanks, strlen(buf + blanks) + 1);
	return buf;
}

int na_config_read(struct na_config *c, const char *path, struct na_why *err)
{
	_cleanup_(fclose) FILE *file = fopen(path, "re");
	struct reading r = {.c = c, .file = file, .path = path, .err = err};
	int line;

	if (!file) {
		int e = errno;

		complain(&r, "%s", strerror(e));
		return -e;
	}
	line = ini_parse_stream(next_line, &r, on_value, &r);
	if (ferror(file)) {
		r.line = 0;
		complain(&r, "%s", strerror(EIO));
		return -EIO;
	}
	/* inih tells of its own errors only at the end. */
	if (line > 0 && (!r.failed || (unsigned int)line < r.failed_line)) {
		r.failed = false;
		r.line = line;
		complain(&r, "neither [section] nor key = value");
	}
	return r.failed ? -EINVAL : 0;
}

int na_config_set(struct na_config *c, const char *assignment, struct na_why *err)
{
	struct reading r = {.c = c, .path = assignment, .err = err};
	const char *dot = strchr(assignment, '.'), *equals = strchr(assignment, '=');
	char section[32], name[32];

	if (!dot || !equals || dot > equals || dot - assignment >= (int)sizeof(section) ||
	    equals - dot > (int)sizeof(name)) {
		complain(&r, "not of the form SECTION.KEY=VALUE");
		return -EINVAL;
	}
	snprintf(section, sizeof(section), "%.*s", (int)(dot - assignment), assignment);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - dot - 1), dot + 1);
	return on_value(&r, section, name, equals + 1) ? 0 : -EINVAL;
}

int na_config_control(const struct na_config *c, char path[static PATH_MAX])
{
	int n = c->control[0] ? snprintf(path, PATH_MAX, "%s", c->control)
			      : snprintf(path, PATH_MAX, "%s/control.sock", c->run);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

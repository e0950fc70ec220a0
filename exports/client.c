// SPDX-License-Identifier: GPL-2.0-only
/* Who: the forms of exports(5). */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exports/words.h"

#define IPV4_BITS 96 /* of ::ffff:a.b.c.d in front of the address */

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

int na_path_parse(struct na_scan *s, struct na_word *w)
{
	char *from, *to, *part;

	if (!strcmp(w->text, "*"))
		return 0;
	if (w->text[0] != '/')
		return na_scan_at(s, w, "'%s' is no path: one that begins with / is expected, or *",
				  w->text);
	for (from = to = w->text; *from; from++)
		if (*from != '/' || from[1] != '/')
			*to++ = *from;
	if (to - w->text > 1 && to[-1] == '/')
		to--;
	*to = '\0';
	w->len = to - w->text;
	for (part = w->text; part; part = strchr(part + 1, '/'))
		if (!strcmp(part, "/.") || !strcmp(part, "/..") || !strncmp(part, "/./", 3) ||
		    !strncmp(part, "/../", 4))
			return na_scan_at(s, w, "a path without . and .. is expected");
	return 0;
}

static bool address(const char *text, uint8_t addr[16], bool *v4)
{
	*v4 = inet_pton(AF_INET, text, addr + 12) == 1;
	if (*v4)
		memcpy(addr, mapped, sizeof(mapped));
	return *v4 || inet_pton(AF_INET6, text, addr) == 1;
}

/* "24" or, of IPv4, "255.255.255.0"; -1 if it is neither. */
static int prefix_bits(const char *text, bool v4)
{
	struct in_addr mask;
	uint32_t m;
	char *end;
	long n;

	if (v4 && strchr(text, '.')) {
		if (inet_pton(AF_INET, text, &mask) != 1)
			return -1;
		m = ntohl(mask.s_addr);
		return (~m & (~m + 1)) ? -1 : __builtin_popcount(m);
	}
	if (!isdigit((unsigned char)text[0]) || strlen(text) > 3)
		return -1;
	n = strtol(text, &end, 10);
	return *end || n > (v4 ? 32 : 128) ? -1 : (int)n;
}

static void clear_behind(uint8_t addr[16], unsigned int bits)
{
	unsigned int i;

	for (i = bits; i < 128; i++)
		addr[i / 8] &= ~(0x80 >> i % 8);
}

static int parse_net(struct na_scan *s, const struct na_word *w, struct na_client *c)
{
	char text[INET6_ADDRSTRLEN];
	const char *slash = strchr(w->text, '/');
	size_t len = slash ? (size_t)(slash - w->text) : w->len;
	int bits;
	bool v4;

	if (len >= sizeof(text))
		return -ENOENT;
	memcpy(text, w->text, len);
	text[len] = '\0';
	if (!address(text, c->addr, &v4))
		return slash ? na_scan_at(s, w, "'%s' in front of the / is no address", text)
			     : -ENOENT;
	c->kind = NA_CLIENT_NET;
	c->bits = 128;
	if (!slash)
		return 0;
	bits = prefix_bits(slash + 1, v4);
	if (bits < 0)
		return na_scan_at(s, w,
				  v4 ? "behind the / a number from 0 to 32 or a netmask is "
				       "expected, not '%s'"
				     : "behind the / a number from 0 to 128 is expected, not '%s'",
				  slash + 1);
	c->bits = bits + (v4 ? IPV4_BITS : 0);
	clear_behind(c->addr, c->bits);
	return 0;
}

/* A number in its last part is an address that somebody mistyped. */
static bool like_address(const char *text)
{
	const char *dot = strrchr(text, '.'), *last = dot ? dot + 1 : text;

	return strchr(text, ':') || (*last && strspn(last, "0123456789") == strlen(last));
}

static int parse_name(struct na_scan *s, const struct na_word *w, struct na_client *c)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	static const char wild[] = "*?[]!";
	bool group = w->text[0] == '@', pattern = !group && strpbrk(w->text, "*?[");
	const char *name = w->text + group;
	bool bad = false;
	size_t i;

	if (w->len - group > NA_POLICY_NAME_MAX)
		return na_scan_at(s, w, "a name of more than %d characters", NA_POLICY_NAME_MAX);
	if (!*name)
		return na_scan_at(s, w,
				  group ? "the netgroup's name is missing behind @"
					: "a client is expected");
	for (i = 0; name[i]; i++)
		bad |= !strchr(letters, name[i]) && !(pattern && strchr(wild, name[i]));
	if (bad || w->text[0] == '-')
		return na_scan_at(s, w,
				  "'%s' is no client: an address, ADDRESS/BITS, a host's name, "
				  "*.DOMAIN, @NETGROUP or * is expected",
				  w->text);
	if (!group && !pattern && like_address(name))
		return na_scan_at(s, w, "'%s' is no address", w->text);
	c->kind = group ? NA_CLIENT_NETGROUP : pattern ? NA_CLIENT_PATTERN : NA_CLIENT_HOST;
	for (i = 0; name[i]; i++)
		c->name[i] = group ? name[i] : (char)tolower((unsigned char)name[i]);
	return 0;
}

int na_client_parse(struct na_scan *s, const struct na_word *w, struct na_client *c)
{
	int err;

	memset(c, 0, sizeof(*c));
	if (!strcmp(w->text, "*"))
		return 0;
	err = parse_net(s, w, c);
	if (err != -ENOENT)
		return err;
	memset(c, 0, sizeof(*c));
	return parse_name(s, w, c);
}

bool na_client_equal(const struct na_client *a, const struct na_client *b)
{
	return a->kind == b->kind && a->bits == b->bits && !memcmp(a->addr, b->addr, 16) &&
	       !strcmp(a->name, b->name);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_port(const char *text, in_port_t *port)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*port = htons(n);
	return *text >= '0' && *text <= '9' && !*end && n > 0 && n < 65536;
}

socklen_t na_address_parse(const char *text, union na_address *a)
{
	char host[INET6_ADDRSTRLEN];
	const char *port = strrchr(text, ':');
	size_t n = port ? (size_t)(port - text) : 0;

	*a = (union na_address){0};
	if (text[0] == '/') {
		if (strlen(text) >= sizeof(a->un.sun_path))
			return 0;
		a->un.sun_family = AF_UNIX;
		strcpy(a->un.sun_path, text);
		return sizeof(a->un);
	}
	if (!port) {
		a->in.sin_family = AF_INET;
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return parse_port(text, &a->in.sin_port) ? sizeof(a->in) : 0;
	}
	if (text[0] == '[' && n > 2 && text[n - 1] == ']' && n - 2 < sizeof(host)) {
		snprintf(host, sizeof(host), "%.*s", (int)(n - 2), text + 1);
		a->in6.sin6_family = AF_INET6;
		return inet_pton(AF_INET6, host, &a->in6.sin6_addr) == 1 &&
				       parse_port(port + 1, &a->in6.sin6_port)
			       ? sizeof(a->in6)
			       : 0;
	}
	if (n >= sizeof(host))
		return 0;
	snprintf(host, sizeof(host), "%.*s", (int)n, text);
	a->in.sin_family = AF_INET;
	return inet_pton(AF_INET, host, &a->in.sin_addr) == 1 &&
			       parse_port(port + 1, &a->in.sin_port)
		       ? sizeof(a->in)
		       : 0;
}

const char *na_address_text(const uint8_t addr[static 16], char out[static INET6_ADDRSTRLEN])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (!memcmp(addr, mapped, sizeof(mapped)))
		return inet_ntop(AF_INET, addr + 12, out, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, addr, out, INET6_ADDRSTRLEN);
}

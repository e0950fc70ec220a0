/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses, as people write them. */
#ifndef NFSACCEL_ADMIN_ADDRESS_H
#define NFSACCEL_ADMIN_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

union na_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/*
 * "PORT" (of 127.0.0.1), "ADDRESS:PORT", "[ADDRESS6]:PORT" or "/PATH" of a Unix socket.
 * Returns the length of the address, 0 if the text is none of these.
 */
socklen_t na_address_parse(const char *text, union na_address *a);

/* IPv4 as ::ffff:a.b.c.d is written "a.b.c.d". Returns out. */
const char *na_address_text(const uint8_t addr[static 16], char out[static INET6_ADDRSTRLEN]);

#endif

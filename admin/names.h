/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hosts, netgroups and the names of addresses, without ever waiting for DNS: one thread
 * looks up, the event loop is told.
 *
 * 1. Whoever asks gets what is known now; what is not is looked up, and `changed` called,
 *    with `other` when an answer differs from one given before.
 * 2. What was known stays known while it is looked up again.
 * 3. An address has a name only if that name has the address too, as with mountd.
 */
#ifndef NFSACCEL_ADMIN_NAMES_H
#define NFSACCEL_ADMIN_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct na_names;
struct sd_event;

enum na_name_kind {
	NA_NAME_HOST,	  /* name -> addresses */
	NA_NAME_NETGROUP, /* group -> addresses of its hosts */
	NA_NAME_ADDRESS,  /* address, as text -> its name */
};

struct na_addr {
	uint8_t byte[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct na_name_answer {
	bool known;		    /* it was looked up, with or without success */
	bool everybody;		    /* a netgroup with a triple without host */
	const struct na_addr *addr; /* of the first two kinds */
	size_t n;
	const char *name; /* of the last; NULL: it has none */
};

int na_names_start(struct na_names **out, struct sd_event *event, void (*changed)(void *data, bool other),
		   void *data);

/* Valid until the event loop goes on. */
struct na_name_answer na_names_ask(struct na_names *n, enum na_name_kind kind, const char *key);

/* Look everything up again; what nobody asked for since the last time is forgotten. */
void na_names_refresh(struct na_names *n);

/* Does not wait for a lookup that is under way. */
void na_names_stop(struct na_names *n);

#endif

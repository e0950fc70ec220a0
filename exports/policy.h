/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy: what /etc/nfsaccel.exports says, as read (nfsaccel.exports(5)).
 *
 * 1. Nothing here resolves names, asks the kernel or logs: that is admin/'s.
 * 2. On failure a policy is as it was before, and the error says where and what was expected.
 * 3. No two rules of a policy have the same path and client.
 */
#ifndef NFSACCEL_EXPORTS_POLICY_H
#define NFSACCEL_EXPORTS_POLICY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NA_POLICY_RULES_MAX 4096
#define NA_POLICY_FILE_MAX  (1u << 20) /* bytes */
#define NA_POLICY_NAME_MAX  255 /* of a host, pattern or netgroup */

enum na_client_kind {
	NA_CLIENT_ANY,	    /* "*" */
	NA_CLIENT_NET,	    /* address, CIDR, or address/netmask */
	NA_CLIENT_HOST,	    /* a host's name */
	NA_CLIENT_PATTERN,  /* name with *, ? or [...] */
	NA_CLIENT_NETGROUP, /* "@name" */
};

struct na_client {
	enum na_client_kind kind;
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d; zeros behind bits */
	unsigned int bits; /* 0 to 128 */
	char name[NA_POLICY_NAME_MAX + 1]; /* of the last three kinds, lower case but for netgroups */
};

/* What an option list may say; each is a bit of na_options.given. */
enum na_option {
	NA_OPTION_CACHE, /* cache, nocache */
	NA_OPTION_MAXFILE,
	NA_OPTION_TTL,
	NA_OPTION_OPS,
	NA_OPTION_READ,
	NA_OPTION_WRITE,
	NA_OPTION_BURST,
	NA_OPTION_BACKLOG,
	NA_OPTION_SHARE,  /* each, shared */
	NA_OPTION_EXCESS, /* shape, police */
	NA_OPTION_MAX
};

#define NA_OPTIONS_CACHE                                                                           \
	((1u << NA_OPTION_CACHE) | (1u << NA_OPTION_MAXFILE) | (1u << NA_OPTION_TTL))
#define NA_OPTIONS_RATE ((1u << NA_OPTION_OPS) | (1u << NA_OPTION_READ) | (1u << NA_OPTION_WRITE))
#define NA_OPTIONS_LIMIT                                                                           \
	(NA_OPTIONS_RATE | (1u << NA_OPTION_BURST) | (1u << NA_OPTION_BACKLOG) |                   \
	 (1u << NA_OPTION_SHARE) | (1u << NA_OPTION_EXCESS))

struct na_options {
	unsigned int given;
	bool cache;
	uint64_t maxfile; /* bytes */
	uint64_t ttl;	  /* ns */
	uint64_t ops;	  /* a second; 0: no limit ("none") */
	uint64_t read;	  /* bytes a second; 0: no limit */
	uint64_t write;	  /* bytes a second; 0: no limit */
	uint64_t burst;	  /* ns: as much as this time brings may come at once */
	uint64_t backlog; /* ns: how much may be owed before calls are dropped */
	bool shared;	  /* one allowance for all of the client's addresses */
	bool police;	  /* drop what is too much, do not delay it */
};

struct na_rule {
	char *path; /* "*", or absolute without double or trailing slashes */
	struct na_client client;
	struct na_options options;
	char *file; /* where it was read; NULL: set at run time */
	unsigned int line, column;
};

struct na_policy {
	struct na_rule *rule;
	size_t n;
};

struct na_policy_error {
	char text[PATH_MAX + 512]; /* FILE:LINE:COLUMN: what is wrong */
};

/*
 * Add what is in text, len bytes that may be anything. name is for messages and rules.
 * -EINVAL with err set, or -ENOMEM.
 */
int na_policy_parse(struct na_policy *p, const char *name, const char *text, size_t len,
		    struct na_policy_error *err);

/* The same for a file: 0, -EINVAL with err set, or why it could not be read, err set too. */
int na_policy_read(struct na_policy *p, const char *path, struct na_policy_error *err);

/*
 * /etc/nfsaccel.exports and, in the order of their names, /etc/nfsaccel.exports.d, files that end in .exports:
 * path and path + ".d". What is not there is no error.
 */
int na_policy_read_all(struct na_policy *p, const char *path, struct na_policy_error *err);

/* One rule of the forms "CLIENT", "CLIENT in PATH" and options "a,b=c", as typed at run time. */
int na_policy_set(struct na_policy *p, const char *client, const char *path, const char *options,
		  struct na_policy_error *err);
/* -ENOENT: no such rule. */
int na_policy_del(struct na_policy *p, const char *client, const char *path,
		  struct na_policy_error *err);

/* The rule of that path and client, or NULL. */
struct na_rule *na_policy_find(const struct na_policy *p, const char *path,
			       const struct na_client *client);

void na_policy_free(struct na_policy *p);

/* As text that reads back as the same rule. free() it; NULL: out of memory. */
char *na_rule_format(const struct na_rule *r);
char *na_client_format(const struct na_client *c);

/* The words of the options alone, "ops=500,shared". */
char *na_options_format(const struct na_options *o);

#endif

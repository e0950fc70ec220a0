// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which server, which export, as whom, over how many connections: what the URL
 * and the options say that both programs share.
 */
#ifndef TESTS_CLIENTS_TARGET_H
#define TESTS_CLIENTS_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#define TARGET_MAX_GROUPS 16		/* what AUTH_SYS carries */
#define TARGET_MAX_COUNT  (1024 * 1024) /* libnfs refuses larger replies */

struct target {
	char server[256];
	char path[1024];
	int version;	/* 3 or 4 */
	int nfs_port;	/* 0: ask the portmapper (version 3), 2049 (version 4) */
	int mount_port; /* 0: ask the portmapper */
	uint32_t uid;
	uint32_t gid;
	uint32_t n_groups;
	uint32_t groups[TARGET_MAX_GROUPS];
	uint32_t connections;
	uint32_t depth; /* READs outstanding on each connection */
	uint64_t timeout_ns;
	uint64_t resend_ns; /* unanswered for so long, asked again on a new connection; 0: never */
	bool cork;
};

void target_init(struct target *t);

/*
 * nfs://SERVER/PATH[?version=3|4][&nfsport=N][&mountport=N][&uid=N][&gid=N];
 * an IPv6 address stands in brackets. Returns NULL, or what is wrong with it.
 */
const char *target_parse(struct target *t, const char *url);

/* The shared part of the getopt_long tables; values above any character. */
enum target_option {
	TARGET_OPT_CONNECTIONS = 0x100,
	TARGET_OPT_DEPTH,
	TARGET_OPT_TIMEOUT,
	TARGET_OPT_RESEND,
	TARGET_OPT_UID,
	TARGET_OPT_GID,
	TARGET_OPT_GROUPS,
	TARGET_OPT_CORK,
	TARGET_OPT_END,
};

#define TARGET_LONG_OPTIONS                                                                        \
	{"connections", required_argument, NULL, TARGET_OPT_CONNECTIONS},                          \
		{"depth", required_argument, NULL, TARGET_OPT_DEPTH},                              \
		{"timeout", required_argument, NULL, TARGET_OPT_TIMEOUT},                          \
		{"resend", required_argument, NULL, TARGET_OPT_RESEND},                            \
		{"uid", required_argument, NULL, TARGET_OPT_UID},                                  \
		{"gid", required_argument, NULL, TARGET_OPT_GID},                                  \
		{"groups", required_argument, NULL, TARGET_OPT_GROUPS},                            \
	{                                                                                          \
		"cork", no_argument, NULL, TARGET_OPT_CORK                                         \
	}

#define TARGET_HELP                                                                                \
	"  --connections N    TCP connections (1)\n"                                               \
	"  --depth N          READs outstanding on each connection (1)\n"                          \
	"  --timeout S        fail when a request stays unanswered for S seconds (30)\n"           \
	"  --resend S         ask again, on a new connection, what is unanswered for S seconds\n"  \
	"  --uid N --gid N    AUTH_SYS identity (the caller's)\n"                                  \
	"  --groups N,N,...   AUTH_SYS supplementary groups, at most 16 (none)\n"                  \
	"  --cork             send READs that are ready together in one segment\n"

/* Returns NULL, or what is wrong with the argument. */
const char *target_option(struct target *t, enum target_option option, const char *arg);

/* Numbers of the command line; whole string, range checked. */
bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value);
bool parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *value);
bool parse_double(const char *text, double min, double max, double *value);
bool parse_seconds(const char *text, uint64_t *ns);
/* 4096, 4k, 1m */
bool parse_size(const char *text, uint32_t min, uint32_t max, uint32_t *value);

#endif

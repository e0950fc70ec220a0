// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccel-torture: is anything stale, ever? See nfsaccel-torture(1). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/clients/exit_code.h"
#include "tests/clients/torture_run.h"

#define NAME "nfsaccel-torture"

enum {
	OPT_LOCAL = TARGET_OPT_END,
	OPT_FILES,
	OPT_SECONDS,
	OPT_ROUNDS,
	OPT_TIME,
	OPT_READS,
	OPT_ALIGNED,
	OPT_PAUSE,
	OPT_READERS,
	OPT_STRANGERS,
	OPT_WRITERS,
	OPT_LIBNFS_WRITERS,
	OPT_MOUNT3,
	OPT_MOUNT4,
	OPT_READ_MOUNT,
	OPT_COMMAND,
	OPT_JSON,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option long_options[] = {
	TARGET_LONG_OPTIONS,
	{"local", required_argument, NULL, OPT_LOCAL},
	{"files", required_argument, NULL, OPT_FILES},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"rounds", required_argument, NULL, OPT_ROUNDS},
	{"time", required_argument, NULL, OPT_TIME},
	{"reads", required_argument, NULL, OPT_READS},
	{"aligned", no_argument, NULL, OPT_ALIGNED},
	{"pause", required_argument, NULL, OPT_PAUSE},
	{"readers", required_argument, NULL, OPT_READERS},
	{"strangers", required_argument, NULL, OPT_STRANGERS},
	{"writers", required_argument, NULL, OPT_WRITERS},
	{"libnfs-writers", required_argument, NULL, OPT_LIBNFS_WRITERS},
	{"mount3", required_argument, NULL, OPT_MOUNT3},
	{"mount4", required_argument, NULL, OPT_MOUNT4},
	{"read-mount", required_argument, NULL, OPT_READ_MOUNT},
	{"command", required_argument, NULL, OPT_COMMAND},
	{"json", no_argument, NULL, OPT_JSON},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char help[] =
	"Usage: " NAME " --local DIR [OPTION...] URL\n"
	"Changes files in DIR, an empty directory on the server itself, in every way there is,\n"
	"reads them by NFS at the same time, and judges whether what was read could have been\n"
	"read from a server without a cache. URL is the same directory:\n"
	"nfs://SERVER/PATH[?nfsport=N][&mountport=N].\n\n"
	"  --local DIR          the directory, as the server has it\n"
	"  --files N            files that are changed (12)\n"
	"  --rounds N           judge so many times (1)\n"
	"  --time S             and more rounds until so much time is over\n"
	"  --seconds S          after so much reading and changing (4)\n"
	"  --reads N            and no less than N READs, if they come within 40 s more (100)\n"
	"  --aligned            READs begin at multiples of 4 KiB\n"
	"  --pause MS           of a writer between two changes, on average (30)\n"
	"  --readers N          processes that read by libnfs as root (2)\n"
	"  --strangers N        the same as uid 1000 (1)\n"
	"  --read-mount DIR     one that reads through this kernel mount; may be repeated\n"
	"  --writers N          processes that change files locally (2)\n"
	"  --libnfs-writers N   by libnfs (1)\n"
	"  --mount3 DIR         one through this NFSv3 mount; may be repeated\n"
	"  --mount4 DIR         through this NFSv4 mount\n"
	"  --command CMD        run CMD now and then; may be repeated\n"
	"  --json               print the result as JSON\n" TARGET_HELP "  --version, --help\n";

static const char *add(struct torture_options *o, enum torture_job job, const char *dir)
{
	if (o->n_workers == TORTURE_MAX_WORKERS)
		return "too many processes";
	o->workers[o->n_workers++] = (struct torture_worker){.job = job, .dir = dir};
	return NULL;
}

static const char *number(const char *arg, uint32_t min, uint32_t max, uint32_t *value)
{
	return parse_u32(arg, min, max, value) ? NULL : "a number is wrong or out of range";
}

static const char *parse_option(struct torture_options *o, int option, const char *arg)
{
	switch (option) {
	case OPT_LOCAL:
		o->local = arg;
		return NULL;
	case OPT_FILES:
		return number(arg, 4, TORTURE_MAX_NAMES - TORTURE_FROZEN, &o->n_files);
	case OPT_SECONDS:
		return parse_seconds(arg, &o->round_ns) ? NULL : "--seconds is no time";
	case OPT_ROUNDS:
		return number(arg, 1, 1000000, &o->rounds);
	case OPT_TIME:
		return parse_seconds(arg, &o->time_ns) ? NULL : "--time is no time";
	case OPT_ALIGNED:
		o->aligned = true;
		return NULL;
	case OPT_READS:
		return number(arg, 0, TORTURE_LOG_READS, &o->min_reads);
	case OPT_PAUSE:
		return number(arg, 0, 10000, &o->pause_ms);
	case OPT_READERS:
		return number(arg, 0, TORTURE_MAX_WORKERS, &o->n[TORTURE_READER]);
	case OPT_STRANGERS:
		return number(arg, 0, TORTURE_MAX_WORKERS, &o->n[TORTURE_STRANGER]);
	case OPT_WRITERS:
		return number(arg, 0, TORTURE_MAX_WORKERS, &o->n[TORTURE_LOCAL_WRITER]);
	case OPT_LIBNFS_WRITERS:
		return number(arg, 0, TORTURE_MAX_WORKERS, &o->n[TORTURE_LIBNFS_WRITER]);
	case OPT_MOUNT3:
		return add(o, TORTURE_MOUNT3_WRITER, arg);
	case OPT_MOUNT4:
		return add(o, TORTURE_MOUNT4_WRITER, arg);
	case OPT_READ_MOUNT:
		return add(o, TORTURE_MOUNT_READER, arg);
	case OPT_COMMAND:
		return add(o, TORTURE_COMMAND, arg);
	case OPT_JSON:
		o->json = true;
		return NULL;
	default:
		return target_option(&o->target, (enum target_option)option, arg);
	}
}

/* Those that are only counted; local writers first, as number 0 takes the snapshots. */
static const char *add_counted(struct torture_options *o)
{
	struct torture_worker given[TORTURE_MAX_WORKERS];
	uint32_t n_given = o->n_workers;
	const char *bad = NULL;

	memcpy(given, o->workers, sizeof(given));
	o->n_workers = 0;
	for (int job = 0; job < TORTURE_JOBS; job++)
		for (uint32_t i = 0; i < o->n[job] && !bad; i++)
			bad = add(o, (enum torture_job)job, NULL);
	for (uint32_t i = 0; i < n_given && !bad; i++)
		bad = add(o, given[i].job, given[i].dir);
	return bad;
}

static const char *check_options(struct torture_options *o)
{
	if (!o->local || !o->target.server[0])
		return "--local and a URL are needed";
	if (o->target.version != 3)
		return "version 3 only";
	return add_counted(o);
}

int main(int argc, char **argv)
{
	struct torture_options o = {
		.n_files = 12,
		.rounds = 1,
		.round_ns = 4000000000,
		.pause_ms = 30,
		.min_reads = 100,
		.n = {[TORTURE_LOCAL_WRITER] = 2,
		      [TORTURE_LIBNFS_WRITER] = 1,
		      [TORTURE_READER] = 2,
		      [TORTURE_STRANGER] = 1},
	};
	const char *bad = NULL;
	int option;

	signal(SIGPIPE, SIG_IGN);
	target_init(&o.target);
	while (!bad && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == OPT_HELP)
			return fputs(help, stdout) < 0;
		if (option == OPT_VERSION)
			return puts(NAME " " NFSACCEL_VERSION) < 0;
		bad = parse_option(&o, option, optarg);
	}
	if (!bad && argc - optind != 1)
		bad = "one URL";
	if (!bad)
		bad = target_parse(&o.target, argv[optind]);
	if (!bad)
		bad = check_options(&o);
	if (bad) {
		fprintf(stderr, NAME ": %s (see " NAME " --help)\n", bad);
		return EXIT_USAGE;
	}
	return torture_run(&o);
}

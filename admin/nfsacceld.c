// SPDX-License-Identifier: GPL-2.0-only
/* nfsacceld(8): the command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/check.h"
#include "admin/config.h"
#include "admin/daemon.h"
#include "admin/kernel_log.h"
#include "admin/lock.h"
#include "admin/meta.h"
#include "admin/plane.h"
#include "admin/ready.h"

#define EXIT_USAGE 2

enum option_id {
	OPT_CHECK = 256,
	OPT_BRIEF,
	OPT_CLEANUP,
	OPT_CONFIG,
	OPT_SET,
	OPT_JSON,
	OPT_VERBOSE,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option options[] = {
	{"check", no_argument, NULL, OPT_CHECK},
	{"brief", no_argument, NULL, OPT_BRIEF},
	{"cleanup", no_argument, NULL, OPT_CLEANUP},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"set", required_argument, NULL, OPT_SET},
	{"json", no_argument, NULL, OPT_JSON},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static const char usage[] =
	"Usage: nfsacceld [OPTION]...\n"
	"Answers small-file NFSv3 READs ahead of the kernel's NFS server.\n"
	"Runs in the foreground until a signal stops it.\n"
	"\n"
	"  --check            say what this kernel supports and what would be attached\n"
	"  --cleanup          undo what a killed nfsacceld left attached\n"
	"  --config FILE      instead of " NFSACCEL_CONF "\n"
	"  --set SECT.KEY=V   overrides one key of the configuration; may be repeated\n"
	"  --brief            with --check: only what is not as it should be\n"
	"  --json             with --check: for programs\n"
	"  --verbose          also say what libbpf says\n"
	"  --version, --help\n"
	"\n"
	"See nfsacceld(8), nfsaccel.conf(5), nfsaccelctl(8).\n";

struct arguments {
	const char *config;
	const char *set[64];
	unsigned int nset;
	bool check, brief, cleanup, json, verbose;
};

/* Only the default file may be missing. */
static int read_config(const struct arguments *a, struct na_config *c, struct na_why *why)
{
	unsigned int i;
	int err;

	na_config_defaults(c);
	err = na_config_read(c, a->config ?: NFSACCEL_CONF, why);
	if (err == -ENOENT && !a->config)
		err = 0;
	for (i = 0; !err && i < a->nset; i++)
		err = na_config_set(c, a->set[i], why);
	return err;
}

static int cleanup(const struct na_config *c)
{
	struct na_shape shape;
	unsigned int reset;
	struct na_why why;
	int lock = -1;
	int err;

	err = na_ready_root(&why);
	if (!err) {
		lock = na_lock_take(c->run, &why);
		err = lock < 0 ? lock : na_shape_make(&shape, c, false);
	}
	if (!err)
		err = na_plane_undo(c->pin, shape.netns, &reset, &why);
	if (err == -ENOENT) {
		printf("%s\n", why.text);
		return EXIT_SUCCESS;
	}
	if (err) {
		fprintf(stderr, "nfsacceld: %s\n", why.text);
		return EXIT_FAILURE;
	}
	printf("%u spliced connection(s) reset, %s removed\n", reset, c->pin);
	return EXIT_SUCCESS;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct arguments *a)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case OPT_CHECK:
			a->check = true;
			break;
		case OPT_BRIEF:
			a->brief = true;
			break;
		case OPT_CLEANUP:
			a->cleanup = true;
			break;
		case OPT_CONFIG:
			a->config = optarg;
			break;
		case OPT_SET:
			if (a->nset == sizeof(a->set) / sizeof(a->set[0]))
				return EXIT_USAGE;
			a->set[a->nset++] = optarg;
			break;
		case OPT_JSON:
			a->json = true;
			break;
		case OPT_VERBOSE:
			a->verbose = true;
			break;
		case OPT_VERSION:
			printf("nfsacceld %s\n", NFSACCEL_VERSION);
			return EXIT_SUCCESS;
		case OPT_HELP:
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			fputs("Try nfsacceld --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "nfsacceld: what is '%s'? Try nfsacceld --help.\n", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct arguments a = {0};
	struct na_config c;
	struct na_why why;
	int status = parse(argc, argv, &a);

	if (status >= 0)
		return status;
	if (read_config(&a, &c, &why)) {
		fprintf(stderr, "nfsacceld: %s\n", why.text);
		return EXIT_USAGE;
	}
	na_kernel_log_start(a.verbose);
	if (a.check)
		return na_check(&c, a.json, a.brief);
	if (a.cleanup)
		return cleanup(&c);
	return na_daemon_run(&c);
}

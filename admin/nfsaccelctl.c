// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl(8). */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ctl_ask.h"
#include "admin/ctl_show.h"

#define DEFAULT_SOCKET "/run/nfsaccel/control.sock"
#define EXIT_USAGE     2

static void show_flush(struct json_object *o)
{
	(void)o;
	printf("flushed\n");
}

static void show_version(struct json_object *o)
{
	struct json_object *version = NULL;

	json_object_object_get_ex(o, "version", &version);
	printf("nfsaccelctl %s, nfsacceld %s\n", NFSACCEL_VERSION, json_object_get_string(version));
}

static const struct {
	const char *name;
	const char *request;
	void (*show)(struct json_object *o);
	const char *help;
} commands[] = {
	{"status", "status", na_ctl_show_status, "what nfsacceld does, and why it does not"},
	{"stats", "stats", na_ctl_show_stats, "counters that are not 0 (with --json: all)"},
	{"cache flush", "flush", show_flush, "forget everything cached"},
	{"version", "version", show_version, "of this program and of the daemon"},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	size_t i;

	fputs("Usage: nfsaccelctl [--json] [--socket PATH] COMMAND\n\nCommands:\n", to);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(to, "  %-14s%s\n", commands[i].name, commands[i].help);
	fputs("\nOptions:\n"
	      "  --json         print the daemon's reply as it is\n"
	      "  --socket PATH  instead of $NFSACCEL_SOCKET or " DEFAULT_SOCKET "\n"
	      "  --help\n",
	      to);
}

static int run(size_t which, const char *socket_path, bool json)
{
	struct json_object *o = na_ctl_ask(socket_path, commands[which].request);

	if (!o)
		return EXIT_FAILURE;
	if (json)
		puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
	else
		commands[which].show(o);
	json_object_put(o);
	return EXIT_SUCCESS;
}

/* The words left on the command line, joined by single blanks. */
static void join(char *out, size_t size, char **words)
{
	out[0] = '\0';
	for (; *words; words++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", out[0] ? " " : "", *words);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"socket", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *socket_path = getenv("NFSACCEL_SOCKET") ?: DEFAULT_SOCKET;
	bool json = false;
	char name[64];
	size_t i;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	join(name, sizeof(name), argv + optind);
	for (i = 0; i < NCOMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return run(i, socket_path, json);
	if (name[0])
		fprintf(stderr, "nfsaccelctl: no command '%s'\n", name);
	usage(stderr);
	return EXIT_USAGE;
}

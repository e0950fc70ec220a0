// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl(8). */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ctl.h"
#include "admin/json.h"

#define DEFAULT_SOCKET "/run/nfsaccel/control.sock"

static void show_mode(struct json_object *o)
{
	printf("%s\n", na_json_text(o, "mode"));
}

static void show_version(struct json_object *o)
{
	printf("nfsaccelctl %s, nfsacceld %s\n", NFSACCEL_VERSION, na_json_text(o, "version"));
}

/* Either asks by itself (run), or asks `request` and shows the reply. */
static const struct command {
	const char *name;
	const char *args;
	int (*run)(const struct na_ctl_line *l);
	const char *request;
	void (*show)(struct json_object *o);
	const char *help;
} commands[] = {
	{"status", "", NULL, "status", na_ctl_show_status,
	 "what nfsacceld does, and why it does not"},
	{"stats", "[--interval SECONDS [--count N]]", na_ctl_stats, NULL, NULL,
	 "counters that are not 0 (with --json: all), or a line of rates every SECONDS"},
	{"top", "[--interval SECONDS]", na_ctl_top, NULL, NULL,
	 "live on the whole screen: rates, files, exports, counters, limits"},
	{"doctor", "", na_ctl_doctor, NULL, NULL, "is all well, and what to do if not"},
	{"events", "[--follow]", na_ctl_events, NULL, NULL,
	 "what happened: messages, clients held back, resets, changed files"},
	{"clients", "[--observed] [--sort ops|bytes|latency|throttled|saved] [--count N]",
	 na_ctl_clients, NULL, NULL, "who does how much, and how long it takes nfsd"},
	{"exports", "[--observed]", na_ctl_exports, NULL, NULL,
	 "what is exported and how much of it is cached"},
	{"cache top", "[--count N]", na_ctl_cache_top, NULL, NULL, "the cached files that are read most"},
	{"cache pin", "FILE", na_ctl_cache_pin, NULL, NULL,
	 "never evict FILE (as the server sees it) for want of room"},
	{"cache unpin", "FILE", na_ctl_cache_unpin, NULL, NULL, "treat FILE like others again"},
	{"cache flush", "[--export PATH | --file FILE]", na_ctl_cache_flush, NULL, NULL,
	 "forget everything cached, or that"},
	{"limit set", "CLIENT [in PATH] ops=N read=N write=N ...", na_ctl_limit_set, NULL, NULL,
	 "limit a client, with the words of nfsaccel.exports(5)"},
	{"limit del", "CLIENT [in PATH]", na_ctl_limit_del, NULL, NULL,
	 "take back what limit set has set"},
	{"limit list", "", NULL, "limit list", na_ctl_show_limits,
	 "all limits, and where they are from"},
	{"policy check", "[FILE]", na_ctl_policy_check, NULL, NULL,
	 "read FILE, or what nfsacceld would read, and say what is wrong"},
	{"policy show", "", NULL, "policy show", na_ctl_show_policy, "the rules in force"},
	{"policy reload", "", NULL, "policy reload", na_ctl_show_reload,
	 "read the files again; if they are bad, all stays as it is"},
	{"policy save", "", na_ctl_policy_save, NULL, NULL,
	 "write what limit set has set to nfsaccel.exports.d"},
	{"mode answer", "", NULL, "mode answer", show_mode, "answer from the cache"},
	{"mode observe", "", NULL, "mode observe", show_mode,
	 "compare only: what would be answered is left to nfsd"},
	{"mode off", "", NULL, "mode off", show_mode, "answer nothing, compare nothing"},
	{"version", "", NULL, "version", show_version, "of this program and of the daemon"},
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
	      "  --help         behind a command: what it takes\n"
	      "  --commands     the commands, for programs: name, arguments, help\n",
	      to);
}

/* For the shells' completions, which are made from this. */
static int list_commands(void)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		printf("%s\t%s\t%s\n", commands[i].name, commands[i].args, commands[i].help);
	return EXIT_SUCCESS;
}

/* How many words of the line are the command's name; 0 if it is another. */
static size_t matches(const struct command *c, char **words)
{
	const char *name = c->name;
	size_t n = 0, len;

	for (;; n++) {
		len = strcspn(name, " ");
		if (!words[n] || strlen(words[n]) != len || strncmp(words[n], name, len))
			return 0;
		if (!name[len])
			return n + 1;
		name += len + 1;
	}
}

static const struct command *find(char **words, size_t *n)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++) {
		*n = matches(&commands[i], words);
		if (*n)
			return &commands[i];
	}
	return NULL;
}

/* Those of the commands that begin with this word; false if none does. */
static bool usage_of(const char *word, FILE *to)
{
	size_t i, len = strlen(word);
	bool any = false;

	for (i = 0; i < NCOMMANDS; i++) {
		const struct command *c = &commands[i];

		if (strncmp(c->name, word, len) || c->name[len] != ' ')
			continue;
		fprintf(to, "%s nfsaccelctl %s%s%s\n         %s\n", any ? "      " : "Usage:", c->name,
			c->args[0] ? " " : "", c->args, c->help);
		any = true;
	}
	return any;
}

static int run(const struct command *c, struct na_ctl_line *l, bool help)
{
	bool wrong = (!c->args[0] && l->words[0]) ||
		     (l->follow && !strstr(c->args, "--follow")) || (l->count && !strstr(c->args, "--count")) ||
		     (l->interval && !strstr(c->args, "--interval")) ||
		     (l->observed && !strstr(c->args, "--observed")) ||
		     (l->sort && !strstr(c->args, "--sort")) ||
		     ((l->export || l->file) && !strstr(c->args, "--export"));

	if (help || wrong) {
		fprintf(help ? stdout : stderr, "Usage: nfsaccelctl %s%s%s\n%s\n", c->name,
			c->args[0] ? " " : "", c->args, c->help);
		return help ? EXIT_SUCCESS : NA_CTL_USAGE;
	}
	if (c->run)
		return c->run(l);
	return na_ctl_tell(l, na_ctl_request(c->request), c->show);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"socket", required_argument, NULL, 's'},
		{"count", required_argument, NULL, 'c'},
		{"interval", required_argument, NULL, 'i'},
		{"export", required_argument, NULL, 'e'},
		{"file", required_argument, NULL, 'f'},
		{"sort", required_argument, NULL, 'o'},
		{"follow", no_argument, NULL, 'F'},
		{"observed", no_argument, NULL, 'O'},
		{"help", no_argument, NULL, 'h'},
		{"commands", no_argument, NULL, 'C'},
		{NULL, 0, NULL, 0},
	};
	struct na_ctl_line l = {.socket = getenv("NFSACCEL_SOCKET") ?: DEFAULT_SOCKET};
	const struct command *c;
	bool help = false;
	size_t n;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			l.json = true;
			break;
		case 's':
			l.socket = optarg;
			break;
		case 'c':
			l.count = optarg;
			break;
		case 'i':
			l.interval = optarg;
			break;
		case 'e':
			l.export = optarg;
			break;
		case 'f':
			l.file = optarg;
			break;
		case 'o':
			l.sort = optarg;
			break;
		case 'F':
			l.follow = true;
			break;
		case 'O':
			l.observed = true;
			break;
		case 'h':
			help = true;
			break;
		case 'C':
			return list_commands();
		default:
			usage(stderr);
			return NA_CTL_USAGE;
		}
	}
	c = find(argv + optind, &n);
	if (c) {
		l.words = argv + optind + n;
		return run(c, &l, help);
	}
	if (argv[optind] && !argv[optind + 1] && usage_of(argv[optind], help ? stdout : stderr))
		return help ? EXIT_SUCCESS : NA_CTL_USAGE;
	if (argv[optind])
		fprintf(stderr, "nfsaccelctl: no command '%s%s%s'\n", argv[optind],
			argv[optind + 1] ? " " : "", argv[optind + 1] ?: "");
	usage(help && !argv[optind] ? stdout : stderr);
	return help && !argv[optind] ? EXIT_SUCCESS : NA_CTL_USAGE;
}

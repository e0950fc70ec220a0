// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccel-verify: are the bytes right? See nfsaccel-verify(1). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/clients/check.h"
#include "tests/clients/clock.h"
#include "tests/clients/exit_code.h"
#include "tests/clients/handles.h"
#include "tests/clients/plan.h"

#define NAME "nfsaccel-verify"

struct options {
	struct target target;
	const char *url, *against, *make, *save_handles, *use_handles;
	bool has_pattern, loose_eof, json, quiet;
	uint64_t seed, duration_ns;
	uint32_t n_files, max_size, count, passes, max_reports;
	enum plan_mode mode;
	int expect_error;
};

struct verify {
	struct options options;
	struct source source;
	struct plan plan;
	struct check check;
	struct engine *engine;
	uint64_t started, longest_ns;
	uint32_t passes;
	uint64_t reads, bytes, wrong, refused, refused_as_expected, without_attributes;
};

enum {
	OPT_AGAINST = TARGET_OPT_END,
	OPT_PATTERN,
	OPT_MAKE,
	OPT_FILES,
	OPT_MAX_SIZE,
	OPT_COUNT,
	OPT_SWEEP,
	OPT_RANDOM,
	OPT_PASSES,
	OPT_DURATION,
	OPT_EXPECT,
	OPT_LOOSE_EOF,
	OPT_SAVE_HANDLES,
	OPT_USE_HANDLES,
	OPT_MAX_REPORTS,
	OPT_JSON,
	OPT_QUIET,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option long_options[] = {
	TARGET_LONG_OPTIONS,
	{"against", required_argument, NULL, OPT_AGAINST},
	{"pattern", required_argument, NULL, OPT_PATTERN},
	{"make", required_argument, NULL, OPT_MAKE},
	{"files", required_argument, NULL, OPT_FILES},
	{"max-size", required_argument, NULL, OPT_MAX_SIZE},
	{"count", required_argument, NULL, OPT_COUNT},
	{"sweep", no_argument, NULL, OPT_SWEEP},
	{"random", no_argument, NULL, OPT_RANDOM},
	{"passes", required_argument, NULL, OPT_PASSES},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"expect", required_argument, NULL, OPT_EXPECT},
	{"loose-eof", no_argument, NULL, OPT_LOOSE_EOF},
	{"save-handles", required_argument, NULL, OPT_SAVE_HANDLES},
	{"use-handles", required_argument, NULL, OPT_USE_HANDLES},
	{"max-reports", required_argument, NULL, OPT_MAX_REPORTS},
	{"json", no_argument, NULL, OPT_JSON},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char help[] =
	"Usage: " NAME " --against DIR [OPTION...] URL\n"
	"       " NAME " --pattern SEED [OPTION...] URL\n"
	"       " NAME " --pattern SEED --make DIR [--files N] [--max-size BYTES]\n"
	"Reads files over NFS and compares every byte, count and end of file.\n"
	"URL is nfs://SERVER/PATH[?version=3|4][&nfsport=N][&mountport=N].\n\n"
	"  --against DIR      compare with this local copy of the tree\n"
	"  --pattern SEED     compare with files made by --make with the same SEED\n"
	"  --make DIR         write the pattern's files into DIR and end\n"
	"  --files N          files of the pattern (100)\n"
	"  --max-size BYTES   their largest size (128k)\n"
	"  --count BYTES      bytes of a READ, the largest with --sweep, --random (64k)\n"
	"  --sweep            all pairs of awkward offsets and counts in every file\n"
	"  --random           random files, offsets and counts\n"
	"  --passes N         times to read everything (1)\n"
	"  --duration S       read for S seconds instead\n"
	"  --expect ERRNO     every READ must be refused so, e.g. EACCES, ESTALE\n"
	"  --loose-eof        eof of a READ of 0 bytes may be either (nfs-ganesha)\n"
	"  --save-handles F   write the files' handles to F\n"
	"  --use-handles F    take them from F: no mount, no lookup\n"
	"  --max-reports N    mismatches to describe (10); all are counted\n"
	"  --json, --quiet    print the result as JSON; not at all\n" TARGET_HELP
	"  --version, --help\n";

static uint64_t file_size(void *arg, uint32_t file)
{
	const struct verify *v = arg;

	return v->source.files[file].size;
}

static volatile sig_atomic_t enough;

static void on_signal(int number)
{
	(void)number;
	enough = 1;
}

static bool pass_over(struct verify *v)
{
	v->passes++;
	if (v->options.duration_ns)
		return false;
	return v->passes >= v->options.passes;
}

static bool next(void *arg, struct engine_read *read)
{
	struct verify *v = arg;

	if (enough)
		return false;
	if (v->options.duration_ns && engine_now(v->engine) - v->started >= v->options.duration_ns)
		return false;
	while (!plan_next(&v->plan, file_size, v, &read->file, &read->offset, &read->count))
		if (pass_over(v))
			return false;
	return true;
}

static void report(struct verify *v, const struct engine_read *read, const char *why)
{
	uint64_t n = v->wrong + v->refused;

	if (n > v->options.max_reports)
		return;
	fprintf(stderr, NAME ": %s: READ offset %" PRIu64 " count %u: %s\n",
		v->source.files[read->file].path, read->offset, read->count, why);
	if (n == v->options.max_reports)
		fprintf(stderr, NAME ": more are counted, but not described\n");
}

static int done(void *arg, const struct engine_read *read, const struct engine_reply *reply)
{
	struct verify *v = arg;
	char why[256];

	v->reads++;
	if (reply->latency_ns > v->longest_ns)
		v->longest_ns = reply->latency_ns;
	switch (check_reply(&v->check, read, reply, why, sizeof(why))) {
	case CHECK_RIGHT:
		v->bytes += reply->data_len;
		v->refused_as_expected += reply->error != 0;
		v->without_attributes += reply->exact && !reply->error && !reply->has_attributes;
		return 0;
	case CHECK_WRONG:
		v->wrong++;
		report(v, read, why);
		return 0;
	case CHECK_REFUSED:
		v->refused++;
		report(v, read, why);
		return 0;
	case CHECK_NO_LOCAL:
		fprintf(stderr, NAME ": %s: %s\n", v->source.files[read->file].path, why);
		return -EBUSY;
	}
	return -EINVAL;
}

static int add_files(struct verify *v)
{
	struct handles *handles = NULL;
	int rc = 0;

	if (v->options.use_handles) {
		rc = handles_load(v->options.use_handles, &handles);
		if (rc) {
			fprintf(stderr, NAME ": %s: %s\n", v->options.use_handles, strerror(-rc));
			return rc;
		}
	}
	if (!handles)
		rc = engine_mount(v->engine);
	for (uint32_t i = 0; i < v->source.n_files && !rc; i++) {
		const char *path = v->source.files[i].path;
		const struct handle *handle = handles ? handles_find(handles, path) : NULL;

		if (handles && !handle) {
			fprintf(stderr, NAME ": no handle of %s in %s\n", path,
				v->options.use_handles);
			handles_free(handles);
			return -ENOENT;
		}
		rc = handle ? engine_add_handle(v->engine, path, handle)
			    : engine_add_file(v->engine, path);
	}
	handles_free(handles);
	if (rc)
		fprintf(stderr, NAME ": %s\n", engine_error(v->engine));
	return rc;
}

static void print_result(const struct verify *v, double seconds)
{
	const struct engine_stats *s = engine_stats(v->engine);
	bool json = v->options.json;

	if (v->options.quiet || (!json && !v->reads))
		return;
	printf(json ? "{\"tool\":\"" NAME "\",\"files\":%u,\"passes\":%u,\"reads\":%" PRIu64
		      ",\"bytes\":%" PRIu64 ",\"wrong\":%" PRIu64 ",\"refused\":%" PRIu64
		      ",\"refused_as_expected\":%" PRIu64 ",\"without_attributes\":%" PRIu64
		    : "%u files, %u full passes, %" PRIu64 " READs, %" PRIu64 " bytes: %" PRIu64
		      " wrong, %" PRIu64 " refused, %" PRIu64 " refused as expected, %" PRIu64
		      " without attributes",
	       v->source.n_files, v->passes, v->reads, v->bytes, v->wrong, v->refused,
	       v->refused_as_expected, v->without_attributes);
	printf(json ? ",\"reconnects\":%" PRIu64 ",\"resent\":%" PRIu64 ",\"delayed\":%" PRIu64
		      ",\"longest\":%.3f,\"seconds\":%.3f}\n"
		    : "; %" PRIu64 " reconnects, %" PRIu64 " sent again, %" PRIu64
		      " delayed; the longest took %.3f s; %.3f s\n",
	       s->reconnects, s->resent, s->delayed,
	       (double)v->longest_ns / (double)NSEC_PER_SEC, seconds);
}

static int run(struct verify *v)
{
	const struct engine_calls calls = {.next = next, .done = done, .arg = v};
	const struct options *o = &v->options;
	int rc;

	rc = add_files(v);
	if (rc)
		return EXIT_NO_SERVER;
	if (o->save_handles) {
		rc = handles_save(o->save_handles, v->engine);
		if (rc) {
			fprintf(stderr, NAME ": %s: %s\n", o->save_handles, strerror(-rc));
			return EXIT_USAGE;
		}
	}
	plan_init(&v->plan, o->mode, v->source.n_files, o->count, o->seed);
	v->started = clock_now();
	rc = engine_run(v->engine, &calls);
	print_result(v, (double)(clock_now() - v->started) / (double)NSEC_PER_SEC);
	if (v->wrong)
		return EXIT_WRONG;
	if (rc) {
		fprintf(stderr, NAME ": %s\n", engine_error(v->engine));
		return rc == -EHOSTUNREACH ? EXIT_NO_SERVER : EXIT_FAILED;
	}
	return v->refused ? EXIT_FAILED : 0;
}

static int verify(struct verify *v)
{
	const struct options *o = &v->options;
	int rc;

	rc = o->against ? source_from_tree(&v->source, o->against)
			: source_from_pattern(&v->source, o->seed, o->n_files, o->max_size);
	if (!rc && !v->source.n_files)
		rc = -ENOENT;
	if (rc) {
		fprintf(stderr, NAME ": %s: %s\n", o->against ? o->against : "pattern",
			rc == -ENOENT ? "no files there" : strerror(-rc));
		return EXIT_USAGE;
	}
	v->check = (struct check){
		.source = &v->source,
		.expect_error = o->expect_error,
		.loose_eof = o->loose_eof,
		.expected = malloc(o->count),
	};
	v->engine = engine_new(&o->target, o->count);
	if (!v->check.expected || !v->engine) {
		fprintf(stderr, NAME ": out of memory\n");
		return EXIT_FAILED;
	}
	return run(v);
}

static int parse_errno(const char *name)
{
	for (int i = 1; i < 134; i++) {
		const char *known = strerrorname_np(i);

		if (known && !strcmp(known, name))
			return -i;
	}
	return 0;
}

static const char *parse_option(struct options *o, int option, const char *arg)
{
	switch (option) {
	case OPT_AGAINST:
		o->against = arg;
		return NULL;
	case OPT_PATTERN:
		o->has_pattern = true;
		return parse_u64(arg, 0, UINT64_MAX, &o->seed) ? NULL : "--pattern wants a number";
	case OPT_MAKE:
		o->make = arg;
		return NULL;
	case OPT_FILES:
		return parse_u32(arg, 1, 1000000, &o->n_files) ? NULL : "--files wants 1..1000000";
	case OPT_MAX_SIZE:
		return parse_size(arg, 0, 1u << 30, &o->max_size) ? NULL
								  : "--max-size wants 0..1024m";
	case OPT_COUNT:
		return parse_size(arg, 1, TARGET_MAX_COUNT, &o->count) ? NULL
								       : "--count wants 1..1m";
	case OPT_SWEEP:
		o->mode = PLAN_SWEEP;
		return NULL;
	case OPT_RANDOM:
		o->mode = PLAN_RANDOM;
		return NULL;
	case OPT_PASSES:
		return parse_u32(arg, 1, UINT32_MAX, &o->passes) ? NULL : "--passes wants a number";
	case OPT_DURATION:
		return parse_seconds(arg, &o->duration_ns) ? NULL : "--duration wants seconds";
	case OPT_EXPECT:
		o->expect_error = parse_errno(arg);
		return o->expect_error ? NULL : "--expect wants the name of an error, as EACCES";
	case OPT_LOOSE_EOF:
		o->loose_eof = true;
		return NULL;
	case OPT_SAVE_HANDLES:
		o->save_handles = arg;
		return NULL;
	case OPT_USE_HANDLES:
		o->use_handles = arg;
		return NULL;
	case OPT_MAX_REPORTS:
		return parse_u32(arg, 0, UINT32_MAX, &o->max_reports)
			       ? NULL
			       : "--max-reports wants a number";
	case OPT_JSON:
		o->json = true;
		return NULL;
	case OPT_QUIET:
		o->quiet = true;
		return NULL;
	default:
		return target_option(&o->target, (enum target_option)option, arg);
	}
}

static const char *check_options(const struct options *o)
{
	if (!o->against == !o->has_pattern)
		return "one of --against and --pattern is needed";
	if (o->make && !o->has_pattern)
		return "--make needs --pattern";
	if (!o->make && !o->url)
		return "which server? A URL is needed";
	if (o->make && o->url)
		return "--make writes local files, it takes no URL";
	if (o->target.version != 3 && (o->use_handles || o->save_handles))
		return "handles exist with version=3 only";
	return NULL;
}

static int usage(const char *text)
{
	fprintf(stderr, NAME ": %s (see " NAME " --help)\n", text);
	return EXIT_USAGE;
}

static int make_files(const struct options *o)
{
	int rc = pattern_make(o->make, o->seed, o->n_files, o->max_size);

	if (!rc)
		return 0;
	fprintf(stderr, NAME ": %s: %s\n", o->make, strerror(-rc));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct verify v = {
		.options =
			{
				.n_files = 100,
				.max_size = 128 * 1024,
				.count = 64 * 1024,
				.passes = 1,
				.max_reports = 10,
			},
		.source = {.dir_fd = -1, .open_fd = -1},
	};
	struct options *o = &v.options;
	const char *bad = NULL;
	int option, rc;

	/* libnfs 6 writes to sockets the server has closed without asking for no signal. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_signal);
	target_init(&o->target);
	while (!bad && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == OPT_HELP)
			return fputs(help, stdout) < 0;
		if (option == OPT_VERSION)
			return puts(NAME " " NFSACCEL_VERSION) < 0;
		bad = parse_option(o, option, optarg);
	}
	if (!bad && argc - optind > 1)
		bad = "one URL only";
	if (!bad && optind < argc) {
		o->url = argv[optind];
		bad = target_parse(&o->target, o->url);
	}
	if (!bad)
		bad = check_options(o);
	if (bad)
		return usage(bad);
	if (o->make)
		return make_files(o);

	rc = verify(&v);
	engine_free(v.engine);
	free(v.check.expected);
	source_free(&v.source);
	return rc;
}

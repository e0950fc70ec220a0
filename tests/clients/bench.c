// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccel-bench: how fast are READs? See nfsaccel-bench(1). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/clients/bench_files.h"
#include "tests/clients/clock.h"
#include "tests/clients/engine.h"
#include "tests/clients/exit_code.h"
#include "tests/clients/histogram.h"
#include "tests/clients/mix.h"
#include "tests/clients/random.h"
#include "tests/clients/zipf.h"

#define NAME "nfsaccel-bench"

struct options {
	struct target target;
	const char *dir;
	bool prepare, prepare_only, json, progress;
	uint32_t n_files, file_size, read_size;
	double theta;
	uint64_t seed, duration_ns, reads, warmup_ns, warmup_reads;
	struct mix mix;
};

/* A run is warm-up, then measurement; each lasts for a time or a number of READs. */
struct phase {
	uint64_t limit_ns;
	uint64_t limit_reads;
	uint64_t started;
	uint64_t issued;
};

struct bench {
	struct options options;
	struct bench_files files;
	struct zipf zipf;
	struct histogram latency; /* of all calls */
	struct histogram of_op[MIX_OPS];
	struct engine *engine;
	struct phase warmup, measure;
	bool measuring;
	uint64_t random_state;
	uint64_t last_reply, bytes;
	double sum_latency;
	bool show; /* a progress line */
	uint64_t replies, shown_at, shown_replies;
};

enum {
	OPT_FILES = TARGET_OPT_END,
	OPT_FILE_SIZE,
	OPT_READ_SIZE,
	OPT_FILES_DIR,
	OPT_PREPARE,
	OPT_PREPARE_ONLY,
	OPT_ZIPF,
	OPT_UNIFORM,
	OPT_SEED,
	OPT_MIX,
	OPT_DURATION,
	OPT_READS,
	OPT_WARMUP,
	OPT_WARMUP_READS,
	OPT_PROGRESS,
	OPT_JSON,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option long_options[] = {
	TARGET_LONG_OPTIONS,
	{"files", required_argument, NULL, OPT_FILES},
	{"file-size", required_argument, NULL, OPT_FILE_SIZE},
	{"read-size", required_argument, NULL, OPT_READ_SIZE},
	{"files-dir", required_argument, NULL, OPT_FILES_DIR},
	{"prepare", no_argument, NULL, OPT_PREPARE},
	{"prepare-only", no_argument, NULL, OPT_PREPARE_ONLY},
	{"zipf", required_argument, NULL, OPT_ZIPF},
	{"uniform", no_argument, NULL, OPT_UNIFORM},
	{"seed", required_argument, NULL, OPT_SEED},
	{"mix", required_argument, NULL, OPT_MIX},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"reads", required_argument, NULL, OPT_READS},
	{"warmup", required_argument, NULL, OPT_WARMUP},
	{"warmup-reads", required_argument, NULL, OPT_WARMUP_READS},
	{"progress", no_argument, NULL, OPT_PROGRESS},
	{"json", no_argument, NULL, OPT_JSON},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char help[] =
	"Usage: " NAME " [OPTION...] URL\n"
	"Sends NFS READs and measures rate and latency.\n"
	"URL is nfs://SERVER/PATH[?version=3|4][&nfsport=N][&mountport=N].\n\n"
	"  --files N          files to read, the first by name (100)\n"
	"  --files-dir DIR    where they are below the export (the export itself)\n"
	"  --prepare          make them first, over NFS, in --files-dir\n"
	"  --prepare-only     make them and end\n"
	"  --file-size BYTES  size of the files made (4k)\n"
	"  --read-size BYTES  bytes of a READ, at a random multiple of it (4k)\n"
	"  --zipf THETA       choose files by Zipf's law, e.g. 0.99\n"
	"  --uniform          choose all files alike (the default)\n"
	"  --seed N           another series of choices (1)\n"
	"  --mix OP=N,...     calls in these proportions: read, getattr, lookup, access (read=1)\n"
	"  --duration S       measure for S seconds (10)\n"
	"  --reads N          measure N READs instead\n"
	"  --warmup S         read for S seconds before (0)\n"
	"  --warmup-reads N   or N READs\n"
	"  --progress         a progress line even when standard error is no terminal\n"
	"  --json             print the result as JSON\n" TARGET_HELP "  --version, --help\n";

static bool phase_over(struct phase *p, uint64_t now)
{
	if (!p->started)
		p->started = now;
	if (p->limit_reads)
		return p->issued >= p->limit_reads;
	return now - p->started >= p->limit_ns;
}

static void choose(struct bench *b, struct engine_read *read)
{
	const struct bench_file *file;
	uint64_t places;

	read->op = mix_pick(&b->options.mix, &b->random_state);
	read->file = zipf_pick(&b->zipf, &b->random_state);
	read->count = b->options.read_size;
	file = &b->files.files[read->file];
	/* Only READs that bring read_size bytes, except from smaller files. */
	places = file->size / read->count;
	read->offset = places > 1 ? random_below(&b->random_state, places) * read->count : 0;
}

static bool next(void *arg, struct engine_read *read)
{
	struct bench *b = arg;
	uint64_t now = engine_now(b->engine);
	struct phase *phase = b->measuring ? &b->measure : &b->warmup;

	if (phase_over(phase, now)) {
		if (b->measuring)
			return false;
		b->measuring = true;
		phase = &b->measure;
		phase_over(phase, now);
	}
	phase->issued++;
	/* READs of the warm-up may still be under way: each knows where it belongs. */
	read->tag = b->measuring;
	choose(b, read);
	return true;
}

static void show_progress(struct bench *b, uint64_t now)
{
	double seconds = (double)(now - b->shown_at) / (double)NSEC_PER_SEC;

	if (b->shown_at && now - b->shown_at < NSEC_PER_SEC)
		return;
	if (b->shown_at && !b->latency.count)
		fprintf(stderr, "\r%-9s %10.0f READs/s ", "warm-up",
			(double)(b->replies - b->shown_replies) / seconds);
	else if (b->shown_at)
		fprintf(stderr, "\r%-9s %10.0f READs/s  p50 %8.1f us  p99 %8.1f us ", "measuring",
			(double)(b->replies - b->shown_replies) / seconds,
			(double)histogram_percentile(&b->latency, 0.5) / 1000,
			(double)histogram_percentile(&b->latency, 0.99) / 1000);
	b->shown_at = now;
	b->shown_replies = b->replies;
}

static int done(void *arg, const struct engine_read *read, const struct engine_reply *reply)
{
	struct bench *b = arg;
	const struct bench_file *file = &b->files.files[read->file];
	uint64_t left = file->size - read->offset;
	uint32_t want = read->count < left ? read->count : (uint32_t)left;

	if (reply->error || (read->op == ENGINE_READ && reply->data_len != want)) {
		fprintf(stderr, "%s" NAME ": %s: %s offset %" PRIu64 " count %u: %s\n",
			b->show ? "\n" : "", file->path, mix_name(read->op), read->offset,
			read->count,
			reply->error ? strerror(-reply->error)
				     : "fewer or more bytes than the file has");
		return reply->error ? reply->error : -EIO;
	}
	b->replies++;
	if (b->show)
		show_progress(b, engine_now(b->engine));
	if (!read->tag)
		return 0;
	histogram_add(&b->latency, reply->latency_ns);
	histogram_add(&b->of_op[read->op], reply->latency_ns);
	b->sum_latency += (double)reply->latency_ns;
	b->bytes += reply->data_len;
	b->last_reply = engine_now(b->engine);
	return 0;
}

static void print_json(const struct bench *b, double seconds)
{
	const struct options *o = &b->options;
	const struct histogram *h = &b->latency;
	const struct engine_stats *s = engine_stats(b->engine);
	double n = (double)h->count;

	printf("{\"tool\":\"" NAME "\",\"version\":%d,\"files\":%u,\"read_size\":%u,\"zipf\":%g,"
	       "\"connections\":%u,\"depth\":%u,",
	       o->target.version, b->files.n, o->read_size, o->theta, o->target.connections,
	       o->target.depth);
	printf("\"reads\":%" PRIu64 ",\"calls\":%" PRIu64 ",\"bytes\":%" PRIu64
	       ",\"seconds\":%.6f,\"ops_per_second\":%.1f,\"bytes_per_second\":%.1f,",
	       b->of_op[ENGINE_READ].count, h->count, b->bytes, seconds, n / seconds,
	       (double)b->bytes / seconds);
	printf("\"latency_ns\":{\"min\":%" PRIu64 ",\"mean\":%.1f,\"p50\":%" PRIu64
	       ",\"p90\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"p99.9\":%" PRIu64 ",\"max\":%" PRIu64
	       "},",
	       h->min, b->sum_latency / n, histogram_percentile(h, 0.5),
	       histogram_percentile(h, 0.9), histogram_percentile(h, 0.99),
	       histogram_percentile(h, 0.999), h->max);
	printf("\"ops\":{");
	for (uint32_t op = 0, shown = 0; op < MIX_OPS; op++)
		if (b->of_op[op].count)
			printf("%s\"%s\":{\"calls\":%" PRIu64 ",\"p50_ns\":%" PRIu64
			       ",\"p99_ns\":%" PRIu64 "}",
			       shown++ ? "," : "", mix_name((enum engine_op)op), b->of_op[op].count,
			       histogram_percentile(&b->of_op[op], 0.5),
			       histogram_percentile(&b->of_op[op], 0.99));
	printf("},\"reconnects\":%" PRIu64 ",\"resent\":%" PRIu64 ",\"delayed\":%" PRIu64 "}\n",
	       s->reconnects, s->resent, s->delayed);
}

static void print_text(const struct bench *b, double seconds)
{
	static const struct {
		const char *name;
		double fraction;
	} rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};
	const struct options *o = &b->options;
	const struct histogram *h = &b->latency;
	const struct engine_stats *s = engine_stats(b->engine);
	const char *calls = h->count == b->of_op[ENGINE_READ].count ? "READs" : "calls";

	printf("NFSv%d %s, %u files, %u bytes a READ, ", o->target.version, calls, b->files.n,
	       o->read_size);
	if (o->theta > 0)
		printf("Zipf %g", o->theta);
	else
		printf("uniform");
	printf(", connections %u, depth %u\n", o->target.connections, o->target.depth);
	printf("%-8s %12" PRIu64 " in %.3f s\n", calls, h->count, seconds);
	printf("rate     %12.1f %s/s\n", (double)h->count / seconds, calls);
	printf("bytes    %12.1f bytes/s\n", (double)b->bytes / seconds);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		printf("%-8s %12.1f us\n", rows[i].name,
		       (double)histogram_percentile(h, rows[i].fraction) / 1000);
	printf("max      %12.1f us\n", (double)h->max / 1000);
	for (uint32_t op = 0; o->mix.total && op < MIX_OPS; op++)
		if (b->of_op[op].count)
			printf("%-8s %12" PRIu64 ", p50 %.1f us, p99 %.1f us\n",
			       mix_name((enum engine_op)op), b->of_op[op].count,
			       (double)histogram_percentile(&b->of_op[op], 0.5) / 1000,
			       (double)histogram_percentile(&b->of_op[op], 0.99) / 1000);
	if (s->reconnects || s->delayed)
		printf("%" PRIu64 " reconnects, %" PRIu64 " READs sent again, %" PRIu64
		       " delayed\n",
		       s->reconnects, s->resent, s->delayed);
}

static int find_files(struct bench *b)
{
	const struct options *o = &b->options;
	char text[256];
	int rc = 0;

	if (o->prepare)
		rc = bench_files_prepare(&o->target, o->dir, o->n_files, o->file_size, text,
					 sizeof(text));
	if (!rc && !o->prepare_only)
		rc = bench_files_list(&o->target, o->dir, o->n_files, &b->files, text,
				      sizeof(text));
	if (rc)
		fprintf(stderr, NAME ": %s\n", text);
	return rc;
}

static int open_files(struct bench *b)
{
	int rc = engine_mount(b->engine);

	for (uint32_t i = 0; i < b->files.n && !rc; i++)
		rc = engine_add_file(b->engine, b->files.files[i].path);
	if (rc)
		fprintf(stderr, NAME ": %s\n", engine_error(b->engine));
	return rc;
}

static int measure(struct bench *b)
{
	const struct engine_calls calls = {.next = next, .done = done, .arg = b};
	const struct options *o = &b->options;
	double seconds;
	int rc;

	b->warmup = (struct phase){.limit_ns = o->warmup_ns, .limit_reads = o->warmup_reads};
	b->measure = (struct phase){.limit_ns = o->duration_ns, .limit_reads = o->reads};
	b->random_state = o->seed;
	b->show = o->progress || isatty(STDERR_FILENO);
	rc = engine_run(b->engine, &calls);
	if (b->show && b->shown_replies)
		fputc('\n', stderr);
	if (rc) {
		if (*engine_error(b->engine))
			fprintf(stderr, NAME ": %s\n", engine_error(b->engine));
		return rc == -EHOSTUNREACH ? EXIT_NO_SERVER : EXIT_FAILED;
	}
	if (!b->latency.count) {
		fprintf(stderr, NAME ": no READ was answered in the time given\n");
		return EXIT_FAILED;
	}
	seconds = (double)(b->last_reply - b->measure.started) / (double)NSEC_PER_SEC;
	if (o->json)
		print_json(b, seconds);
	else
		print_text(b, seconds);
	return 0;
}

static int init_histograms(struct bench *b)
{
	int rc = histogram_init(&b->latency);

	for (uint32_t op = 0; op < MIX_OPS && !rc; op++)
		rc = histogram_init(&b->of_op[op]);
	return rc;
}

static int bench(struct bench *b)
{
	const struct options *o = &b->options;

	if (find_files(b))
		return EXIT_NO_SERVER;
	if (o->prepare_only)
		return 0;
	b->engine = engine_new(&o->target, o->read_size);
	if (!b->engine || zipf_init(&b->zipf, b->files.n, o->theta) || init_histograms(b)) {
		fprintf(stderr, NAME ": out of memory\n");
		return EXIT_FAILED;
	}
	return open_files(b) ? EXIT_NO_SERVER : measure(b);
}

static const char *parse_option(struct options *o, int option, const char *arg)
{
	switch (option) {
	case OPT_FILES:
		return parse_u32(arg, 1, 10000000, &o->n_files) ? NULL
								: "--files wants 1..10000000";
	case OPT_FILE_SIZE:
		return parse_size(arg, 1, 1u << 30, &o->file_size) ? NULL
								   : "--file-size wants 1..1024m";
	case OPT_READ_SIZE:
		return parse_size(arg, 1, TARGET_MAX_COUNT, &o->read_size)
			       ? NULL
			       : "--read-size wants 1..1m";
	case OPT_FILES_DIR:
		o->dir = arg;
		return NULL;
	case OPT_PREPARE_ONLY:
		o->prepare_only = true;
		o->prepare = true;
		return NULL;
	case OPT_PREPARE:
		o->prepare = true;
		return NULL;
	case OPT_ZIPF:
		return parse_double(arg, 0, 100, &o->theta) ? NULL
							    : "--zipf wants a number, as 0.99";
	case OPT_UNIFORM:
		o->theta = 0;
		return NULL;
	case OPT_SEED:
		return parse_u64(arg, 0, UINT64_MAX, &o->seed) ? NULL : "--seed wants a number";
	case OPT_MIX:
		return mix_parse(arg, &o->mix)
			       ? NULL
			       : "--mix wants OPERATION=1..1000, as read=18,getattr=26";
	case OPT_DURATION:
		return parse_seconds(arg, &o->duration_ns) ? NULL : "--duration wants seconds";
	case OPT_READS:
		return parse_u64(arg, 1, UINT64_MAX, &o->reads) ? NULL : "--reads wants a number";
	case OPT_WARMUP:
		return parse_seconds(arg, &o->warmup_ns) ? NULL : "--warmup wants seconds";
	case OPT_WARMUP_READS:
		return parse_u64(arg, 1, UINT64_MAX, &o->warmup_reads)
			       ? NULL
			       : "--warmup-reads wants a number";
	case OPT_PROGRESS:
		o->progress = true;
		return NULL;
	case OPT_JSON:
		o->json = true;
		return NULL;
	default:
		return target_option(&o->target, (enum target_option)option, arg);
	}
}

int main(int argc, char **argv)
{
	struct bench b = {
		.options =
			{
				.dir = "",
				.n_files = 100,
				.file_size = 4096,
				.read_size = 4096,
				.seed = 1,
				.duration_ns = 10 * NSEC_PER_SEC,
			},
	};
	struct options *o = &b.options;
	const char *bad = NULL;
	int option, rc;

	/* libnfs 6 writes to sockets the server has closed without asking for no signal. */
	signal(SIGPIPE, SIG_IGN);
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
	if (!bad && argc - optind != 1)
		bad = "which server? One URL is needed";
	if (!bad)
		bad = target_parse(&o->target, argv[optind]);
	if (!bad && o->target.version != 3 && !mix_is_reads(&o->mix))
		bad = "--mix is for version 3";
	if (bad) {
		fprintf(stderr, NAME ": %s (see " NAME " --help)\n", bad);
		return EXIT_USAGE;
	}

	rc = bench(&b);
	engine_free(b.engine);
	histogram_free(&b.latency);
	for (uint32_t op = 0; op < MIX_OPS; op++)
		histogram_free(&b.of_op[op]);
	zipf_free(&b.zipf);
	bench_files_free(&b.files);
	return rc;
}

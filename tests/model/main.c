// SPDX-License-Identifier: GPL-2.0-only
/* model: run the splice through many seeds, or show one of them. */
#include "tests/model/sim.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nfsaccel/verdict.h"

#define MAX_JOBS  64
#define MAX_SHOWN 20
#define SHOWN_LINES 60 /* of the trace of the first that fails */
#define SOON	  76 /* percent of losses repaired without a timer; plain TCP's 70 */
#define SOON_RTT  30 /* which takes no more than three round trips */
#define RESUMED    85 /* percent of links' returns after which all goes on soon; plain TCP's 90 */
#define RESUMED_BY 35 /* tenths of a second */

static const char *const loads[LOADS] = {
	"1", "2-8", "9-32", "64", "1 in pieces", "32 of READs only", "128 of READs only"};

/* Percent of what could be answered that must be; small packets and windows cost some. */
static const uint32_t least[LOADS] = {95, 90, 75, 50, 60, 95, 95};

struct options {
	uint64_t from, count, fails;
	uint32_t jobs;
	const char *profile, *known;
	bool single, trace, plain, keep;
};

struct shared {
	struct stats st;
	uint64_t violations;
	char pad[64];
};

static void show_state(const struct sim *s)
{
	const struct na_flow *f = &s->tc.f;
	const struct config *c = &s->cfg;
	uint32_t ci = c->c_isn + 1, si = c->s_isn + 1, i;

	fprintf(s->log,
	       "config: depth %u mss %u/%u wscale %u/%u buf %u/%u sack %d ts %d ending %d early %d "
	       "loss %u/%u reorder %u/%u drop %u/%u bad %u\n",
	       c->depth, c->c_mss, c->s_mss, c->c_wscale, c->s_wscale, c->c_buf, c->s_buf, c->sack,
	       c->ts, c->ending, c->early_end, c->loss[0], c->loss[1], c->reorder[0], c->reorder[1],
	       c->drop, c->data_drop, c->bad);
	fprintf(s->log,
	       "flow: flags %#x c_next %d din %u told %d s_ack %d s_edge %d; s_high %d dout %u "
	       "c_ack %d c_edge %d s_una %d s_edge_told %d cwnd %u sync %u/%u\n",
	       f->flags, (int)(f->c_next - ci), f->din, (int)(f->told - ci), (int)(f->s_ack - ci),
	       (int)(f->s_edge - ci), (int)(f->s_high - si), f->dout, (int)(f->c_ack - si),
	       (int)(f->c_edge - si), (int)(f->s_una - si), (int)(f->s_edge_told - si), f->cwnd,
	       f->c_rec.sync, f->s_rec.sync);
	for (i = 0; i < f->count; i++) {
		const struct na_fifo_slot *q = &f->fifo[(f->head + i) & (NA_FIFO - 1)];

		fprintf(s->log, "slot: request %d+%u (server %d), reply %d+%u (server %d)\n",
		       (int)(q->req_c - ci), q->req_len, (int)(q->req_s - ci), (int)(q->rep_c - si),
		       q->rep_len, (int)(q->rep_s - si));
	}
}

static bool run_seed(struct sim *s, uint64_t seed, const struct options *o)
{
	memset(&s->rng, 0, sizeof(s->rng));
	s->rng.state = rng_mix(seed + 0x1234567);
	s->seed = seed;
	s->trace = o->trace;
	config_pick(s, o->profile);
	s->cfg.plain = o->plain;
	if (sim_run(s))
		return true;
	if (o->trace) {
		fprintf(s->log, "%12.6f  VIOLATION\n", (double)s->now / SEC);
		show_state(s);
	}
	return false;
}

/*
 * The same run once more, for the end of its trace. In a process of its own: what is wrong may
 * have written anywhere.
 */
static void show_end(struct sim *s, const struct options *o)
{
	struct options again = *o;
	static struct stats none;
	uint32_t lines = 0;
	char *text = NULL, *p;
	size_t len = 0;
	pid_t child = fork();

	if (child) {
		if (child > 0)
			waitpid(child, NULL, 0);
		return;
	}
	alarm(20);
	again.trace = true;
	s->log = open_memstream(&text, &len);
	if (!s->log)
		_exit(1);
	s->st = &none;
	run_seed(s, s->seed, &again);
	fclose(s->log);
	for (p = text + len; p > text && (p[-1] != '\n' || lines++ <= SHOWN_LINES); p--)
		;
	fputs(p, stdout);
	fflush(stdout);
	_exit(0);
}

/* It is run first from now on. */
static void keep_seed(const struct sim *s, const struct options *o)
{
	FILE *f = fopen(o->known, "a");

	if (!f) {
		printf("cannot be kept in %s\n", o->known);
		return;
	}
	fprintf(f, "%llu %s # %s\n", (unsigned long long)s->seed, o->profile ?: "", s->violation);
	fclose(f);
}

static void describe(const struct sim *s, const struct options *o)
{
	printf("seed %llu%s%s: %s\n", (unsigned long long)s->seed, o->profile ? " --profile " : "",
	       o->profile ? o->profile : "", s->violation);
	fflush(stdout);
}

static void work(const struct options *o, struct shared *out, uint32_t job)
{
	struct sim *s = calloc(1, sizeof(*s));
	uint64_t i;

	if (!s)
		exit(2);
	s->st = &out->st;
	s->log = stdout;
	for (i = job; i < o->count; i += o->jobs) {
		if (run_seed(s, o->from + i, o))
			continue;
		if (out->violations++ < MAX_SHOWN / o->jobs + 1)
			describe(s, o);
		if (out->violations == 1 && o->keep)
			keep_seed(s, o);
		if (out->violations == 1 && !o->trace)
			show_end(s, o);
		if (o->fails && out->violations >= o->fails)
			break;
	}
	free(s);
}

/* Seeds that once failed: "SEED [PROFILE] # why" per line. */
static uint64_t run_known(const struct options *o, struct shared *out, uint64_t *bad)
{
	struct sim *s = calloc(1, sizeof(*s));
	FILE *f = fopen(o->known, "r");
	char line[256], profile[32];
	unsigned long long seed;
	uint64_t n = 0;

	if (!f || !s) {
		fprintf(stderr, "model: cannot read %s\n", o->known);
		exit(2);
	}
	s->st = &out->st;
	s->log = stdout;
	while (fgets(line, sizeof(line), f)) {
		struct options one = *o;
		int got;

		line[strcspn(line, "#\n")] = '\0';
		got = sscanf(line, "%llu %31s", &seed, profile);
		if (got < 1)
			continue;
		one.profile = got == 2 ? profile : NULL;
		n++;
		if (!run_seed(s, seed, &one)) {
			describe(s, &one);
			if (!*bad)
				show_end(s, &one);
			(*bad)++;
		}
	}
	fclose(f);
	free(s);
	return n;
}

static void add_up(struct stats *sum, const struct stats *one)
{
	uint64_t *a = (uint64_t *)sum;
	const uint64_t *b = (const uint64_t *)one;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*a); i++)
		a[i] += b[i];
}

/* Percent of n that took at most so many tenths. */
static uint32_t within(const uint64_t *took, uint64_t n, uint32_t tenths)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i <= tenths; i++)
		sum += took[i];
	return (uint32_t)(sum * 100 / n);
}

/* By how many tenths so many thousandths of n were done; most is the last column. */
static double done_by(const uint64_t *took, uint64_t n, uint32_t most, uint32_t thousandths)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < most; i++) {
		sum += took[i];
		if (sum * 1000 >= n * thousandths)
			break;
	}
	return i / 10.0;
}

static void print_done_by(const uint64_t *took, uint64_t n, uint32_t most, const char *unit)
{
	printf("; p50 %.1f%s, p90 %.1f%s, p99 %.1f%s", done_by(took, n, most, 500), unit,
	       done_by(took, n, most, 900), unit, done_by(took, n, most, 990), unit);
}

static void report(const struct stats *st)
{
	static const char *const name[] = {
#define NA_X(sym, name, help) name,
		NA_VERDICTS(NA_X)
#undef NA_X
	};
	uint32_t i, v;

#define N(x) (unsigned long long)st->x
	printf("%llu requests, %llu cacheable, %llu hits; %llu segments\n", N(requests),
	       N(eligible), N(hits), N(segments));
	printf("resends %llu, releases %llu, bare ACKs %llu, trims %llu, splits %llu, joins %llu, drops %llu, "
	       "resyncs %llu in %llu out\n",
	       N(resends), N(releases), N(bares), N(trims), N(splits), N(joins), N(drops), N(resync_in), N(resync_out));
	printf("client: RTOs %llu, tail probes %llu, retransmissions %llu; server: RTOs %llu, "
	       "retransmissions %llu; resets %llu, ports reused %llu\n",
	       N(c_rto), N(c_tlp), N(c_retrans), N(s_rto), N(s_retrans), N(resets), N(reuses));
	for (i = 0; i < NA_V_MAX; i++)
		if (st->why[i])
			printf("%s %llu  ", name[i], N(why[i]));
	printf("\nhit share, loss-free and all cached:");
	for (i = 0; i < LOADS; i++) {
		if (!st->qd_eligible[i])
			continue;
		printf("\n  depth %s: %.1f %%", loads[i],
		       100.0 * st->qd_hits[i] / st->qd_eligible[i]);
		for (v = 0; v < NA_V_MAX; v++)
			if (st->qd_why[i][v])
				printf("  %s %.1f %%", name[v],
				       100.0 * st->qd_why[i][v] / st->qd_eligible[i]);
	}
	if (st->repairs) {
		printf("\none packet in a hundred lost: %llu of replies, %u %% repaired within three round "
		       "trips",
		       N(repairs), within(st->repaired, st->repairs, SOON_RTT));
		print_done_by(st->repaired, st->repairs, REPAIR_MAX, "");
	}
	if (st->resumes) {
		printf("\nlink down %llu times; %u %% have all replies within 3.5 s of its return",
		       N(resumes), within(st->resumed, st->resumes, RESUMED_BY));
		print_done_by(st->resumed, st->resumes, RESUME_MAX, " s");
	}
	putchar('\n');
#undef N
}

static void usage(void)
{
	fprintf(stderr, "usage: model [--seeds N] [--from S] [--jobs J] [--profile NAME] "
			"[--known FILE [--keep]] [--fails N] [--plain]\n"
			"       model --seed S [--profile NAME] [--trace]\nprofiles: mixed");
	for (const char *const *p = config_profiles(); *p; p++)
		fprintf(stderr, " %s", *p);
	fputc('\n', stderr);
	exit(2);
}

static struct options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"seeds", 1, NULL, 'n'},   {"from", 1, NULL, 'f'},  {"jobs", 1, NULL, 'j'},
		{"profile", 1, NULL, 'p'}, {"seed", 1, NULL, 's'},  {"trace", 0, NULL, 't'},
		{"plain", 0, NULL, 'q'},   {"known", 1, NULL, 'k'},   {"fails", 1, NULL, 'x'},
		{"keep", 0, NULL, 'e'}, {0}};
	struct options o = {.from = 1, .count = 100000, .jobs = 1};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		uint64_t n = optarg ? strtoull(optarg, NULL, 0) : 0;

		switch (c) {
		case 'n':
			o.count = n;
			break;
		case 'f':
			o.from = n;
			break;
		case 'j':
			o.jobs = n < 1 ? 1 : n > MAX_JOBS ? MAX_JOBS : (uint32_t)n;
			break;
		case 'p':
			o.profile = optarg;
			break;
		case 's':
			o.single = true;
			o.from = n;
			o.count = 1;
			o.jobs = 1;
			break;
		case 'q':
			o.plain = true;
			break;
		case 't':
			o.trace = true;
			break;
		case 'k':
			o.known = optarg;
			break;
		case 'e':
			o.keep = true;
			break;
		case 'x':
			o.fails = n;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || (o.keep && !o.known))
		usage();
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct shared *sh = mmap(NULL, MAX_JOBS * sizeof(*sh), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stats sum = {0};
	uint64_t violations = 0, seeds = 0;
	struct timespec t0, t1;
	uint32_t j;

	if (sh == MAP_FAILED)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	if (o.known)
		seeds += run_known(&o, &sh[0], &violations);
	for (j = 0; o.jobs > 1 && j < o.jobs; j++) {
		if (fork() == 0) {
			work(&o, &sh[j], j);
			fflush(stdout);
			_exit(0);
		}
	}
	if (o.jobs == 1)
		work(&o, &sh[0], 0);
	for (j = 0; o.jobs > 1 && j < o.jobs; j++) {
		int status;

		if (wait(&status) < 0 || status) {
			printf("a worker died\n");
			violations++;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	for (j = 0; j < o.jobs; j++) {
		add_up(&sum, &sh[j].st);
		violations += sh[j].violations;
	}
	seeds = sum.runs;
	report(&sum);
	for (j = 0; j < LOADS; j++) {
		if (sum.qd_eligible[j] > 20000 && sum.qd_hits[j] * 100 < sum.qd_eligible[j] * least[j]) {
			printf("hit share: depth %s is below %u %%\n", loads[j], least[j]);
			violations++;
		}
	}
	if (sum.repairs > 2000 && within(sum.repaired, sum.repairs, SOON_RTT) < SOON) {
		printf("repaired within three round trips: below %u %%\n", SOON);
		violations++;
	}
	if (sum.resumes > 2000 && within(sum.resumed, sum.resumes, RESUMED_BY) < RESUMED) {
		printf("all goes on within 3.5 s after the link's return: below %u %%\n", RESUMED);
		violations++;
	}
	printf("%llu seeds, %llu violations, %.0f seeds/s\n", (unsigned long long)seeds,
	       (unsigned long long)violations,
	       seeds / ((t1.tv_sec - t0.tv_sec) + (t1.tv_nsec - t0.tv_nsec) / 1e9));
	return violations ? 1 : 0;
}

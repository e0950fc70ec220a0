// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many instructions does this kernel's verifier walk for each program? A million is its
 * limit; the budget keeps a distance, for kernels we have not seen.
 * usage: verifier [--hooks] BUDGET_FILE
 * The TC programs; with --hooks those in the kernel's functions, too (which not every
 * sandbox lets root load), but for what this kernel does not have. Exits 1 if one is
 * refused or over its budget.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "admin/hooks.h"
#include "bpf/nfsaccel.skel.h" /* generated */

#define TAIL "na_emit" /* filled into the jump table, so always loaded */

/* The line of this program, or that of "*"; 0 if there is neither. */
static unsigned long budget_of(const char *file, const char *program)
{
	unsigned long limit, found = 0;
	char line[256], name[128];
	FILE *f = fopen(file, "re");
	bool named = false;

	while (f && !named && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%127s %lu", name, &limit) != 2)
			continue;
		named = !strcmp(name, program);
		if (named || !strcmp(name, "*"))
			found = limit;
	}
	if (f)
		fclose(f);
	return found;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Instructions verified, or negative errno. */
static long measure(const char *name)
{
	struct nfsaccel_bpf *skel = nfsaccel_bpf__open();
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	struct bpf_program *p;
	long n;

	if (!skel)
		return -errno;
	bpf_object__for_each_program(p, skel->obj) {
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), name) ||
						     !strcmp(bpf_program__name(p), TAIL));
	}
	/* as the daemon's: a constant of 1 would hide code from the verifier */
	skel->rodata->na_entries_max = 10000;
	skel->rodata->na_tally_sets = 256;
	n = nfsaccel_bpf__load(skel);
	if (!n) {
		p = bpf_object__find_program_by_name(skel->obj, name);
		n = bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len);
	}
	nfsaccel_bpf__destroy(skel);
	return n < 0 ? n : (long)info.verified_insns;
}

static bool has_function(const char *program, const struct na_hook_status *status)
{
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (!strcmp(na_hooks[i].program, program))
			return na_hook_usable(&status[i]);
	return true;
}

/* One line of the table; 1 if it is bad news. */
static int report(const char *name, const char *file, const struct na_hook_status *status)
{
	unsigned long budget = budget_of(file, name);
	long n;

	if (!has_function(name, status)) {
		printf("%-28s %8s %8lu  not on this kernel\n", name, "-", budget);
		return 0;
	}
	n = measure(name);
	if (n < 0) {
		printf("%-28s %8s %8lu  REFUSED: %s\n", name, "-", budget, strerror((int)-n));
		return 1;
	}
	printf("%-28s %8ld %8lu  %s\n", name, n, budget, (unsigned long)n > budget ? "OVER" : "ok");
	return (unsigned long)n > budget;
}

int main(int argc, char **argv)
{
	struct na_hook_status *status = calloc(na_hook_count, sizeof(*status));
	struct nfsaccel_bpf *skel = nfsaccel_bpf__open();
	struct bpf_program *p;
	bool hooks = argc == 3 && !strcmp(argv[1], "--hooks");
	struct utsname u;
	int bad = 0, err;

	if (argc != 2 + hooks) {
		fprintf(stderr, "usage: verifier [--hooks] BUDGET_FILE\n");
		return 2;
	}
	err = status ? na_hooks_probe(status) : -ENOMEM;
	if (err || !skel) {
		fprintf(stderr, "verifier: %s\n", strerror(err ? -err : errno));
		return 2;
	}
	libbpf_set_print(quiet);
	uname(&u);
	printf("# %s\n%-28s %8s %8s\n", u.release, "program", "insns", "budget");
	bpf_object__for_each_program(p, skel->obj) {
		if (hooks || bpf_program__type(p) == BPF_PROG_TYPE_SCHED_CLS)
			bad += report(bpf_program__name(p), argv[argc - 1], status);
	}
	nfsaccel_bpf__destroy(skel);
	free(status);
	if (bad)
		printf("%d programs are refused or over budget\n", bad);
	return bad ? 1 : 0;
}

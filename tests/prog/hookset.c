// SPDX-License-Identifier: GPL-2.0-only
#include "tests/prog/hookset.h"

#include "admin/probe.h"
#include "nfsaccel/slot.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hookset_row(const char *program)
{
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (!strcmp(na_hooks[i].program, program))
			return (int)i;
	return -1;
}

int hookset_load(struct hookset *s)
{
	struct bpf_program *prog;
	struct stat netns;
	int err;

	*s = (struct hookset){.stats = -1};
	s->status = calloc(na_hook_count, sizeof(*s->status));
	s->links = calloc(na_hook_count, sizeof(struct bpf_link *));
	if (!s->status || !s->links)
		return -ENOMEM;
	err = na_hooks_probe(s->status);
	if (err)
		return err;
	s->skel = hooks_bpf__open();
	if (!s->skel || stat("/proc/self/ns/net", &netns))
		return -errno;
	s->skel->rodata->na_netns = (__u32)netns.st_ino;
	bpf_object__for_each_program(prog, s->skel->obj)
	{
		int row = hookset_row(bpf_program__name(prog));

		bpf_program__set_autoload(prog, row >= 0 && na_hook_usable(&s->status[row]));
	}
	err = hooks_bpf__load(s->skel);
	if (err)
		return err;
	s->stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	return s->stats < 0 ? s->stats : 0;
}

int hookset_attach_all(struct hookset *s)
{
	size_t i;

	for (i = 0; i < na_hook_count; i++) {
		struct bpf_program *prog =
			bpf_object__find_program_by_name(s->skel->obj, na_hooks[i].program);

		if (!na_hook_usable(&s->status[i]))
			continue;
		s->links[i] = prog ? bpf_program__attach(prog) : NULL;
		if (!s->links[i])
			return prog ? -errno : -ENOENT;
	}
	return 0;
}

__u64 hookset_runs(const struct hookset *s, int row)
{
	const struct bpf_program *prog =
		bpf_object__find_program_by_name(s->skel->obj, na_hooks[row].program);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	if (!s->links[row] || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return 0;
	return info.run_cnt;
}

void hookset_detach(struct hookset *s)
{
	size_t i;

	for (i = 0; s->links && i < na_hook_count; i++) {
		bpf_link__destroy(s->links[i]);
		s->links[i] = NULL;
	}
}

void hookset_free(struct hookset *s)
{
	hookset_detach(s);
	hooks_bpf__destroy(s->skel);
	if (s->stats >= 0)
		close(s->stats);
	free(s->links);
	free(s->status);
}

__u64 hookset_slot(const struct hookset *s, __u32 dev, __u64 ino)
{
	__u32 key = na_slot_index(dev, ino);
	struct na_slot slot = {0};

	return bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.na_slots), &key, &slot) ? ~0ull
										     : slot.version;
}

struct na_ctl hookset_ctl(const struct hookset *s)
{
	struct na_ctl ctl = {0};
	__u32 key = 0;

	bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.na_ctl), &key, &ctl);
	return ctl;
}

__u64 hookset_count(const struct hookset *s, enum na_verdict which)
{
	int n = libbpf_num_possible_cpus();
	struct na_counter *each = n > 0 ? calloc(n, sizeof(*each)) : NULL;
	__u32 key = which;
	__u64 sum = 0;
	int i;

	if (each && !bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.na_counters), &key, each))
		for (i = 0; i < n; i++)
			sum += each[i].n;
	free(each);
	return sum;
}

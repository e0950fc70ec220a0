// SPDX-License-Identifier: GPL-2.0-only
#include "admin/figures.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>

#include "bpf/nfsaccel.skel.h"

const struct na_verdict_name na_verdict_names[NA_V_MAX] = {
#define NA_X(sym, name, help) {name, help},
	NA_VERDICTS(NA_X)
#undef NA_X
};

__u64 na_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* As the kernel counts: bpf_map_show_fdinfo(). */
static __u64 map_memory(int fd)
{
	_cleanup_(fclose) FILE *f = NULL;
	unsigned long long bytes = 0;
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	return bytes;
}

__u64 na_maps_memory(const struct na_plane *p)
{
	struct bpf_map *map;
	__u64 sum = 0;

	bpf_object__for_each_map(map, p->skel->obj)
	{
		sum += map_memory(bpf_map__fd(map));
	}
	return sum;
}

int na_counters_read(const struct na_plane *p, __u64 out[static NA_V_MAX])
{
	_cleanup_(free) struct na_counter *per_cpu = NULL;
	int fd = na_plane_map_fd(p, "na_counters"), ncpus = libbpf_num_possible_cpus();
	int cpu, err = 0;
	__u32 i;

	if (ncpus < 0)
		return ncpus;
	per_cpu = calloc(ncpus, sizeof(*per_cpu));
	if (!per_cpu)
		return -ENOMEM;
	for (i = 0; !err && i < NA_V_MAX; i++) {
		err = bpf_map_lookup_elem(fd, &i, per_cpu);
		out[i] = p->meta->counted[i];
		for (cpu = 0; !err && cpu < ncpus; cpu++)
			out[i] += per_cpu[cpu].n;
	}
	return err;
}

/* Counted in the entries themselves: a hash map does not know how many it holds. */
void na_cache_use(const struct na_plane *p, struct na_cache_use *use)
{
	__u64 now = na_now_ns();
	__u32 i;

	*use = (struct na_cache_use){0};
	for (i = 1; i < p->shape.budget.entries; i++) {
		const struct na_entry *e = &p->entries[i];

		if (!e->fid || e->flush != p->ctl->flush || e->expires < now)
			continue;
		use->files++;
		use->file_bytes += e->size;
		use->cached_bytes += __builtin_popcount(e->valid) * (__u64)NA_BLOCK_BYTES;
	}
}

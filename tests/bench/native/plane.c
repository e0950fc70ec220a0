// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bench/native/plane.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "nfsaccel/nfs3.h"
#include "nfsaccel/slot.h"

#define HOUR	3600000000000ull
#define CRED	500u
#define PACKETS 48u /* the most there are: 64 KiB in packets of 1500 bytes */

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

static int put(const struct bpf_map *map, const void *key, const void *value)
{
	return bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY);
}

static size_t entries_bytes(const struct plane *p)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return ((size_t)p->files * sizeof(struct na_entry) + page - 1) & ~(page - 1);
}

static int size_maps(struct nfsaccel_bpf *skel, const struct plane *p, __u32 flows)
{
	/* LRU maps begin to forget long before they are full */
	return bpf_map__set_max_entries(skel->maps.na_flows, flows) ?:
	       bpf_map__set_max_entries(skel->maps.na_meters, 64) ?:
	       bpf_map__set_max_entries(skel->maps.na_creds, 4096) ?:
	       bpf_map__set_max_entries(skel->maps.na_auths, 2 * p->files + 16384) ?:
	       bpf_map__set_max_entries(skel->maps.na_index, p->files) ?:
	       bpf_map__set_max_entries(skel->maps.na_entries, p->files) ?:
	       bpf_map__set_max_entries(skel->maps.na_slabs, p->slabs) ?:
	       bpf_map__set_max_entries(skel->maps.na_free_blocks, p->blocks) ?:
	       bpf_map__set_max_entries(skel->maps.na_free_entries, p->files);
}

static int begin(struct plane *p)
{
	const struct na_ctl ctl = {
		.abi = NA_ABI,
		.mode = NA_MODE_ANSWER,
		.epoch = 1,
		.flush = 1,
		.next_id = 1000,
		.max_payload = 1 << 20,
	};
	const struct na_slot slot = {.version = 1};
	const __u32 zero = 0;
	__u32 i;
	int err = put(p->skel->maps.na_ctl, &zero, &ctl);

	for (i = 0; i < NA_SLOTS && !err; i++)
		err = put(p->skel->maps.na_slots, &i, &slot);
	if (err)
		return err;
	p->entries = mmap(NULL, entries_bytes(p), PROT_READ | PROT_WRITE, MAP_SHARED,
			  bpf_map__fd(p->skel->maps.na_entries), 0);
	if (p->entries == MAP_FAILED) {
		p->entries = NULL;
		return -errno;
	}
	return 0;
}

int plane_open(struct plane *p, const struct plane_options *o)
{
	struct bpf_program *prog;
	int err;

	*p = (struct plane){.files = o->files + 1, .next_entry = 1, .next_block = 1, .cred = CRED};
	p->slabs = (o->blocks + 1 + NA_SLAB_BLOCKS - 1) / NA_SLAB_BLOCKS;
	p->blocks = p->slabs * NA_SLAB_BLOCKS;
	p->slab = calloc(1, sizeof(*p->slab));
	p->skel = nfsaccel_bpf__open();
	if (!p->slab || !p->skel) {
		plane_close(p);
		return -ENOMEM;
	}
	bpf_object__for_each_program(prog, p->skel->obj)
	{
		bpf_program__set_autoload(prog, bpf_program__type(prog) == BPF_PROG_TYPE_SCHED_CLS);
	}
	p->skel->rodata->na_guards = o->guards;
	p->skel->rodata->na_max_packets = PACKETS;
	p->skel->rodata->na_alive_ns = o->alive_ns;
	p->skel->rodata->na_ttl_ns = HOUR;
	p->skel->rodata->na_entries_max = p->files;
	err = size_maps(p->skel, p, o->flows) ?: nfsaccel_bpf__load(p->skel) ?: begin(p);
	if (err) {
		fprintf(stderr, "cannot load the programs: %s\n", strerror(-err));
		plane_close(p);
	}
	return err;
}

void plane_close(struct plane *p)
{
	if (p->entries)
		munmap(p->entries, entries_bytes(p));
	nfsaccel_bpf__destroy(p->skel);
	free(p->slab);
	*p = (struct plane){0};
}

int plane_client(struct plane *p, const __u8 client[16])
{
	struct na_cred_key k = {.flavor = 1};
	int err;

	memcpy(k.client, client, sizeof(k.client));
	err = put(p->skel->maps.na_creds, &k, &p->cred);
	k.privileged = 1;
	return err ?: put(p->skel->maps.na_creds, &k, &p->cred);
}

int plane_flush(struct plane *p)
{
	return put(p->skel->maps.na_slabs, &p->slab_no, p->slab);
}

/* The next block holds these bytes; after the last the first comes again, as it is. */
static int put_block(struct plane *p, const __u8 *data, __u32 len, __u32 *block)
{
	__u32 b = p->next_block++, slab = b / NA_SLAB_BLOCKS;
	int err = 0;

	if (b >= p->blocks) {
		*block = 1 + (b - 1) % (p->blocks - 1);
		return 0;
	}
	if (slab != p->slab_no) {
		err = plane_flush(p);
		p->slab_no = slab;
	}
	memcpy(p->slab->data + b % NA_SLAB_BLOCKS * NA_BLOCK_BYTES, data, len);
	*block = b;
	return err;
}

int plane_put(struct plane *p, const struct plane_file *file)
{
	__u32 number = p->next_entry++, i, at, n;
	struct na_auth_key ak = {
		.cred = p->cred, .fid = number + 0x100000000ull, .op = NA_NFS3_READ};
	struct na_auth auth = {.version = 1, .epoch = 1, .flush = 1, .expires = now() + HOUR};
	struct na_fattr3 attr;
	struct na_entry *e;
	int err = 0;

	if (number >= p->files)
		return -ENOSPC;
	na_nfs3_fattr(file->attr, &attr);
	if (attr.size > NA_FILE_MAX)
		return -EFBIG;
	e = &p->entries[number];
	*e = (struct na_entry){.ref = NA_ENTRY_LIVE,
			       .slot = na_slot_index(file->snap.dev, file->snap.ino),
			       .fid = ak.fid,
			       .version = 1,
			       .flush = 1,
			       .expires = auth.expires,
			       .fsid = attr.fsid,
			       .size = (__u32)attr.size,
			       .fh = file->fh,
			       .snap = file->snap};
	memcpy(e->attr, file->attr, sizeof(e->attr));
	for (i = 0, at = 0; at < attr.size && !err; i++, at += NA_BLOCK_BYTES) {
		n = (__u32)attr.size - at;
		n = n < NA_BLOCK_BYTES ? n : NA_BLOCK_BYTES;
		err = put_block(p, file->data + at, n, &e->block[i]);
		e->valid |= 1u << i;
	}
	auth.fsid = attr.fsid;
	return err ?: put(p->skel->maps.na_auths, &ak, &auth) ?:
	       put(p->skel->maps.na_index, &file->fh, &number);
}

static int attach(int ifindex, const struct bpf_program *prog, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(prog));

	return bpf_tc_attach(&hook, &opts);
}

int plane_attach(const struct plane *p, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err = bpf_tc_hook_create(&hook) ?:
		  attach(ifindex, p->skel->progs.na_egress, BPF_TC_EGRESS) ?:
		  attach(ifindex, p->skel->progs.na_ingress, BPF_TC_INGRESS);

	if (err)
		fprintf(stderr, "cannot attach: %s\n", strerror(-err));
	return err;
}

void plane_detach(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	bpf_tc_hook_destroy(&hook);
}

/* "memlock:" of the map's file descriptor. */
static __u64 map_memory(int fd)
{
	char path[64], line[128];
	unsigned long long bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return bytes;
}

__u64 plane_memory(const struct plane *p)
{
	const struct bpf_map *map;
	__u64 bytes = 0;

	bpf_object__for_each_map(map, p->skel->obj)
	{
		bytes += map_memory(bpf_map__fd(map));
	}
	return bytes;
}

__u64 plane_cache_memory(const struct plane *p)
{
	return map_memory(bpf_map__fd(p->skel->maps.na_index)) +
	       map_memory(bpf_map__fd(p->skel->maps.na_entries)) +
	       map_memory(bpf_map__fd(p->skel->maps.na_slabs)) +
	       map_memory(bpf_map__fd(p->skel->maps.na_free_blocks)) +
	       map_memory(bpf_map__fd(p->skel->maps.na_free_entries));
}

struct plane_runs plane_runs(const struct plane *p)
{
	const struct bpf_program *progs[] = {p->skel->progs.na_ingress, p->skel->progs.na_egress};
	struct plane_runs r = {0};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(progs[i]), &info, &len))
			continue;
		r.ns += info.run_time_ns;
		r.n += info.run_cnt;
	}
	return r;
}

__u64 plane_count(const struct plane *p, enum na_verdict what)
{
	int cpus = libbpf_num_possible_cpus(), i;
	struct na_counter *each = calloc((size_t)cpus, sizeof(*each));
	__u32 key = what;
	__u64 n = 0;

	if (each && !bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.na_counters), &key, each))
		for (i = 0; i < cpus; i++)
			n += each[i].n;
	free(each);
	return n;
}

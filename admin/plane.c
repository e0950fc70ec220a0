// SPDX-License-Identifier: GPL-2.0-only
#include "admin/plane.h"

#include "admin/bpffs.h"
#include "admin/cleanup.h"
#include "admin/kernel_log.h"
#include "admin/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "bpf/nfsaccel.skel.h"

/* The state: pinned, and taken over by the next daemon. All else is made anew. */
static const char *const state_maps[] = {
	"na_ctl",   "na_counters", "na_slots", "na_flows",   "na_pending",     "na_creds",
	"na_auths", "na_index",	   "na_slabs", "na_entries", "na_free_blocks", "na_free_entries",
	"na_exports", "na_cache_rules", "na_limit_trie", "na_limits", "na_buckets", "na_unshaped",
	"na_meters",  "na_shadow_found", "na_client_work", "na_client_reads", "na_export_tally",
	"na_op_tally",
};

#define STATE_MAPS (sizeof(state_maps) / sizeof(state_maps[0]))

/* Of these, the cache: only na_flows refers to what is in them. */
static const char *const cache_maps[] = {
	"na_index", "na_slabs", "na_entries", "na_free_blocks", "na_free_entries",
};

/* What is done about pinned state. */
enum old_state {
	OLD_NONE,  /* nothing there, load afresh */
	OLD_TAKEN, /* taken over */
	OLD_EMPTY, /* taken over, with another cache, which is empty */
};

static bool is_cache(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(cache_maps) / sizeof(cache_maps[0]); i++)
		if (!strcmp(name, cache_maps[i]))
			return true;
	return false;
}

static int resize(struct nfsaccel_bpf *skel, const struct na_budget *b)
{
	const struct {
		struct bpf_map *map;
		__u32 n;
	} sizes[] = {
		{skel->maps.na_flows, b->flows},	{skel->maps.na_creds, b->creds},
		{skel->maps.na_auths, b->auths},	{skel->maps.na_index, b->entries},
		{skel->maps.na_entries, b->entries},	{skel->maps.na_slabs, b->slabs},
		{skel->maps.na_free_blocks, b->blocks}, {skel->maps.na_free_entries, b->entries},
		{skel->maps.na_meters, 2 * b->flows},
		{skel->maps.na_client_work, b->tally_sets ?: 1},
		{skel->maps.na_client_reads, b->tally_sets ?: 1},
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		err = bpf_map__set_max_entries(sizes[i].map, sizes[i].n);
	return err;
}

static void set_options(struct nfsaccel_bpf *skel, const struct na_config *c,
			const struct na_shape *s, const struct na_hook_status *hooks)
{
	skel->rodata->na_netns = s->netns;
	skel->rodata->na_port = c->port;
	skel->rodata->na_max_file = c->max_file;
	skel->rodata->na_max_packets = c->max_packets;
	skel->rodata->na_eager = c->eager;
	skel->rodata->na_ttl_ns = c->lifetime;
	skel->rodata->na_alive_ns = c->alive;
	skel->rodata->na_guards = c->guards;
	skel->rodata->na_entries_max = s->budget.entries;
	skel->rodata->na_tally_sets = s->budget.tally_sets;
	skel->rodata->na_fs_mask = na_hooks_fs_mask(hooks);
}

/* Only TC programs and usable hooks are loaded. */
static void choose_programs(struct na_plane *p)
{
	struct bpf_program *prog;
	size_t i;

	bpf_object__for_each_program(prog, p->skel->obj)
		bpf_program__set_autoload(prog, bpf_program__type(prog) == BPF_PROG_TYPE_SCHED_CLS);
	for (i = 0; i < na_hook_count; i++) {
		prog = bpf_object__find_program_by_name(p->skel->obj, na_hooks[i].program);
		if (prog && na_hook_usable(&p->hooks[i]))
			bpf_program__set_autoload(prog, true);
	}
}

/* The object as it is before loading; again after a program was refused. */
static int open_object(struct na_plane *p)
{
	nfsaccel_bpf__destroy(p->skel);
	p->skel = nfsaccel_bpf__open();
	if (!p->skel)
		return -errno;
	set_options(p->skel, p->config, &p->shape, p->hooks);
	choose_programs(p);
	return resize(p->skel, &p->shape.budget);
}

int na_plane_open(struct na_plane *p, const struct na_config *c, bool small, struct na_why *why)
{
	int err;

	*p = (struct na_plane){.config = c, .meta_fd = -1, .small = small};
	p->hooks = calloc(na_hook_count + 1, sizeof(*p->hooks));
	p->links = calloc(na_hook_count + 1, sizeof(struct bpf_link *));
	if (!p->hooks || !p->links)
		return na_why(why, -ENOMEM, "out of memory");
	err = na_shape_make(&p->shape, c, small);
	if (err)
		return na_why(why, err, "cannot tell the network namespace: %s", strerror(-err));
	err = na_hooks_probe(p->hooks);
	if (err)
		return na_why(why, err, "cannot read the kernel's BTF: %s", strerror(-err));
	if (!p->shape.budget.tally_sets)
		na_hooks_uncounted(p->hooks);
	err = open_object(p);
	if (err)
		return na_why(why, err, "cannot open the BPF object: %s", strerror(-err));
	return 0;
}

/*
 * Note which hook the kernel refused. False when it was none of them. One for want of
 * permission stands for all: none needs less.
 */
static bool blame_hook(struct na_plane *p, const char *program, int err)
{
	bool blamed = false;
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		blamed |= na_hook_usable(&p->hooks[i]) && !strcmp(na_hooks[i].program, program);
	for (i = 0; blamed && i < na_hook_count; i++)
		if (na_hook_usable(&p->hooks[i]) &&
		    (err == -EPERM || !strcmp(na_hooks[i].program, program)))
			p->hooks[i] = (struct na_hook_status){.state = NA_HOOK_NO_LOAD, .err = err};
	return blamed;
}

static int fail_load(int err, struct na_why *why)
{
	const char *program = na_kernel_log_program();

	if (err == -EPERM)
		return na_why(why, err,
			      "the kernel does not let us load BPF programs (%s): root with "
			      "CAP_SYS_ADMIN is needed, and no lockdown",
			      strerror(-err));
	return na_why(why, err, "the kernel refused %s%s: %s%s%s",
		      program[0] ? "program " : "the BPF object", program, strerror(-err),
		      na_kernel_log_text()[0] ? "\n" : "", na_kernel_log_text());
}

/* Is the map pinned under this name exactly what we would create? */
static bool same_map(int fd, const struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       info.map_flags == bpf_map__map_flags(map);
}

/* Give the object the pinned maps. -ESTALE when they are not as ours. */
static int reuse_maps(struct na_plane *p, enum old_state old)
{
	unsigned int i;
	int err = 0;

	for (i = 0; old != OLD_NONE && !err && i < STATE_MAPS; i++) {
		_cleanup_(close) int fd = na_bpffs_get(p->config->pin, "maps", state_maps[i]);
		struct bpf_map *map = bpf_object__find_map_by_name(p->skel->obj, state_maps[i]);

		if (!map)
			return -ENOENT;
		if (old == OLD_EMPTY && is_cache(state_maps[i]))
			continue;
		if (fd < 0 || !same_map(fd, map))
			return -ESTALE;
		err = bpf_map__reuse_fd(map, fd);
	}
	return err;
}

/* Load until the kernel refuses no more hooks. */
static int load_object(struct na_plane *p, enum old_state old, struct na_why *why)
{
	int err;

	for (;;) {
		err = reuse_maps(p, old);
		if (err)
			return na_why(why, err, "cannot reuse the maps in %s: %s", p->config->pin,
				      strerror(-err));
		na_kernel_log_clear();
		err = nfsaccel_bpf__load(p->skel);
		if (!err)
			return 0;
		/* For want of memory any of them fails, and the next time another. */
		if (err == -ENOMEM || !blame_hook(p, na_kernel_log_program(), err))
			return fail_load(err, why);
		err = open_object(p);
		if (err)
			return na_why(why, err, "cannot reopen the BPF object: %s", strerror(-err));
	}
}

int na_plane_try(struct na_plane *p, struct na_why *why)
{
	return load_object(p, OLD_NONE, why);
}

/* Numbers 1 to n - 1 are free. */
static int fill_free(int fd, __u32 n)
{
	int err = 0;
	__u32 i;

	/* It is a stack: the lowest come out first. */
	for (i = n - 1; !err && i > 0; i--)
		err = bpf_map_update_elem(fd, NULL, &i, BPF_ANY);
	return err;
}

static int init_cache(struct na_plane *p)
{
	return fill_free(na_plane_map_fd(p, "na_free_blocks"), p->shape.budget.blocks) ?:
	       fill_free(na_plane_map_fd(p, "na_free_entries"), p->shape.budget.entries);
}

static int init_state(struct na_plane *p)
{
	struct na_ctl ctl = {
		.abi = NA_ABI,
		.mode = NA_MODE_OFF,
		.epoch = 1,
		.flush = 1,
		.next_id = 1,
	};
	__u32 zero = 0;

	/* without it the buckets' places can be foretold, no more */
	if (getrandom(&ctl.limit_seed, sizeof(ctl.limit_seed), GRND_NONBLOCK) < 0)
		ctl.limit_seed = getpid();
	return bpf_map_update_elem(na_plane_map_fd(p, "na_ctl"), &zero, &ctl, BPF_ANY) ?:
	       init_cache(p);
}

int na_plane_pin_jumps(struct na_plane *p)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, p->skel->obj) if (!err && bpf_map__type(map) ==
									BPF_MAP_TYPE_PROG_ARRAY)
		err = na_bpffs_pin(bpf_map__fd(map), p->config->pin, "maps", bpf_map__name(map));
	return err;
}

static int pin_maps(struct na_plane *p, bool cache_only)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < STATE_MAPS; i++)
		if (!cache_only || is_cache(state_maps[i]))
			err = na_bpffs_pin(na_plane_map_fd(p, state_maps[i]), p->config->pin,
					   "maps", state_maps[i]);
	return err;
}

static int pin_state(struct na_plane *p)
{
	int err = na_plane_pin_jumps(p) ?: pin_maps(p, false);

	if (err)
		return err;
	p->meta_fd = na_meta_create(&p->shape);
	if (p->meta_fd < 0)
		return p->meta_fd;
	return na_bpffs_pin(p->meta_fd, p->config->pin, "", "meta");
}

static void *map_shared(int fd, size_t size, int *err)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED)
		return at;
	*err = -errno;
	return NULL;
}

static int map_state(struct na_plane *p)
{
	int err = 0;

	if (p->meta_fd < 0)
		p->meta_fd = na_bpffs_get(p->config->pin, "", "meta");
	if (p->meta_fd < 0)
		return p->meta_fd;
	p->ctl = map_shared(na_plane_map_fd(p, "na_ctl"), sizeof(*p->ctl), &err);
	p->meta = map_shared(p->meta_fd, sizeof(*p->meta), &err);
	p->entries = map_shared(na_plane_map_fd(p, "na_entries"),
				(size_t)p->shape.budget.entries * sizeof(*p->entries), &err);
	return err;
}

static __u32 program_id(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static bool same_tables(const struct na_shape *a, const struct na_shape *b)
{
	return !memcmp(a, b, NA_SHAPE_FIXED) && na_budget_same_tables(&a->budget, &b->budget);
}

/* enum old_state, or a negative errno. */
static int settle_old_state(struct na_plane *p, struct na_why *why)
{
	struct na_shape old;
	unsigned int reset;
	int err = na_meta_read(p->config->pin, &old);

	if (!err && !memcmp(&old, &p->shape, sizeof(old)) && !reuse_maps(p, OLD_TAKEN))
		return OLD_TAKEN;
	if (!err && same_tables(&old, &p->shape) && !reuse_maps(p, OLD_EMPTY) &&
	    na_plane_calm(p->config->pin))
		return OLD_EMPTY;
	err = na_plane_undo(p->config->pin, p->shape.netns, &reset, why);
	if (err && err != -ENOENT)
		return err;
	/* Maps may have been reused before one turned out different. */
	err = na_bpffs_prepare(p->config->pin) ?: open_object(p);
	if (err)
		return na_why(why, err, "cannot start afresh in %s: %s", p->config->pin,
			      strerror(-err));
	return OLD_NONE;
}

/* What is pinned becomes what we have. */
static int set_up_state(struct na_plane *p, enum old_state old)
{
	int err;

	if (old == OLD_NONE)
		return init_state(p) ?: pin_state(p) ?: map_state(p);
	if (old == OLD_TAKEN)
		return map_state(p);
	err = init_cache(p) ?: pin_maps(p, true) ?: map_state(p);
	if (!err)
		p->meta->shape = p->shape;
	return err;
}

int na_plane_load(struct na_plane *p, struct na_why *why)
{
	const char *pin = p->config->pin;
	int err, old;

	err = na_bpffs_prepare(pin);
	if (err == -EMEDIUMTYPE)
		return na_why(why, err,
			      "%s is not on a BPF file system; mount one (mount -t bpf bpf "
			      "/sys/fs/bpf) or change pin in nfsaccel.conf",
			      pin);
	if (err)
		return na_why(why, err, "cannot make %s: %s", pin, strerror(-err));
	old = settle_old_state(p, why);
	if (old < 0)
		return old;
	err = load_object(p, old, why);
	if (err)
		return err;
	p->taken_over = old != OLD_NONE;
	p->tc = (struct na_tc_programs){
		.ingress_fd = bpf_program__fd(p->skel->progs.na_ingress),
		.egress_fd = bpf_program__fd(p->skel->progs.na_egress),
		.priority = p->config->tc_priority,
		.clsact_only = p->config->tc_hook == NA_TC_CLSACT,
	};
	p->tc.ingress_id = program_id(p->tc.ingress_fd);
	p->tc.egress_id = program_id(p->tc.egress_fd);
	err = set_up_state(p, old);
	if (err)
		return na_why(why, err, "cannot set up the state in %s: %s", pin, strerror(-err));
	__atomic_store_n(&p->ctl->shadow, p->config->shadow, __ATOMIC_SEQ_CST);
	return 0;
}

int na_plane_map_fd(const struct na_plane *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->skel->obj, name);
}

void na_plane_close(struct na_plane *p)
{
	size_t i;

	if (p->ctl)
		munmap(p->ctl, sizeof(*p->ctl));
	if (p->meta)
		munmap(p->meta, sizeof(*p->meta));
	if (p->entries)
		munmap(p->entries, (size_t)p->shape.budget.entries * sizeof(*p->entries));
	for (i = 0; p->links && i < na_hook_count; i++)
		bpf_link__destroy(p->links[i]);
	na_cleanup_close(&p->meta_fd);
	nfsaccel_bpf__destroy(p->skel);
	free(p->links);
	free(p->hooks);
	*p = (struct na_plane){.meta_fd = -1};
}

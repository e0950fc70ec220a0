// SPDX-License-Identifier: GPL-2.0-only
/* Attaching hooks, taking over from those of an earlier daemon, watching for skips. */
#include "admin/plane.h"

#include "admin/bpffs.h"
#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "bpf/nfsaccel.skel.h"

static __u64 program_skips(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.recursion_misses;
}

__u64 na_plane_skips(const struct na_plane *p)
{
	__u64 sum = p->meta->skips_base;
	size_t i;

	for (i = 0; i < na_hook_count; i++) {
		const struct bpf_program *prog =
			bpf_object__find_program_by_name(p->skel->obj, na_hooks[i].program);

		if (prog && na_hook_guards(i) && p->hooks[i].state == NA_HOOK_ATTACHED)
			sum += program_skips(bpf_program__fd(prog));
	}
	return sum;
}

void na_plane_flush(struct na_plane *p)
{
	__atomic_fetch_add(&p->ctl->flush, 1, __ATOMIC_SEQ_CST);
	na_plane_count(p, NA_V_FLUSH, 1);
}

void na_plane_count(struct na_plane *p, enum na_verdict what, __u64 n)
{
	p->meta->counted[what] += n;
}

static void attach(struct na_plane *p, size_t i)
{
	struct bpf_program *prog =
		bpf_object__find_program_by_name(p->skel->obj, na_hooks[i].program);
	struct bpf_link *link;

	if (p->hooks[i].state != NA_HOOK_READY)
		return;
	link = prog ? bpf_program__attach(prog) : NULL;
	if (!link) {
		p->hooks[i].state = NA_HOOK_NO_ATTACH;
		p->hooks[i].err = prog ? -errno : -ENOENT;
		return;
	}
	p->links[i] = link;
	p->hooks[i].state = NA_HOOK_ATTACHED;
}

/* The links an earlier daemon pinned. */
struct old_links {
	const struct na_plane *p;
	__u32 n;
	__u64 skips;
};

/* A program that this version does not have may have guarded something. */
static bool guards(const char *program)
{
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (!strcmp(na_hooks[i].program, program))
			return na_hook_guards(i);
	return true;
}

static int inspect(const char *name, void *data)
{
	struct old_links *old = data;
	_cleanup_(close) int link = na_bpffs_get(old->p->config->pin, "links", name);
	_cleanup_(close) int prog = -1;
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &len))
		return 0;
	prog = bpf_prog_get_fd_by_id(info.prog_id);
	if (prog < 0)
		return 0;
	old->n++;
	if (guards(name))
		old->skips += program_skips(prog);
	return 0;
}

static int drop_stale(const char *name, void *data)
{
	const struct na_plane *p = data;
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (p->links[i] && !strcmp(na_hooks[i].program, name))
			return 0;
	return na_bpffs_path(path, p->config->pin, "links", name) ?: unlink(path) ? -errno : 0;
}

/*
 * While no daemon looked, hooks may have been skipped or their pins removed: then what
 * is cached cannot be trusted. Asked while the old hooks are still there, after the new
 * ones are.
 */
static void judge_old_links(struct na_plane *p)
{
	struct old_links old = {.p = p};
	__u64 total;

	na_bpffs_each(p->config->pin, "links", inspect, &old);
	total = p->meta->skips_base + old.skips;
	if (old.n < p->meta->hooks || total != p->ctl->hook_skips) {
		na_plane_flush(p);
		p->ctl->hook_skips = total;
	}
	p->meta->skips_base = total;
}

int na_plane_attach_hooks(struct na_plane *p)
{
	unsigned int missing;
	struct na_why why;
	__u32 n = 0;
	size_t i;
	int err = 0;

	for (i = 0; i < na_hook_count; i++)
		attach(p, i);
	if (!na_hooks_suffice(p->hooks, &why, &missing))
		__atomic_store_n(&p->ctl->mode, NA_MODE_OFF, __ATOMIC_SEQ_CST);
	if (p->taken_over)
		judge_old_links(p);
	for (i = 0; !err && i < na_hook_count; i++) {
		if (!p->links[i])
			continue;
		n++;
		err = na_bpffs_pin(bpf_link__fd(p->links[i]), p->config->pin, "links",
				   na_hooks[i].program);
	}
	p->meta->hooks = n;
	return err ?: na_bpffs_each(p->config->pin, "links", drop_stale, p);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/tally.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/nfsaccel.skel.h"

#define COPIES 4 /* attempts at a set in which places change hands */

/* Everything counted is a row of these. */
static void add(void *to, const void *from, size_t bytes)
{
	__u64 *sum = to;
	const __u64 *n = from;
	size_t i;

	for (i = 0; i < bytes / sizeof(*sum); i++)
		sum[i] += n[i];
}

static struct na_client_tally *grow(struct na_client_tallies *l, const struct na_tally_key *key)
{
	struct na_client_tally *c;

	if (!(l->n & (l->n - 1))) {
		c = reallocarray(l->client, l->n ? 2 * l->n : 1, sizeof(*c));
		if (!c)
			return NULL;
		l->client = c;
	}
	c = &l->client[l->n++];
	*c = (struct na_client_tally){.seen = key->seen};
	memcpy(c->addr, key->addr, sizeof(c->addr));
	return c;
}

/* How the places of one map are read. */
struct kind {
	const char *map;
	size_t set, place, begin; /* sizes, and offset of the place's `begin` */
	int (*take)(struct na_client_tallies *l, const void *place);
};

static int take_work(struct na_client_tallies *l, const void *place)
{
	const struct na_work_place *p = place;
	struct na_client_tally *c = grow(l, &p->key);

	if (!c)
		return -ENOMEM;
	c->work = p->t;
	return 0;
}

static int take_reads(struct na_client_tallies *l, const void *place)
{
	const struct na_read_place *p = place;
	struct na_client_tally *c = grow(l, &p->key);

	if (!c)
		return -ENOMEM;
	c->reads = p->t;
	return 0;
}

static const struct kind kinds[] = {
	{"na_client_work", sizeof(struct na_work_set), sizeof(struct na_work_place),
	 offsetof(struct na_work_place, begin), take_work},
	{"na_client_reads", sizeof(struct na_read_set), sizeof(struct na_read_place),
	 offsetof(struct na_read_place, begin), take_reads},
};

/* The i-th of those of all CPUs. */
static const struct na_tally_key *place_at(const struct kind *k, const char *sets, size_t i)
{
	return (const struct na_tally_key *)(sets + i / NA_TALLY_WAYS * k->set +
					     i % NA_TALLY_WAYS * k->place);
}

/* None of the n places changed hands while it was copied. */
static bool whole(const struct kind *k, const char *sets, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct na_tally_key *key = place_at(k, sets, i);

		if (key->end != *(const __u64 *)((const char *)key + k->begin))
			return false;
	}
	return true;
}

static int read_kind(const struct na_plane *p, const struct kind *k, int cpus,
		     struct na_client_tallies *out)
{
	static const __u8 nobody[16];
	int fd = na_plane_map_fd(p, k->map), err = 0, copies;
	size_t n = (size_t)cpus * NA_TALLY_WAYS, at;
	_cleanup_(free) char *sets = calloc(cpus, k->set);
	__u32 i;

	if (!sets)
		return -ENOMEM;
	for (i = 0; !err && i < p->shape.budget.tally_sets; i++) {
		for (copies = 0; !err && copies < COPIES; copies++) {
			err = bpf_map_lookup_elem(fd, &i, sets);
			if (!err && whole(k, sets, n))
				break;
		}
		for (at = 0; !err && at < n; at++) {
			const struct na_tally_key *key = place_at(k, sets, at);

			if (memcmp(key->addr, nobody, sizeof(nobody)) && whole(k, (char *)key, 1))
				err = k->take(out, key);
		}
	}
	return err;
}

static int by_address(const void *a, const void *b)
{
	const struct na_client_tally *x = a, *y = b;

	return memcmp(x->addr, y->addr, sizeof(x->addr));
}

/* What several CPUs know about one client becomes one. */
static void merge(struct na_client_tallies *l)
{
	size_t i, n = 0;

	if (l->n)
		qsort(l->client, l->n, sizeof(*l->client), by_address);
	for (i = 0; i < l->n; i++) {
		struct na_client_tally *c = &l->client[i], *to = &l->client[n ? n - 1 : 0];

		if (!n || memcmp(to->addr, c->addr, sizeof(c->addr))) {
			l->client[n++] = *c;
			continue;
		}
		if (c->seen > to->seen)
			to->seen = c->seen;
		add(&to->work, &c->work, sizeof(c->work));
		add(&to->reads, &c->reads, sizeof(c->reads));
	}
	l->n = n;
}

int na_tally_clients(const struct na_plane *p, struct na_client_tallies *out)
{
	int cpus = libbpf_num_possible_cpus(), err = cpus < 0 ? cpus : 0;
	size_t i;

	*out = (struct na_client_tallies){0};
	for (i = 0; !err && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		err = read_kind(p, &kinds[i], cpus, out);
	if (err) {
		free(out->client);
		*out = (struct na_client_tallies){0};
		return err;
	}
	merge(out);
	return 0;
}

/* n elements of a per-CPU array, each summed up. */
static int sums(const struct na_plane *p, const char *map, size_t size, __u32 n, void *out)
{
	int fd = na_plane_map_fd(p, map), cpus = libbpf_num_possible_cpus(), cpu, err = 0;
	_cleanup_(free) char *each = cpus < 0 ? NULL : calloc(cpus, size);
	__u32 i;

	if (!each)
		return cpus < 0 ? cpus : -ENOMEM;
	memset(out, 0, n * size);
	for (i = 0; !err && i < n; i++) {
		err = bpf_map_lookup_elem(fd, &i, each);
		for (cpu = 0; !err && cpu < cpus; cpu++)
			add((char *)out + i * size, each + cpu * size, size);
	}
	return err;
}

int na_tally_exports(const struct na_plane *p, struct na_export_tally out[static NA_TALLY_EXPORTS])
{
	return sums(p, "na_export_tally", sizeof(*out), NA_TALLY_EXPORTS, out);
}

int na_tally_ops(const struct na_plane *p, struct na_op_tally out[static NA_OP_MAX])
{
	return sums(p, "na_op_tally", sizeof(*out), NA_OP_MAX, out);
}

__u64 na_tally_skipped(const struct na_plane *p)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_program__fd(p->skel->progs.na_x_dispatch);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.recursion_misses;
}

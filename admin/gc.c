// SPDX-License-Identifier: GPL-2.0-only
#include "admin/gc.h"

#include "admin/cleanup.h"
#include "admin/flows.h"
#include "admin/pending.h"
#include "admin/sockdiag.h"

#include <bpf/bpf.h>
#include <netinet/tcp.h>
#include <time.h>

#define SECOND 1000000000ull
#define QUIET  (60 * SECOND) /* as long as TIME_WAIT lasts */
#define IDLE   (2 * SECOND)  /* nobody depends on the flow */

struct sweep {
	__u64 now;
	struct na_flow_counts *counts;
	struct na_flow_keys quiet; /* to go if their socket is gone */
	struct na_flow_keys alive;
};

static void count(const struct na_flow *f, struct na_flow_counts *c)
{
	c->tracked++;
	c->spliced += na_flow_translated(f);
}

static bool is_quiet(const struct na_flow *f, __u64 now)
{
	return f->last_seen + (na_flow_translated(f) ? QUIET : IDLE) < now;
}

static int judge(const struct na_flow *f, void *data)
{
	struct sweep *s = data;

	count(f, s->counts);
	return is_quiet(f, s->now) ? na_flow_keys_add(&s->quiet, &f->key) : 0;
}

static int note_alive(const struct na_socket *sock, void *data)
{
	struct sweep *s = data;

	return na_flow_keys_add(&s->alive, &sock->key);
}

static void unpin(struct na_plane *p, __u32 number)
{
	if (number && number < p->shape.budget.entries)
		__atomic_fetch_sub(&p->entries[number].ref, 1, __ATOMIC_SEQ_CST);
}

/* A block that was claimed for an entry but never filled is free again. */
static void drop_claim(struct na_plane *p, const struct na_flow *f)
{
	__u32 index = f->fill.offset >> NA_BLOCK_SHIFT, block = f->fill.block;
	struct na_entry *e;

	if (block == NA_NO_BLOCK || index >= NA_FILE_BLOCKS || !f->fill.entry ||
	    f->fill.entry >= p->shape.budget.entries)
		return;
	e = &p->entries[f->fill.entry];
	if (__atomic_compare_exchange_n(&e->block[index], &block, NA_NO_BLOCK, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		bpf_map_update_elem(na_plane_map_fd(p, "na_free_blocks"), NULL, &f->fill.block,
				    BPF_ANY);
}

/*
 * Take the flow out of the table and give back what it held. Not if it was seen since: a
 * new connection's SYN shows there, long before anything can depend on the flow again.
 */
static bool remove_flow(struct na_plane *p, int fd, const struct na_flow_key *key, __u64 now)
{
	struct na_flow f;
	__u32 i;

	if (bpf_map_lookup_elem_flags(fd, key, &f, BPF_F_LOCK) || !is_quiet(&f, now) ||
	    bpf_map_lookup_and_delete_elem_flags(fd, key, &f, BPF_F_LOCK))
		return false;
	for (i = 0; i < f.count && i < NA_FIFO; i++)
		unpin(p, f.fifo[(f.head + i) % NA_FIFO].entry);
	drop_claim(p, &f);
	unpin(p, f.fill.entry);
	return true;
}

static int remove_dead(struct na_plane *p, struct sweep *s)
{
	_cleanup_(mnl) struct mnl_socket *nl = NULL;
	int fd = na_plane_map_fd(p, "na_flows");
	size_t i;
	int err;

	if (!s->quiet.n)
		return 0;
	nl = na_sockdiag_open();
	if (!nl)
		return -errno;
	err = na_sockdiag_each(nl, p->config->port, ~(1u << TCP_LISTEN), note_alive, s);
	if (err)
		return err;
	na_flow_keys_sort(&s->alive);
	for (i = 0; i < s->quiet.n; i++) {
		if (na_flow_keys_has(&s->alive, &s->quiet.key[i]))
			continue;
		s->counts->removed += remove_flow(p, fd, &s->quiet.key[i], s->now);
	}
	return 0;
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

int na_gc(struct na_plane *p, struct na_flow_counts *counts)
{
	struct sweep s = {.now = now_ns(), .counts = counts};
	int err;

	*counts = (struct na_flow_counts){0};
	err = na_flows_each(na_plane_map_fd(p, "na_flows"), judge, &s) ?: remove_dead(p, &s);
	free(s.quiet.key);
	free(s.alive.key);
	na_pending_gc(p);
	return err;
}

static int count_one(const struct na_flow *f, void *data)
{
	count(f, data);
	return 0;
}

int na_flow_count(const struct na_plane *p, struct na_flow_counts *counts)
{
	*counts = (struct na_flow_counts){0};
	return na_flows_each(na_plane_map_fd(p, "na_flows"), count_one, counts);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/reset.h"

#include "admin/cleanup.h"
#include "admin/flows.h"
#include "admin/sockdiag.h"

#include <netinet/tcp.h>
#include <sys/mman.h>
#include <time.h>

#define TRIES	 150
#define PAUSE_NS 20000000

/* A timewait socket cannot be reset and soon goes by itself. */
#define LIVE_STATES (~0u & ~(1u << TCP_LISTEN) & ~(1u << TCP_TIME_WAIT))

/* abi and mode are the first two words of na_ctl in every version. */
static int set_mode(int ctl_fd, enum na_mode mode)
{
	__u32 *ctl = mmap(NULL, 2 * sizeof(__u32), PROT_READ | PROT_WRITE, MAP_SHARED, ctl_fd, 0);

	if (ctl == MAP_FAILED)
		return -errno;
	__atomic_store_n(&ctl[1], mode, __ATOMIC_SEQ_CST);
	munmap(ctl, 2 * sizeof(__u32));
	return 0;
}

struct round {
	struct na_flow_keys translated;
	/* of all: those that were there when nothing was answered any more, by socket cookie */
	__u64 *doomed;
	size_t ndoomed;
	bool chosen;
	struct mnl_socket *nl;
	struct mnl_socket *dump;
	bool all;
	unsigned int destroyed;
	unsigned int live;
};

static int collect(const struct na_flow *f, void *data)
{
	struct round *r = data;

	return na_flow_translated(f) ? na_flow_keys_add(&r->translated, &f->key) : 0;
}

static __u64 cookie_of(const struct na_socket *s)
{
	return (__u64)s->id.idiag_cookie[1] << 32 | s->id.idiag_cookie[0];
}

static int compare_cookies(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int choose(const struct na_socket *s, void *data)
{
	struct round *r = data;
	__u64 *grown = reallocarray(r->doomed, r->ndoomed + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->doomed = grown;
	r->doomed[r->ndoomed++] = cookie_of(s);
	return 0;
}

/* A client that was reset comes back at once, on a new socket that may stay. */
static bool concerns(const struct round *r, const struct na_socket *s)
{
	__u64 cookie = cookie_of(s);

	if (!r->all)
		return na_flow_keys_has(&r->translated, &s->key);
	return bsearch(&cookie, r->doomed, r->ndoomed, sizeof(cookie), compare_cookies);
}

static int destroy(const struct na_socket *s, void *data)
{
	struct round *r = data;
	int err;

	if (!concerns(r, s))
		return 0;
	r->live++;
	err = na_sockdiag_destroy(r->nl, s);
	if (!err)
		r->destroyed++;
	return err == -ENOENT ? 0 : err;
}

/* One look at what is there; resets what should not be. */
static int reset_round(struct na_reset *req, struct round *r)
{
	int err;

	r->translated.n = 0;
	r->live = 0;
	if (!r->all) {
		err = na_flows_each(req->flows_fd, collect, r);
		if (err || !r->translated.n)
			return err;
		na_flow_keys_sort(&r->translated);
	} else if (!r->chosen) {
		err = na_sockdiag_each(r->dump, req->port, LIVE_STATES, choose, r);
		if (err || !r->ndoomed)
			return err;
		qsort(r->doomed, r->ndoomed, sizeof(*r->doomed), compare_cookies);
		r->chosen = true;
	}
	return na_sockdiag_each(r->dump, req->port, LIVE_STATES, destroy, r);
}

int na_reset_connections(struct na_reset *req)
{
	/* Destroying while a dump goes on needs a second socket. */
	_cleanup_(mnl) struct mnl_socket *nl = na_sockdiag_open();
	_cleanup_(mnl) struct mnl_socket *dump = na_sockdiag_open();
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct round r = {.nl = nl, .dump = dump, .all = req->flows_fd < 0};
	unsigned int i;
	int err;

	if (!nl || !dump)
		return -errno;
	err = set_mode(req->ctl_fd, NA_MODE_DYING);
	for (i = 0; !err && i < TRIES; i++) {
		/* Also before the first look: a reply under way may be a flow's first. */
		nanosleep(&pause, NULL);
		err = reset_round(req, &r);
		if (!err && !r.live)
			break;
	}
	/* Who would not go must at least go on working. */
	if (err || r.live)
		set_mode(req->ctl_fd, NA_MODE_OFF);
	free(r.translated.key);
	free(r.doomed);
	req->done = r.destroyed;
	req->left = r.live;
	return err;
}

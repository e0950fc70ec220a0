// SPDX-License-Identifier: GPL-2.0-only
/* Counters by client and export, as the control socket tells them. */
#include "admin/address.h"
#include "admin/cleanup.h"
#include "admin/commands.h"
#include "admin/figures.h"
#include "admin/latency.h"
#include "admin/mode.h"
#include "admin/tally.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 1000

const char *const na_op_names[NA_OP_MAX] = {
#define NA_X(sym, name) name,
	NA_OPS(NA_X)
#undef NA_X
};

static void put(struct json_object *o, const char *key, __u64 n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

void na_tally_put_times(struct json_object *o, __u64 ns, const __u64 times[static NA_TIMES])
{
	struct json_object *latency = json_object_new_object(), *list = json_object_new_array();
	unsigned int i;

	json_object_object_add(o, "latency", latency);
	put(latency, "calls", na_times_sum(times));
	put(latency, "ns", ns);
	put(latency, "p50_ns", na_time_share(times, 500));
	put(latency, "p99_ns", na_time_share(times, 990));
	json_object_object_add(latency, "buckets", list);
	for (i = 0; i < NA_TIMES; i++)
		json_object_array_add(list, json_object_new_uint64(times[i]));
}

void na_tally_put(struct json_object *o, const struct na_work_tally *work,
		  const struct na_read_tally *reads)
{
	struct json_object *ops = json_object_new_object(), *misses = json_object_new_object();
	unsigned int i;

	put(o, "calls", work->calls);
	json_object_object_add(o, "ops", ops);
	for (i = 0; i < NA_OP_MAX; i++)
		put(ops, na_op_names[i], work->ops[i]);
	put(o, "read_bytes", work->read_bytes);
	put(o, "written_bytes", work->written_bytes);
	put(o, "hits", reads->hits);
	put(o, "hit_bytes", reads->hit_bytes);
	json_object_object_add(o, "misses", misses);
	for (i = 0; i < NA_MISSES; i++)
		put(misses, na_verdict_names[NA_MISS_FIRST + i].name + strlen("miss_"),
		    reads->misses[i]);
	put(o, "passed", reads->passed);
	put(o, "held", reads->held);
	put(o, "held_ns", reads->held_ns);
	put(o, "dropped", reads->dropped);
	put(o, "same", reads->same);
	put(o, "different", reads->different);
	put(o, "same_ns", reads->same_ns);
	na_tally_put_times(o, work->ns, work->times);
}

static int by_ops(const void *a, const void *b)
{
	const struct na_client_tally *x = a, *y = b;
	__u64 n = x->work.calls + x->reads.hits, m = y->work.calls + y->reads.hits;

	return n > m ? -1 : n < m;
}

static int by_bytes(const void *a, const void *b)
{
	const struct na_client_tally *x = a, *y = b;
	__u64 n = x->work.read_bytes + x->work.written_bytes + x->reads.hit_bytes;
	__u64 m = y->work.read_bytes + y->work.written_bytes + y->reads.hit_bytes;

	return n > m ? -1 : n < m;
}

static int by_latency(const void *a, const void *b)
{
	const struct na_client_tally *x = a, *y = b;
	__u64 n = na_time_share(x->work.times, 990), m = na_time_share(y->work.times, 990);

	return n > m ? -1 : n < m;
}

static int by_throttled(const void *a, const void *b)
{
	const struct na_client_tally *x = a, *y = b;

	if (x->reads.held_ns != y->reads.held_ns)
		return x->reads.held_ns > y->reads.held_ns ? -1 : 1;
	return x->reads.dropped > y->reads.dropped ? -1 : x->reads.dropped < y->reads.dropped;
}

static int by_saved(const void *a, const void *b)
{
	const struct na_client_tally *x = a, *y = b;

	return x->reads.same_ns > y->reads.same_ns ? -1 : x->reads.same_ns < y->reads.same_ns;
}

static const struct {
	const char *name;
	int (*compare)(const void *a, const void *b);
} orders[] = {
	{"ops", by_ops},
	{"bytes", by_bytes},
	{"latency", by_latency},
	{"throttled", by_throttled},
	{"saved", by_saved},
};

#define ORDERS (sizeof(orders) / sizeof(orders[0]))

static struct json_object *client(const struct na_client_tally *c, __u64 now)
{
	struct json_object *o = json_object_new_object();
	char text[INET6_ADDRSTRLEN];

	json_object_object_add(o, "address",
			       json_object_new_string(na_address_text(c->addr, text)));
	put(o, "idle", now > c->seen ? (now - c->seen) / 1000000000ull : 0);
	na_tally_put(o, &c->work, &c->reads);
	return o;
}

int na_clients_show(struct na_daemon *d, struct json_object *request, struct json_object *o,
		    struct na_why *why)
{
	const char *sort = na_request_text(request, "sort") ?: orders[0].name;
	struct json_object *list, *field;
	struct na_client_tallies l;
	int64_t count = CLIENTS_MAX;
	size_t i, order;
	int err;

	for (order = 0; order < ORDERS && strcmp(orders[order].name, sort); order++)
		;
	if (order == ORDERS)
		return na_why(why, -EINVAL, "\"sort\" is ops, bytes, latency, throttled or saved");
	if (json_object_object_get_ex(request, "count", &field))
		count = json_object_get_int64(field);
	if (count < 1 || count > CLIENTS_MAX)
		return na_why(why, -EINVAL, "\"count\" is a number from 1 to %d", CLIENTS_MAX);
	err = na_tally_clients(&d->plane, &l);
	if (err)
		return err;
	if (l.n)
		qsort(l.client, l.n, sizeof(*l.client), orders[order].compare);
	json_object_object_add(o, "mode", json_object_new_string(na_mode_name(d->plane.ctl->mode)));
	list = json_object_new_array();
	json_object_object_add(o, "clients", list);
	for (i = 0; i < l.n && i < (size_t)count; i++)
		json_object_array_add(list, client(&l.client[i], na_now_ns()));
	put(o, "known", l.n);
	put(o, "places", (__u64)d->plane.shape.budget.tally_sets * NA_TALLY_WAYS);
	put(o, "skipped", na_tally_skipped(&d->plane));
	free(l.client);
	return 0;
}

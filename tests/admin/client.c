// SPDX-License-Identifier: GPL-2.0-only
#include "tests/admin/client.h"

#include "nfsaccel/abi.h"
#include "nfsaccel/limit.h"
#include "tests/admin/fixture.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

void connection_make(struct connection *c, int family, bool mapped)
{
	struct sockaddr_in6 at6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct sockaddr_in at4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in6 local6;
	struct sockaddr_in local4;
	struct sockaddr *to = family == AF_INET ? (void *)&at4 : (void *)&at6;
	socklen_t to_len = family == AF_INET ? sizeof(at4) : sizeof(at6), len;
	int on = 1, v6only = !mapped;

	at4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->family = family;
	c->listener = socket(mapped ? AF_INET6 : family, SOCK_STREAM, 0);
	setsockopt(c->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (mapped || family == AF_INET6) {
		setsockopt(c->listener, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
		must(!bind(c->listener, (void *)&at6, sizeof(at6)), "bind");
	} else {
		must(!bind(c->listener, (void *)&at4, sizeof(at4)), "bind");
	}
	must(!listen(c->listener, 4), "listen");
	at6.sin6_addr = in6addr_loopback;
	c->client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	must(!connect(c->client, to, to_len) || errno == EINPROGRESS, "connect");
	c->server = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK);
	must(c->server >= 0, "accept");
	c->key = (struct na_flow_key){.server_port = htons(PORT)};
	if (family == AF_INET) {
		static const __u8 loopback[16] = {[10] = 0xff, 0xff, 127, 0, 0, 1};

		len = sizeof(local4);
		must(!getsockname(c->client, (void *)&local4, &len), "getsockname");
		memcpy(c->key.client, loopback, 16);
		c->key.client_port = local4.sin_port;
	} else {
		len = sizeof(local6);
		must(!getsockname(c->client, (void *)&local6, &len), "getsockname");
		memcpy(c->key.client, &in6addr_loopback, 16);
		c->key.client_port = local6.sin6_port;
	}
	memcpy(c->key.server, c->key.client, 16);
}

void connection_close(struct connection *c)
{
	close(c->client);
	close(c->server);
	close(c->listener);
}

bool connection_is_reset(void *data)
{
	struct connection *c = data;
	char byte = 'x';

	send(c->client, &byte, 1, MSG_NOSIGNAL);
	return recv(c->client, &byte, 1, MSG_DONTWAIT) < 0 &&
	       (errno == ECONNRESET || errno == EPIPE);
}

static bool arrived(void *data)
{
	struct connection *c = data;
	char byte;

	return recv(c->server, &byte, 1, MSG_DONTWAIT) == 1;
}

bool connection_works(struct connection *c)
{
	return send(c->client, "y", 1, MSG_NOSIGNAL) == 1 && eventually(3, arrived, c);
}

static int pinned(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/maps/%s", fixture_pin, name);
	fd = bpf_obj_get(path);
	must(fd >= 0, path);
	return fd;
}

int flow_forge(const struct na_flow_key *key, const struct na_flow *like)
{
	struct na_flow f = *like;
	int fd = pinned("na_flows"), err;

	f.key = *key;
	err = bpf_map_update_elem(fd, key, &f, BPF_ANY);
	close(fd);
	return err;
}

bool flow_exists(const struct na_flow_key *key)
{
	struct na_flow f;
	int fd = pinned("na_flows");
	int err = bpf_map_lookup_elem_flags(fd, key, &f, BPF_F_LOCK);

	close(fd);
	return !err;
}

void counter_add(enum na_verdict v, __u64 n)
{
	struct na_counter per_cpu[512] = {0};
	__u32 key = v;
	int fd = pinned("na_counters");

	must(libbpf_num_possible_cpus() <= 512, "CPUs");
	must(!bpf_map_lookup_elem(fd, &key, per_cpu), "na_counters");
	per_cpu[0].n += n;
	must(!bpf_map_update_elem(fd, &key, per_cpu, BPF_ANY), "na_counters");
	close(fd);
}

void client_forge(const __u8 addr[static 16], __u64 calls)
{
	int fd = pinned("na_client_work"), cpus = libbpf_num_possible_cpus();
	struct na_work_set *sets = calloc(cpus > 0 ? cpus : 1, sizeof(*sets));
	struct na_work_place *p = NULL;
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info), key, i;

	must(sets && cpus > 0, "CPUs");
	must(!bpf_obj_get_info_by_fd(fd, &info, &len), "na_client_work");
	key = na_tally_set(addr, info.max_entries, false);
	must(!bpf_map_lookup_elem(fd, &key, sets), "na_client_work");
	for (i = 0; !p && i < NA_TALLY_WAYS; i++)
		if (!sets->place[i].begin || !memcmp(sets->place[i].key.addr, addr, 16))
			p = &sets->place[i];
	must(p, "a place for a client");
	memcpy(p->key.addr, addr, 16);
	p->key.end = p->begin = 1;
	p->t.calls = calls;
	must(!bpf_map_update_elem(fd, &key, sets, BPF_ANY), "na_client_work");
	free(sets);
	close(fd);
}

void op_forge(enum na_op op, __u64 calls, __u64 ns)
{
	int fd = pinned("na_op_tally"), cpus = libbpf_num_possible_cpus();
	struct na_op_tally *t = calloc(cpus > 0 ? cpus : 1, sizeof(*t));
	__u32 key = op;

	must(t && cpus > 0, "CPUs");
	must(!bpf_map_lookup_elem(fd, &key, t), "na_op_tally");
	t->ns += calls * ns;
	t->times[na_time_bucket(ns)] += calls;
	must(!bpf_map_update_elem(fd, &key, t, BPF_ANY), "na_op_tally");
	free(t);
	close(fd);
}

unsigned int clsact_programs(const char *device, bool egress, __u32 *id)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = if_nametoindex(device),
		    .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 2049);

	if (bpf_tc_query(&hook, &opts))
		return 0;
	*id = opts.prog_id;
	return 1;
}

/* BPF_TCX_INGRESS and BPF_TCX_EGRESS, which Debian 12's headers lack */
static enum bpf_attach_type tcx_point(bool egress)
{
	return (enum bpf_attach_type)(egress ? 47 : 46);
}

static unsigned int tcx_query(const char *device, bool egress, __u32 ids[static 64])
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids, .prog_cnt = 64);

	ids[0] = 0;
	if (bpf_prog_query_opts(if_nametoindex(device), tcx_point(egress), &opts))
		return 0;
	return opts.prog_cnt;
}

unsigned int tcx_programs(const char *device, bool egress, __u32 *id)
{
	__u32 ids[64], i, n = tcx_query(device, egress, ids), ours = 0;

	for (i = 0; i < n; i++) {
		int fd = bpf_prog_get_fd_by_id(ids[i]);
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    !strcmp(info.name, egress ? "na_egress" : "na_ingress")) {
			*id = ids[i];
			ours++;
		}
		if (fd >= 0)
			close(fd);
	}
	return ours;
}

int tcx_remove(const char *device, bool egress)
{
	__u32 id = 0;
	int fd, err;

	if (tcx_programs(device, egress, &id) != 1)
		return -1;
	fd = bpf_prog_get_fd_by_id(id);
	err = bpf_prog_detach2(fd, if_nametoindex(device), tcx_point(egress));
	close(fd);
	return err;
}

bool kernel_has_tcx(void)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts);

	/* an unknown attach type is EINVAL */
	return !bpf_prog_query_opts(if_nametoindex("lo"), tcx_point(false), &opts) ||
	       errno != EINVAL;
}

int other_filter(const char *device, unsigned int priority)
{
	/* r0 = TC_ACT_UNSPEC; exit */
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "na_other", "GPL", insns, 2, NULL);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = if_nametoindex(device),
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = priority, .prog_fd = fd);
	int err;

	must(fd >= 0, "bpf_prog_load");
	err = bpf_tc_attach(&hook, &opts);
	close(fd);
	return err;
}

__u32 entry_ref(__u32 number, int delta)
{
	struct na_entry e;
	int fd = pinned("na_entries");

	must(!bpf_map_lookup_elem(fd, &number, &e), "na_entries");
	e.ref += delta;
	if (delta)
		must(!bpf_map_update_elem(fd, &number, &e, BPF_ANY), "na_entries");
	close(fd);
	return e.ref;
}

unsigned int limits_with_backlog(__u64 ns)
{
	int fd = pinned("na_limits");
	struct na_limit l;
	unsigned int n = 0;
	__u32 i;

	for (i = 0; i < 2 * NA_LIMIT_RULES; i++)
		n += !bpf_map_lookup_elem(fd, &i, &l) && l.backlog == ns;
	close(fd);
	return n;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/prog/tc.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

const struct tc_options tc_defaults = {
	.guards = 1,
	.max_packets = 48,
	.eager = true,
	.alive_ns = 3600000000000ull,
};

static int fail(int err, const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	return err;
}

/* IPv6 off: its own chatter would come out of na1, too. */
static int make_devices(void)
{
	static const char script[] = "set -e\n"
				     "ip link add na0 mtu 9000 type veth peer name na1 mtu 9000\n"
				     "sysctl -qw net.ipv6.conf.na0.disable_ipv6=1\n"
				     "sysctl -qw net.ipv6.conf.na1.disable_ipv6=1\n"
				     "ip link set na0 up\n"
				     "ip link set na1 up\n";

	if (unshare(CLONE_NEWNET))
		return -errno;
	return system(script) ? -EIO : 0;
}

static int device(const char *name, int *ifindex, __u8 *mac)
{
	struct ifreq ifr = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	*ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !*ifindex || ioctl(fd, SIOCGIFHWADDR, &ifr))
		err = -errno;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	close(fd);
	return err;
}

static int open_tap(int ifindex)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	struct timeval patience = {.tv_usec = 200000};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&at, sizeof(at)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Numbers 1 to n - 1 are free, as the daemon does it. */
static int fill_free(const struct bpf_map *map, __u32 n)
{
	int err = 0;
	__u32 i;

	for (i = n - 1; !err && i > 0; i--)
		err = bpf_map_update_elem(bpf_map__fd(map), NULL, &i, BPF_ANY);
	return err;
}

static int load(struct tc *t, const struct tc_options *o)
{
	struct nfsaccel_bpf *skel = nfsaccel_bpf__open();
	struct na_ctl ctl = {
		.abi = NA_ABI,
		.mode = NA_MODE_ANSWER,
		.epoch = 1,
		.flush = 1,
		.next_id = 1000,
		.max_payload = 1 << 20,
	};
	const __u32 blocks = TC_SLABS * NA_SLAB_BLOCKS, zero = 0;
	struct bpf_program *prog;
	int err;

	t->skel = skel;
	if (!skel)
		return -errno;
	bpf_object__for_each_program(prog, skel->obj) {
		bpf_program__set_autoload(prog, bpf_program__type(prog) == BPF_PROG_TYPE_SCHED_CLS);
	}
	skel->rodata->na_guards = o->guards;
	skel->rodata->na_max_packets = o->max_packets;
	skel->rodata->na_eager = o->eager;
	skel->rodata->na_alive_ns = o->alive_ns;
	skel->rodata->na_tally_sets = o->tally_sets;
	skel->rodata->na_ttl_ns = 3600000000000ull;
	skel->rodata->na_entries_max = TC_ENTRIES;
	/* LRU maps begin to forget long before they are full */
	err = bpf_map__set_max_entries(skel->maps.na_flows, 64) ?:
	      bpf_map__set_max_entries(skel->maps.na_creds, 4096) ?:
	      bpf_map__set_max_entries(skel->maps.na_auths, 16384) ?:
	      bpf_map__set_max_entries(skel->maps.na_index, TC_ENTRIES) ?:
	      bpf_map__set_max_entries(skel->maps.na_entries, TC_ENTRIES) ?:
	      bpf_map__set_max_entries(skel->maps.na_slabs, TC_SLABS) ?:
	      bpf_map__set_max_entries(skel->maps.na_free_blocks, blocks) ?:
	      bpf_map__set_max_entries(skel->maps.na_free_entries, TC_ENTRIES) ?:
	      bpf_map__set_max_entries(skel->maps.na_client_reads, o->tally_sets ?: 1) ?:
	      nfsaccel_bpf__load(skel);
	if (err)
		return err;
	return bpf_map_update_elem(bpf_map__fd(skel->maps.na_ctl), &zero, &ctl, BPF_ANY) ?:
	       fill_free(skel->maps.na_free_blocks, blocks) ?:
	       fill_free(skel->maps.na_free_entries, TC_ENTRIES);
}

int tc_attach(struct tc *t, const struct bpf_program *prog, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = t->ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(prog));

	return bpf_tc_attach(&hook, &opts);
}

int tc_open(struct tc *t, const struct tc_options *o)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err;

	*t = (struct tc){.tap = -1};
	err = make_devices();
	if (err)
		return fail(err, "cannot make the devices");
	err = device("na0", &t->ifindex, t->mac) ?: device("na1", &t->peer, t->peer_mac);
	if (err)
		return fail(err, "cannot find the devices");
	t->tap = open_tap(t->peer);
	if (t->tap < 0)
		return fail(t->tap, "cannot listen on na1");
	err = load(t, o);
	if (err)
		return fail(err, "cannot load the programs");
	hook.ifindex = t->ifindex;
	err = bpf_tc_hook_create(&hook) ?: tc_attach(t, t->skel->progs.na_egress, BPF_TC_EGRESS);
	return err ? fail(err, "cannot attach na_egress to na0") : 0;
}

void tc_close(struct tc *t)
{
	nfsaccel_bpf__destroy(t->skel);
	t->skel = NULL;
	if (t->tap >= 0)
		close(t->tap);
	t->tap = -1;
}

int tc_run(struct tc *t, const struct bpf_program *prog, const __u8 *frame, __u32 len,
	   struct tc_run *r)
{
	struct __sk_buff in = {
		.ifindex = (__u32)t->ifindex, .mark = r->mark, .gso_size = r->gso_size};
	struct __sk_buff out = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
		    .data_out = r->data, .data_size_out = sizeof(r->data), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out, .ctx_size_out = sizeof(out),
		    .repeat = 1);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	if (err)
		return err;
	r->act = (int)opts.retval;
	r->len = opts.data_size_out;
	r->ns = opts.duration;
	r->mark = out.mark;
	r->tstamp = out.tstamp;
	r->priority = out.priority;
	return 0;
}

__u32 tc_sent(struct tc *t, __u8 *frame, bool awaited)
{
	for (;;) {
		struct sockaddr_ll from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(t->tap, frame, FRAME_MAX, awaited ? 0 : MSG_DONTWAIT,
				     (struct sockaddr *)&from, &size);
		const __u8 *tcp;

		if (n <= 0)
			return 0;
		if (from.sll_pkttype == PACKET_OUTGOING || n < 54)
			continue;
		tcp = frame + (frame[12] == 0x86 ? 54 : 34);
		if (tcp[0] == 2049 >> 8 && tcp[1] == (2049 & 0xff))
			return (__u32)n;
	}
}

void tc_counts(struct tc *t, struct tc_counts *c)
{
	int cpus = libbpf_num_possible_cpus(), i;
	struct na_counter *each = calloc((size_t)cpus, sizeof(*each));
	__u32 key;

	memset(c, 0, sizeof(*c));
	for (key = 0; each && key < NA_V_MAX; key++)
		if (!bpf_map_lookup_elem(bpf_map__fd(t->skel->maps.na_counters), &key, each))
			for (i = 0; i < cpus; i++)
				c->n[key] += each[i].n;
	free(each);
}

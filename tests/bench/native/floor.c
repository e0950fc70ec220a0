// SPDX-License-Identifier: GPL-2.0-only
/*
 * floor --device D --size N {--server A --path P | --fake}: floor.bpf.c at this device, which
 * answers with the server's reply to a READ of f000000 in P/dN, or a made-up one. Says "ready",
 * ends at a line of standard input or its end, filters removed.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/native/floor.h"
#include "tests/bench/native/floor.skel.h" /* generated */
#include "tests/bench/native/set.h"

static int attach(int ifindex, const struct bpf_program *prog, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(prog));

	return bpf_tc_attach(&hook, &opts);
}

static int begin(struct floor_bpf *skel, const struct bench_file *file, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	static struct floor_reply reply;
	const __u32 zero = 0;
	int err;

	if (file->len > FLOOR_REPLY_MAX)
		return -EMSGSIZE;
	memcpy(reply.bytes, file->reply, file->len);
	skel->rodata->floor_len = file->len;
	err = floor_bpf__load(skel);
	return err ?: bpf_map_update_elem(bpf_map__fd(skel->maps.floor_reply), &zero, &reply, BPF_ANY) ?:
		      bpf_tc_hook_create(&hook) ?:
		      attach(ifindex, skel->progs.floor_out, BPF_TC_EGRESS) ?:
		      attach(ifindex, skel->progs.floor_in, BPF_TC_INGRESS);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"device", 1, NULL, 'd'}, {"server", 1, NULL, 's'},
						{"path", 1, NULL, 'p'},	  {"size", 1, NULL, 'z'},
						{"fake", 0, NULL, 'f'},	  {0}};
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	const char *server = NULL, *path = NULL;
	struct floor_bpf *skel = floor_bpf__open();
	struct bench_file file;
	struct bench_set set;
	bool fake = false;
	__u32 size = 0;
	char dir[256];
	int o, err;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'd')
			hook.ifindex = (int)if_nametoindex(optarg);
		else if (o == 's')
			server = optarg;
		else if (o == 'p')
			path = optarg;
		else if (o == 'z')
			size = (__u32)strtoul(optarg, NULL, 10);
		else if (o == 'f')
			fake = true;
		else
			return 2;
	}
	if (!skel || !hook.ifindex || !size || (!fake && (!server || !path))) {
		fprintf(stderr,
			"usage: floor --device D --size N {--server A --path P | --fake}\n");
		return 2;
	}
	snprintf(dir, sizeof(dir), "%s/d%u", path, size);
	err = fake ? bench_fake_reply(&file, 0, size) : bench_set_ask(&set, server, dir, 1, size);
	if (!err && !fake)
		file = set.files[0];
	err = err ?: begin(skel, &file, hook.ifindex);
	if (err) {
		fprintf(stderr, "floor: %s\n", strerror(-err));
	} else {
		printf("ready\n");
		fflush(stdout);
		getchar();
	}
	bpf_tc_hook_destroy(&hook);
	floor_bpf__destroy(skel);
	return err ? 1 : 0;
}

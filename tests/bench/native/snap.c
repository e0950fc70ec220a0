// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bench/native/snap.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/bench/native/inode.h"
#include "tests/bench/native/inode.skel.h" /* generated */

int snap_files(const int *fds, struct na_inode_snap *snaps, __u32 n)
{
	union bpf_iter_link_info info = {.task = {.tid = (__u32)getpid()}};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct inode_bpf *skel = inode_bpf__open_and_load();
	struct bpf_link *link = NULL;
	struct inode_seen seen;
	__u32 found = 0, i;
	FILE *f = NULL;
	int fd;

	if (skel)
		link = bpf_program__attach_iter(skel->progs.inodes, &opts);
	fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	if (fd >= 0)
		f = fdopen(fd, "re");
	while (f && fread(&seen, sizeof(seen), 1, f) == 1)
		for (i = 0; i < n; i++)
			if (fds[i] == (int)seen.fd && !seen.err) {
				snaps[i] = seen.snap;
				found++;
			}
	if (f)
		fclose(f);
	bpf_link__destroy(link);
	inode_bpf__destroy(skel);
	return found == n ? 0 : -ENOENT;
}

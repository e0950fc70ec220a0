// SPDX-License-Identifier: GPL-2.0-only
/*
 * deny load|attach PROGRAM: until it is killed the kernel refuses to load a BPF program of that
 * name, or to attach it. Prints "ready". For guests: it takes a kernel with BPF LSM.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/prog/deny.skel.h"

int main(int argc, char **argv)
{
	struct deny_bpf *skel = deny_bpf__open();

	if (argc != 3 || (strcmp(argv[1], "load") && strcmp(argv[1], "attach"))) {
		fprintf(stderr, "Usage: deny load|attach PROGRAM\n");
		return 2;
	}
	if (!skel)
		return EXIT_FAILURE;
	snprintf((char *)skel->rodata->name, sizeof(skel->rodata->name), "%s", argv[2]);
	skel->rodata->attaching = argv[1][0] == 'a';
	if (deny_bpf__load(skel) || deny_bpf__attach(skel))
		return EXIT_FAILURE;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

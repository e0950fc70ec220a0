// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard 2's reader on this kernel: every member against stat, the dying flag where the
 * inode is known to be alive or dying, and addresses that are none.
 * usage: probe_test DIR...
 */
#include "tests/prog/ops.h"
#include "tests/prog/probe.h"
#include "tests/prog/probe.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct probe_bpf *skel;

static const struct op op_open_read = {.name = "open_read", .open = true};

static void read_addr(__u64 addr)
{
	unsigned char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	__u64 runs = skel->bss->asked.runs;

	skel->bss->want_addr = addr;
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.probe_addr), &run), 0);
	assert_int_equal(skel->bss->asked.runs, runs + 1);
}

static void test_bad_address(void **state)
{
	static const __u64 bad[] = {0,
				    1,
				    4096,
				    0x7fff00000000ull,
				    0xdead000000000100ull,
				    ~0ull,
				    ~0ull - 4096,
				    0x8000000000000000ull};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		read_addr(bad[i]);
		assert_true(skel->bss->asked.err < 0);
	}
}

static void test_inode(void **state)
{
	struct target *t = *state;
	const struct probe_result *r = &skel->bss->opened;
	__u64 runs = skel->bss->evicted.runs;
	int generation, fd, writer;
	struct stat st;

	assert_int_equal(target_prepare(t, &op_open_read), 0);
	skel->bss->want_ino = t->ino_a;
	writer = open(t->a, O_WRONLY);
	assert_int_equal(r->err, 0);
	assert_int_equal(r->writers, 1);
	close(writer);
	fd = open(t->a, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(r->err, 0);
	assert_int_equal(r->freeing, 0);
	assert_int_equal(r->writers, 0);
	assert_int_equal(r->snap.ino, st.st_ino);
	assert_int_equal(r->snap.dev, t->dev);
	assert_int_equal(r->snap.mode, st.st_mode);
	assert_int_equal(r->snap.uid, st.st_uid);
	assert_int_equal(r->snap.gid, st.st_gid);
	assert_int_equal(r->snap.nlink, st.st_nlink);
	assert_int_equal(r->snap.size, st.st_size);
	assert_int_equal(r->snap.mtime_sec, st.st_mtim.tv_sec);
	assert_int_equal(r->snap.mtime_nsec, st.st_mtim.tv_nsec);
	assert_int_equal(r->snap.ctime_sec, st.st_ctim.tv_sec);
	assert_int_equal(r->snap.ctime_nsec, st.st_ctim.tv_nsec);
	if (!ioctl(fd, FS_IOC_GETVERSION, &generation))
		assert_int_equal(r->snap.generation, (__u32)generation);
	/* By its address alone it is the same, and it stays the same when looked at. */
	read_addr(r->snap.inode);
	assert_int_equal(skel->bss->asked.err, 0);
	assert_memory_equal(&skel->bss->asked.snap, &r->snap, sizeof(r->snap));
	assert_int_equal(skel->bss->asked.freeing, 0);
	/* i_version moves with a change of attributes. */
	assert_int_equal(fchmod(fd, 0600), 0);
	read_addr(r->snap.inode);
	assert_int_not_equal(skel->bss->asked.snap.iversion, r->snap.iversion);
	close(fd);
	target_clean(t);
	assert_int_equal(skel->bss->evicted.runs, runs + 1);
	assert_int_equal(skel->bss->evicted.err, 0);
	assert_int_not_equal(skel->bss->evicted.freeing, 0);
	skel->bss->want_ino = 0;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[17] = {cmocka_unit_test(test_bad_address)};
	struct target targets[16];
	int i, err;

	if (argc < 2 || argc > 17) {
		fprintf(stderr, "usage: probe_test DIR...\n");
		return 2;
	}
	skel = probe_bpf__open_and_load();
	if (!skel || probe_bpf__attach(skel)) {
		fprintf(stderr, "cannot attach: %s\n", strerror(errno));
		return 1;
	}
	for (i = 1; i < argc; i++) {
		err = target_init(&targets[i - 1], argv[i]);
		if (err) {
			fprintf(stderr, "%s is no mount point: %s\n", argv[i], strerror(-err));
			return 1;
		}
		tests[i] = (struct CMUnitTest){targets[i - 1].fs, test_inode, NULL, NULL,
					       &targets[i - 1]};
	}
	err = _cmocka_run_group_tests("probe", tests, argc, NULL, NULL);
	probe_bpf__destroy(skel);
	return err;
}

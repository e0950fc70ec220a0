// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of whole file systems and of nfsd's export caches: do they flush, or move the
 * export epoch, and do others not?
 * usage: events_test DIR...
 * Each DIR is the mount point of a scratch file system, which is shut down and unmounted.
 * nfsd runs, exports anything, and is stopped.
 */
#include "tests/prog/hookset.h"
#include "tests/prog/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define IOC_SHUTDOWN _IOR('X', 125, __u32)

static struct hookset set;

static __u64 runs(const char *program)
{
	return hookset_runs(&set, hookset_row(program));
}

/* Does this kernel have the program's function? */
static bool has(const char *program)
{
	return na_hook_usable(&set.status[hookset_row(program)]);
}

static void assert_ran(const char *program, __u64 before)
{
	if (has(program) && runs(program) == before)
		fail_msg("%s did not run", program);
}

static void test_remount(void **state)
{
	struct target *t = *state;
	__u64 flush = hookset_ctl(&set).flush, in = runs("na_e_remount"),
	      out = runs("na_x_remount");

	assert_int_equal(mount(NULL, t->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_ran("na_e_remount", in);
	assert_ran("na_x_remount", out);
	assert_int_equal(hookset_ctl(&set).flush, flush + 2);
	assert_int_equal(mount(NULL, t->dir, NULL, MS_REMOUNT, NULL), 0);
}

static void test_umount(void **state)
{
	struct target *t = *state;
	__u64 flush = hookset_ctl(&set).flush, ran = runs("na_l_umount");

	assert_int_equal(target_remount(t), 0);
	assert_ran("na_l_umount", ran);
	/* tmpfs comes and goes with every container: its inodes bump one by one. */
	assert_int_equal(hookset_ctl(&set).flush, flush + (strcmp(t->fs, "tmpfs") ? 1 : 0));
}

static void test_shutdown(void **state)
{
	struct target *t = *state;
	char after[32];
	__u64 flush = hookset_ctl(&set).flush, in = runs("na_l_ioctl"), out, down;
	__u32 flags = 1; /* without the log */
	int fd = open(t->dir, O_RDONLY | O_DIRECTORY);

	snprintf(after, sizeof(after), "na_x_%.8s_ioctl", t->fs);
	out = runs(after);
	down = runs("na_x_xfs_down");
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, IOC_SHUTDOWN, &flags), 0);
	close(fd);
	assert_ran("na_l_ioctl", in);
	assert_ran(after, out);
	assert_true(hookset_ctl(&set).flush >= flush + 2);
	if (!strcmp(t->fs, "xfs"))
		assert_ran("na_x_xfs_down", down);
	assert_int_equal(target_remount(t), 0);
}

static void test_subvolume(void **state)
{
	struct target *t = *state;
	struct btrfs_ioctl_vol_args args = {.name = "subvolume"};
	__u64 flush, in, out;
	int fd = open(t->dir, O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &args), 0);
	flush = hookset_ctl(&set).flush;
	in = runs("na_e_subvol");
	out = runs("na_x_subvol");
	assert_int_equal(ioctl(fd, BTRFS_IOC_SNAP_DESTROY, &args), 0);
	close(fd);
	assert_ran("na_e_subvol", in);
	assert_ran("na_x_subvol", out);
	assert_int_equal(hookset_ctl(&set).flush, flush + 2);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail_msg("write to %s: %s", path, strerror(errno));
	close(fd);
}

static void test_flush_file(void **state)
{
	__u64 epoch = hookset_ctl(&set).epoch, in = runs("na_e_flush"), out = runs("na_x_flush");
	char now[32];

	(void)state;
	snprintf(now, sizeof(now), "%ld\n", (long)time(NULL));
	put("/proc/net/rpc/auth.unix.gid/flush", now);
	assert_ran("na_e_flush", in);
	assert_ran("na_x_flush", out);
	assert_true(hookset_ctl(&set).epoch >= epoch + 2);
}

/* One request to a generic netlink family; the kernel's answer as negative errno. */
static int genl(int fd, __u16 type, __u8 cmd, const char *family, void *reply, size_t room)
{
	struct {
		struct nlmsghdr n;
		struct genlmsghdr g;
		struct nlattr a;
		char name[GENL_NAMSIZ];
	} req = {.n = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		 .g = {.cmd = cmd, .version = 1}};
	const struct nlmsghdr *n = reply;
	ssize_t got;

	req.n.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	if (family) {
		snprintf(req.name, sizeof(req.name), "%s", family);
		req.a.nla_type = CTRL_ATTR_FAMILY_NAME;
		req.a.nla_len = NLA_HDRLEN + strlen(family) + 1;
		req.n.nlmsg_len += NLA_ALIGN(req.a.nla_len);
	}
	if (send(fd, &req, req.n.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, reply, room, 0);
	if (got < (ssize_t)sizeof(*n))
		return -EIO;
	return n->nlmsg_type == NLMSG_ERROR ? ((const struct nlmsgerr *)NLMSG_DATA(n))->error : 0;
}

static int genl_flush(const char *family, __u8 cmd)
{
	char reply[4096];
	const struct nlmsghdr *n = (const void *)reply;
	const struct nlattr *a;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int err = fd < 0 ? -errno : genl(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, family, reply, 4096);
	__u16 id = 0;

	for (a = (const void *)(reply + NLMSG_LENGTH(GENL_HDRLEN));
	     !err && (const char *)a < reply + n->nlmsg_len && a->nla_len;
	     a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len)))
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&id, a + 1, sizeof(id));
	if (!err)
		err = recv(fd, reply, sizeof(reply), 0) < 0 ? -errno : 0; /* the ACK */
	if (!err)
		err = id ? genl(fd, id, cmd, NULL, reply, sizeof(reply)) : -ENOENT;
	close(fd);
	return err;
}

static void netlink(const char *family, __u8 cmd, const char *before, const char *after)
{
	__u64 epoch = hookset_ctl(&set).epoch, in = runs(before), out = runs(after);

	assert_int_equal(genl_flush(family, cmd), 0);
	assert_ran(before, in);
	assert_ran(after, out);
	assert_true(hookset_ctl(&set).epoch >= epoch + 2);
}

static void test_netlink_sunrpc(void **state)
{
	(void)state;
	netlink("sunrpc", 6 /* SUNRPC_CMD_CACHE_FLUSH */, "na_e_nl_sunrpc", "na_x_nl_sunrpc");
}

static void test_netlink_nfsd(void **state)
{
	(void)state;
	netlink("nfsd", 15 /* NFSD_CMD_CACHE_FLUSH */, "na_e_nl_nfsd", "na_x_nl_nfsd");
}

static void test_stop(void **state)
{
	struct na_ctl ctl = hookset_ctl(&set);
	__u64 in = runs("na_e_stop"), out = runs("na_x_stop");
	__u64 purge_in = runs("na_e_purge"), purge_out = runs("na_x_purge");

	(void)state;
	put("/proc/fs/nfsd/threads", "0\n");
	assert_ran("na_e_stop", in);
	assert_ran("na_x_stop", out);
	assert_ran("na_e_purge", purge_in);
	assert_ran("na_x_purge", purge_out);
	assert_true(hookset_ctl(&set).flush >= ctl.flush + 2);
	assert_true(hookset_ctl(&set).epoch >= ctl.epoch + 2);
}

/* Other file systems, and reading, flush nothing. */
static void test_quiet(void **state)
{
	struct na_ctl ctl = hookset_ctl(&set);
	int fd = open("/proc/net/rpc/nfsd.export/content", O_RDONLY);
	char buf[512];

	(void)state;
	assert_int_equal(mount("proc", "/mnt", "proc", 0, NULL), 0);
	assert_int_equal(umount("/mnt"), 0);
	assert_true(fd >= 0 && read(fd, buf, sizeof(buf)) >= 0);
	close(fd);
	assert_int_equal(hookset_ctl(&set).flush, ctl.flush);
	assert_int_equal(hookset_ctl(&set).epoch, ctl.epoch);
}

static void add(struct CMUnitTest *tests, size_t *n, struct target *t, const char *what,
		CMUnitTestFunction run)
{
	char *name;

	if (asprintf(&name, "%s: %s", t->fs, what) < 0)
		abort();
	tests[(*n)++] = (struct CMUnitTest){name, run, NULL, NULL, t};
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[128] = {cmocka_unit_test(test_quiet),
					       cmocka_unit_test(test_flush_file)};
	struct target targets[16];
	size_t n = 2;
	int i, err;

	if (argc < 2 || argc - 1 > 16) {
		fprintf(stderr, "usage: events_test DIR...\n");
		return 2;
	}
	err = hookset_load(&set) ?: hookset_attach_all(&set);
	if (err) {
		fprintf(stderr, "hooks cannot be loaded: %s\n", strerror(-err));
		return 1;
	}
	for (i = 1; i < argc; i++) {
		struct target *t = &targets[i - 1];

		err = target_init(t, argv[i]);
		if (err) {
			fprintf(stderr, "%s is no mount point: %s\n", argv[i], strerror(-err));
			return 1;
		}
		add(tests, &n, t, "remount", test_remount);
		if (!strcmp(t->fs, "btrfs"))
			add(tests, &n, t, "delete subvolume", test_subvolume);
		if (!strcmp(t->fs, "ext4") || !strcmp(t->fs, "xfs"))
			add(tests, &n, t, "shutdown", test_shutdown);
		add(tests, &n, t, "umount", test_umount);
	}
	if (has("na_e_nl_sunrpc"))
		tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_netlink_sunrpc);
	if (has("na_e_nl_nfsd"))
		tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_netlink_nfsd);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_stop);
	err = _cmocka_run_group_tests("events", tests, n, NULL, NULL);
	hookset_free(&set);
	return err;
}

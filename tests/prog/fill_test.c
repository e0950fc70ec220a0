// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fill hook inside a real nfsd: what does it say of a READ that ingress noted?
 * usage: fill_test SERVER MOUNTD_PORT EXPORT
 * EXPORT is exported to SERVER itself. The test notes a READ as ingress would, sends it
 * over its own connection, and looks at what the hook made of the note.
 */
#include "tests/prog/hookset.h"
#include "tests/prog/ops.h"
#include "tests/prog/rpc.h"

#include "nfsaccel/export.h"
#include "nfsaccel/nfs3.h"
#include "nfsaccel/slot.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PORT 2049

static struct hookset set;
static struct rpc conn;
static struct target target;
static const char *server, *export;
static __u16 mountd_port;
static char path[4200];
static struct na_fh fh;

static __u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

static __u64 now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* What was changed before has settled: far longer than two ticks, which may come late. */
static void settle(void)
{
	usleep(200000);
}

static void make_file(off_t size)
{
	int fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(pwrite(fd, "nfsaccel", 8, 0), 8);
	assert_int_equal(fchown(fd, 12, 34), 0);
	close(fd);
	settle();
}

static void find_file(void)
{
	struct na_fh root;
	int i, err = -EAGAIN;

	assert_int_equal(rpc_mount(server, mountd_port, export, &root), 0);
	/* nfsd answers JUKEBOX while mountd is slow to tell about a new export. */
	for (i = 0; err == -EAGAIN && i < 50; i++) {
		err = rpc_lookup(&conn, &root, "file", &fh);
		if (err == -EAGAIN)
			usleep(200000);
	}
	assert_int_equal(err, 0);
}

static int setup(void **state)
{
	(void)state;
	make_file(5000);
	find_file();
	return 0;
}

static int pending_fd(void)
{
	return bpf_map__fd(set.skel->maps.na_pending);
}

static struct na_pending_key next_key(void)
{
	struct na_pending_key key = {.flow = conn.flow, .xid = ++conn.xid};

	return key;
}

static __u16 most = UINT16_MAX; /* na_pending.most of what is noted */

static struct na_pending note(const struct na_pending_key *key, enum na_pending_state as)
{
	struct na_pending p = {.state = as,
			       .count = 4096,
			       .asked = now(),
			       .coarse = clock_ns(CLOCK_MONOTONIC_COARSE),
			       .most = most,
			       .fh = fh};

	assert_int_equal(bpf_map_update_elem(pending_fd(), key, &p, BPF_ANY), 0);
	return p;
}

static struct na_pending read_noted(const struct na_pending_key *key)
{
	struct na_pending p;

	assert_int_equal(rpc_send_read(&conn, &fh, 0, 4096), 0);
	assert_int_equal(rpc_receive(&conn), 0);
	assert_int_equal(na_get_be32(conn.reply), 0);
	assert_int_equal(bpf_map_lookup_elem(pending_fd(), key, &p), 0);
	return p;
}

static struct na_pending ask(void)
{
	struct na_pending_key key = next_key();

	note(&key, NA_PENDING_ASKED);
	return read_noted(&key);
}

static void assert_refused(enum na_verdict why)
{
	__u64 before = hookset_count(&set, why), fit = hookset_count(&set, NA_V_FILL_HOOKED);
	struct na_pending p = ask();

	assert_int_equal(hookset_count(&set, why), before + 1);
	assert_int_equal(hookset_count(&set, NA_V_FILL_HOOKED), fit);
	assert_int_equal(p.state, NA_PENDING_REFUSED);
}

/* Says why not, if it is not. */
static void assert_hooked(const struct na_pending *p)
{
	static const char *const names[] = {
#define NA_X(sym, name, help) name,
		NA_VERDICTS(NA_X)
#undef NA_X
	};
	int i;

	for (i = 0; p->state != NA_PENDING_HOOKED && i < NA_V_MAX; i++)
		if (hookset_count(&set, i))
			print_message("%s %llu\n", names[i], hookset_count(&set, i));
	assert_int_equal(p->state, NA_PENDING_HOOKED);
}

static void assert_fit(void)
{
	const struct na_pending p = ask();

	assert_hooked(&p);
}

static void test_fit(void **state)
{
	__u64 before = now();
	struct na_pending p = ask();
	struct stat st;
	int generation = 0;
	int fd = open(path, O_RDONLY);

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	assert_hooked(&p);
	assert_int_equal(p.snap.ino, st.st_ino);
	assert_int_equal(p.snap.dev, target.dev);
	assert_int_equal(p.snap.size, 5000);
	assert_int_equal(p.snap.mode, S_IFREG | 0640);
	assert_int_equal(p.snap.uid, 12);
	assert_int_equal(p.snap.gid, 34);
	assert_int_equal(p.snap.nlink, 1);
	assert_int_equal(p.snap.mtime_sec, st.st_mtim.tv_sec);
	assert_int_equal(p.snap.mtime_nsec, st.st_mtim.tv_nsec);
	assert_int_equal(p.snap.ctime_sec, st.st_ctim.tv_sec);
	assert_int_equal(p.snap.ctime_nsec, st.st_ctim.tv_nsec);
	if (!ioctl(fd, FS_IOC_GETVERSION, &generation))
		assert_int_equal(p.snap.generation, (__u32)generation);
	close(fd);
	assert_true(p.snap.inode >> 63 && p.snap.sb >> 63);
	assert_int_equal(p.slot, na_slot_index(target.dev, st.st_ino));
	assert_int_equal(p.count, 4096);
	assert_memory_equal(&p.fh, &fh, sizeof(fh));
	assert_true(p.expires > now() && p.expires <= now() + 60000000000ull);
	assert_true(p.expires > before + 10000000000ull);
	assert_true(hookset_ctl(&set).max_payload >= 4096);
	/* The getversion above is an ioctl and bumped the slot once or twice since. */
	assert_true(p.version && p.version <= hookset_slot(&set, target.dev, st.st_ino));
	p = ask();
	assert_int_equal(p.version, hookset_slot(&set, target.dev, st.st_ino));
}

static void test_same_snapshot(void **state)
{
	struct na_pending one = ask(), two = ask();

	(void)state;
	assert_memory_equal(&one.snap, &two.snap, sizeof(one.snap));
	assert_int_equal(one.version, two.version);
	chmod(path, 0600);
	settle();
	two = ask();
	assert_memory_not_equal(&one.snap, &two.snap, sizeof(one.snap));
	assert_true(two.version > one.version);
}

static void test_not_noted(void **state)
{
	struct na_pending_key key = next_key(), other = key;
	struct na_pending p, was;

	(void)state;
	other.xid += 1000;
	was = note(&other, NA_PENDING_ASKED);
	assert_int_equal(rpc_send_read(&conn, &fh, 0, 4096), 0);
	assert_int_equal(rpc_receive(&conn), 0);
	assert_int_not_equal(bpf_map_lookup_elem(pending_fd(), &key, &p), 0);
	assert_int_equal(bpf_map_lookup_elem(pending_fd(), &other, &p), 0);
	assert_memory_equal(&p, &was, sizeof(p));
}

static void test_poisoned(void **state)
{
	struct na_pending_key key = next_key();
	struct na_pending was = note(&key, NA_PENDING_POISON), p = read_noted(&key);

	(void)state;
	was.ran = 1;
	assert_memory_equal(&p, &was, sizeof(p));
}

/* What nfsd reads is not what was noted under this xid. */
static void test_other_call(void **state)
{
	const __u64 before = hookset_count(&set, NA_V_REFUSE_DUPXID);
	struct na_pending_key key = next_key();
	struct na_pending p = note(&key, NA_PENDING_ASKED);

	(void)state;
	p.offset = 1;
	bpf_map_update_elem(pending_fd(), &key, &p, BPF_ANY);
	assert_int_equal(read_noted(&key).state, NA_PENDING_REFUSED);
	key = next_key();
	p.offset = 0;
	p.fh.data[p.fh.len - 1] ^= 1;
	bpf_map_update_elem(pending_fd(), &key, &p, BPF_ANY);
	assert_int_equal(read_noted(&key).state, NA_PENDING_REFUSED);
	assert_int_equal(hookset_count(&set, NA_V_REFUSE_DUPXID), before + 2);
}

/* The same xid twice through nfsd, unseen by ingress. */
static void test_twice(void **state)
{
	struct na_pending_key key = next_key();

	(void)state;
	note(&key, NA_PENDING_ASKED);
	assert_int_equal(read_noted(&key).state, NA_PENDING_HOOKED);
	assert_int_equal(read_noted(&key).state, NA_PENDING_REFUSED);
}

static void test_writer(void **state)
{
	int fd = open(path, O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_refused(NA_V_REFUSE_WRITER);
	close(fd);
	assert_fit();
}

/* Changed between the request's arrival and the hook: old permission, new inode. */
static void test_racy(void **state)
{
	struct na_pending_key key = next_key();
	__u64 before = hookset_count(&set, NA_V_REFUSE_RACY);

	(void)state;
	note(&key, NA_PENDING_ASKED);
	assert_int_equal(chmod(path, 0600), 0);
	settle();
	assert_int_equal(read_noted(&key).state, NA_PENDING_REFUSED);
	assert_int_equal(hookset_count(&set, NA_V_REFUSE_RACY), before + 1);
	assert_fit();
}

/* Changed just now, before the request: the next change may leave the same ctime. */
static void test_young(void **state)
{
	__u64 before = hookset_count(&set, NA_V_REFUSE_RACY);
	int i;

	(void)state;
	/* The tick may come between chmod and READ, but not every time. */
	for (i = 0; i < 100 && hookset_count(&set, NA_V_REFUSE_RACY) == before; i++) {
		assert_int_equal(chmod(path, 0600 | (i & 7)), 0);
		ask();
	}
	assert_int_equal(hookset_count(&set, NA_V_REFUSE_RACY), before + 1);
	settle();
	assert_fit();
}

/* A clock set back: ctime is in the future. */
static void test_clock(void **state)
{
	struct timespec t;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec -= 3600;
	assert_int_equal(clock_settime(CLOCK_REALTIME, &t), 0);
	assert_refused(NA_V_REFUSE_RACY);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 3600;
	assert_int_equal(clock_settime(CLOCK_REALTIME, &t), 0);
	assert_fit();
}

static void test_size(void **state)
{
	(void)state;
	assert_int_equal(truncate(path, NA_FILE_MAX), 0);
	settle();
	assert_fit();
	assert_int_equal(truncate(path, NA_FILE_MAX + 1), 0);
	settle();
	assert_refused(NA_V_REFUSE_SIZE);
}

/* What would take too many packets; of a short file little comes, whatever is asked for. */
static void test_long(void **state)
{
	__u32 len = na_nfs3_reply_len(4096);

	(void)state;
	assert_int_equal(truncate(path, 10000), 0);
	settle();
	most = len / NA_MOST_BYTES;
	assert_refused(NA_V_REFUSE_LONG);
	most++;
	assert_fit();
	assert_int_equal(truncate(path, 100), 0);
	settle();
	most = 4;
	assert_fit();
	most = UINT16_MAX;
}

static void set_policy(__u64 policy)
{
	struct na_ctl ctl = hookset_ctl(&set);
	__u32 zero = 0;

	ctl.policy = policy;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(set.skel->maps.na_ctl), &zero, &ctl, BPF_ANY),
			 0);
}

static void set_rule(__u32 bits, __u32 max_file, __u32 allowed, __u64 ttl)
{
	struct na_cache_key key = {.prefixlen = 32 + bits, .export = 5};
	struct na_cache_policy rule = {.max_file = max_file, .allowed = allowed, .ttl = ttl};

	memcpy(key.client, conn.flow.client, sizeof(key.client));
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(set.skel->maps.na_cache_rules), &key, &rule,
					     BPF_ANY),
			 0);
}

static void test_policy(void **state)
{
	const __u32 known = 5;
	int exports = bpf_map__fd(set.skel->maps.na_exports);
	struct na_export_key key;
	struct na_pending p;

	(void)state;
	assert_true(na_export_key_of(fh.data, fh.len, &key));
	assert_fit();
	set_policy(1);
	assert_refused(NA_V_REFUSE_POLICY); /* not a known export */
	assert_int_equal(bpf_map_update_elem(exports, &key, &known, BPF_ANY), 0);
	assert_refused(NA_V_REFUSE_POLICY); /* no rule for anybody */
	set_rule(0, 5000, 1, 7000000000ull);
	p = ask();
	assert_hooked(&p);
	assert_int_equal(p.ttl, 7000000000ull);
	assert_true(p.expires <= now() + 7000000000ull);
	set_rule(0, 4999, 1, 7000000000ull);
	assert_refused(NA_V_REFUSE_POLICY);
	/* the narrower counts: this client, whatever all may */
	set_rule(128, 5000, 1, ~0ull);
	p = ask();
	assert_hooked(&p);
	assert_int_equal(p.ttl, 60000000000ull);
	set_rule(127, 5000, 0, ~0ull);
	assert_fit();
	set_rule(128, 5000, 0, ~0ull);
	assert_refused(NA_V_REFUSE_POLICY);
	set_policy(0);
	assert_fit();
}

static void test_lease(void **state)
{
	int fd = open(path, O_RDONLY);

	(void)state;
	assert_int_equal(fcntl(fd, F_SETLEASE, F_RDLCK), 0);
	assert_refused(NA_V_REFUSE_LEASE);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
	assert_fit();
	close(fd);
}

/* FAN_OPEN_EXEC_PERM: a permission mark that nobody here ever has to answer. */
static void fanotify(unsigned int where, const char *what)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
	__u64 flush = hookset_ctl(&set).flush;

	assert_true(fd >= 0);
	assert_int_equal(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, what), 0);
	assert_int_equal(hookset_ctl(&set).flush, flush);
	assert_int_equal(fanotify_mark(fd, FAN_MARK_ADD | where,
				       FAN_OPEN_EXEC_PERM | FAN_EVENT_ON_CHILD, AT_FDCWD, what),
			 0);
	assert_int_equal(hookset_ctl(&set).flush, flush + 1);
	assert_refused(NA_V_REFUSE_FANOTIFY);
	close(fd);
	assert_fit();
}

static void test_fanotify(void **state)
{
	(void)state;
	fanotify(FAN_MARK_INODE, path);
	fanotify(FAN_MARK_INODE, export);
	fanotify(FAN_MARK_MOUNT, export);
	fanotify(FAN_MARK_FILESYSTEM, export);
}

/* Groups of uid 0 that mountd says hold for so long; the entry lives no longer. */
static void test_expiry(void **state)
{
	char line[64];
	int fd = open("/proc/net/rpc/auth.unix.gid/channel", O_WRONLY);
	struct na_pending p;

	(void)state;
	snprintf(line, sizeof(line), "0 %ld 1 0\n", (long)time(NULL) + 20);
	assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
	close(fd);
	p = ask();
	assert_hooked(&p);
	assert_true(p.expires > now() && p.expires <= now() + 20000000000ull);
}

static void reexport(const char *options)
{
	char command[8400];

	snprintf(command, sizeof(command), "exportfs -au && exportfs -f && exportfs -o %s '*:%s'",
		 options, export);
	assert_int_equal(system(command), 0);
}

static void test_export(void **state)
{
	(void)state;
	/* On tmpfs 7.2 calls every handle stale under subtree_check. */
	if (strcmp(target.fs, "tmpfs")) {
		reexport("rw,fsid=77,subtree_check,no_root_squash");
		find_file();
		assert_refused(NA_V_REFUSE_EXPORT);
	}
	reexport("ro,fsid=77,no_subtree_check,pnfs,no_root_squash");
	find_file();
	assert_refused(NA_V_REFUSE_EXPORT);
	reexport("ro,fsid=77,no_subtree_check,all_squash,anonuid=12,anongid=34");
	find_file();
	assert_fit();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fit, setup),
		cmocka_unit_test_setup(test_same_snapshot, setup),
		cmocka_unit_test_setup(test_not_noted, setup),
		cmocka_unit_test_setup(test_poisoned, setup),
		cmocka_unit_test_setup(test_other_call, setup),
		cmocka_unit_test_setup(test_twice, setup),
		cmocka_unit_test_setup(test_writer, setup),
		cmocka_unit_test_setup(test_racy, setup),
		cmocka_unit_test_setup(test_young, setup),
		cmocka_unit_test_setup(test_clock, setup),
		cmocka_unit_test_setup(test_size, setup),
		cmocka_unit_test_setup(test_long, setup),
		cmocka_unit_test_setup(test_policy, setup),
		cmocka_unit_test_setup(test_lease, setup),
		cmocka_unit_test_setup(test_fanotify, setup),
		cmocka_unit_test_setup(test_export, setup),
		/* Last: after it nfsd waits for a mountd that tells groups. */
		cmocka_unit_test_setup(test_expiry, setup),
	};
	int err;

	if (argc != 4) {
		fprintf(stderr, "usage: fill_test SERVER MOUNTD_PORT EXPORT\n");
		return 2;
	}
	server = argv[1];
	mountd_port = (__u16)atoi(argv[2]);
	export = argv[3];
	snprintf(path, sizeof(path), "%s/file", export);
	err = hookset_load(&set);
	if (!err)
		set.skel->bss->na_asked_at = INT64_MAX; /* there is no ingress to say so */
	err = err ?: hookset_attach_all(&set) ?: target_init(&target, export) ?:
	      rpc_connect(&conn, server, PORT);
	if (err) {
		fprintf(stderr, "cannot begin: %s\n", strerror(-err));
		return 1;
	}
	err = cmocka_run_group_tests_name("fill", tests, NULL, NULL);
	rpc_close(&conn);
	hookset_free(&set);
	return err;
}

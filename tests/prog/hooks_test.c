// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does each hook fire, for the right inode, and for nothing else?
 * usage: hooks_test DIR...
 * Each DIR is the mount point of a scratch file system. All hooks are attached once, as
 * in use. The kernel counts the runs of each, so that none can hide behind another, and
 * the slot must have moved by one for each: a hook that bumps another inode shows.
 */
#include "tests/prog/hookset.h"
#include "tests/prog/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hookset set;

/* Which operations must fire which hook. */
static const struct {
	const char *program;
	const char *ops;
} fires[] = {
	{"na_l_open", "open_write open_trunc"},
	{"na_l_setattr", "chmod chown truncate utimes open_trunc"},
	{"na_p_setattr", "chmod chown truncate utimes open_trunc"},
	{"na_x_setattr", "chmod chown truncate utimes open_trunc"},
	{"na_e_acl", "setfacl"},
	{"na_x_acl", "setfacl"},
	{"na_l_setxattr", "setxattr"},
	{"na_p_setxattr", "setxattr"},
	{"na_x_setxattr", "setxattr"},
	{"na_l_rmxattr", "removexattr"},
	{"na_p_rmxattr", "removexattr"},
	{"na_x_rmxattr", "removexattr"},
	{"na_l_link", "link"},
	{"na_x_link", "link"},
	{"na_l_unlink", "unlink unlink_open"},
	{"na_x_unlink", "unlink unlink_open"},
	{"na_l_rename", "rename rename_over exchange"},
	{"na_x_rename", "rename rename_over exchange"},
	{"na_e_fileattr", "chattr"},
	{"na_l_fileattr", "chattr"},
	{"na_x_fileattr", "chattr"},
	{"na_e_dedupe", "dedupe"},
	{"na_x_dedupe", "dedupe"},
	{"na_e_lease", "lease"},
	{"na_x_lease", "lease"},
	{"na_l_free", "unlink"},
	{"na_l_ioctl", "chattr getversion"},
	{"na_l_ioctl32", "ioctl32"},
	{"na_x_ext4_ioctl", "getversion"},
	{"na_x_xfs_ioctl", "getversion"},
	{"na_x_btrfs_ioctl", "getversion"},
};

#define FIRES (sizeof(fires) / sizeof(fires[0]))

struct job {
	char name[160];
	struct target *target;
	const struct op *op;
};

static int setup(void **state)
{
	struct job *c = *state;

	return target_prepare(c->target, c->op);
}

static int teardown(void **state)
{
	struct job *c = *state;

	target_clean(c->target);
	return 0;
}

static __u64 moved(const struct target *t, __u64 ino, __u64 before)
{
	return hookset_slot(&set, t->dev, ino) - before;
}

static bool lists(const char *ops_of_hook, const char *op)
{
	size_t len = strlen(op);
	const char *at = ops_of_hook;

	while ((at = strstr(at, op))) {
		if ((at == ops_of_hook || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}

/* Must row i of fires[] run when op is done on t? */
static bool expected(size_t i, const struct target *t, const struct op *op)
{
	int row = hookset_row(fires[i].program);
	const char *module = na_hooks[row].module;

	return na_hook_usable(&set.status[row]) && lists(fires[i].ops, op->name) &&
	       (!strcmp(module, "vmlinux") || !strcmp(module, t->fs));
}

static void test_fires(void **state)
{
	const struct job *c = *state;
	struct target *t = c->target;
	__u64 runs[FIRES], a, b, want = 0;
	size_t i;

	for (i = 0; i < FIRES; i++)
		runs[i] = hookset_runs(&set, hookset_row(fires[i].program));
	a = hookset_slot(&set, t->dev, t->ino_a);
	b = hookset_slot(&set, t->dev, t->ino_b);
	assert_int_equal(c->op->run(t), 0);
	for (i = 0; i < FIRES; i++) {
		if (!expected(i, t, c->op))
			continue;
		want++;
		if (hookset_runs(&set, hookset_row(fires[i].program)) == runs[i])
			fail_msg("%s did not run", fires[i].program);
	}
	assert_true(want > 0);
	if (moved(t, t->ino_a, a) < want)
		fail_msg("%llu hooks, but the slot moved by %llu", want, moved(t, t->ino_a, a));
	/* Of two files, deduplication changes one, and a rename both. */
	if (t->ino_b && strcmp(c->op->name, "dedupe"))
		assert_true(moved(t, t->ino_b, b) >= want);
	/* A lost victim of unlink would flush everything instead. */
	assert_int_equal(hookset_ctl(&set).flush, 0);
}

static void test_keeps(void **state)
{
	const struct job *c = *state;
	struct target *t = c->target;
	__u64 a = hookset_slot(&set, t->dev, t->ino_a);

	assert_int_equal(c->op->run(t), 0);
	assert_int_equal(moved(t, t->ino_a, a), 0);
	assert_int_equal(hookset_ctl(&set).flush, 0);
}

/* Every hook of the table that one file's change fires is in fires[]. */
static void test_complete(void **state)
{
	static const char *const elsewhere =
		"na_x_xfs_down na_e_subvol na_x_subvol na_e_remount na_x_remount na_l_umount "
		"na_e_update na_x_update na_e_purge na_x_purge na_e_flush na_x_flush "
		"na_e_nl_sunrpc na_x_nl_sunrpc na_e_nl_nfsd na_x_nl_nfsd na_e_stop na_x_stop "
		"na_e_splice_read na_e_iter_read na_x_lookup na_l_notify na_x_dispatch";
	size_t i, k;

	(void)state;
	for (i = 0; i < na_hook_count; i++) {
		for (k = 0; k < FIRES && strcmp(fires[k].program, na_hooks[i].program); k++)
			;
		if (k == FIRES && !lists(elsewhere, na_hooks[i].program))
			fail_msg("%s has no test", na_hooks[i].program);
	}
}

static void add_target(struct CMUnitTest *tests, size_t *n, struct target *t)
{
	unsigned int i;

	for (i = 0; i < op_count; i++) {
		struct job *c;

		if (ops[i].only && !lists(ops[i].only, t->fs))
			continue;
		c = calloc(1, sizeof(*c));
		if (!c)
			abort();
		c->target = t;
		c->op = &ops[i];
		snprintf(c->name, sizeof(c->name), "%s: hooks %s %s", t->fs,
			 ops[i].keeps ? "ignore" : "see", ops[i].name);
		tests[(*n)++] = (struct CMUnitTest){c->name, ops[i].keeps ? test_keeps : test_fires,
						    setup, teardown, c};
	}
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[16 * 64] = {cmocka_unit_test(test_complete)};
	struct target targets[16];
	size_t n = 1;
	int i, err;

	if (argc < 2 || argc - 1 > 16) {
		fprintf(stderr, "usage: hooks_test DIR...\n");
		return 2;
	}
	err = hookset_load(&set) ?: hookset_attach_all(&set);
	if (err) {
		fprintf(stderr, "hooks cannot be loaded: %s\n", strerror(-err));
		return 1;
	}
	for (i = 1; i < argc; i++) {
		err = target_init(&targets[i - 1], argv[i]);
		if (err) {
			fprintf(stderr, "%s is no mount point: %s\n", argv[i], strerror(-err));
			return 1;
		}
		add_target(tests, &n, &targets[i - 1]);
	}
	err = _cmocka_run_group_tests("hooks", tests, n, NULL, NULL);
	hookset_free(&set);
	return err;
}

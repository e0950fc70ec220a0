// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccel/export.h: the export a file handle belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nfsaccel/export.h"

static struct na_fh handle(__u8 version, __u8 type, __u32 len)
{
	struct na_fh fh = {.len = len, .data = {version, 0, type, 0x81}};
	__u32 i;

	for (i = 4; i < len; i++)
		fh.data[i] = (__u8)i;
	return fh;
}

static void lengths(void **state)
{
	static const __u32 len[256] = {8, 4, 12, 8, 8, 8, 16, 24};
	struct na_export_key k;
	struct na_fh fh;
	__u32 type, i;

	(void)state;
	for (type = 0; type < 256; type++) {
		fh = handle(1, (__u8)type, NA_NFS_FHSIZE);
		assert_int_equal(na_export_key_of(&fh, &k), len[type] != 0);
		if (!len[type])
			continue;
		assert_int_equal(k.type, type);
		for (i = 0; i < NA_FSID_BYTES; i++)
			assert_int_equal(k.fsid[i], i < len[type] ? i + 4 : 0);
		/* the shortest that holds it, as for an export's root, and one byte less */
		fh = handle(1, (__u8)type, 4 + len[type]);
		assert_true(na_export_key_of(&fh, &k));
		fh.len--;
		assert_false(na_export_key_of(&fh, &k));
	}
}

static void strange(void **state)
{
	struct na_export_key k;
	struct na_fh fh = handle(2, 1, 32);

	(void)state;
	assert_false(na_export_key_of(&fh, &k));
	fh = handle(1, 1, 0);
	assert_false(na_export_key_of(&fh, &k));
}

/* What follows the fsid is the file's own. */
static void same_export(void **state)
{
	struct na_fh a = handle(1, 6, 40), b = handle(1, 6, 32);
	struct na_export_key ka, kb;

	(void)state;
	b.data[31] ^= 1;
	assert_true(na_export_key_of(&a, &ka) && na_export_key_of(&b, &kb));
	assert_memory_equal(&ka, &kb, sizeof(ka));
	b.data[19] ^= 1;
	assert_true(na_export_key_of(&b, &kb));
	assert_memory_not_equal(&ka, &kb, sizeof(ka));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(strange),
		cmocka_unit_test(same_export),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

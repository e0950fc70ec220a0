// SPDX-License-Identifier: GPL-2.0-only
/*
 * READ calls and the replies that knfsd of three stock kernels gave to them, recorded in
 * the lab by golden/capture. What we would answer from the cache must be the same bytes.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfsaccel/cache_rule.h"

#define GOLDEN "tests/unit/golden/knfsd-%s.txt"

struct record {
	__u8 b[NA_XDR_CAP] __attribute__((aligned(4)));
	__u32 len;
};

struct exchange {
	char kind[16];
	char what[32];
	struct record call; /* with their record marks */
	struct record reply;
};

static void from_hex(const char *hex, struct record *r)
{
	unsigned int byte;

	memset(r, 0, sizeof(*r));
	for (; hex[0] && hex[1]; hex += 2) {
		assert_true(r->len < sizeof(r->b) && sscanf(hex, "%2x", &byte) == 1);
		r->b[r->len++] = (__u8)byte;
	}
}

/* The record's length must be the mark's, and the cursor stands behind the mark. */
static void open_record(struct na_xdr *x, const struct record *r)
{
	struct na_rpc_mark m = na_rpc_mark_read(na_xdr_get32(r->b));

	assert_true(m.last);
	assert_int_equal(m.len + NA_RPC_MARK_BYTES, r->len);
	na_xdr_init(x, r->b, r->len);
	x->pos = NA_RPC_MARK_BYTES;
}

static void check_read(const struct exchange *e)
{
	static const char data[] = "0123456789";
	__u8 ours[NA_READ3_HEAD + 12] __attribute__((aligned(4))) = {0};
	__u32 size = (__u32)atoi(e->what), n, eof;
	struct na_rpc_reply rpc;
	struct na_read3args a;
	struct na_read3res r;
	struct na_rpc_call c;
	struct na_xdr x;

	open_record(&x, &e->call);
	assert_int_equal(na_nfs3_read_call(&x, &c, &a), NA_V_HIT);
	assert_true(na_read_plain(a.offset, a.count, 1 << 20));
	open_record(&x, &e->reply);
	assert_true(na_rpc_reply_head(&x, &rpc) && rpc.plain);
	assert_int_equal(rpc.xid, c.xid);
	assert_true(na_nfs3_read_res(&x, e->reply.len, &r));
	assert_int_equal(r.status, NA_NFS3_OK);
	assert_true(r.has_attr && r.fattr.type == NA_NFS3_REG && r.fattr.mode == 0644);
	assert_true(r.fattr.size == size);

	na_nfs3_read_span(size, a.offset, a.count, &n, &eof);
	na_nfs3_build_read_reply(ours, c.xid, r.attr, n, eof);
	memcpy(ours + NA_READ3_HEAD, data + (n ? a.offset : 0), n);
	assert_int_equal(na_nfs3_reply_len(n), e->reply.len);
	assert_memory_equal(ours, e->reply.b, e->reply.len);
}

static void check_not_ok(const struct exchange *e)
{
	bool refused = strcmp(e->kind, "refused") == 0;
	struct na_rpc_reply rpc;
	struct na_read3args a;
	struct na_read3res r;
	struct na_rpc_call c;
	struct na_xdr x;

	/* What knfsd refuses as RPC we never take for a READ we could answer. */
	open_record(&x, &e->call);
	assert_int_equal(na_nfs3_read_call(&x, &c, &a) == NA_V_HIT, !refused);
	open_record(&x, &e->reply);
	assert_true(na_rpc_reply_head(&x, &rpc));
	assert_int_equal(rpc.xid, na_xdr_get32(e->call.b + NA_RPC_MARK_BYTES));
	assert_int_equal(rpc.plain, !refused);
	if (!refused) {
		assert_true(na_nfs3_read_res(&x, e->reply.len, &r));
		assert_int_not_equal(r.status, NA_NFS3_OK);
	}
}

static void kernel(void **state)
{
	static char line[8192], call[4096], reply[4096];
	int reads = 0, others = 0;
	struct exchange e;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), GOLDEN, (const char *)*state);
	f = fopen(path, "r");
	if (!f)
		fail_msg("no %s: tests run in the top directory", path);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(
			sscanf(line, "%15s %31s %4095s %4095s", e.kind, e.what, call, reply), 4);
		from_hex(call, &e.call);
		from_hex(reply, &e.reply);
		if (strcmp(e.kind, "read") == 0) {
			check_read(&e);
			reads++;
		} else {
			check_not_ok(&e);
			others++;
		}
	}
	fclose(f);
	assert_int_equal(reads, 46);
	assert_int_equal(others, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"linux_6_1", kernel, NULL, NULL, "6.1"},
		{"linux_6_12", kernel, NULL, NULL, "6.12"},
		{"linux_7_2", kernel, NULL, NULL, "7.2"},
	};

	return cmocka_run_group_tests_name("knfsd", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/bench/native/set.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfsaccel/nfs3.h"
#include "tests/prog/rpc.h"

#define NFS_PORT  2049u
#define FAKE_FH	  28u
#define FAKE_SEAL 0x66616b65u /* says that a handle is one of ours */

static __u32 padded(__u32 n)
{
	return (n + 3) & ~3u;
}

/* A reply's record around these results of a READ. */
static int keep_reply(struct bench_file *file, const __u8 *results, __u32 len)
{
	file->len = BENCH_HEAD + len;
	file->reply = calloc(1, file->len);
	if (!file->reply)
		return -ENOMEM;
	na_put_be32(file->reply, 0x80000000u | (file->len - 4));
	na_put_be32(file->reply + 8, 1); /* REPLY; accepted, AUTH_NONE, SUCCESS are 0 */
	memcpy(file->reply + BENCH_HEAD, results, len);
	return 0;
}

/* Does the server say what a READ of a whole file of this size must bring? */
static bool whole(const struct rpc *r, __u32 size)
{
	return r->len == BENCH_RESULTS + padded(size) && !na_get_be32(r->reply) &&
	       na_get_be32(r->reply + 4) == 1 && na_get_be32(r->reply + 92) == size &&
	       na_get_be32(r->reply + 96) == 1;
}

static int ask_one(struct rpc *r, struct bench_file *file, const struct na_fh *dir, __u32 number,
		   __u32 size)
{
	char name[16];
	int err;

	snprintf(name, sizeof(name), "f%06u", number);
	err = rpc_lookup(r, dir, name, &file->fh);
	if (err)
		return err;
	r->xid++;
	err = rpc_send_read(r, &file->fh, 0, size) ?: rpc_receive(r);
	if (err)
		return err;
	return whole(r, size) ? keep_reply(file, r->reply, r->len) : -EPROTO;
}

int bench_set_ask(struct bench_set *set, const char *server, const char *path, __u32 n, __u32 size)
{
	static struct rpc r;
	char above[256], last[256];
	struct na_fh root, dir;
	__u32 i;
	int err;

	*set = (struct bench_set){.size = size, .files = calloc(n, sizeof(*set->files))};
	snprintf(above, sizeof(above), "%s", path);
	snprintf(last, sizeof(last), "%s", path);
	r.fd = -1;
	err = set->files ? 0 : -ENOMEM;
	err = err ?: rpc_mount(server, BENCH_MOUNTD, dirname(above), &root) ?:
		     rpc_connect(&r, server, NFS_PORT) ?:
		     rpc_lookup(&r, &root, basename(last), &dir);
	for (i = 0; i < n && !err; i++) {
		err = ask_one(&r, &set->files[i], &dir, i, size);
		set->n += !err;
	}
	rpc_close(&r);
	if (err) {
		fprintf(stderr, "%s:%s, file %u: %s\n", server, path, set->n, strerror(-err));
		bench_set_free(set);
	}
	return err;
}

void bench_set_free(struct bench_set *set)
{
	__u32 i;

	for (i = 0; i < set->n; i++)
		free(set->files[i].reply);
	free(set->files);
	*set = (struct bench_set){0};
}

void bench_fake_fh(struct na_fh *fh, __u32 number)
{
	__u32 i;

	memset(fh, 0, sizeof(*fh));
	fh->len = FAKE_FH;
	na_put_be32(fh->data, FAKE_SEAL);
	na_put_be32(fh->data + 4, number);
	for (i = 8; i < FAKE_FH; i++)
		fh->data[i] = (__u8)(number * 2654435761u >> i % 24);
}

long bench_fake_number(const __u8 *fh, __u32 len)
{
	return len == FAKE_FH && na_get_be32(fh) == FAKE_SEAL ? (long)na_get_be32(fh + 4) : -1;
}

int bench_fake_reply(struct bench_file *file, __u32 number, __u32 size)
{
	__u32 len = BENCH_RESULTS + padded(size);
	__u8 *p = calloc(1, len);
	int err;

	if (!p)
		return -ENOMEM;
	na_put_be32(p + 4, 1);
	na_put_be32(p + 8, 1); /* a regular file, mode 0644, one link */
	na_put_be32(p + 12, 0644);
	na_put_be32(p + 16, 1);
	na_put_be64(p + 28, size);
	na_put_be64(p + 36, size);
	na_put_be64(p + 52, FAKE_SEAL); /* fsid */
	na_put_be64(p + 60, number + 1ull);
	na_put_be32(p + 92, size);
	na_put_be32(p + 96, 1);
	na_put_be32(p + 100, size);
	memset(p + BENCH_RESULTS, (int)(number & 0xff), size);
	bench_fake_fh(&file->fh, number);
	err = keep_reply(file, p, len);
	free(p);
	return err;
}

__u32 bench_call(__u8 *out, const struct na_fh *fh, __u32 xid, __u32 size)
{
	__u32 head[] = {0,
			xid,
			0 /* CALL */,
			2,
			100003,
			3,
			NA_NFS3_READ,
			1 /* AUTH_SYS */,
			20,
			0,
			0,
			0,
			0,
			0,
			0,
			0,
			fh->len};
	__u32 n = sizeof(head) / sizeof(head[0]), i, at = sizeof(head);

	memset(out + at, 0, padded(fh->len));
	memcpy(out + at, fh->data, fh->len);
	at += padded(fh->len);
	na_put_be64(out + at, 0);
	na_put_be32(out + at + 8, size);
	at += 12;
	head[0] = 0x80000000u | (at - 4);
	for (i = 0; i < n; i++)
		na_put_be32(out + 4 * i, head[i]);
	return at;
}

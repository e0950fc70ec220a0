/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cache and a connection filled in by hand, and the messages that go with them. What the
 * client and nfsd say comes from libtirpc (tests/unit/oracle.h), not from the code under
 * test.
 */
#ifndef TESTS_PROG_SCENE_H
#define TESTS_PROG_SCENE_H

#include "nfsaccel/nfs3.h"
#include "tests/prog/tc.h"

#define SCENE_DATA  (NA_FILE_MAX + 1024u) /* room for a record of any size */
#define SCENE_MSS   1448u
#define SCENE_CWND  (1u << 20) /* our allowance */
#define SCENE_WIN   501u       /* unscaled, of both ends */
#define SCENE_SHIFT 7u
#define SCENE_TS    0x20000000u /* newest TSval sent to the client; far ahead of the clock's */

struct scene_file {
	__u32 entry;
	__u32 slot;
	__u64 fid;
	struct na_fh fh;
	struct na_fattr3 attr;
	__u8 *bytes; /* attr.size of them */
};

struct scene_setup {
	bool ip6;
	bool ts;
	__u32 client; /* the client's next position */
	__u32 server; /* the server's, as the client counts */
	__u32 din;    /* consumed and injected before */
	__u32 dout;
};

struct scene {
	struct tc *t;
	struct scene_setup at;
	struct na_flow f; /* as written last */
	__u64 cred;
	struct tc_counts before; /* the last run */
	struct tc_run run;	 /* and what came of it */
};

/* A connection in sync on both streams at these positions; replaces all others. */
void scene_begin(struct scene *s, struct tc *t, const struct scene_setup *at);
/* Write s->f, read it back. */
void scene_put(struct scene *s);
void scene_get(struct scene *s, struct na_flow *f);

/* A file of this size that is in no cache. */
void scene_describe(struct scene_file *file, __u32 size);
/* The same in the cache, which the connection's client may read. */
void scene_file(struct scene *s, struct scene_file *file, __u32 size);
void scene_forget(struct scene *s, struct scene_file *file);
struct na_entry scene_entry(struct scene *s, const struct scene_file *file);
void scene_set_entry(struct scene *s, const struct scene_file *file, const struct na_entry *e);
void scene_ctl(struct scene *s, struct na_ctl *get, const struct na_ctl *set);

struct scene_free {
	__u32 blocks;
	__u32 entries;
};

struct scene_free scene_free(struct scene *s);

/* How often the entry is pinned. */
__u32 scene_pins(struct scene *s, const struct scene_file *file);

/* A READ call and nfsd's reply to it, record marks included; their length. */
__u32 scene_call(const struct scene_file *file, __u32 xid, __u64 offset, __u32 count, __u8 *out);
__u32 scene_reply(const struct scene_file *file, __u32 xid, __u64 offset, __u32 count, __u8 *out);

/* What the client sends next, and the server, in client space. */
struct frame scene_from_client(const struct scene *s, const __u8 *data, __u32 len);
struct frame scene_to_client(const struct scene *s, const __u8 *data, __u32 len);
/* What the server's stack sends next, in server space. */
struct frame scene_from_server(const struct scene *s, const __u8 *data, __u32 len);

/* A call of so many bytes was consumed, and a reply of so many sent: where both streams stand. */
void scene_answered(struct scene *s, __u32 call_len, __u32 reply_len);

/* Run a frame through a program. scene_run takes bytes, of which `f` need not be true. */
void scene_ingress(struct scene *s, const struct frame *f);
void scene_egress(struct scene *s, const struct frame *f);
void scene_run(struct scene *s, const struct bpf_program *prog, const __u8 *bytes, __u32 len);

/* The skb went on to the stack (or the wire) as this frame, the only one there is. */
void scene_expect_on(struct scene *s, const struct frame *want);
/* The skb, or the next packet that left na0, is this frame to the client. */
void scene_expect_skb(struct scene *s, const struct frame *want);
void scene_expect_sent(struct scene *s, const struct frame *want);
void scene_expect_silence(struct scene *s);
void scene_drain(struct scene *s); /* whatever left na0 is not looked at */

/* Fails the test, with both in hexadecimal, unless got is the frame. */
void scene_expect(const struct frame *want, const __u8 *got, __u32 len);

/* Counters that are not 0, on one line. */
void scene_print_counts(const struct tc_counts *c);

struct CMUnitTest;

/* Runs the tests with the programs loaded into t, as tc_defaults says: what main() returns. */
int scene_run_tests(struct tc *t, const char *name, const struct CMUnitTest *tests, __u32 n);

/* The only counters the last run moved, and by how much: verdict, number, ..., then -1. */
void scene_expect_counts(struct scene *s, ...);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* READs the TC programs answer: every byte of what the client gets. */
#include "tests/unit/check.h"

#include <linux/pkt_cls.h>
#include <string.h>

#include "tests/prog/scene.h"

#define XID 0x5eed0001u

static struct tc tc;
static struct scene s;
static __u8 call[16000], reply[SCENE_DATA];

/* Positions about to pass 2^32, too, and connections that were spliced before. */
static const struct scene_setup setups[] = {
	{.ts = true, .client = 1000000, .server = 5000000},
	{.ts = true, .client = 100, .server = 200, .din = 0x12345678, .dout = 0x87654321},
	{.client = 0xffffffc0, .server = 0xffffff80, .din = 7000, .dout = 90000},
	{.ip6 = true, .ts = true, .client = 0xfffffff0, .server = 0xfffffff0, .din = 4, .dout = 8},
	{.ip6 = true, .client = 77, .server = 0x80000000, .dout = 0xffffffff},
};

/*
 * The reply of len bytes in reply[], at stream position seq, in packets of one MSS. If
 * `all` is sent, its last packet is the skb that came in.
 */
static void expect_reply(__u32 seq, __u32 len, __u32 consumed, bool all)
{
	__u32 at, n;

	for (at = 0; at < len; at += n) {
		bool last = len - at <= SCENE_MSS;
		struct frame want;

		n = last ? len - at : SCENE_MSS;
		want = scene_to_client(&s, reply + at, n);
		want.seq = seq + at;
		want.flags = TCP_ACK | (last ? TCP_PSH : 0);
		want.win = (__u16)(((SCENE_WIN << SCENE_SHIFT) + consumed) >> SCENE_SHIFT);
		if (last && all)
			scene_expect_skb(&s, &want);
		else
			scene_expect_sent(&s, &want);
	}
	if (all)
		scene_expect_silence(&s);
}

/* Of the file in reply[], without the padding behind them. */
static __u32 file_bytes(void)
{
	return na_get_be32(reply + NA_READ3_HEAD - 4);
}

static void expect_pins(const struct scene_file *file, __u32 n)
{
	assert_int_equal(scene_pins(&s, file), n);
}

/* The client takes everything: the pins go, the server learns nothing of it. */
static void acknowledge(__u32 consumed, __u32 injected)
{
	struct frame ack, release;

	s.at.client += consumed;
	s.at.server += injected;
	ack = scene_from_client(&s, NULL, 0);
	scene_ingress(&s, &ack);
	release = scene_to_client(&s, NULL, 0);
	scene_expect_skb(&s, &release);
	scene_expect_counts(&s, NA_V_RELEASE_ACK, 1, NA_V_SWALLOWED, 1, -1);
}

/* One READ, answered, against nfsd's own words. */
static void hit(const struct scene_setup *at, const struct scene_file *file, __u64 offset,
		__u32 count)
{
	__u32 len = scene_call(file, XID, offset, count, call), rep;
	struct na_flow f;
	struct frame in;

	scene_begin(&s, &tc, at);
	s.f.c_edge += SCENE_DATA;
	scene_put(&s);
	in = scene_from_client(&s, call, len);
	scene_ingress(&s, &in);
	rep = scene_reply(file, XID, offset, count, reply);
	expect_reply(at->server, rep, len, true);
	scene_expect_counts(&s, NA_V_HIT, 1, NA_V_HIT_BYTES, (int)file_bytes(),
			    at->dout ? -1 : NA_V_FLOW_SPLICED, 1, -1);
	scene_get(&s, &f);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.din, at->din + len);
	assert_int_equal(f.dout, at->dout + rep);
	expect_pins(file, 1);
	acknowledge(len, rep);
	expect_pins(file, 0);
	scene_expect_silence(&s);
}

static void test_sizes(void **state)
{
	static const __u32 sizes[] = {0,    1,	  2,	3,    4,    5,	   1023,  1024,	 1315, 1316,
				      1317, 4095, 4096, 4097, 8191, 14999, 16384, 65535, 65536};
	struct scene_file file;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		for (j = 0; j < COUNT(setups); j++) {
			scene_begin(&s, &tc, &setups[j]);
			scene_file(&s, &file, sizes[i]);
			hit(&setups[j], &file, 0, 65536);
			scene_forget(&s, &file);
		}
	}
}

static void test_ranges(void **state)
{
	static const struct {
		__u64 offset;
		__u32 count;
	} ranges[] = {{0, 1},	    {0, 0},	 {1, 1},	  {4095, 2},	 {4096, 4096},
		      {4095, 4098}, {1, 9999},	 {9999, 1},	  {9999, 65536}, {10000, 1},
		      {10000, 0},   {10001, 10}, {1ull << 32, 5}, {8192, 65536}, {3, 4097}};
	struct scene_file file;
	size_t i;

	(void)state;
	scene_begin(&s, &tc, &setups[0]);
	scene_file(&s, &file, 10000);
	for (i = 0; i < COUNT(ranges); i++)
		hit(&setups[i % COUNT(setups)], &file, ranges[i].offset, ranges[i].count);
	scene_forget(&s, &file);
}

/* A sender on this machine leaves the checksum to the device. */
static void test_partial(void **state)
{
	struct scene_file file;
	struct frame in;
	__u32 len, rep;

	(void)state;
	scene_begin(&s, &tc, &setups[0]);
	scene_file(&s, &file, 100);
	len = scene_call(&file, XID, 0, 100, call);
	rep = scene_reply(&file, XID, 0, 100, reply);
	in = scene_from_client(&s, call, len);
	in.partial = true;
	scene_ingress(&s, &in);
	expect_reply(s.at.server, rep, len, true);
	scene_forget(&s, &file);
}

/* Ethernet pads short frames: a trailer is no payload. */
static void test_trailer(void **state)
{
	static __u8 bytes[FRAME_MAX];
	struct scene_file file;
	struct frame in;
	__u32 len, n, rep;

	(void)state;
	scene_begin(&s, &tc, &setups[0]);
	scene_file(&s, &file, 777);
	len = scene_call(&file, XID, 0, 4096, call);
	rep = scene_reply(&file, XID, 0, 4096, reply);
	in = scene_from_client(&s, call, len);
	n = frame_build(&in, bytes);
	memset(bytes + n, 0xee, 7);
	scene_run(&s, tc.skel->progs.na_ingress, bytes, n + 7);
	expect_reply(s.at.server, rep, len, true);
	scene_forget(&s, &file);
}

static void test_several(void **state)
{
	struct scene_file files[2];
	__u32 n, i, j;

	(void)state;
	for (j = 0; j < COUNT(setups); j++) {
		for (n = 2; n <= 8; n++) {
			__u32 lens[8], total = 0, rep = 0;
			struct frame in;

			scene_begin(&s, &tc, &setups[j]);
			scene_file(&s, &files[0], 3000);
			scene_file(&s, &files[1], 1);
			for (i = 0; i < n; i++) {
				lens[i] = scene_call(&files[i & 1], XID + i, i, 4000, call + total);
				total += lens[i];
			}
			in = scene_from_client(&s, call, total);
			scene_ingress(&s, &in);
			for (i = 0; i < n; i++) {
				__u32 r = scene_reply(&files[i & 1], XID + i, i, 4000, reply);

				expect_reply(s.at.server + rep, r, total, i + 1 == n);
				rep += r;
			}
			expect_pins(&files[0], (n + 1) / 2);
			expect_pins(&files[1], n / 2);
			acknowledge(total, rep);
			expect_pins(&files[0], 0);
			expect_pins(&files[1], 0);
			scene_forget(&s, &files[0]);
			scene_forget(&s, &files[1]);
		}
	}
}

/* A segment of READs, some answered, of others' fragments before and behind them. */
struct mix {
	__u32 hits; /* bit i: the i-th of MIX is cached */
	__u32 head; /* bytes of a record that began before */
	__u32 tail; /* bytes of one that ends later */
};

#define MIX 4u

static void mixed(const struct scene_setup *at, const struct mix *m, const struct scene_file *file,
		  const struct scene_file *gone)
{
	static __u8 rest[sizeof(call)];
	__u32 i, len, total = m->head, nrest = m->head, hits = 0, seq = at->server, rep, bytes = 0;
	struct frame in, want;
	struct na_entry e;
	struct na_flow f;

	scene_begin(&s, &tc, at);
	s.f.c_rec.next += m->head;
	s.f.c_edge += SCENE_DATA;
	scene_put(&s);
	memset(call, 0x11, m->head);
	memset(rest, 0x11, m->head);
	for (i = 0; i < MIX; i++) {
		bool hit = m->hits & 1u << i;

		len = scene_call(hit ? file : gone, XID + i, i, 2000, call + total);
		if (!hit) {
			memcpy(rest + nrest, call + total, len);
			nrest += len;
		}
		hits += hit;
		total += len;
	}
	len = scene_call(file, XID + MIX, 0, 500, call + total);
	memcpy(rest + nrest, call + total, m->tail);
	total += m->tail;
	nrest += m->tail;
	in = scene_from_client(&s, call, total);
	scene_ingress(&s, &in);
	for (i = 0; i < MIX; i++) {
		if (!(m->hits & 1u << i))
			continue;
		rep = scene_reply(file, XID + i, i, 2000, reply);
		expect_reply(seq, rep, total - nrest, false);
		seq += rep;
		bytes += file_bytes();
	}
	want = scene_from_client(&s, rest, nrest);
	want.seq -= at->din;
	want.ack -= at->dout;
	/* half of the client's window, the other is for what is injected */
	want.win = SCENE_WIN / 2;
	scene_expect_on(&s, &want);
	scene_expect_counts(&s, NA_V_HIT, hits, NA_V_HIT_BYTES, bytes, NA_V_MISS_NOENTRY, MIX - hits,
			    NA_V_FILL_ASKED, MIX - hits, NA_V_PASS_SPLIT, !!m->tail,
			    NA_V_TRANSLATED_IN, 1, at->dout ? -1 : NA_V_FLOW_SPLICED, 1, -1);
	expect_pins(file, hits);
	scene_get(&s, &f);
	assert_int_equal(f.c_next, at->client + total);
	assert_int_equal(f.c_rec.next, at->client + total - m->tail + (m->tail ? len : 0));
	assert_int_equal(f.din, at->din + total - nrest);
	e = scene_entry(&s, file);
	e.ref = NA_ENTRY_LIVE; /* what the connection leaves pinned */
	scene_set_entry(&s, file, &e);
}

static void test_mixed(void **state)
{
	struct scene_file file, gone;
	struct mix m;
	size_t j;

	(void)state;
	scene_begin(&s, &tc, &setups[0]);
	scene_file(&s, &file, 2000);
	scene_file(&s, &gone, 500);
	gone.fh.data[3] ^= 1;
	for (j = 0; j < COUNT(setups); j++) {
		for (m.hits = 1; m.hits < 1u << MIX; m.hits++) {
			m.head = m.tail = 0;
			if (m.hits + 1 < 1u << MIX)
				mixed(&setups[j], &m, &file, &gone);
			m.head = 1 + m.hits * 9;
			mixed(&setups[j], &m, &file, &gone);
			m.tail = 8 + m.hits;
			mixed(&setups[j], &m, &file, &gone);
			m.head = 0;
			mixed(&setups[j], &m, &file, &gone);
		}
	}
	gone.fh.data[3] ^= 1;
	scene_forget(&s, &gone);
	scene_forget(&s, &file);
}

/* A train of n calls for the same 90 bytes; returns its length. */
static __u32 train(const struct scene_file *file, __u32 xid, __u32 n)
{
	__u32 i, total = 0;

	for (i = 0; i < n; i++)
		total += scene_call(file, xid + i, 0, 90, call + total);
	return total;
}

/*
 * As many as the FIFO holds are answered in order, whatever the segments; those behind them
 * go to the server until the others are settled.
 */
static void test_fifo(void **state)
{
	const __u32 each = 20, over = 12;
	__u32 i = 0, n, len, rep = 0, seq, taken = 0, bytes = 0, last;
	struct scene_file file;
	struct frame in, want;

	(void)state;
	scene_begin(&s, &tc, &setups[3]);
	scene_file(&s, &file, 90);
	s.f.c_edge += SCENE_DATA;
	scene_put(&s);
	seq = s.at.server;
	while (i < NA_FIFO) {
		bool whole = NA_FIFO - i >= each;

		last = whole ? each : NA_FIFO - i;
		len = train(&file, XID + i, whole ? each : last + over);
		in = scene_from_client(&s, call, len);
		in.seq += taken;
		scene_ingress(&s, &in);
		taken += whole ? len : len / (last + over) * last;
		for (n = 0, bytes = 0; n < last; n++, i++, seq += rep) {
			rep = scene_reply(&file, XID + i, 0, 90, reply);
			expect_reply(seq, rep, taken, whole && n + 1 == last);
			bytes += file_bytes();
		}
		expect_pins(&file, i);
	}
	len = len / (last + over);
	scene_expect_counts(&s, NA_V_HIT, last, NA_V_HIT_BYTES, bytes, NA_V_PASS_FIFO, over,
			    NA_V_TRANSLATED_IN, 1, -1);
	want = in;
	want.data = call + last * len;
	want.len = over * len;
	want.seq -= s.at.din + taken - last * len;
	want.ack -= s.at.dout;
	/* half of the client's window, the other is for what is injected */
	want.win = SCENE_WIN / 2;
	scene_expect_on(&s, &want);
	expect_pins(&file, NA_FIFO);
	in = scene_from_client(&s, NULL, 0);
	in.seq += taken + over * len;
	in.ack = seq;
	scene_ingress(&s, &in);
	expect_pins(&file, 0);
	scene_forget(&s, &file);
}

/*
 * The second of three READs overtakes the first: both are passed, though the first's timestamp is
 * the older one, and the third is answered.
 */
static void test_overtaken(void **state)
{
	struct scene_file file;
	struct na_flow f;
	struct frame in;
	__u32 len, rep;
	size_t j;

	(void)state;
	for (j = 0; j < COUNT(setups); j++) {
		scene_begin(&s, &tc, &setups[j]);
		s.f.c_edge += SCENE_DATA;
		scene_put(&s);
		scene_file(&s, &file, 500);
		len = scene_call(&file, XID + 1, 0, 500, call);
		in = scene_from_client(&s, call, len);
		in.seq += len;
		in.tsval += 3;
		scene_ingress(&s, &in);
		scene_expect_silence(&s);
		scene_get(&s, &f);
		assert_false(f.c_rec.sync);
		scene_call(&file, XID, 0, 500, call);
		in = scene_from_client(&s, call, len);
		scene_ingress(&s, &in);
		scene_expect_silence(&s);
		scene_get(&s, &f);
		assert_true(f.c_rec.sync);
		assert_int_equal(f.c_rec.next, s.at.client + 2 * len);
		s.f = f;
		s.f.trouble = 0; /* else no answer goes behind what nfsd has under way */
		scene_put(&s);
		scene_call(&file, XID + 2, 0, 500, call);
		in = scene_from_client(&s, call, len);
		in.seq += 2 * len;
		scene_ingress(&s, &in);
		rep = scene_reply(&file, XID + 2, 0, 500, reply);
		expect_reply(s.at.server, rep, len, true);
		expect_pins(&file, 1);
		scene_forget(&s, &file);
	}
}

/*
 * A READ that begins at the end of a whole packet and ends in the next one: it is kept back, and
 * answered or passed in one piece once the rest is there; if all of it comes again, that is used.
 * With the client's last bytes comes its FIN: these are nfsd's.
 */
static void straddling(const struct scene_setup *at, __u32 part, bool cached, bool again, bool last)
{
	struct scene_file file, gone;
	__u32 len0, len1, rep, rep1;
	struct frame in, want;
	struct na_flow f;

	scene_begin(&s, &tc, at);
	scene_file(&s, &file, 500);
	gone = file;
	gone.fh.data[3] ^= 1;
	len0 = scene_call(&file, XID, 0, 4, call);
	len1 = scene_call(cached ? &file : &gone, XID + 1, 4, 4, call + len0);
	assert_in_range(len0 + part, NA_READ3_HEAD + 4, SCENE_MSS);
	s.f.mss = (__u16)(len0 + part);
	s.f.flags |= NA_FLOW_PROMPT;
	s.f.c_edge += SCENE_DATA;
	scene_put(&s);
	in = scene_from_client(&s, call, len0 + part);
	scene_ingress(&s, &in);
	rep = scene_reply(&file, XID, 0, 4, reply);
	expect_reply(at->server, rep, len0, true);
	scene_expect_counts(&s, NA_V_HIT, 1, NA_V_HIT_BYTES, 4,
			    at->dout ? -1 : NA_V_FLOW_SPLICED, 1, -1);
	scene_get(&s, &f);
	assert_int_equal(f.kept, part);
	assert_int_equal(f.c_next, at->client + len0);
	assert_int_equal(f.c_rec.next, f.c_next);

	if (again)
		part = 0;
	in = scene_from_client(&s, call + len0 + part, len1 - part);
	in.seq += len0 + part;
	in.flags |= last ? TCP_FIN : 0;
	scene_ingress(&s, &in);
	if (cached && !last) {
		rep1 = scene_reply(&file, XID + 1, 4, 4, reply);
		expect_reply(at->server + rep, rep1, len0 + len1, true);
		scene_expect_counts(&s, NA_V_HIT, 1, NA_V_HIT_BYTES, 4, again ? -1 : NA_V_JOINED, 1,
				    -1);
	} else {
		want = scene_from_client(&s, call + len0, len1);
		want.seq -= at->din;
		want.ack -= at->dout;
		want.win = SCENE_WIN / 2;
		want.flags = in.flags;
		scene_expect_on(&s, &want);
		if (cached)
			scene_expect_counts(&s, NA_V_PASS_FLAGS, 1, NA_V_TRANSLATED_IN, 1,
					    again ? -1 : NA_V_JOINED, 1, -1);
		else
			scene_expect_counts(&s, NA_V_MISS_NOENTRY, 1, NA_V_FILL_ASKED, 1,
					    NA_V_TRANSLATED_IN, 1, again ? -1 : NA_V_JOINED, 1, -1);
	}
	expect_pins(&file, 1 + (cached && !last));
	scene_get(&s, &f);
	assert_int_equal(f.kept, 0);
	assert_int_equal(f.c_next, at->client + len0 + len1 + last);
	assert_int_equal(f.c_rec.next, at->client + len0 + len1);
	scene_forget(&s, &file);
}

static void test_straddling(void **state)
{
	__u32 part, end;
	size_t j;

	(void)state;
	for (j = 0; j < COUNT(setups); j++) {
		scene_begin(&s, &tc, &setups[j]);
		end = scene_call(&(struct scene_file){.fh.len = 28}, XID, 0, 4, call);
		for (part = 28; part < end; part += 1 + j) {
			straddling(&setups[j], part, true, false, false);
			straddling(&setups[j], part, true, true, false);
			straddling(&setups[j], part, false, false, false);
			straddling(&setups[j], part, false, true, false);
			straddling(&setups[j], part, true, false, true);
			straddling(&setups[j], part, false, false, true);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	  cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_partial),	  cmocka_unit_test(test_trailer),
		cmocka_unit_test(test_several),	  cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_fifo),	  cmocka_unit_test(test_overtaken),
		cmocka_unit_test(test_straddling),
	};

	return scene_run_tests(&tc, "tc_hit", tests, COUNT(tests));
}

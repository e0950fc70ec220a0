// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is not ours passes byte for byte and leaves no trace, even if it is all but a READ
 * that would be answered.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "tests/prog/scene.h"

#define XID 0xabad0001u
#define ETH 14u

static struct tc tc;
static struct scene s;
static struct scene_file file;
static struct frame in;
static __u8 call[1024], bytes[FRAME_MAX];
static __u32 len, call_len;

static const struct scene_setup setups[] = {
	{.ts = true, .client = 1000000, .server = 5000000, .din = 44, .dout = 55},
	{.ip6 = true, .ts = true, .client = 0xfffffff0, .server = 9, .din = 1, .dout = 2},
};

/* The READ, built into bytes. */
static void begin(const struct scene_setup *at)
{
	scene_begin(&s, &tc, at);
	if (!file.bytes)
		scene_file(&s, &file, 1500);
	call_len = scene_call(&file, XID, 0, 1500, call);
	in = scene_from_client(&s, call, call_len);
	len = frame_build(&in, bytes);
}

/* Through a program; nothing may come of it. */
static void expect_untouched_by(const struct bpf_program *prog)
{
	static __u8 was[FRAME_MAX];
	struct na_flow before, after;

	memcpy(was, bytes, len);
	scene_get(&s, &before);
	s.run.mark = 0;
	scene_run(&s, prog, bytes, len);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_int_equal(s.run.len, len);
	assert_memory_equal(s.run.data, was, len);
	assert_int_equal(s.run.mark, 0);
	scene_expect_silence(&s);
	scene_expect_counts(&s, -1);
	scene_get(&s, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(scene_pins(&s, &file), 0);
}

static void expect_untouched(void)
{
	expect_untouched_by(tc.skel->progs.na_ingress);
}

/* The server's stack would take it at the wrong place (tc_way_test has the unspliced). */
static void expect_dropped(void)
{
	scene_run(&s, tc.skel->progs.na_ingress, bytes, len);
	assert_int_equal(s.run.act, TC_ACT_SHOT);
	scene_expect_silence(&s);
	scene_expect_counts(&s, NA_V_DROPPED, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 0);
}

static void put16(__u32 at, __u32 v)
{
	na_put_be16(bytes + at, (__u16)v);
}

/* The sum of an IPv4 header of n words, after a change. */
static void sum_ip(__u32 words)
{
	__u32 i, sum = 0;

	put16(ETH + 10, 0);
	for (i = 0; i < 2 * words; i++)
		sum += na_get_be16(bytes + ETH + 2 * i);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ETH + 10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
}

/* Without any of it, the READ is answered: the rest of this file means something. */
static void test_control(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		scene_run(&s, tc.skel->progs.na_ingress, bytes, len);
		assert_int_equal(s.run.act, TC_ACT_REDIRECT);
		assert_true(tc_sent(&tc, bytes, true));
	}
}

static void test_other_port(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		in.to_port = 2050;
		len = frame_build(&in, bytes);
		expect_untouched();
		begin(&setups[i]);
		in.to_port = in.from_port;
		in.from_port = 2049;
		len = frame_build(&in, bytes);
		expect_untouched();
	}
}

static void test_other_protocol(void **state)
{
	static const __u8 protocols[] = {1, 17, 47, 58, 132, 255};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(protocols); i++) {
		begin(&setups[0]);
		bytes[ETH + 9] = protocols[i];
		sum_ip(10 / 2);
		expect_untouched();
		begin(&setups[1]);
		bytes[ETH + 6] = protocols[i];
		expect_untouched();
	}
	/* not IP at all, and not what the Ethernet header says */
	begin(&setups[0]);
	put16(12, 0x0806);
	expect_untouched();
	begin(&setups[0]);
	put16(12, 0x86dd);
	expect_untouched();
	begin(&setups[1]);
	put16(12, 0x0800);
	expect_untouched();
	begin(&setups[0]);
	bytes[ETH] = 0x65;
	expect_untouched();
}

static void test_other_host(void **state)
{
	static const __u8 macs[][6] = {{0x02, 1, 2, 3, 4, 5},
				       {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
				       {0x01, 0, 0x5e, 1, 1, 1}};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		for (j = 0; j < COUNT(macs); j++) {
			begin(&setups[i]);
			memcpy(bytes, macs[j], 6);
			expect_untouched();
		}
	}
}

static void test_vlan(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		memmove(bytes + 16, bytes + 12, len - 12);
		put16(12, 0x8100);
		put16(14, 7);
		len += 4;
		expect_untouched();
	}
}

static void test_fragments(void **state)
{
	static const __u32 fields[] = {0x2000, 0x0001, 0x3fff, 0x1fff, 0x6000};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fields); i++) {
		begin(&setups[0]);
		put16(ETH + 6, fields[i]);
		sum_ip(5);
		if (fields[i] & 0x1fff)
			expect_untouched();
		else
			expect_dropped(); /* the first one, with the TCP header */
	}
	/* a fragment header, and a destination option, before TCP */
	for (i = 0; i < 2; i++) {
		begin(&setups[1]);
		memmove(bytes + ETH + 48, bytes + ETH + 40, len - ETH - 40);
		memset(bytes + ETH + 40, 0, 8);
		bytes[ETH + 40] = 6;
		bytes[ETH + 6] = i ? 60 : 44;
		put16(ETH + 4, na_get_be16(bytes + ETH + 4) + 8u);
		len += 8;
		if (i)
			expect_untouched();
		else
			expect_dropped();
	}
}

static void test_ip_options(void **state)
{
	(void)state;
	begin(&setups[0]);
	memmove(bytes + ETH + 24, bytes + ETH + 20, len - ETH - 20);
	memset(bytes + ETH + 20, 1, 4);
	bytes[ETH] = 0x46;
	put16(ETH + 2, na_get_be16(bytes + ETH + 2) + 4u);
	sum_ip(6);
	len += 4;
	expect_dropped();
	begin(&setups[0]);
	bytes[ETH] = 0x44;
	expect_untouched();
}

/* The frame ends anywhere before its payload does; the IP header promises more. */
static void test_truncated(void **state)
{
	__u32 whole, n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		whole = len;
		for (n = ETH + 1; n < whole; n++) {
			begin(&setups[i]);
			len = n;
			/* newer kernels make no skb of half an IP header here */
			if (n >= frame_tcp(&in) ||
			    tc_run(&tc, tc.skel->progs.na_ingress, bytes, len, &s.run) != -EINVAL)
				expect_untouched();
		}
	}
}

/* The IP header says so itself: there is less than a TCP header. */
static void test_truncated_tcp(void **state)
{
	__u32 n;

	(void)state;
	for (n = 0; n < frame_payload(&in) - frame_tcp(&in); n++) {
		begin(&setups[0]);
		put16(ETH + 2, 20 + n);
		sum_ip(5);
		len = ETH + 20 + n;
		expect_untouched();
		len += 60; /* Ethernet's padding is no header either */
		expect_untouched();
		begin(&setups[1]);
		put16(ETH + 4, n ? n : 1);
		len = ETH + 40 + (n ? n : 1);
		expect_untouched();
	}
}

static void test_data_offset(void **state)
{
	__u32 words;

	(void)state;
	for (words = 0; words < 5; words++) {
		begin(&setups[0]);
		bytes[frame_tcp(&in) + 12] = (__u8)(words << 4);
		frame_sum(&in, bytes, len);
		expect_untouched();
	}
}

/* SYNs are never translated, whatever they carry. */
static void test_syn(void **state)
{
	static const __u8 flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK | TCP_PSH,
				     TCP_SYN | TCP_ECE | TCP_CWR};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		for (j = 0; j < COUNT(flags); j++) {
			struct na_flow f;

			begin(&setups[i]);
			in.flags = flags[j];
			in.seq += 12345;
			in.len = j & 1 ? call_len : 0;
			scene_ingress(&s, &in);
			scene_expect_on(&s, &in);
			scene_get(&s, &f);
			assert_int_equal(f.c_next, s.at.client);
			assert_int_equal(f.din, s.at.din);
		}
	}
}

/* Unknown connections: no socket is there, so nothing is learnt. */
static void test_no_flow(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		in.from_port++;
		scene_ingress(&s, &in);
		scene_expect_on(&s, &in);
		scene_expect_counts(&s, NA_V_PASS_NOFLOW, 1, -1);
		in.len = 0;
		scene_ingress(&s, &in);
		scene_expect_on(&s, &in);
		scene_expect_counts(&s, -1);
	}
}

/* One bit is wrong, anywhere in the segment: the header is translated, and still wrong. */
static void test_wrong_checksum(void **state)
{
	size_t i;
	__u32 at;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		begin(&setups[i]);
		for (at = frame_payload(&in); at < len; at++) {
			struct frame want;

			begin(&setups[i]);
			bytes[at] ^= 0x10;
			s.run.mark = 0;
			scene_run(&s, tc.skel->progs.na_ingress, bytes, len);
			assert_int_equal(s.run.act, TC_ACT_UNSPEC);
			assert_int_equal(scene_pins(&s, &file), 0);
			/* right again with the bit put right */
			want = in;
			want.seq -= s.at.din;
			want.ack -= s.at.dout;
			want.win = na_get_be16(s.run.data + frame_tcp(&in) + 14);
			s.run.data[at] ^= 0x10;
			scene_expect(&want, s.run.data, s.run.len);
		}
	}
}

/* What the server sends from other ports, and what is marked as ours. */
static void test_egress(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(setups); i++) {
		struct frame out;

		begin(&setups[i]);
		expect_untouched_by(tc.skel->progs.na_egress); /* to port 2049, not from it */
		out = scene_from_server(&s, NULL, 0);
		out.from_port = 2050;
		len = frame_build(&out, bytes);
		expect_untouched_by(tc.skel->progs.na_egress);
		out = scene_from_server(&s, NULL, 0);
		out.to_port++;
		len = frame_build(&out, bytes);
		expect_untouched_by(tc.skel->progs.na_egress);
		out = scene_to_client(&s, call, call_len);
		len = frame_build(&out, bytes);
		s.run.mark = NA_MARK_OURS;
		scene_run(&s, tc.skel->progs.na_egress, bytes, len);
		scene_expect_on(&s, &out); /* the mark is gone */
		scene_expect_counts(&s, -1);
	}
}

static int setup(void **state)
{
	(void)state;
	if (tc_open(&tc, &tc_defaults))
		return -1;
	begin(&setups[0]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scene_forget(&s, &file);
	tc_close(&tc);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_port),  cmocka_unit_test(test_other_protocol),
		cmocka_unit_test(test_other_host),  cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_fragments),   cmocka_unit_test(test_ip_options),
		cmocka_unit_test(test_truncated),   cmocka_unit_test(test_truncated_tcp),
		cmocka_unit_test(test_data_offset), cmocka_unit_test(test_syn),
		cmocka_unit_test(test_no_flow),	    cmocka_unit_test(test_wrong_checksum),
		cmocka_unit_test(test_egress),	    cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests_name("tc_pass", tests, setup, teardown);
}

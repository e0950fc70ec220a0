// SPDX-License-Identifier: GPL-2.0-only
/* Ways that differ: other routers for the two directions, fragments, jumbos, small MTUs. */
#include "tests/unit/check.h"

#include <linux/pkt_cls.h>
#include <string.h>
#include <unistd.h>

#include "tests/prog/scene.h"

#define XID  0x77770000u
#define SIZE 1000u

static struct tc tc;
static struct scene s;
static struct scene_file file;
static __u8 call[4096], bytes[FRAME_MAX];
static __u32 call_len, xid = XID;

static const struct scene_setup spliced4 = {
	.ts = true, .client = 10000, .server = 20000, .din = 300, .dout = 4000};
static const struct scene_setup spliced6 = {
	.ip6 = true, .ts = true, .client = 10000, .server = 20000, .din = 300, .dout = 4000};
static const struct scene_setup plain4 = {.ts = true, .client = 10000, .server = 20000};

static void begin(const struct scene_setup *at, __u32 size)
{
	scene_begin(&s, &tc, at);
	scene_file(&s, &file, size);
	call_len = scene_call(&file, ++xid, 0, size, call);
}

static void end(void)
{
	scene_drain(&s);
	scene_forget(&s, &file);
}

static void test_other_router(void **state)
{
	static const __u8 router[6] = {2, 0, 0, 0, 0x55, 1}, ours[6] = {2, 0, 0, 0, 0x55, 2};
	struct frame in, out;

	(void)state;
	begin(&spliced4, SIZE);
	out = scene_from_server(&s, NULL, 0);
	memcpy(out.to_mac, router, 6);
	memcpy(out.from_mac, ours, 6);
	scene_egress(&s, &out);
	in = scene_from_client(&s, call, call_len);
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_REDIRECT);
	assert_memory_equal(s.run.data, router, 6);
	assert_memory_equal(s.run.data + 6, ours, 6);
	end();
}

/* Nobody knows the way yet: nfsd's reply will show it. */
static void test_no_way(void **state)
{
	struct frame in;

	(void)state;
	begin(&spliced4, SIZE);
	s.f.way.ifindex = 0;
	scene_put(&s);
	in = scene_from_client(&s, call, call_len);
	scene_ingress(&s, &in);
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	end();
}

/* A client's segment that the server's stack would put together, or strip, behind TC. */
static __u32 build_stray(const struct frame *f, unsigned int kind)
{
	__u32 len = frame_build(f, bytes);

	switch (kind) {
	case 0: /* first of several fragments */
		bytes[14 + 6] = 0x20;
		break;
	case 1: /* a router's option: four NOPs */
		memmove(bytes + 38, bytes + 34, len - 34);
		memset(bytes + 34, 1, 4);
		bytes[14] = 0x46;
		na_put_be16(bytes + 16, na_get_be16(bytes + 16) + 4);
		len += 4;
		break;
	case 2: /* a later fragment: no ports to be seen */
		bytes[14 + 6] = 0x20;
		bytes[14 + 7] = 100;
		break;
	}
	return len;
}

static void test_strays(void **state)
{
	unsigned int kind;
	struct na_flow f;
	struct frame in;

	(void)state;
	for (kind = 0; kind < 3; kind++) {
		begin(&spliced4, SIZE);
		in = scene_from_client(&s, call, call_len);
		scene_run(&s, tc.skel->progs.na_ingress, bytes, build_stray(&in, kind));
		assert_int_equal(s.run.act, kind < 2 ? TC_ACT_SHOT : TC_ACT_UNSPEC);
		end();

		begin(&plain4, SIZE);
		in = scene_from_client(&s, call, call_len);
		scene_run(&s, tc.skel->progs.na_ingress, bytes, build_stray(&in, kind));
		assert_int_equal(s.run.act, TC_ACT_UNSPEC);
		scene_get(&s, &f);
		assert_int_equal(!(f.flags & NA_FLOW_CLOSING), kind == 2);
		end();

		begin(&plain4, SIZE); /* out of window: anybody could send that */
		in = scene_from_client(&s, call, call_len);
		in.seq -= 1;
		scene_run(&s, tc.skel->progs.na_ingress, bytes, build_stray(&in, kind));
		scene_get(&s, &f);
		assert_false(f.flags & NA_FLOW_CLOSING);
		end();
	}
}

/* BIG TCP over IPv6 carries a hop-by-hop option inside the machine. */
static __u32 build_jumbo(const struct frame *f)
{
	static const __u8 option[8] = {6, 0, 0xc2, 4, 0, 1, 0, 0};
	__u32 len = frame_build(f, bytes);

	memmove(bytes + 62, bytes + 54, len - 54);
	memcpy(bytes + 54, option, 8);
	bytes[14 + 6] = 0;
	na_put_be16(bytes + 18, na_get_be16(bytes + 18) + 8);
	return len + 8;
}

static void test_jumbo(void **state)
{
	static const __u8 data[48] = {0x80, 0, 0, 44};
	struct frame f;

	(void)state;
	begin(&spliced6, SIZE);
	f = scene_from_server(&s, data, sizeof(data));
	scene_run(&s, tc.skel->progs.na_egress, bytes, build_jumbo(&f));
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_int_equal(na_get_be32(s.run.data + 62 + 4), f.seq + s.at.dout);
	assert_int_equal(na_get_be32(s.run.data + 62 + 8), f.ack + s.at.din);
	f = scene_from_client(&s, call, call_len); /* a READ that would be a hit */
	scene_run(&s, tc.skel->progs.na_ingress, bytes, build_jumbo(&f));
	assert_int_equal(s.run.act, TC_ACT_UNSPEC);
	assert_int_equal(na_get_be32(s.run.data + 62 + 4), f.seq - s.at.din);
	end();
}

/* A path that does not carry what the device does: the reply must get through some time. */
static void test_small_path(void **state)
{
	static __u8 sent[FRAME_MAX];
	__u32 tries, n, longest = SCENE_MSS;
	struct frame in;

	(void)state;
	begin(&spliced4, 4000);
	in = scene_from_client(&s, call, call_len);
	scene_ingress(&s, &in);
	scene_drain(&s);
	for (tries = 0; tries < 8; tries++) {
		usleep(2000);
		scene_ingress(&s, &in);
		longest = 0;
		while ((n = tc_sent(&tc, sent, false)) != 0)
			longest = n > longest ? n : longest;
		n = s.run.act == TC_ACT_REDIRECT ? s.run.len : 0;
		longest = n > longest ? n : longest;
		assert_true(longest > 0);
		if (tries < 2)
			assert_int_equal(longest, frame_payload(&in) + SCENE_MSS);
	}
	assert_int_equal(longest, frame_payload(&in) + 536);
	in = scene_from_client(&s, NULL, 0);
	in.seq += call_len;
	in.ack += na_nfs3_reply_len(4000);
	scene_ingress(&s, &in);
	assert_int_equal(scene_pins(&s, &file), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_router), cmocka_unit_test(test_no_way),
		cmocka_unit_test(test_strays),	     cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_small_path),
	};

	return scene_run_tests(&tc, "tc_way", tests, COUNT(tests));
}

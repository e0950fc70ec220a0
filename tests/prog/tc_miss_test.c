// SPDX-License-Identifier: GPL-2.0-only
/* READs that must go to the server, each for one reason; the same READ is a hit without it. */
#include "tests/unit/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "nfsaccel/cache_rule.h"
#include "nfsaccel/splice_in.h"
#include "tests/prog/scene.h"

#define XID  0xfeed0001u
#define NONE (-1)

static struct tc tc;
static struct scene s;
static struct scene_file file;
static struct na_entry entry;
static struct na_ctl ctl;
static struct frame in;
static __u8 call[4096];
static __u32 call_len;

static const struct scene_setup at = {
	.ts = true, .client = 0xfffffff0, .server = 0xffffff00, .din = 1000, .dout = 100000};

/* One reason: changes the scene of a READ of bytes 4096 to 9999 of a file of 10000. */
struct reason {
	const char *name;
	void (*make)(void);
	int why;  /* the counter */
	int note; /* another counter that moves: FILL_ASKED where nfsd's reply will be looked at */
};

static void drop(const struct bpf_map *map, const void *key)
{
	assert_int_equal(bpf_map_delete_elem(bpf_map__fd(map), key), 0);
}

static void rebuild(__u64 offset, __u32 count)
{
	call_len = scene_call(&file, XID, offset, count, call);
	in = scene_from_client(&s, call, call_len);
}

static struct na_auth_key auth_key(void)
{
	return (struct na_auth_key){.cred = s.cred, .fid = file.fid, .op = 6};
}

static void change_auth(void (*how)(struct na_auth *))
{
	struct na_auth_key key = auth_key();
	int fd = bpf_map__fd(tc.skel->maps.na_auths);
	struct na_auth auth;

	assert_int_equal(bpf_map_lookup_elem(fd, &key, &auth), 0);
	how(&auth);
	assert_int_equal(bpf_map_update_elem(fd, &key, &auth, BPF_ANY), 0);
}

static void not_indexed(void)
{
	drop(tc.skel->maps.na_index, &file.fh);
}

/* The index leads to an entry that was given to another file meanwhile. */
static void torn(void)
{
	entry.fh.data[27] ^= 0x80;
}

static void dead(void)
{
	entry.ref = 0;
}

static void block_missing(void)
{
	entry.valid = 0x5;
}

static void entry_expired(void)
{
	entry.expires = 1;
}

static void entry_flushed(void)
{
	entry.flush = 2;
}

static void entry_version(void)
{
	entry.version = 2;
}

static void slot_moved(void)
{
	struct na_slot slot = {.version = 2};

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc.skel->maps.na_slots), &file.slot, &slot,
					     BPF_ANY),
			 0);
}

static void no_auth(void)
{
	struct na_auth_key key = auth_key();

	drop(tc.skel->maps.na_auths, &key);
}

static void expire_auth(struct na_auth *a)
{
	a->expires = 1;
}

static void auth_expired(void)
{
	change_auth(expire_auth);
}

static void age_auth(struct na_auth *a)
{
	a->epoch = 0;
}

static void auth_epoch(void)
{
	change_auth(age_auth);
}

static void version_auth(struct na_auth *a)
{
	a->version = 0;
}

static void auth_version(void)
{
	change_auth(version_auth);
}

static void move_auth(struct na_auth *a)
{
	a->fsid++;
}

static void auth_fsid(void)
{
	change_auth(move_auth);
}

/* offset of the word in the call, after its record mark */
static void change_call(__u32 offset, __u32 v)
{
	na_put_be32(call + 4 + offset, v);
}

static void other_uid(void)
{
	change_call(52, 1001);
}

static void other_gid(void)
{
	change_call(56, 101);
}

static void groups_swapped(void)
{
	change_call(64, 24);
	change_call(68, 4);
}

static void low_port(void)
{
	s.f.key.client_port = __builtin_bswap16(1023);
	in.from_port = 1023;
}

static void other_client(void)
{
	s.f.key.client[15] ^= 1;
	in.from[15] ^= 1;
}

static void rpcsec_gss(void)
{
	change_call(24, 6);
}

static void getattr_call(void)
{
	change_call(20, 1);
}

static void nfs4_call(void)
{
	change_call(16, 4);
}

static void too_much(void)
{
	ctl.max_payload = 5903;
}

static void payload_unknown(void)
{
	ctl.max_payload = 0;
}

static void only_filling(void)
{
	ctl.mode = NA_MODE_FILL;
}

static void not_alive(void)
{
	s.f.last_alive -= tc_defaults.alive_ns + 1; /* may be before the machine's start */
}

static void server_in_record(void)
{
	s.f.s_rec.next = s.f.s_high + 40;
}

static void mark_split(void)
{
	s.f.s_rec.have = 2;
	s.f.s_rec.next -= 2;
}

static void unsync_out(void)
{
	s.f.s_rec.sync = 0;
}

static void unsync_in(void)
{
	s.f.c_rec.sync = 0;
}

static void hole_before(void)
{
	s.f.c_next -= 10;
	s.f.c_rec.next -= 10;
}

static void second_hole(void)
{
	hole_before();
	s.f.gap.behind = s.f.c_rec;
	s.f.c_rec.sync = 0;
}

static void watched(void)
{
	s.f.flags &= ~NA_FLOW_FRESH;
}

static void syn_seen(void)
{
	s.f.flags |= NA_FLOW_SYN;
	in.tsval = 6999; /* not believed: else the connection had carried on */
}

static void closing(void)
{
	s.f.flags |= NA_FLOW_CLOSING;
}

static void recovering(void)
{
	s.f.flags |= NA_FLOW_RECOVERY;
	s.f.recover_c = at.server + 1;
}

static void troubled(void)
{
	s.f.back_at = s.f.born + 3600000000000ull;
}

static void no_room(void)
{
	in.win = 0;
	s.f.c_edge = s.f.s_edge_told + s.f.dout + 132 + 5904 - 1;
}

/* A window that the reply fits, but small, and nfsd has not acknowledged all it was sent. */
static void small_window(void)
{
	in.win = 0;
	s.f.s_ack--;
	s.f.s_edge_told = s.f.s_high;
	s.f.c_edge = s.f.c_ack + NA_SMALL_WIN - 1;
}

/* Beside a reply that is out, of no bytes so that nothing else changes. */
static void small_cwnd(void)
{
	struct na_fifo_slot *out = &s.f.fifo[s.f.head];

	s.f.cwnd = 132 + 5904 - 1;
	memset(out, 0, sizeof(*out));
	out->req_c = s.f.c_next;
	out->req_s = s.f.s_ack;
	out->rep_c = s.f.c_ack;
	out->rep_s = s.f.s_high;
	s.f.count = 1;
}

static void ecn_ce(void)
{
	in.tos = 3;
}

static void fin(void)
{
	in.flags |= TCP_FIN;
}

static void cwr(void)
{
	in.flags |= TCP_CWR;
}

static void unknown_option(void)
{
	static const __u8 fast_open[4] = {254, 4, 0xf9, 0x89};

	memcpy(in.options, fast_open, 4);
	in.noptions = 4;
}

static void signed_md5(void)
{
	static const __u8 md5[20] = {1, 1, 19, 18, 0xde, 0xad};

	memcpy(in.options, md5, 20);
	in.noptions = 20;
}

static void broken_option(void)
{
	static const __u8 too_long[4] = {254, 5, 0, 0};

	memcpy(in.options, too_long, 4);
	in.noptions = 4;
}

static void urgent(void)
{
	in.flags |= TCP_URG;
}

static void reset_flag(void)
{
	in.flags |= TCP_RST;
}

static void no_timestamps(void)
{
	in.ts = false;
}

static void paws(void)
{
	in.tsval = 6999;
}

static void ack_of_unsent(void)
{
	in.ack = at.server + 1;
}

#define REASON(make, why, note)                                                                    \
	{                                                                                          \
#make, make, NA_V_##why, note                                                      \
	}

static const struct reason reasons[] = {
	REASON(not_indexed, MISS_NOENTRY, NA_V_FILL_ASKED),
	REASON(torn, PASS_TORN, NA_V_FILL_ASKED),
	REASON(dead, PASS_TORN, NA_V_FILL_ASKED),
	REASON(block_missing, MISS_NOBLOCK, NA_V_FILL_ASKED),
	REASON(entry_expired, MISS_EXPIRED, NA_V_FILL_ASKED),
	REASON(entry_flushed, MISS_NOENTRY, NA_V_FILL_ASKED),
	REASON(entry_version, MISS_VERSION, NA_V_FILL_ASKED),
	REASON(slot_moved, MISS_VERSION, NA_V_FILL_ASKED),
	REASON(no_auth, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(auth_expired, MISS_EXPIRED, NA_V_FILL_ASKED),
	REASON(auth_epoch, MISS_EPOCH, NA_V_FILL_ASKED),
	REASON(auth_version, MISS_VERSION, NA_V_FILL_ASKED),
	REASON(auth_fsid, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(other_uid, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(other_gid, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(groups_swapped, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(low_port, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(other_client, MISS_NOAUTH, NA_V_FILL_ASKED),
	REASON(rpcsec_gss, MISS_CRED, NONE),
	REASON(getattr_call, PASS_NOTREAD, NONE),
	REASON(nfs4_call, PASS_NOTREAD, NONE),
	REASON(too_much, MISS_COUNT, NA_V_FILL_ASKED),
	REASON(payload_unknown, MISS_COUNT, NA_V_FILL_ASKED),
	REASON(only_filling, MISS_MODE, NONE),
	REASON(not_alive, MISS_ALIVE, NONE),
	REASON(server_in_record, PASS_EGRESS_BUSY, NONE),
	REASON(mark_split, PASS_EGRESS_BUSY, NONE),
	REASON(unsync_out, PASS_UNSYNC, NONE),
	REASON(unsync_in, PASS_UNSYNC, NONE),
	REASON(hole_before, PASS_UNSYNC, NONE),
	REASON(second_hole, PASS_UNSYNC, NA_V_LOST_IN),
	REASON(watched, PASS_UNSYNC, NONE),
	REASON(syn_seen, PASS_FLAGS, NONE),
	REASON(closing, PASS_FLAGS, NONE),
	REASON(recovering, PASS_RECOVERY, NONE),
	REASON(troubled, PASS_TROUBLE, NONE),
	REASON(no_room, PASS_WINDOW, NONE),
	REASON(small_window, PASS_WINDOW, NONE),
	REASON(small_cwnd, PASS_CWND, NONE),
	REASON(ecn_ce, PASS_FLAGS, NONE),
	REASON(fin, PASS_FLAGS, NONE),
	REASON(cwr, PASS_FLAGS, NONE),
	REASON(unknown_option, PASS_FLAGS, NONE),
	REASON(signed_md5, PASS_FLAGS, NONE),
	REASON(broken_option, PASS_FLAGS, NONE),
	REASON(urgent, PASS_FLAGS, NONE),
	REASON(reset_flag, PASS_FLAGS, NA_V_RESET_CLIENT),
	REASON(no_timestamps, PASS_UNSYNC, NONE),
	REASON(paws, PASS_CSUM, NONE),
	REASON(ack_of_unsent, PASS_CSUM, NONE),
};

static void begin(void)
{
	scene_begin(&s, &tc, &at);
	scene_file(&s, &file, 10000);
	entry = scene_entry(&s, &file);
	scene_ctl(&s, &ctl, NULL);
	ctl.mode = NA_MODE_ANSWER;
	ctl.max_payload = 1 << 20;
	rebuild(4096, 5904);
}

static void run(void)
{
	scene_set_entry(&s, &file, &entry);
	scene_ctl(&s, NULL, &ctl);
	scene_put(&s);
	scene_ingress(&s, &in);
}

static bool hit(void)
{
	scene_drain(&s);
	return s.run.act == TC_ACT_REDIRECT;
}

/* Passed as it came, but for positions and window. Returns the window. */
static __u32 expect_passed(void)
{
	struct frame want = in;

	want.seq -= at.din;
	want.ack -= at.dout;
	want.win = na_get_be16(s.run.data + frame_tcp(&in) + 14);
	scene_expect_on(&s, &want);
	return want.win;
}

static void test_reasons(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(reasons); i++) {
		const struct reason *r = &reasons[i];
		struct na_flow f;

		print_message("%s\n", r->name);
		begin();
		run();
		assert_true(hit());
		scene_forget(&s, &file);

		begin();
		r->make();
		run();
		assert_true(expect_passed() <= in.win);
		scene_expect_counts(&s, r->why, 1, NA_V_TRANSLATED_IN, 1, r->note, 1, -1);
		assert_int_equal(scene_entry(&s, &file).ref, entry.ref);
		scene_get(&s, &f);
		assert_int_equal(f.count, s.f.count);
		assert_int_equal(f.din, at.din);
		assert_int_equal(f.dout, at.dout);
		scene_forget(&s, &file);
	}
}

static void expect_hit(void)
{
	run();
	assert_true(hit());
	scene_forget(&s, &file);
}

/* What is just enough is enough. */
static void test_limits(void **state)
{
	(void)state;
	begin();
	no_room();
	s.f.c_edge++;
	expect_hit();

	begin();
	small_window();
	s.f.c_edge++;
	expect_hit();

	begin();
	small_window();
	s.f.s_ack++;
	expect_hit();

	begin();
	small_cwnd();
	s.f.cwnd++;
	expect_hit();

	begin(); /* alone, it may go whatever the allowance */
	s.f.cwnd = 1;
	expect_hit();

	begin();
	too_much();
	ctl.max_payload++;
	expect_hit();

	begin();
	block_missing();
	rebuild(0, 4096);
	expect_hit();
}

/* Guard 2: no inode lies where the entry's snapshot says. */
static void test_inode_guard(void **state)
{
	struct tc_options guarded = tc_defaults;

	(void)state;
	tc_close(&tc);
	guarded.guards = NA_GUARDS_ALL;
	assert_int_equal(tc_open(&tc, &guarded), 0);
	begin();
	run();
	expect_passed();
	scene_expect_counts(&s, NA_V_MISS_INODE, 1, NA_V_FILL_ASKED, 1, NA_V_TRANSLATED_IN, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 0);
	scene_forget(&s, &file);
}

static void packets_limited(__u32 packets)
{
	struct tc_options few = tc_defaults;

	tc_close(&tc);
	few.max_packets = packets;
	assert_int_equal(tc_open(&tc, &few), 0);
	begin();
	rebuild(0, 4 * SCENE_MSS - NA_READ3_HEAD);
	run();
	assert_true(hit());
	scene_forget(&s, &file);
	begin();
	rebuild(0, 4 * SCENE_MSS - NA_READ3_HEAD + 1);
	run();
	expect_passed();
	scene_expect_counts(&s, NA_V_MISS_BIG, 1, NA_V_FILL_ASKED, 1, NA_V_TRANSLATED_IN, 1, -1);
	assert_int_equal(scene_pins(&s, &file), 0);
	scene_forget(&s, &file);
}

static void test_packets(void **state)
{
	(void)state;
	assert_true(SCENE_MSS < NA_JUMBO_MSS);
	packets_limited(4);
	packets_limited(0); /* auto: four of these */
}

/* A second call with one xid: nfsd's reply will fill neither. */
static void test_same_xid(void **state)
{
	struct na_pending_key key = {.xid = XID};
	struct na_pending p;

	(void)state;
	begin();
	not_indexed();
	run();
	key.flow = s.f.key;
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_pending), &key, &p), 0);
	assert_int_equal(p.state, NA_PENDING_ASKED);
	assert_int_equal(p.offset, 4096);
	assert_int_equal(p.count, 5904);
	assert_int_equal(p.epoch, ctl.epoch);
	assert_int_equal(p.cred, s.cred);
	assert_memory_equal(&p.fh, &file.fh, sizeof(p.fh));
	in.seq += call_len;
	run();
	scene_expect_counts(&s, NA_V_PASS_UNSYNC, 1, NA_V_TRANSLATED_IN, 1, -1);
	in.seq -= call_len;
	run();
	scene_expect_counts(&s, NA_V_MISS_NOENTRY, 1, NA_V_REFUSE_DUPXID, 1, NA_V_TRANSLATED_IN, 1,
			    -1);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc.skel->maps.na_pending), &key, &p), 0);
	assert_true(p.state >= NA_PENDING_POISON);
	scene_forget(&s, &file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),	    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_same_xid),    cmocka_unit_test(test_packets),
		cmocka_unit_test(test_inode_guard),
	};

	return scene_run_tests(&tc, "tc_miss", tests, COUNT(tests));
}

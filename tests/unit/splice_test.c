// SPDX-License-Identifier: GPL-2.0-only
/*
 * The splice's translation tables against an oracle that keeps both streams byte by byte,
 * and the record parser against one that sees the whole stream. The machine as a whole is
 * the simulator's business (tests/model).
 */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "nfsaccel/records.h"
#include "nfsaccel/splice_out.h"

#define SPAN 12000u /* bytes of each stream looked at */

static unsigned int seed;

static __u32 below(__u32 n)
{
	return (__u32)rand_r(&seed) % n;
}

/* One connection: what lies at each byte of the client's two views of it. */
struct world {
	struct na_flow f;
	__u32 c0, s0; /* first client byte, first server byte */
	__u32 c_len, s_len; /* bytes so far, client space */
	bool consumed[SPAN]; /* of the client's stream */
	bool injected[SPAN]; /* of the stream to the client */
};

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	/* both streams wrap within reach, as often as not */
	w->c0 = 0u - below(2 * SPAN);
	w->s0 = 0u - below(2 * SPAN);
	w->f.head = below(NA_FIFO);
	w->f.c_next = w->c0;
	w->f.s_ack = w->c0;
	w->f.s_high = w->s0;
	w->f.s_edge_told = w->s0;
	w->f.c_edge = w->s0 + 4 * SPAN;
	w->f.c_ack = w->s0;
	w->f.c_ack_s = w->s0;
	w->f.cwnd = 4 * SPAN;
	w->f.mss = SPAN;
	w->f.flags = NA_FLOW_SACK;
}

static void world_pass(struct world *w, __u32 n)
{
	w->c_len += n;
	w->f.c_next += n;
}

static void world_send(struct world *w, __u32 n)
{
	w->s_len += n;
	w->f.s_high += n;
}

static void world_answer(struct world *w, __u32 req_len, __u32 rep_len)
{
	struct na_segment s = {.seq = w->f.c_next, .len = req_len};
	struct na_offer o;
	struct na_action a;

	memset(&o, 0, sizeof(o));
	o.n = 1;
	o.q[0].req_len = req_len;
	o.q[0].rep_len = rep_len;
	memset(&w->consumed[w->c_len], 1, req_len);
	memset(&w->injected[w->s_len], 1, rep_len);
	w->c_len += req_len;
	w->s_len += rep_len;
	na_action_init(&a);
	na_consume(&w->f, &s, &o, &a);
	assert_int_equal(a.taken, 1);
	assert_int_equal(a.todo, NA_DO_REPLY);
}

static void world_random(struct world *w)
{
	__u32 slots = 1 + below(40);

	world_init(w);
	while (w->f.count < slots) {
		world_pass(w, below(3) * below(80));
		world_send(w, below(3) * below(90));
		world_answer(w, 1 + below(60), 1 + below(90));
	}
	world_pass(w, below(50));
	world_send(w, below(50));
	assert_true(w->c_len < SPAN && w->s_len < SPAN);
}

/* Client byte -> the server's stream: the bytes before it that were not consumed. */
static void check_in_seq(const struct world *w)
{
	__u32 i, kept = 0;

	for (i = 0; i <= w->c_len; i++) {
		assert_int_equal(na_map_in_seq(&w->f, w->c0 + i), w->c0 + kept);
		kept += !w->consumed[i];
	}
}

static void check_in_ack(const struct world *w)
{
	__u32 i, kept = 0;

	for (i = 0; i <= w->s_len; i++) {
		assert_int_equal(na_map_in_ack(&w->f, w->s0 + i), w->s0 + kept);
		kept += !w->injected[i];
	}
}

/* Server byte -> the client's stream: where that byte, not the injected ones before it, is. */
static void check_out_seq(const struct world *w)
{
	__u32 i, kept = 0;

	for (i = 0; i < w->s_len; i++)
		if (!w->injected[i])
			assert_int_equal(na_map_out_seq(&w->f, w->s0 + kept++), w->s0 + i);
	assert_int_equal(na_map_out_seq(&w->f, w->s0 + kept), w->s0 + w->s_len);
}

/* A SACK's left edge is the byte itself, its right edge the one behind the last byte held. */
static void check_out_sack(const struct world *w)
{
	__u32 i, kept = 0;

	for (i = 0; i < w->c_len; i++) {
		if (w->consumed[i])
			continue;
		assert_int_equal(na_map_out_ack(&w->f, w->c0 + kept, false), w->c0 + i);
		assert_int_equal(na_map_out_ack(&w->f, w->c0 + kept + 1, true), w->c0 + i + 1);
		kept++;
	}
}

static void test_maps(void **state)
{
	struct world w;
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		world_random(&w);
		check_in_seq(&w);
		check_in_ack(&w);
		check_out_seq(&w);
		check_out_sack(&w);
	}
}

/* I4, and the FIFO's retirement: any acknowledgements of both sides, in any steps. */
static void test_frontier(void **state)
{
	__u32 acked, held, settled, told, i;
	struct na_action a;
	struct world w;
	int round;

	(void)state;
	for (round = 0; round < 300; round++) {
		world_random(&w);
		acked = held = told = 0;
		w.f.c_ack = w.s0;
		while (w.f.count) {
			__u32 kept = 0, was = w.f.count;

			acked += below(w.s_len - acked + 1);
			held += below(w.c_len - held + 1);
			if (!below(4)) {
				acked = w.s_len;
				held = w.c_len;
			}
			w.f.c_ack = w.s0 + acked;
			for (i = 0; i < held; i++)
				kept += !w.consumed[i];
			w.f.s_ack = w.c0 + kept;
			na_action_init(&a);
			na_retire(&w.f, na_settled(&w.f, w.f.c_ack), &a);
			assert_int_equal(a.nunpin, was - w.f.count);

			/* the frontier: the first byte that is neither held nor settled */
			for (settled = 0; settled < w.c_len; settled++) {
				if (!w.consumed[settled] && !kept--)
					break;
				if (w.consumed[settled] && w.f.count &&
				    settled == w.f.fifo[w.f.head].req_c - w.c0)
					break;
			}
			assert_int_equal(na_frontier(&w.f) - w.c0, settled);
			assert_true(settled >= told);
			told = settled;
		}
		assert_int_equal(na_frontier(&w.f), w.f.s_ack + w.f.din);
	}
}

static void test_hole(void **state)
{
	struct na_fifo_slot slot;
	struct world w;
	__u32 i;

	(void)state;
	world_random(&w);
	for (i = 0; i < w.s_len; i++) {
		w.f.c_ack = w.s0 + i;
		assert_int_equal(na_hole(&w.f, w.f.c_ack, &slot), w.injected[i]);
		if (w.injected[i])
			assert_true(w.f.c_ack - slot.rep_c < slot.rep_len);
	}
}

/* The client acknowledges all that the allowance let out, a round trip later. */
static void round_trip(struct na_flow *f)
{
	__u32 in_flight = f->cwnd;

	f->dout += in_flight;
	na_cwnd_grow(f, in_flight);
	f->c_ack += in_flight;
}

/* I8: RFC 6928's ten packets, doubled each round trip; halved once by a loss, then a packet each. */
static void test_allowance(void **state)
{
	struct na_segment s = {.len = 100};
	struct na_action a;
	__u32 i, was;
	struct world w;

	(void)state;
	world_init(&w);
	w.f.mss = 1448;
	w.f.cwnd = NA_CWND_PACKETS * w.f.mss;
	w.f.ssthresh = NA_CWND_MAX;
	for (i = 0; i < 5; i++) {
		assert_int_equal(w.f.cwnd, (NA_CWND_PACKETS << i) * w.f.mss);
		print_message("round trip %u: %u packets\n", i, w.f.cwnd / w.f.mss);
		round_trip(&w.f);
	}
	for (i = 0; i < 4; i++)
		round_trip(&w.f);
	assert_int_equal(w.f.cwnd, NA_CWND_MAX);
	world_init(&w);
	w.f.mss = 1448;
	w.f.cwnd = 400 * w.f.mss;
	w.f.ssthresh = NA_CWND_MAX;
	w.f.c_edge += NA_CWND_MAX;
	for (i = 0; i < 40; i++)
		world_answer(&w, 10, 290);
	was = w.f.cwnd;
	for (i = 0; i < 3; i++) { /* told three times of the same loss */
		na_action_init(&a);
		s.now += NA_RESEND_NS;
		a.from = w.f.c_ack;
		a.above = 0;
		na_resend(&w.f, &s, &a);
		assert_true(a.todo & NA_DO_RESEND);
		assert_int_equal(w.f.cwnd, was / 2);
	}
	assert_int_equal(w.f.cwnd, w.f.ssthresh);
	print_message("a loss at an allowance of %u bytes: %u\n", was, w.f.cwnd);
	na_cwnd_grow(&w.f, was);
	assert_int_equal(w.f.cwnd, was / 2); /* not before it is mended */
	w.f.flags &= ~NA_FLOW_RECOVERY;
	was = w.f.cwnd;
	round_trip(&w.f);
	assert_int_equal(w.f.cwnd, was + w.f.mss);
}

/* It grows while at least half of it is used in a round trip, even as its last bytes are acknowledged. */
static void test_allowance_unused(void **state)
{
	struct world w;
	__u32 was;

	(void)state;
	world_init(&w);
	w.f.mss = 1448;
	w.f.cwnd = was = 40 * w.f.mss;
	w.f.ssthresh = NA_CWND_MAX;
	w.f.peak_c = w.f.c_ack;
	w.f.dout = was / 2 - 1;
	na_cwnd_grow(&w.f, 1000);
	assert_int_equal(w.f.cwnd, was);
	w.f.dout++;
	na_cwnd_grow(&w.f, 1000);
	assert_int_equal(w.f.cwnd, was + 1000);
	w.f.cwnd = was;
	w.f.c_ack += w.f.dout - 1;
	na_cwnd_grow(&w.f, 1);
	assert_int_equal(w.f.cwnd, was + 1);
	w.f.c_ack++; /* the round trip is over */
	na_cwnd_grow(&w.f, 1000);
	assert_int_equal(w.f.cwnd, was + 1);
}

/*
 * Nfsd gets all for a while if packets are lost and more than one request in sixteen is passed;
 * and while each sixteenth request loses one.
 */
static void test_trouble(void **state)
{
	static const struct {
		__u32 every; /* requests between two losses */
		__u32 taken; /* for each that is passed */
		bool back;
		bool bad;
	} cases[] = {{0, 0, false, false}, {0, 3, false, false},  {20, 10, true, false},
		     {20, 14, true, false}, {20, 18, false, false}, {60, 1, false, false},
		     {2, 40, false, true}, {2, 1, true, false}, {12, 100, false, true}};
	__u32 i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct na_segment s = {.now = 5000000000ull};
		struct na_offer o = {.n = 1};
		struct na_action a;
		struct world w;

		world_init(&w);
		for (j = 1; j < 10000 && !w.f.back_at; j++) {
			if (cases[i].every && j % cases[i].every == 0)
				na_trouble(&w.f);
			a.taken = !!(j % (cases[i].taken + 1));
			a.why = a.taken ? NA_V_MAX : NA_V_PASS_EGRESS_BUSY;
			na_weigh(&w.f, &s, &o, &a);
		}
		print_message("a loss in %u, %u answered: %u\n", cases[i].every, cases[i].taken, j);
		assert_int_equal(!!w.f.back_at, cases[i].back);
		assert_int_equal(na_stands_back(&w.f, s.now), cases[i].back || cases[i].bad);
		w.f.trouble = 0;
		assert_int_equal(na_stands_back(&w.f, s.now), cases[i].back);
		assert_false(na_stands_back(&w.f, s.now + NA_BACK_NS));
	}
}

/* What the server sends again tells of a loss; not so its last bytes, which may be a probe. */
static void test_probe(void **state)
{
	struct na_action a;
	struct na_segment s = {0};
	struct world w;

	(void)state;
	world_init(&w);
	world_send(&w, 300);
	s.seq = w.f.s_high - 100;
	s.len = 100;
	assert_true(na_follow_server(&w.f, &s, &a));
	assert_int_equal(w.f.trouble, 0);
	s.seq -= 100;
	assert_true(na_follow_server(&w.f, &s, &a));
	assert_int_equal(w.f.trouble, NA_TROUBLE_STEP);
}

/* Where packets are lost, nothing is answered while nfsd has something under way; ours may be. */
static void test_under_way(void **state)
{
	struct world w;
	__u32 lossy;

	(void)state;
	for (lossy = 0; lossy < 2; lossy++) {
		world_init(&w);
		world_answer(&w, 10, 400);
		w.f.trouble = NA_TROUBLE_FEW - !lossy;
		assert_false(na_stands_back(&w.f, 0));
		w.f.s_high += 5;
		assert_int_equal(na_stands_back(&w.f, 0), lossy);
		w.f.s_high -= 5;
		world_pass(&w, 50);
		assert_int_equal(na_stands_back(&w.f, 0), lossy);
	}
}

/*
 * The beginning of a record is kept back only of clients that are known to send the rest without
 * waiting, only behind whole packets, and not where packets are lost.
 */
static void test_keep(void **state)
{
	struct na_offer o = {.tail = 60};
	struct na_segment s = {0};
	struct world w;

	(void)state;
	world_init(&w);
	w.f.mss = 100;
	s.seq = w.f.c_next;
	s.len = 50;
	s.ack = w.f.c_ack;
	na_note_prompt(&w.f, &s);
	assert_false(w.f.flags & NA_FLOW_PROMPT); /* nothing was out */
	world_answer(&w, 10, 400);
	s.seq = w.f.c_next;
	s.ack = w.f.c_ack + 1;
	na_note_prompt(&w.f, &s);
	assert_false(w.f.flags & NA_FLOW_PROMPT); /* it may have had the ACK with that byte */
	s.ack--;
	s.len = 300;
	na_note_prompt(&w.f, &s);
	assert_false(w.f.flags & NA_FLOW_PROMPT); /* whole packets go at once in any case */
	s.len = 0;
	na_note_prompt(&w.f, &s);
	assert_false(w.f.flags & NA_FLOW_PROMPT);
	s.len = 250;
	s.seq++;
	na_note_prompt(&w.f, &s);
	assert_false(w.f.flags & NA_FLOW_PROMPT); /* what is missing may have been whole */
	s.seq--;
	s.len = 300;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 0);
	s.len = 250;
	s.now += 1024ull * (NA_COPY_USEC + 1);
	na_note_prompt(&w.f, &s);
	assert_false(w.f.flags & NA_FLOW_PROMPT); /* a probe */
	na_note_prompt(&w.f, &s);
	assert_true(w.f.flags & NA_FLOW_PROMPT);
	assert_int_equal(na_keep_back(&w.f, &s, &o), 0);
	s.len = 300;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 60);
	s.kept = 30;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 0);
	s.len += 30;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 60);
	w.f.trouble = 1;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 0);
	w.f.trouble = 0;
	w.f.flags |= NA_FLOW_ECHO;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 0);
	w.f.flags &= ~NA_FLOW_ECHO;
	s.len = s.kept + NA_KEEP_TRAIN;
	na_note_prompt(&w.f, &s);
	s.len = s.kept + 300;
	assert_int_equal(na_keep_back(&w.f, &s, &o), 0);
}

/* Does the splice hear of a loss in a bare acknowledgement? */
static bool hears(struct world *w, const struct na_segment *s, struct na_action *a)
{
	na_action_init(a);
	a->from = w->f.c_ack;
	a->above = 0;
	return na_hear_of_loss(&w->f, s, false, a);
}

/* What was sent again in vain gives the allowance back, and teaches how late packets may be. */
static void test_late(void **state)
{
	struct na_segment s = {.facts = NA_SEG_CSUM, .now = 50000000};
	struct na_action a;
	__u32 was, top, i;
	struct world w;

	(void)state;
	world_init(&w);
	w.f.mss = 100;
	w.f.ssthresh = 7777;
	for (i = 0; i < 4; i++)
		world_answer(&w, 10, 400);
	was = w.f.cwnd;
	s.ack = w.f.c_ack;
	s.nsack = 1;
	s.sack[0].left = s.ack + 100;
	for (top = 200; top < 400; top += 100) {
		s.sack[0].right = s.ack + top;
		assert_false(hears(&w, &s, &a));
	}
	s.sack[0].right = s.ack + 400;
	assert_true(hears(&w, &s, &a));
	assert_int_equal(a.above, 300);
	na_resend(&w.f, &s, &a);
	assert_true(a.todo & NA_DO_RESEND);
	assert_int_equal(a.c_seq, s.ack);
	assert_true(w.f.cwnd < was);
	assert_false(na_has_come(&s, s.ack, 100));
	assert_true(na_has_come(&s, s.ack + 300, 100));
	assert_false(na_has_come(&s, s.ack + 300, 101));
	s.ack += 500; /* a duplicate of another byte says nothing */
	s.sack[0].left = s.ack - 400;
	s.sack[0].right = s.ack - 300;
	assert_true(na_is_dsack(&s));
	na_unlose(&w.f, &s);
	assert_true(w.f.cwnd < was);
	s.sack[0].left = s.ack - 500;
	s.sack[0].right = s.ack - 400;
	w.f.flags |= NA_FLOW_LOSSY;
	na_unlose(&w.f, &s);
	assert_int_equal(w.f.cwnd, was);
	assert_int_equal(w.f.ssthresh, 7777);
	assert_int_equal(w.f.reorder, 600);
	assert_false(na_loses(&w.f, s.now + 1000000000));
	w.f.flags = NA_FLOW_LOSSY;
	w.f.above = 300; /* and then came without being sent again */
	na_note_late(&w.f);
	assert_false(na_loses(&w.f, s.now + 1000000000));
}

/* Three packets behind a hole are enough, however small; without SACK, three duplicates. */
static void test_small(void **state)
{
	struct na_segment s = {.facts = NA_SEG_CSUM, .now = 50000000};
	struct na_action a;
	struct world w;
	__u32 i;

	(void)state;
	world_init(&w);
	w.f.mss = 1448;
	for (i = 0; i < 5; i++)
		world_answer(&w, 10, 100);
	s.ack = w.f.c_ack;
	s.nsack = 2;
	s.sack[0].left = s.ack + 300;
	s.sack[0].right = s.ack + 400;
	s.sack[1].left = s.ack + 100;
	s.sack[1].right = s.ack + 200;
	assert_false(hears(&w, &s, &a));
	s.sack[0].right = s.ack + 499; /* the last one has not come in full */
	assert_false(hears(&w, &s, &a));
	s.sack[0].right = s.ack + 500;
	assert_true(hears(&w, &s, &a));
	assert_int_equal(a.from, s.ack);

	s.nsack = 0;
	s.win = (__u16)((w.f.c_edge - s.ack) >> w.f.c_wscale);
	w.f.flags &= ~NA_FLOW_SACK;
	w.f.above = 0;
	for (i = 0; i < 3; i++) {
		assert_false(hears(&w, &s, &a));
		na_learn_ack(&w.f, &s, 0, &a);
	}
	assert_true(hears(&w, &s, &a));
	w.f.above = 2 * w.f.mss;
	s.win--; /* what tells of another window tells of nothing else */
	na_learn_ack(&w.f, &s, 0, &a);
	assert_false(hears(&w, &s, &a));
}

/* A world in which segments are believed, and one that the client sends now. */
static struct na_segment segment_in(struct world *w)
{
	w->f.told = w->c0;
	w->f.s_edge = w->c0 + 4 * SPAN;
	w->f.c_tsval = 100;
	w->f.flags |= NA_FLOW_TS;
	return (struct na_segment){
		.facts = NA_SEG_CSUM | NA_SEG_TS,
		.flags = NA_TCP_ACK | NA_TCP_PSH,
		.now = 50000000,
		.tsval = 101,
		.seq = w->f.c_next,
		.ack = w->f.c_ack,
		.win = 1,
	};
}

/* Who repeats what was passed may lack our reply; not if it is the network's repeat. */
static void test_overdue(void **state)
{
	struct na_offer o = {.n = 0};
	struct na_segment s;
	struct na_action a;
	struct world w;

	(void)state;
	world_init(&w);
	world_pass(&w, 50);
	world_answer(&w, 10, 400);
	s = segment_in(&w);
	s.seq = w.c0;
	s.len = 50;
	na_splice_in(&w.f, &s, &o, &a); /* the server may lack it */
	assert_true(a.todo & NA_DO_PASS);
	assert_true(a.todo & NA_DO_RESEND);
	assert_true(a.todo & NA_DO_SPLIT);
	assert_int_equal(a.keep, 50);
	w.f.s_ack += 50;
	s.now += 5000000;
	na_splice_in(&w.f, &s, &o, &a);
	assert_false(a.todo & NA_DO_RESEND);
	s.tsval++;
	na_splice_in(&w.f, &s, &o, &a);
	assert_true(a.todo & NA_DO_RESEND);
	assert_false(a.todo & NA_DO_PASS);
	assert_int_equal(a.c_seq, w.f.c_ack);
}

/* A client's timer joins requests: of what it sends again, the answered one's tail may be wanted. */
static void test_joined(void **state)
{
	struct na_offer o = {.n = 0};
	struct na_segment s;
	struct na_action a;
	struct world w;
	__u32 lost;

	(void)state;
	for (lost = 0; lost < 2; lost++) {
		world_init(&w);
		world_answer(&w, 10, 400);
		world_answer(&w, 20, 400);
		world_pass(&w, 50);
		w.f.s_ack += lost ? 0 : 50;
		s = segment_in(&w);
		s.seq = w.c0;
		s.len = 80;
		na_splice_in(&w.f, &s, &o, &a);
		assert_true(a.todo & NA_DO_RESEND);
		assert_int_equal(!!(a.todo & NA_DO_PASS), lost);
		assert_int_equal(!!(a.todo & NA_DO_SPLIT), lost);
		if (!lost)
			continue;
		assert_int_equal(a.skip, 30);
		assert_int_equal(a.keep, 50);
		assert_int_equal(a.seq, w.f.s_ack);
	}
	world_answer(&w, 10, 400); /* another one behind it: this time only our reply */
	s.len = 90;
	s.now += 1000000000;
	s.tsval++;
	na_splice_in(&w.f, &s, &o, &a);
	assert_true(a.todo & NA_DO_RESEND);
	assert_false(a.todo & NA_DO_PASS);
}

/* Where the server's SACKs were held back, the client is told at once what they waited for. */
static void test_held(void **state)
{
	struct na_offer o = {.n = 0};
	struct na_segment s;
	struct na_action a;
	struct world w;
	__u32 held;

	(void)state;
	for (held = 0; held < 2; held++) {
		world_init(&w);
		world_answer(&w, 10, 400);
		world_pass(&w, 50); /* lost on its way to the server */
		s = segment_in(&w);
		s.len = 60;
		s.ack += 400;
		w.f.flags |= held ? NA_FLOW_HELD : 0;
		na_splice_in(&w.f, &s, &o, &a);
		assert_true(a.todo & NA_DO_PASS);
		assert_int_equal(a.keep, 60);
		assert_int_equal(!!(a.todo & NA_DO_ACK), held);
		assert_int_equal(!!(a.todo & NA_DO_SPLIT), held);
		if (held)
			assert_int_equal(a.c_ack, w.c0 + 10);
	}
}

/* An acknowledgement that still stops at a reply a second after that was sent: it is lost. */
static void test_stale(void **state)
{
	struct na_segment s = {.facts = NA_SEG_CSUM, .now = 1024ull * NA_STALE_USEC};
	struct na_action a;
	struct world w;

	(void)state;
	world_init(&w);
	world_answer(&w, 10, 400);
	assert_false(hears(&w, &s, &a));
	s.now += 1024;
	w.f.last_resend = s.now - 1024;
	assert_false(hears(&w, &s, &a)); /* on its way again */
	w.f.last_resend = 0;
	s.now += 1024;
	assert_true(hears(&w, &s, &a));
	assert_int_equal(a.from, w.f.c_ack);
	w.f.c_ack -= 1; /* the server's own byte, which is the server's to send */
	assert_false(hears(&w, &s, &a));
}

/* A repeat sooner than any timer, or than a reply takes to be acknowledged, is a copy. */
static void test_copy(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_answer(&w, 10, 400);
	assert_true(na_network_copy(&w.f, w.c0, (NA_COPY_USEC << 10) - 1));
	assert_false(na_network_copy(&w.f, w.c0, NA_COPY_USEC << 10));
	w.f.rtt = 5000;
	assert_true(na_network_copy(&w.f, w.c0, (5000 << 10) - 1));
	assert_false(na_network_copy(&w.f, w.c0, 5000 << 10));
	w.f.c_ack += 400;
	na_time_reply(&w.f, 1, 3000 << 10);
	assert_int_equal(w.f.rtt, 3000);
	na_time_reply(&w.f, 1, 9400 << 10);
	assert_int_equal(w.f.rtt, 3100);
}

/* A stream of records in fragments, cut into segments anywhere. */
static void test_records(void **state)
{
	static __u8 stream[20000];
	static bool boundary[sizeof(stream) + 1];
	__u32 len, pos, start, off, bytes, v, n, i;
	struct na_records r;
	int round;

	(void)state;
	for (round = 0; round < 500; round++) {
		__u32 base = 0u - below(sizeof(stream));
		bool inside = false;

		memset(boundary, 0, sizeof(boundary));
		for (len = 0; len < sizeof(stream) - 600;) {
			__u32 body = below(4) ? below(40) : below(590);

			boundary[len] = !inside;
			inside = !below(5);
			na_put_be32(stream + len, body | (inside ? 0 : NA_RPC_LAST));
			for (i = 0; i < body; i++)
				stream[len + 4 + i] = (__u8)below(256);
			len += 4 + body;
		}
		boundary[len] = !inside;
		na_records_start(&r, base);
		for (pos = 0; pos < len; pos += n) {
			n = 1 + below(below(3) ? 200 : 5);
			if (n > len - pos)
				n = len - pos;
			start = base + pos;
			while (na_records_want(&r, start, start + n, &off, &bytes)) {
				assert_true(off + bytes <= n);
				for (v = 0, i = 0; i < bytes; i++)
					v = v << 8 | stream[pos + off + i];
				na_records_feed(&r, v, bytes);
			}
			assert_int_equal(na_records_at_boundary(&r, start + n), boundary[pos + n]);
		}
	}
}

static void test_records_garbage(void **state)
{
	struct na_records r;
	__u32 off, bytes;

	(void)state;
	na_records_start(&r, 100);
	assert_true(na_records_want(&r, 100, 104, &off, &bytes));
	na_records_feed(&r, NA_RPC_LAST | (NA_FRAGMENT_MAX + 1), bytes);
	assert_false(r.sync);
	assert_false(na_records_want(&r, 104, 200, &off, &bytes));
	na_records_start(&r, 100);
	/* a hole before the mark: nothing may be guessed */
	assert_false(na_records_want(&r, 101, 200, &off, &bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_frontier),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_allowance),
		cmocka_unit_test(test_allowance_unused),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_under_way),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_overdue),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_records_garbage),
	};

	seed = 20261120;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "tests/model/sim.h"

#include <string.h>

static const char *const profiles[] = {"clean", "steady", "lossy",   "heavy", "reorder",
				       "drop",	"small",  "idle",    "adopt", "ending",
				       "corrupt", "link", "ecn",     "busy",    "percent", NULL};

enum profile {
	P_CLEAN,
	P_STEADY,
	P_LOSSY,
	P_HEAVY,
	P_REORDER,
	P_DROP,
	P_SMALL,
	P_IDLE,
	P_ADOPT,
	P_ENDING,
	P_CORRUPT,
	P_LINK,
	P_ECN,
	P_BUSY, /* dear: long runs */
	P_PERCENT, /* of all packets are lost, on a path that is otherwise good; long runs, too */
	P_MIXED
};

const char *const *config_profiles(void)
{
	return profiles;
}

static uint32_t isn(struct rng *r)
{
	switch (rng_below(r, 4)) {
	case 0: /* wraps soon */
		return 0u - rng_below(r, 20000);
	case 1: /* turns negative soon */
		return 0x80000000u - rng_below(r, 20000);
	case 2:
		return rng_next(r);
	}
	return 0;
}

static void pick_load(struct rng *r, struct config *c)
{
	static const uint32_t depths[] = {1, 1, 2, 4, 8, 16, 32, 64};
	static const uint32_t mss[] = {88, 200, 536, 536, 1448, 1448};

	c->nreq = rng_range(r, 12, 40);
	c->depth = depths[rng_below(r, 8)];
	c->cacheable = rng_pm(r, 500) ? 1000 : rng_range(r, 300, 1000);
	c->cached = rng_pm(r, 500) ? 1000 : rng_range(r, 300, 1000);
	c->multi = rng_pm(r, 200) ? 50 : 0;
	c->c_mss = c->s_mss = mss[rng_below(r, 6)];
	if (rng_pm(r, 200))
		c->s_mss = mss[rng_below(r, 6)];
	if (rng_pm(r, 40)) /* MTU 9000 */
		c->c_mss = c->s_mss = 8948;
	c->req_max = rng_pm(r, 100) ? 3 * c->c_mss : rng_range(r, 20, 200);
	if (c->req_max > 1500)
		c->req_max = 1500;
	c->rep_max = rng_range(r, 20, (rng_pm(r, 700) ? 3 : 10) * c->s_mss);
	if (c->rep_max > 12000)
		c->rep_max = 12000;
	c->max_packets = rng_range(r, 1, 12);
	c->server_delay = rng_pm(r, 800) ? rng_range(r, 1, 2000) * USEC : 30 * MSEC;
	c->think = rng_pm(r, 700) ? 0 : rng_range(r, 1, 3000) * USEC;
	c->split_write = rng_pm(r, 300) ? 300 : 0;
	c->alive_pass = rng_pm(r, 100) ? 50 : 0;
}

static void pick_ends(struct rng *r, struct config *c)
{
	c->c_isn = isn(r);
	c->s_isn = isn(r);
	c->c_wscale = (uint8_t)rng_below(r, 9);
	c->s_wscale = (uint8_t)rng_below(r, 9);
	c->c_buf = rng_range(r, 8 * c->s_mss, 60 * c->s_mss);
	if (rng_pm(r, 100))
		c->c_buf *= 8;
	c->c_buf_max = c->c_buf * rng_range(r, 1, 8);
	c->s_buf = rng_range(r, 20 * c->c_mss, 60 * c->c_mss) + 4 * c->req_max;
	c->sack = !rng_pm(r, 100);
	c->ts = !rng_pm(r, 150);
	c->gso = rng_range(r, 1, 10);
	c->quick = rng_below(r, 17);
	c->ts_skew = rng_next(r);
	c->shave = !rng_pm(r, 100);
	c->gro = rng_pm(r, 500) ? 500 : 0;
	c->split = rng_pm(r, 200) ? 100 : 0;
	c->delay = rng_pm(r, 500) ? rng_range(r, 10, 200) * USEC : rng_range(r, 200, 20000) * USEC;
	c->jitter = rng_pm(r, 300) ? rng_below(r, 1000) * USEC : 0;
	c->backlog = rng_pm(r, 250) ? rng_range(r, 1, 200) * USEC : 0;
	c->late = rng_range(r, 10, 5000) * USEC;
	c->keepalive = rng_pm(r, 500);
	c->probe_byte = rng_pm(r, 100);
}

static void harm(struct rng *r, struct config *c, enum profile p)
{
	uint32_t all = p == P_MIXED ? 200 : 0;

	c->heal = rng_range(r, 2, 20) * SEC;
	if (p == P_LOSSY || rng_pm(r, all))
		c->loss[0] = rng_below(r, 60), c->loss[1] = rng_below(r, 60);
	if (p == P_HEAVY || rng_pm(r, all / 4))
		c->loss[0] = rng_below(r, 300), c->loss[1] = rng_below(r, 300);
	if (p == P_REORDER || rng_pm(r, all))
		c->reorder[0] = rng_below(r, 300), c->reorder[1] = rng_below(r, 300);
	if (p == P_REORDER || rng_pm(r, all))
		c->dup[0] = rng_below(r, 100), c->dup[1] = rng_below(r, 100);
	if (p == P_REORDER && rng_pm(r, 250)) {
		c->copies = true;
		c->reorder[0] = c->reorder[1] = 0;
		c->jitter = 0;
		c->late = rng_below(r, (uint32_t)(c->delay < MSEC ? c->delay : MSEC));
	}
	if (p == P_DROP || rng_pm(r, all))
		c->drop = rng_below(r, 150), c->data_drop = rng_below(r, 150);
	if (rng_pm(r, p == P_DROP || p == P_HEAVY ? 300 : all / 8))
		c->prune = rng_below(r, 300);
	if (p == P_CORRUPT || rng_pm(r, all / 2))
		c->bad = rng_below(r, 100), c->split = rng_pm(r, 500) ? 100 : c->split;
	if (rng_pm(r, 200))
		c->deaf = rng_below(r, 1000);
	if (rng_pm(r, 50))
		c->emit_fail = rng_below(r, 100);
	if (rng_pm(r, 50))
		c->torn = 100;
	if (rng_pm(r, 50))
		c->stray_syn = 20;
}

static void shape(struct rng *r, struct config *c, enum profile p)
{
	uint32_t any = p == P_MIXED ? 80 : 0;

	if (p == P_SMALL || rng_pm(r, any)) {
		c->c_buf = rng_range(r, 1, 6) * c->s_mss;
		c->c_buf_max = c->c_buf * rng_range(r, 1, 3);
		c->pauses = rng_pm(r, 600) ? rng_below(r, 200) : 0;
		c->pause = rng_range(r, 1, 1500) * MSEC;
		if (rng_pm(r, 300)) {
			c->server_slow = rng_below(r, 200);
			c->s_buf = c->c_mss * 3 + 2 * c->req_max;
		}
	}
	if (p == P_IDLE || rng_pm(r, any)) {
		c->gaps = rng_range(r, 1, 3);
		c->gap = rng_range(r, 1, 30) * SEC;
		c->keepalive = true;
	}
	if (p == P_ADOPT || rng_pm(r, any)) {
		c->attach = rng_pm(r, 500) ? rng_range(r, 1, 50) * MSEC : rng_range(r, 1, 9) * SEC;
		c->gaps = 4;
		c->gap = rng_range(r, 300, 3000) * MSEC;
	}
	if (p == P_LINK || rng_pm(r, any / 4)) {
		c->downs = rng_range(r, 1, 3);
		c->down = 5 * SEC;
	}
	if (p == P_ENDING || rng_pm(r, any)) {
		c->ending = rng_below(r, END_DYING + 1);
		c->early_end = rng_pm(r, 500);
	}
}

/* Nothing is lost, packets are of the usual size, and a READ is an eighth of one or less. */
static void busy(struct rng *r, struct config *c)
{
	c->busy = true;
	/* a server that rests in the middle of replies is not what the share is told of */
	c->steady = !c->split_write;
	c->depth = rng_pm(r, 500) ? 32 : 128;
	c->nreq = 9 * c->depth; /* six round trips of slow start come first */
	c->c_mss = c->s_mss = 1448;
	c->req_max = rng_range(r, 120, 190);
	c->rep_max = rng_range(r, 200, 3400);
	c->max_packets = 12;
	c->cacheable = rng_pm(r, 500) ? 1000 : 950;
	c->cached = 1000;
	c->multi = c->split = c->alive_pass = 0;
	c->think = 0;
	c->c_buf = rng_range(r, c->depth * c->rep_max / 4, 2 * c->depth * c->rep_max) + 16 * c->s_mss;
	c->c_buf_max = c->c_buf * rng_range(r, 1, 4);
	c->s_buf = 64 * 1448 + 2 * c->depth * c->req_max;
	c->shave = true;
}

/* A good path that loses one packet in a hundred. */
static void percent(struct rng *r, struct config *c)
{
	c->percent = true;
	c->clean = false;
	c->loss[0] = c->loss[1] = 10;
	c->heal = 1000 * SEC;
	c->nreq = 400;
	c->depth = 1u << rng_below(r, 5);
	c->c_mss = c->s_mss = 1448;
	c->req_max = 180;
	c->rep_max = rng_range(r, 100, 8400);
	c->max_packets = 12;
	c->cacheable = c->cached = 1000;
	c->multi = c->split = c->alive_pass = c->think = c->jitter = 0;
	c->server_delay = 50 * USEC;
	c->split_write = 0;
	c->delay = rng_range(r, 500, 20000) * USEC;
	c->c_buf = 200 * 1448;
	c->c_buf_max = 2 * c->c_buf;
	c->s_buf = 64 * 1448;
	c->sack = c->ts = c->shave = true;
}

/* Packets are marked that would be lost without ECN. */
static void marks(struct rng *r, struct config *c)
{
	c->ecn = true;
	c->ecn_other = rng_pm(r, 100);
	c->dscp = (uint8_t)rng_below(r, 63);
	c->nreq *= 3;
	if (rng_pm(r, 500)) {
		harm(r, c, P_LOSSY);
	} else {
		c->heal = rng_range(r, 2, 20) * SEC;
		c->marked = true;
	}
	c->mark[0] = rng_below(r, 200);
	c->mark[1] = rng_below(r, 300);
}

/* Beside all else. Not drawn, so that older seeds stay what they were. */
static void perhaps_marks(struct config *c)
{
	uint64_t v = rng_mix(c->ts_skew + 0xecull);

	if (v % 8)
		return;
	c->ecn = true;
	c->dscp = v >> 8 & 63;
	c->mark[0] = (v >> 16) % 100;
	c->mark[1] = (v >> 32) % 200;
}

void config_pick(struct sim *s, const char *profile)
{
	struct config *c = &s->cfg;
	struct rng *r = &s->rng;
	uint32_t p, draw = rng_below(r, 768);

	memset(c, 0, sizeof(*c));
	p = draw / 32 < P_BUSY ? draw / 32 : draw < 766 ? P_MIXED : draw == 766 ? P_PERCENT : P_BUSY;
	for (draw = 0; profile && profiles[draw]; draw++)
		if (!strcmp(profile, profiles[draw]))
			p = draw;
	if (profile && !strcmp(profile, "mixed"))
		p = P_MIXED;
	pick_load(r, c);
	pick_ends(r, c);
	shape(r, c, p);
	if (p == P_ECN)
		marks(r, c);
	if (p == P_MIXED)
		perhaps_marks(c);
	if (p != P_CLEAN && p != P_STEADY && p != P_ECN && p != P_BUSY && p != P_PERCENT && p != P_IDLE &&
	    !(p == P_SMALL && rng_pm(r, 500)) &&
	    !((p == P_ADOPT || p == P_ENDING || p == P_LINK) && rng_pm(r, 500)))
		harm(r, c, p);
	c->clean = !c->heal && !c->downs;
	if (p == P_LINK)
		c->nreq *= 3;
	if (p == P_STEADY) {
		c->steady = true;
		c->nreq = 100 + 3 * c->depth;
		c->cacheable = c->cached = 1000;
		c->multi = c->split = c->alive_pass = 0;
		c->max_packets = 12;
		c->req_max = c->req_max < c->c_mss ? c->req_max : c->c_mss;
		c->c_buf = 20 * c->rep_max + 40 * c->s_mss;
		c->c_buf_max = 16 * c->c_buf;
		c->shave = true;
		if (rng_pm(r, 200)) {
			c->torn_up = true; /* a request cut in two must not cost the next ones */
			c->split = 100;
			c->c_mss = 1448;
			c->req_max = 1400;
			c->depth = 1;
		} else if (rng_pm(r, 300)) { /* garbage beside it changes nothing */
			c->clean = false;
			c->bad = 50;
			c->heal = 100 * SEC;
		}
	}
	if (p == P_BUSY)
		busy(r, c);
	if (p == P_PERCENT)
		percent(r, c);
	if (c->shave && !c->steady && !c->busy && p != P_PERCENT && rng_pm(r, 600)) {
		c->shave = false;
		c->warm = true;
	}
	if (!c->steady && !c->busy && p != P_PERCENT && rng_pm(r, 50))
		c->ce = rng_below(r, 200);
	/* not where the wire cuts packets: the shorter ones would look as if this client did not wait */
	c->nagle = c->ts_skew % 8 == 7 && !c->split;
	while (c->nreq * (c->rep_max + 8) > SERVER_STREAM - 65536 ||
	       c->nreq * (c->req_max + 8) > CLIENT_STREAM - 8192)
		c->nreq = c->nreq * 7 / 8;
	/* scales that leave something to tell */
	while (c->c_buf < 4u << c->c_wscale)
		c->c_wscale--;
	/* and that do not take the last byte of a packet: then each would wait for a probe */
	while (c->c_buf >> c->c_wscale << c->c_wscale < c->s_mss)
		c->c_wscale--;
	while (c->s_buf < 4u << c->s_wscale)
		c->s_wscale--;
	while ((c->c_buf_max >> c->c_wscale) > 0xffff)
		c->c_wscale++;
	while ((c->s_buf >> c->s_wscale) > 0xffff)
		c->s_wscale++;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated world of one run: a client and a server TCP, the wire between them, the
 * model TC that holds the splice, and what must be true about all of it. Everything is
 * derived from one seed (or from a fuzzer's bytes); nothing reads a clock.
 */
#ifndef MODEL_SIM_H
#define MODEL_SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "nfsaccel/segment.h"
#include "tests/model/config.h"
#include "tests/model/rng.h"
#include "tests/model/tcp.h"

#define USEC  1000ull
#define MSEC  1000000ull
#define SEC   1000000000ull
#define NEVER UINT64_MAX

#define CLIENT_STREAM (256u << 10) /* most bytes a client ever writes in a run */
#define SERVER_STREAM (4u << 20)
#define MAX_REQ	      1200u
#define MAX_PINS      16384u

struct pkt {
	uint32_t seq, ack, len;
	uint32_t tsval, tsecr;
	uint16_t win;
	uint8_t flags;
	uint8_t tos;
	bool ts;
	bool bad; /* checksum wrong: whoever verifies it drops the packet */
	uint32_t nsack;
	struct na_sack sack[NA_SACKS];
	const uint8_t *data;
	struct pkt *next;
};

enum event_kind {
	EV_TC_IN,    /* packet from the client reaches TC ingress */
	EV_SOCKET,   /* packet that TC passed reaches the server's socket */
	EV_CLIENT,   /* packet reaches the client */
	EV_REST,     /* nfsd writes the second half of a reply */
	EV_REPLY,    /* nfsd has a reply ready: arg is the request's number */
	EV_HOOK_IN,  /* the receive hook's view of the socket reaches the flow: arg is copied_seq */
	EV_HOOK_OUT, /* the send hook's: arg is write_seq */
};

struct event {
	uint64_t at;
	uint32_t order; /* ties are broken by age */
	uint32_t arg;
	uint16_t kind;
	uint16_t conn;
	struct pkt *p;
};

/* A one-way link; `gro` holds the packet that may still grow. */
struct link {
	uint64_t last; /* arrival of the newest packet, for order */
	struct pkt *gro;
	uint64_t gro_at;
};

struct request {
	uint32_t off; /* of the record in the client's stream */
	uint32_t len;
	uint32_t rep_len;
	bool cacheable;
	bool at_server;
	bool replied;
};

struct app {
	struct request req[MAX_REQ];
	uint32_t written, answered, eligible, hits, held;
	uint64_t c_wake, c_read_at, s_read_at; /* when the programs act next of themselves */
	uint32_t s_pos, c_pos;		       /* how far each has parsed its input */
	uint32_t idle_left;
	uint32_t rest; /* bytes of a reply half written */
	uint32_t down_at; /* so many replies, and the link fails */
	uint32_t out, waiting; /* requests out when it did, and how many still are */
};

/* Every request the splice ever consumed in this connection, kept apart from its state. */
struct consumed {
	uint32_t req_c, req_len, req_s, rep_c, rep_len, rep_s;
	uint64_t sent;
};

struct shadow {
	bool on;
	bool raw; /* the flow is dead: nothing is translated, nothing checked */
	struct consumed c[MAX_REQ];
	uint32_t n;
	uint32_t done;	     /* consumed[0..done) had their reply received in full */
	uint32_t passed_in;  /* consumed[0..passed_in) lie at or below the server's rcv_nxt */
	uint32_t din_behind; /* their bytes */
	uint32_t canon_base, canon_high; /* client-space stream as it left TC */
	uint64_t acked_injected;
	bool headers; /* the next three are set */
	uint32_t edge, tsval, tsecr;
	uint32_t resent_c; /* the reply that was sent again last */
	uint64_t resent_at;
	uint32_t dup_ack, dup_edge, dups; /* of the client's acknowledgements */
	uint32_t doubt_c, doubt_cwnd; /* what was taken for lost last, and the allowance before */
	bool cut; /* the allowance was, when all below cut_high had been sent */
	uint32_t cut_high;
	bool heard; /* it may have been, by an ECE that need not be believed, as by cut_high */
	uint32_t heard_high;
	uint32_t cap; /* what a loss that was none must not undo: marks confirmed it; 0: nothing */
	bool cwr_due; /* and the client waits to hear of it */
	uint32_t reasons; /* for saying CWR: ECEs and losses since it was said last */
	bool marks; /* the next three are set, by what the server sent */
	uint8_t dscp, ecn;
	bool echo;
	bool echoing; /* the client says ECE, for so many rounds by now */
	uint32_t rounds, round_end;
	uint32_t peak[2], peak_c; /* most in flight in this round trip and the last */
	uint8_t canon[SERVER_STREAM];
};

struct tc {
	bool have;
	bool attached;
	bool dying;
	struct na_flow f;
	uint32_t pins, unpins;
	uint32_t npin;
	uint8_t pinned[MAX_PINS];
	uint32_t pin_xid[MAX_PINS];
	uint64_t attach_at, dying_at;
	struct pkt syn; /* the client's newest */
};

/* What a run says about the share of hits. */
enum load {
	LOAD_1,
	LOAD_8, /* 2 to 8 */
	LOAD_32, /* 9 to 32 */
	LOAD_64,
	LOAD_PIECES, /* one request out, at times in pieces */
	LOAD_BUSY_32, /* small packets' worth of requests, as clients of NFS send them */
	LOAD_BUSY_128,
	LOADS
};

#define MAX_LOST   256u
#define REPAIR_MAX 400u /* tenths of a round trip */
#define RESUME_MAX 100u /* tenths of a second */

/* A packet of a reply that the wire lost. */
struct lost {
	uint32_t seq, end;
	uint64_t at;
};

struct stats {
	uint64_t runs, requests, eligible, hits, resends, releases, bares, swallowed, segments;
	uint64_t resync_in, resync_out, splits, joins, c_rto, s_rto, c_tlp, c_retrans, s_retrans, trims, drops;
	uint64_t resets, reuses, why[NA_V_MAX + 1];
	/* runs that lose one packet in a hundred: losses by the tenths of a round trip to their repair */
	uint64_t repairs, repaired[REPAIR_MAX + 1];
	/* links that failed: by the tenths of a second from their return to all replies */
	uint64_t resumes, resumed[RESUME_MAX + 1];
	/* loss-free runs by depth (enum load) */
	uint64_t qd_eligible[LOADS], qd_hits[LOADS], qd_why[LOADS][NA_V_MAX + 1];
};

struct sim {
	uint64_t now;
	struct rng rng;
	struct config cfg;
	struct tcp cl, sv;
	struct link up, down, back; /* client to TC, TC to client, TC to the server's socket */
	struct app app;
	struct tc tc;
	struct shadow sh;
	struct stats *st;
	struct event heap[8192];
	uint32_t nheap, order;
	uint16_t conn;	    /* number of the connection: events of an older one are void */
	uint64_t linger_at; /* the time by which all must be quiet */
	uint64_t closed_at;
	uint64_t up_at; /* until then the link is down */
	bool closing, vanished;
	bool trace;
	FILE *log; /* where the trace goes */
	uint64_t seed;
	struct lost lost[MAX_LOST];
	uint32_t nlost;
	const char *violation;
	jmp_buf out;
	struct pkt pool[4096];
	struct pkt *free;
	uint32_t npool; /* how many of the pool were ever used */
	uint32_t arena_used;
	uint8_t c_stream[CLIENT_STREAM], s_stream[SERVER_STREAM]; /* written */
	uint8_t c_in[SERVER_STREAM], s_in[CLIENT_STREAM];	  /* received */
	uint8_t arena[16u << 20]; /* payload that is in neither stream */
};

/* event.c */
struct pkt *pkt_new(struct sim *s);
void pkt_free(struct sim *s, struct pkt *p);
uint8_t *arena(struct sim *s, uint32_t len); /* NULL when full */
void event_add(struct sim *s, uint64_t at, enum event_kind kind, struct pkt *p, uint32_t arg);
bool event_take(struct sim *s, struct event *e);
void trace_pkt(struct sim *s, const char *where, const struct pkt *p);
void trace(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* link.c */
void link_send(struct sim *s, struct link *l, enum event_kind to, struct pkt *p);
void link_arrive(struct sim *s, struct link *l, enum event_kind at, struct pkt *p);
void link_flush(struct sim *s, struct link *l, enum event_kind at);
void link_deliver(struct sim *s, enum event_kind at, struct pkt *p);

/* app.c */
void app_start(struct sim *s);
void app_client_wake(struct sim *s);
void app_client_read(struct sim *s);
void app_server_read(struct sim *s);
void app_server_rest(struct sim *s);
void app_server_reply(struct sim *s, uint32_t n);
void app_readable(struct sim *s, struct tcp *t);
bool app_done(const struct sim *s);
uint32_t reply_bytes(uint8_t *out, uint32_t xid, uint32_t rep_len);
bool request_parse(const uint8_t *p, uint32_t len, uint32_t *rec_len, uint32_t *xid,
		   bool *cacheable, uint32_t *rep_len);

/* tc.c */
void tc_start(struct sim *s);
void tc_ingress(struct sim *s, struct pkt *p);
void tc_egress(struct sim *s, struct pkt *p);
void tc_adopt(struct sim *s);
void tc_hook_in(struct sim *s, uint32_t copied_seq);
void tc_hook_out(struct sim *s, uint32_t write_seq);

/* check.c: what must be true */
void fail(struct sim *s, const char *what) __attribute__((noreturn));
void check_start(struct sim *s);
void check_consumed(struct sim *s, const struct na_flow *f, const struct na_fifo_slot *slot);
void check_resend(struct sim *s, const struct na_segment *g, const struct na_action *a, bool again,
		  uint32_t cwnd);
void check_count_dups(struct sim *s, const struct na_segment *g);
void check_stale(struct sim *s, const struct na_segment *g, const struct na_action *a);
void check_allowance(struct sim *s, const struct na_segment *g, uint32_t c_ack, uint32_t cwnd);
/* check_ecn.c */
struct ecn_before { /* the splice's doing */
	uint32_t cwnd, flags, c_ack, s_una;
};
void check_ecn_before(const struct sim *s, struct ecn_before *b);
void check_ecn_in(struct sim *s, const struct pkt *p, const struct na_segment *g,
		  const struct na_action *a, const struct ecn_before *b);
void check_ecn_out(struct sim *s, const struct pkt *p);
void check_ecn_ours(struct sim *s, const struct pkt *p, bool fresh);
void check_ecn_client(struct sim *s, const struct pkt *p);
void repair_lost(struct sim *s, const struct pkt *p);
void repair_done(struct sim *s);
void check_to_client(struct sim *s, const struct pkt *p);
void check_to_server(struct sim *s, const struct pkt *p);
void check_client_got(struct sim *s, const struct pkt *p);
void check_end(struct sim *s);

/* run.c */
enum load load_of(const struct config *c);
uint32_t load_warm(const struct config *c);
bool sim_run(struct sim *s); /* false: s->violation says why */

#endif

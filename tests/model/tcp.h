/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model TCP, after Linux 6.1 where it matters to someone between the two ends: what is
 * accepted, what is answered, what is ignored, and when something is sent again.
 */
#ifndef MODEL_TCP_H
#define MODEL_TCP_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_SEGS 1024u
#define TCP_OFO	 64u

struct sim;
struct pkt;

enum tcp_state { TCP_CLOSED, TCP_SYN_SENT, TCP_SYN_RCVD, TCP_OPEN };
enum tcp_ca { CA_OPEN, CA_CWR, CA_RECOVERY, CA_LOSS };
enum tcp_timer { TIMER_NONE, TIMER_RTO, TIMER_TLP, TIMER_PROBE, TIMER_SYN };

/* A stretch of sent, unacknowledged data, at most one packet's worth. */
struct tcp_seg {
	uint32_t seq, end;
	bool sacked, lost, retrans, ever; /* ever: sent more than once */
	uint64_t sent;
};

struct tcp_range {
	uint32_t seq, end;
};

struct tcp {
	struct sim *sim;
	bool client;
	enum tcp_state state;
	uint16_t conn; /* which of the run's connections */
	bool was_reset, peer_fin, fin_queued;
	/* sending */
	uint8_t *wbuf;
	uint32_t wbase, wcap;
	uint32_t iss, snd_una, snd_nxt, write_seq; /* a FIN takes the place write_seq */
	uint32_t snd_wnd, snd_wl1, max_wnd;
	uint32_t mss;
	uint8_t snd_wscale, rcv_wscale;
	bool sack, ts;
	bool ecn, queue_cwr, demand_cwr; /* as tcp_ecn_send() */
	struct tcp_seg seg[TCP_SEGS];
	uint32_t head, nseg;
	uint32_t cwnd, ssthresh, cwnd_cnt, high_seq, dupacks;
	enum tcp_ca ca;
	uint32_t tlp_high;
	bool tlp_retrans, rearm;
	uint64_t srtt, rttvar, rto;
	uint32_t backoff;
	uint64_t timer_at;
	enum tcp_timer timer;
	/* receiving */
	uint8_t *rbuf;
	uint32_t rbase, rcap;
	uint32_t irs, rcv_nxt, rcv_wup, rcv_edge, copied, fin_at;
	uint32_t rcvbuf, rcvbuf_max, rcv_mss;
	struct tcp_range ofo[TCP_OFO]; /* newest first, as SACK wants them; never overlapping */
	uint32_t nofo;
	struct tcp_range dsack;
	bool have_dsack;
	uint32_t ts_recent, ts_skew;
	uint32_t quick;
	bool have_ts, ack_now;
	uint64_t delack_at;
	/* keep-alive */
	bool keepalive, probe_byte;
	uint64_t heard, ka_at;
	uint32_t ka_unanswered;
	/* what happened */
	uint32_t probes, rtos, tlps, retransmits, reductions, paws_drops, sent_pkts, got_pkts;
	uint64_t worst_rtt;
};

/* tcp_out.c */
void tcp_write(struct tcp *t, uint32_t len); /* `len` more bytes of wbuf are to be sent */
void tcp_push(struct tcp *t);
void tcp_send_ack(struct tcp *t);
void tcp_send_rst(struct tcp *t, uint32_t seq, bool ack);
void tcp_send_syn(struct tcp *t);
void tcp_send_probe(struct tcp *t);
void tcp_close(struct tcp *t);
void tcp_retransmit(struct tcp *t);
void tcp_read(struct tcp *t, uint32_t upto); /* the program has taken all bytes before `upto` */
uint32_t tcp_ms(const struct tcp *t);
uint32_t tcp_in_flight(const struct tcp *t);
bool tcp_resend_head(struct tcp *t);
bool tcp_resend_tail(struct tcp *t);

/* tcp_in.c */
void tcp_receive(struct tcp *t, const struct pkt *p);

/* tcp_ack.c */
bool tcp_ack(struct tcp *t, const struct pkt *p);

/* tcp_timer.c */
void tcp_arm(struct tcp *t);
uint64_t tcp_next_timer(const struct tcp *t);
void tcp_timers(struct tcp *t);

#endif

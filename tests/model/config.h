/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of run a seed stands for. Chances are per thousand, times in nanoseconds. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum ending {
	END_IDLE, /* nothing happens any more */
	END_FIN,
	END_RST,
	END_SERVER_FIN,
	END_VANISH,	/* the client forgets the connection and uses its port again */
	END_GONE,	/* the client forgets the connection, and answers RST */
	END_SERVER_RST, /* nfsd is restarted */
	END_DYING,	/* the daemon resets the connection */
};

struct config {
	bool clean;   /* nothing is lost, repeated or reordered */
	bool torn_up; /* but some requests come in pieces */
	bool steady;  /* and all is cached: most must be hits */
	bool copies;  /* nothing but copies, soon after what they are copies of */
	bool marked;  /* some packets are marked (ECN), and nothing else happens to any */
	bool percent; /* each hundredth packet is lost, and nothing else is wrong */
	bool busy;    /* so many requests are out at once that they come in trains */
	/* requests */
	uint32_t nreq, depth;
	uint32_t cacheable, cached, multi; /* chances */
	uint32_t req_max, rep_max;
	uint64_t think, server_delay, pause, gap;
	uint32_t gaps; /* how many idle gaps */
	uint32_t pauses, split_write, server_slow;
	/* endpoints */
	uint32_t c_mss, s_mss; /* payload bytes of the client's and of the server's packets */
	uint32_t c_isn, s_isn;
	uint32_t c_buf, c_buf_max, s_buf;
	uint8_t c_wscale, s_wscale;
	bool sack, ts, probe_byte, keepalive, ecn;
	bool nagle; /* the client's last bytes wait for the ACK of what is out, RFC 9293 section 3.7.4 */
	bool ecn_other; /* by other rules than RFC 3168's, as far as TC knows */
	uint8_t dscp;
	uint32_t gso, quick, ts_skew;
	/* the wire */
	uint64_t delay, jitter, heal;
	uint32_t loss[2], dup[2], reorder[2], mark[2], split, gro, bad, stray_syn;
	uint64_t late; /* how late a reordered packet is at most */
	uint32_t downs; /* how often the link fails: nothing comes through */
	uint64_t down;	/* and how long at most */
	/* between TC and the socket */
	uint32_t drop, data_drop, prune;
	uint64_t backlog;
	/* TC */
	uint32_t deaf, emit_fail, torn, max_packets, alive_pass;
	bool plain; /* nobody sits in the middle */
	bool shave; /* the server's window from the start; warm: from the first offer on */
	bool warm;
	uint32_t ce;
	uint64_t attach;
	enum ending ending;
	bool early_end; /* the ending comes in the middle */
};

struct sim;
void config_pick(struct sim *s, const char *profile);
const char *const *config_profiles(void);

#endif

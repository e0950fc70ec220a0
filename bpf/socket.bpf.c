// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the server's own socket knows about a connection: its options and positions when
 * we meet it, and where its streams stand between two records when our parser lost them.
 */
#include <bpf/bpf_core_read.h>

#include "bpf/doze.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/tc.bpf.h"

#define NA_TCP_ESTABLISHED 1
#define NA_XPT_BUSY	   (1ul << 0)
#define NA_ECN_CLASSIC	   0x01 /* tcp_sock.ecn_flags: TCP_ECN_OK, now TCP_ECN_MODE_RFC3168 */
#define NA_ECN_ACCURATE	   0x10 /* TCP_ECN_MODE_ACCECN, not before 6.18 */
#define NA_CONG_NEEDS_ECN  0x02 /* tcp_congestion_ops.flags */
#define NA_MSS_MIN	   256u /* a reply's head is never split */

/* Positions are the socket's, server space. */
struct na_socket_view {
	__u32 rcv_nxt;
	__u32 rcv_wnd;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 snd_wnd;
	__u32 mss;
	__u8 snd_wscale; /* of the windows the peer sends */
	__u8 rcv_wscale; /* of the windows we send */
	__u8 sack;
	__u8 fresh; /* no payload ever came in */
	__u8 in_boundary; /* rcv_nxt is a record boundary, and all before it was read */
	__u8 out_boundary; /* snd_nxt is one, and nothing is queued behind it */
	__u8 idle; /* nfsd works on none of the calls read so far */
	__u8 ecn; /* NA_ECN_*, or 0 where that goes by rules of a congestion control's own */
	__u32 received; /* payload bytes that came in, modulo 2^32 */
};

#define na_peek(dst, field)                                                                        \
	bpf_probe_read_kernel(&(dst), sizeof(dst),                                                 \
			      (const void *)__builtin_preserve_access_index(&(field)))

/*
 * Between two records? svc_tcp_recvfrom() runs under XPT_BUSY and svc_tcp_sendto() under
 * xpt_mutex, elsewhere, now. Proof without their locks: a position that is the same
 * before and after we saw the lock free was not moving, and a record once begun is
 * always finished before the lock is dropped.
 */
static __always_inline void na_peek_records(const struct tcp_sock *tp, struct na_socket_view *v)
{
	struct svc_sock *svsk = NULL;
	struct sock *owner = NULL;
	__u32 copied1, copied2, write1, write2, snd_nxt, tcplen;
	unsigned long flags;
	__u32 calls;
	long holder;

	if (!bpf_core_type_exists(struct svc_sock))
		return;
	na_peek(svsk, ((const struct sock *)tp)->sk_user_data);
	if (!svsk || na_peek(owner, svsk->sk_sk) < 0 || owner != (const struct sock *)tp)
		return;

	na_peek(copied1, tp->copied_seq);
	na_peek(flags, svsk->sk_xprt.xpt_flags);
	na_peek(tcplen, svsk->sk_tcplen);
	na_peek(copied2, tp->copied_seq);
	if (copied1 == copied2 && copied1 == v->rcv_nxt && !(flags & NA_XPT_BUSY) && !tcplen)
		v->in_boundary = 1;
	/* a call is counted from before it is read until its reply is in the stream */
	na_peek(calls, svsk->sk_xprt.xpt_nr_rqsts.counter);

	na_peek(write1, tp->write_seq);
	na_peek(holder, svsk->sk_xprt.xpt_mutex.owner.counter);
	na_peek(write2, tp->write_seq);
	na_peek(snd_nxt, tp->snd_nxt);
	if (write1 == write2 && !(holder & ~7l) && snd_nxt == write1 && snd_nxt == v->snd_nxt)
		v->out_boundary = 1;
	v->idle = v->in_boundary && v->out_boundary && !calls;
}

/* What both ends have agreed on (splice_ecn.h, 4). */
static __always_inline __u8 na_peek_ecn(const struct tcp_sock *tp)
{
	const struct tcp_congestion_ops *ops = NULL;
	__u32 needs = 0;
	__u8 flags = 0;

	na_peek(flags, tp->ecn_flags);
	na_peek(ops, tp->inet_conn.icsk_ca_ops);
	na_peek(needs, ops->flags);
	flags &= NA_ECN_CLASSIC | NA_ECN_ACCURATE;
	return flags == NA_ECN_CLASSIC && (needs & NA_CONG_NEEDS_ECN) ? 0 : flags;
}

static __always_inline bool na_peek_tcp(const struct tcp_sock *tp, struct na_socket_view *v)
{
	const struct sock *sk = (const struct sock *)tp;
	__u64 received, sent;
	__u32 write_seq;
	__u8 state;

	if (na_peek(state, sk->__sk_common.skc_state) < 0 || state != NA_TCP_ESTABLISHED)
		return false;
	na_peek(v->rcv_nxt, tp->rcv_nxt);
	na_peek(v->rcv_wnd, tp->rcv_wnd);
	na_peek(v->snd_una, tp->snd_una);
	na_peek(v->snd_nxt, tp->snd_nxt);
	na_peek(v->snd_wnd, tp->snd_wnd);
	na_peek(v->mss, tp->mss_cache);
	na_peek(received, tp->bytes_received);
	na_peek(sent, tp->bytes_sent);
	na_peek(write_seq, tp->write_seq);
	v->snd_wscale = BPF_CORE_READ_BITFIELD_PROBED(tp, rx_opt.snd_wscale);
	v->rcv_wscale = BPF_CORE_READ_BITFIELD_PROBED(tp, rx_opt.rcv_wscale);
	v->sack = BPF_CORE_READ_BITFIELD_PROBED(tp, rx_opt.sack_ok) & 1;
	v->ecn = na_peek_ecn(tp);
	v->fresh = !received;
	v->received = (__u32)received;
	v->in_boundary = !received;
	v->out_boundary = !sent && write_seq == v->snd_nxt;
	na_peek_records(tp, v);
	return true;
}

/* Find the server's socket of the connection and look at it. */
static __always_inline bool na_view_socket(struct __sk_buff *skb, const struct na_work *w,
					   struct na_socket_view *v)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	struct tcp_sock *tp;
	bool ok = false;

	if (w->p.ip6) {
		na_memcpy(t.ipv6.saddr, w->p.l3 + 8, 16);
		na_memcpy(t.ipv6.daddr, w->p.l3 + 24, 16);
		t.ipv6.sport = w->p.sport;
		t.ipv6.dport = w->p.dport;
		sk = bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	} else {
		na_memcpy(&t.ipv4.saddr, w->p.l3 + 12, 4);
		na_memcpy(&t.ipv4.daddr, w->p.l3 + 16, 4);
		t.ipv4.sport = w->p.sport;
		t.ipv4.dport = w->p.dport;
		sk = bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	}
	if (!sk)
		return false;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		ok = na_peek_tcp(tp, v);
	bpf_sk_release(sk);
	return ok;
}

/* Where a new connection's state is made before it goes into the map. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct na_flow)); /* by size: a per-CPU map has no locks */
} na_new_flow SEC(".maps");

int na_meet(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_ctl *ctl = na_ctl_get();
	struct na_socket_view v = {};
	__u32 zero = 0, seq;
	struct na_flow *f = bpf_map_lookup_elem(&na_new_flow, &zero);

	if (!w || !ctl || !f)
		return -1;
	seq = w->s.seq;
	if (w->p.odd || (w->s.flags & (NA_TCP_SYN | NA_TCP_FIN | NA_TCP_RST)) ||
	    !na_view_socket(skb, w, &v) || v.mss < NA_MSS_MIN || (v.ecn & NA_ECN_ACCURATE))
		return -1;
	/* the FIFO is empty: what its slots hold does not matter */
	na_memset(f, 0, offsetof(struct na_flow, fifo));
	na_memset(&f->fill, 0, sizeof(f->fill) + sizeof(f->split));
	na_memcpy(&f->key, &w->key, sizeof(f->key));
	f->id = __sync_fetch_and_add(&ctl->next_id, 1) + 1;
	f->born = w->s.now;
	f->last_alive = w->s.now;
	f->syn_isn = v.rcv_nxt - v.received - 1;
	f->c_next = na_seq_max(seq, v.rcv_nxt);
	f->told = v.rcv_nxt;
	f->s_ack = v.rcv_nxt;
	f->s_edge = v.rcv_nxt + v.rcv_wnd;
	f->s_high = v.snd_nxt;
	f->c_ack = v.snd_una;
	f->c_ack_s = v.snd_una;
	f->s_una = v.snd_una;
	f->c_edge = v.snd_una + v.snd_wnd;
	f->s_edge_told = f->c_edge;
	f->s_edge_last = f->c_edge;
	f->c_wscale = v.snd_wscale;
	f->s_wscale = v.rcv_wscale;
	f->mss = v.mss > 0xffff ? 0xffff : v.mss;
	if (!na_eager)
		f->bored = v.fresh ? NA_DOZE_NEW : NA_DOZE_MET;
	f->cwnd = NA_CWND_PACKETS * f->mss;
	f->ssthresh = NA_CWND_MAX;
	if (v.sack)
		f->flags |= NA_FLOW_SACK;
	if (v.ecn)
		f->flags |= NA_FLOW_ECN;
	if (v.fresh && seq == v.rcv_nxt)
		f->flags |= NA_FLOW_FRESH;
	else
		f->flags |= NA_FLOW_DARK;
	if (v.in_boundary && seq == v.rcv_nxt)
		na_records_start(&f->c_rec, seq);
	if (v.out_boundary)
		na_records_start(&f->s_rec, v.snd_nxt);
	if (bpf_map_update_elem(&na_flows, &w->key, f, BPF_NOEXIST) < 0) {
		na_count(NA_V_FLOW_FULL, 1);
		return -1;
	}
	if (na_doze_has(&w->key, *(volatile __u32 *)&ctl->limit_gen)) { /* since we looked */
		bpf_map_delete_elem(&na_flows, &w->key);
		return -1;
	}
	na_count(NA_V_FLOW_NEW, 1);
	return 0;
}

int na_resync(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_socket_view v = {};
	bool in = false, out = false;
	__u32 strangers;
	struct na_flow *f;

	if (!w)
		return -1;
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f)
		return -1;
	/* those that come after we saw nfsd idle count again */
	strangers = __sync_fetch_and_add(&f->strangers, 0);
	if (!na_view_socket(skb, w, &v))
		return -1;
	bpf_spin_lock(&f->lock);
	if (!f->c_rec.sync && v.in_boundary && f->c_next == w->s.seq &&
	    f->c_next - f->din == v.rcv_nxt) {
		na_records_resync(f);
		in = true;
	}
	if (v.idle && f->c_next == w->s.seq && f->c_next - f->din == v.rcv_nxt &&
	    f->s_high == v.snd_nxt) {
		f->flags &= ~NA_FLOW_DARK;
		__sync_val_compare_and_swap(&f->strangers, strangers, 0);
	}
	if (!f->s_rec.sync && v.out_boundary && f->s_high == v.snd_nxt) {
		na_records_start(&f->s_rec, f->s_high);
		out = true;
	}
	bpf_spin_unlock(&f->lock);
	if (in)
		na_count(NA_V_RESYNC_IN, 1);
	if (out)
		na_count(NA_V_RESYNC_OUT, 1);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: which rules hold for a connection, what its segments cost, and when what goes
 * to the client may leave. Calls are counted by their replies, written bytes when they
 * come in. A device with an fq qdisc holds packets until then (skb->tstamp).
 */
#include "bpf/doze.bpf.h"
#include "bpf/limit.bpf.h"
#include "bpf/tc.bpf.h"
#include "nfsaccel/call_info.h"

#define NA_LIMIT_MARKS	256u /* record marks followed in one segment */

struct na_mark_ctx {
	struct __sk_buff *skb;
	struct na_limit_work *l;
	__u32 payload;
	__u32 seq;
	__u32 end;
	__u32 head;
};

static long na_mark_step(__u32 i, struct na_mark_ctx *c)
{
	struct na_stream *st = &c->l->st;
	__u32 off, bytes, v;
	__u8 raw[4] = {};

	if (!na_records_want(&st->rec, c->seq, c->end, &off, &bytes))
		return 1;
	if (bytes == NA_RPC_MARK_BYTES) {
		if (bpf_skb_load_bytes(c->skb, c->payload + off, raw, 4) < 0)
			goto lost;
		v = na_get_be32(raw);
	} else {
		if (bpf_skb_load_bytes(c->skb, c->payload + off, raw, 1) < 0)
			goto lost;
		v = raw[0];
	}
	na_stream_mark(st, c->end, c->head, v, bytes, &c->l->toll);
	return 0;
lost:
	st->rec.sync = 0;
	return 1;
}

/* Follow w->l.st through the segment: w->l.toll. False if nothing in it is new. */
static __always_inline bool na_toll_of(struct __sk_buff *skb, struct na_work *w, bool call)
{
	struct na_limit_work *l = &w->l;
	struct na_mark_ctx c = {
		.skb = skb,
		.l = l,
		.payload = w->p.payload,
		.seq = w->s.seq,
		.end = w->s.seq + w->s.len,
		.head = call ? NA_LIMIT_CALL_HEAD : NA_LIMIT_REPLY_HEAD,
	};
	__u8 p[16];
	__u32 mark;

	if (w->s.len >= NA_RPC_MARK_BYTES &&
	    na_records_at_boundary(&l->st.rec, w->s.seq) &&
	    bpf_skb_load_bytes(skb, w->p.payload, &mark, sizeof(mark)) == 0 &&
	    na_stream_whole(&l->st, w->s.seq, w->s.len, c.head, bpf_ntohl(mark), &l->toll))
		return true;
	if (!na_stream_enter(&l->st, w->s.seq, w->s.len, &l->toll))
		return false;
	if (!l->st.rec.sync && l->toll.from == w->s.seq && w->s.len >= sizeof(p) &&
	    bpf_skb_load_bytes(skb, w->p.payload, p, sizeof(p)) == 0)
		na_stream_guess(&l->st, w->s.seq, p, call);
	bpf_loop(NA_LIMIT_MARKS, na_mark_step, &c, 0);
	na_stream_leave(&l->st, c.end, w->s.flags & NA_TCP_PSH, &l->toll);
	return true;
}

/* The rules for the meter's client, and for its export. */
static __always_inline void na_resolve(struct na_work *w, const struct na_ctl *ctl,
				       struct na_meter *m, __u32 gen, __u32 ifindex)
{
	__u32 *unshaped = bpf_map_lookup_elem(&na_unshaped, &ifindex);

	m->gen = gen;
	m->police = unshaped && *unshaped == NA_UNSHAPED_POLICE;
	m->inside = ctl->limit_exports == NA_LIMIT_ALL ||
		    (ctl->limit_exports && na_rule_find(w, gen & 1, NA_EXPORT_SOME));
	m->rule[NA_SCOPE_CLIENT] = na_rule_of(w, gen & 1, 0);
	m->rule[NA_SCOPE_INSIDE] = m->export ? na_rule_of(w, gen & 1, m->export) : 0;
	m->rule[NA_SCOPE_EXPORT] =
		m->export ? na_rule_of(w, (gen & 1) | NA_LIMIT_WHOLE, m->export) : 0;
	m->limited = m->rule[NA_SCOPE_CLIENT] | m->rule[NA_SCOPE_INSIDE] | m->rule[NA_SCOPE_EXPORT];
	if (m->limited && unshaped)
		__sync_val_compare_and_swap(unshaped, NA_UNSHAPED_IDLE, NA_UNSHAPED_WANTED);
}

/*
 * What was paid for is not known any more. Ports are used again, for kernel clients soon, and
 * the new connection's sequence numbers may be below those that another paid for.
 */
static __always_inline void na_meter_anew(struct na_meter *m)
{
	m->in.known = 0;
	m->out.known = 0;
}

/*
 * The meter of the segment's connection, by the policy in force. A first one is made at
 * ingress only, with the export unknown.
 */
static __always_inline struct na_meter *na_meter_for(struct __sk_buff *skb, struct na_work *w,
						     const struct na_ctl *ctl, bool make)
{
	struct na_meter *m = bpf_map_lookup_elem(&na_meters, &w->key);
	__u32 gen = *(volatile const __u32 *)&ctl->limit_gen;

	if (!m && make) {
		na_memset(&w->l.fresh, 0, sizeof(w->l.fresh));
		bpf_map_update_elem(&na_meters, &w->key, &w->l.fresh, BPF_NOEXIST);
		m = bpf_map_lookup_elem(&na_meters, &w->key);
	}
	if (m && m->gen != gen) {
		na_meter_anew(m); /* without rules no SYN is looked at */
		na_resolve(w, ctl, m, gen, skb->ifindex);
	}
	return m;
}

/* Debt of the i-th bucket in the way of another call; 0 if it may come in. */
__attribute__((noinline)) __u64 na_limit_owed(struct na_meter *m, __u32 i)
{
	struct na_work *w = na_work(NA_IN);
	struct na_ctl *ctl = na_ctl_get();
	struct na_limit *rule;
	struct na_bucket *b;
	__u64 debt;

	if (!m || !w || !ctl || i >= NA_SCOPES)
		return 0;
	rule = na_limit_at(m->rule[i]);
	if (!rule)
		return 0;
	b = na_bucket_of(w, ctl, m, i, rule);
	if (!b)
		return 0;
	debt = na_bucket_debt(b, w->s.now);
	if (!m->police && na_limit_admits(rule, debt))
		return 0;
	if (debt) {
		bpf_spin_lock(&b->lock);
		b->dropped++;
		bpf_spin_unlock(&b->lock);
	}
	return debt;
}

/* Take w->l.price from the i-th bucket. When it is paid for; 0 if nothing waits for that. */
__attribute__((noinline)) __u64 na_limit_pay(struct na_meter *m, __u32 dir, __u32 i)
{
	struct na_work *w = na_work(dir);
	struct na_ctl *ctl = na_ctl_get();
	__u64 now, due = 0, at;
	struct na_limit *rule;
	struct na_bucket *b;
	__u32 k;

	if (!m || !w || !ctl || i >= NA_SCOPES)
		return 0;
	rule = na_limit_at(m->rule[i]);
	if (!rule)
		return 0;
	now = w->s.now;
	b = na_bucket_of(w, ctl, m, i, rule);
	if (!b)
		return 0;
	bpf_spin_lock(&b->lock);
	b->seen = now;
	NA_UNROLL
	for (k = 0; k < NA_LIMIT_WHATS; k++) {
		at = 0;
		b->taken[k] += w->l.price[k];
		if (w->l.price[k])
			at = na_limit_take(&rule->rate[k], &b->tat[k], now, w->l.price[k]);
		if (at > due)
			due = at;
	}
	if (due > now)
		b->waited += due - now;
	bpf_spin_unlock(&b->lock);
	return m->police || (rule->flags & NA_LIMIT_POLICE) ? 0 : due;
}

static __always_inline bool na_admitted(struct na_meter *m)
{
	__u32 i;

	/* unrolled: 6.1 knows no calls in some loops */
	NA_UNROLL
	for (i = 0; i < NA_SCOPES; i++)
		if (m->rule[i] && na_limit_owed(m, i))
			return false;
	return true;
}

/* Take w->l.price from all buckets of the meter. When it is paid for. */
static __always_inline __u64 na_pay(const struct na_work *w, __u32 dir, struct na_meter *m)
{
	__u64 due = w->s.now, at;
	__u32 i;

	NA_UNROLL
	for (i = 0; i < NA_SCOPES; i++) {
		at = m->rule[i] ? na_limit_pay(m, dir, i) : 0;
		if (at > due)
			due = at;
	}
	return due;
}

static __always_inline void na_price(struct na_work *w, __u64 ops, __u64 read, __u64 write)
{
	w->l.price[NA_LIMIT_OPS] = ops;
	w->l.price[NA_LIMIT_READ] = read;
	w->l.price[NA_LIMIT_WRITE] = write;
}

/* na_limit_departure() for two CPUs at once. */
static __always_inline __u64 na_hold(__u64 *hold, __u64 now, __u64 due)
{
	__u64 was, next, at = due;
	__u32 i;

	for (i = 0; i < NA_CAS_TRIES; i++) {
		was = *(volatile __u64 *)hold;
		next = was;
		at = na_limit_departure(&next, now, due);
		if (next == was || __sync_val_compare_and_swap(hold, was, next) == was)
			break;
	}
	return at;
}

/* How much of the record at w->at is in w->call, its mark included; 0: nothing. */
static __always_inline __u32 na_call_loaded(struct __sk_buff *skb, struct na_work *w)
{
	__u32 n = w->p.end - w->at, len;

	if (w->loaded != w->at && !na_load_record(skb, w))
		return 0;
	len = (na_xdr_get32(w->call) & ~NA_RPC_LAST) + NA_RPC_MARK_BYTES;
	if (n > len)
		n = len;
	return n < NA_XDR_CAP + NA_RPC_MARK_BYTES ? n : NA_XDR_CAP + NA_RPC_MARK_BYTES;
}

int na_limit_handle(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_xdr x;
	__u32 n;

	if (!w)
		return -1;
	w->l.fh.len = 0;
	n = na_call_loaded(skb, w);
	if (!n)
		return -1;
	na_xdr_init(&x, w->call + NA_RPC_MARK_BYTES, n - NA_RPC_MARK_BYTES);
	na_call_handle(&x, &w->l.fh);
	return 0;
}

int na_limit_exempt(struct __sk_buff *skb, struct na_exempt *e)
{
	struct na_work *w = na_work(NA_IN);
	__u32 n;

	if (!w || !e)
		return 0;
	n = na_call_loaded(skb, w);
	if (!n)
		return 0;
	if (na_exempt_call(e, w->call, n))
		return 1;
	if (na_limit_handle(skb) < 0)
		return 0;
	if (!w->l.fh.len)
		return 1;
	if (!na_fh_same_export(w->l.fh.data, w->l.fh.len, &e->fh, e->fsid))
		return 0;
	na_exempt_set(e, w->call, &w->l.fh);
	return 1;
}

/* The number of the export that the handle in w->l.fh is of; 0: not known. */
static __always_inline __u32 na_handle_export(struct na_work *w)
{
	__u32 *number;

	if (!na_export_key_of(w->l.fh.data, w->l.fh.len, &w->export_key))
		return 0;
	number = bpf_map_lookup_elem(&na_exports, &w->export_key);
	return number ? *number : 0;
}

/*
 * The export of the segment's first call, if one begins in it and it can be told, is the
 * meter's from now on. 1 if it was told.
 */
__attribute__((noinline)) int na_limit_export(struct __sk_buff *skb, struct na_meter *m)
{
	struct na_work *w = na_work(NA_IN);
	struct na_ctl *ctl = na_ctl_get();
	__u32 off = 0, n;

	if (!m || !w || !ctl)
		return -1;
	/* out of date where the connection was not limited for a while */
	if (m->in.rec.sync && na_seq_le(w->s.seq, m->in.rec.next)) {
		off = m->in.rec.next - w->s.seq;
		if (m->in.rec.have || m->in.rec.inside)
			return 0;
	}
	if (off >= w->s.len)
		return 0;
	w->at = w->p.payload + off;
	if (na_limit_handle(skb) < 0 || !w->l.fh.len)
		return 0;
	n = na_handle_export(w);
	if (n != m->export) {
		m->export = n;
		if (!m->limited)
			na_meter_anew(m); /* it was not kept */
		na_resolve(w, ctl, m, m->gen, skb->ifindex);
	}
	return n != 0;
}

/* The calls of one that dozes. */
struct na_asleep_ctx {
	struct __sk_buff *skb;
	struct na_work *w;
	struct na_doze *d;
	__u32 seq;
	bool woken;
};

/* Another export than before: is no rule for it either? */
static __always_inline bool na_asleep_there(struct na_work *w, struct na_doze *d)
{
	__u32 export = na_handle_export(w), bank = d->exempt.gen & 1;

	na_memcpy(&w->key, &d->key, sizeof(w->key));
	if (!export || na_rule_of(w, bank, export) || na_rule_of(w, bank | NA_LIMIT_WHOLE, export))
		return false;
	na_exempt_set(&d->exempt, w->call, &w->l.fh);
	return true;
}

/* The next call that begins in the segment, if any does. */
static long na_asleep_step(__u32 i, struct na_asleep_ctx *c)
{
	struct na_work *w = c->w;
	struct na_doze *d = c->d;
	__u32 off = d->next - c->seq, mark;

	if (off >= w->p.end - w->p.payload) {
		c->woken = (__s32)off < 0; /* something is missing before it */
		return 1;
	}
	c->woken = true;
	w->at = w->p.payload + off;
	w->l.fh.len = 0;
	if (!na_limit_exempt(c->skb, &d->exempt) && (!w->l.fh.len || !na_asleep_there(w, d)))
		return 1;
	mark = na_xdr_get32(w->call);
	if (!(mark & NA_RPC_LAST) || mark > (NA_RPC_LAST | NA_FRAGMENT_MAX))
		return 1;
	d->next += NA_RPC_MARK_BYTES + (mark & ~NA_RPC_LAST);
	c->woken = false;
	return 0;
}

/* What na_dozing() found to be plain headers, once more. */
struct na_asleep_segment {
	__u32 payload;
	__u32 end;
	__u32 seq;
	bool syn;
};

/* False if they are not so plain as to be followed. */
static __always_inline bool na_asleep_parse(struct __sk_buff *skb, struct na_asleep_segment *s)
{
	const __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end, *tcp;
	__u32 l4 = NA_L3 + NA_IP4_LEN;

	tcp = data + NA_L3 + NA_IP4_LEN;
	if (tcp + NA_TCP_LEN > end)
		return false;
	if (*(const __u16 *)(data + 12) == bpf_htons(ETH_P_IP)) {
		if (*(const __u16 *)(data + NA_L3 + 6) & bpf_htons(0x3fff)) /* a fragment */
			return false;
		s->end = NA_L3 + bpf_ntohs(*(const __u16 *)(data + NA_L3 + 2));
	} else {
		l4 = NA_L3 + NA_IP6_LEN;
		s->end = l4 + bpf_ntohs(*(const __u16 *)(data + NA_L3 + 4));
		tcp = data + NA_L3 + NA_IP6_LEN;
		if (tcp + NA_TCP_LEN > end)
			return false;
	}
	s->payload = l4 + (tcp[12] >> 4) * 4;
	s->seq = bpf_ntohl(*(const __u32 *)(tcp + 4));
	s->syn = tcp[13] & NA_TCP_SYN;
	return s->payload <= s->end && s->end <= skb->len;
}

int na_limit_asleep(struct __sk_buff *skb, __u32 place)
{
	struct na_asleep_ctx c = { .skb = skb };
	struct na_asleep_segment s = {};
	bool plain = na_asleep_parse(skb, &s);

	if (plain && s.payload == s.end && !s.syn)
		return 1;
	c.w = na_work(NA_IN);
	c.d = bpf_map_lookup_elem(&na_dozes, &place);
	if (!c.w || !c.d)
		return 1;
	c.w->loaded = 0;
	c.woken = true;
	if (plain && !s.syn) {
		c.w->p.payload = s.payload;
		c.w->p.end = s.end;
		c.seq = s.seq;
		/* most often it is one call */
		if (!na_asleep_step(0, &c) && c.d->next != s.seq + (s.end - s.payload))
			bpf_loop(NA_LIMIT_MARKS, na_asleep_step, &c, 0);
	}
	if (c.woken)
		na_doze_over(c.d);
	return !c.woken;
}

/* The segment is held for so many ns or, for 0, dropped. */
static __always_inline void na_tell_held(struct __sk_buff *skb, const struct na_work *w,
					 const struct na_meter *m, __u32 dir, __u64 ns)
{
	na_tell_client(w, ns ? NA_V_LIMIT_HELD : NA_V_LIMIT_DROPPED, m->export, ns);
	if (na_tally_sets)
		na_tally_held(skb, dir, ns);
}

int na_limit_in(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_ctl *ctl = na_ctl_get();
	struct na_meter *m;
	bool told = false;

	if (!w || !ctl)
		return NA_LIMIT_PASS;
	w->l.limited = 0;
	w->l.slow = 0;
	m = na_meter_for(skb, w, ctl, w->s.len);
	if (!m)
		return NA_LIMIT_PASS;
	if (w->s.flags & NA_TCP_SYN)
		na_meter_anew(m);
	if (w->s.len && m->inside)
		told = na_limit_export(skb, m) > 0;
	if (!m->limited && !m->inside)
		return NA_LIMIT_FREE;
	if (!m->limited)
		return told ? NA_LIMIT_EXEMPT : NA_LIMIT_PASS;
	w->l.limited = 1;
	w->l.slow = *(volatile __u64 *)&m->hold > w->s.now + NA_LIMIT_SLOW;
	if (!w->s.len)
		return NA_LIMIT_PASS;
	if (!na_admitted(m)) {
		na_tell_held(skb, w, m, NA_IN, 0);
		return NA_LIMIT_DROP;
	}
	w->l.st = m->in;
	if (na_toll_of(skb, w, true) && w->l.toll.bytes) {
		na_price(w, 0, 0, w->l.toll.bytes);
		na_hold(&m->hold, w->s.now,
			na_hold(&m->ack_hold, w->s.now, na_pay(w, NA_IN, m)));
	}
	m->in = w->l.st;
	return NA_LIMIT_PASS;
}

__u64 na_limit_answer(struct __sk_buff *skb, __u32 bytes)
{
	struct na_work *w = na_work(NA_IN);
	struct na_meter *m;
	__u64 at;

	if (!w)
		return 0;
	m = bpf_map_lookup_elem(&na_meters, &w->key);
	if (!m)
		return 0;
	na_price(w, 1, bytes, 0);
	at = na_hold(&m->hold, w->s.now, na_pay(w, NA_IN, m));
	if (at <= w->s.now)
		return 0;
	na_tell_held(skb, w, m, NA_IN, at - w->s.now);
	return at;
}

int na_limit_out(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_ctl *ctl = na_ctl_get();
	struct na_meter *m;
	__u64 at, due;

	if (!w || !ctl)
		return 0;
	m = na_meter_for(skb, w, ctl, false);
	if (!m || !m->limited || (w->s.flags & NA_TCP_RST))
		return 0;
	if (!w->s.len && !(w->s.flags & NA_TCP_FIN)) {
		at = *(volatile __u64 *)&m->ack_hold;
		if (at <= w->s.now && *(volatile __u64 *)&m->hold > w->s.now)
			skb->priority = NA_PRIO_CONTROL;
	} else {
		due = w->s.now;
		w->l.st = m->out;
		if (na_toll_of(skb, w, false)) {
			na_price(w, w->l.toll.messages, w->l.toll.bytes, 0);
			due = na_pay(w, NA_OUT, m);
		}
		m->out = w->l.st;
		at = na_hold(&m->hold, w->s.now, due);
	}
	if (at <= w->s.now || at <= skb->tstamp)
		return 1;
	na_tell_held(skb, w, m, NA_OUT, at - w->s.now);
	bpf_skb_set_tstamp(skb, at, BPF_SKB_TSTAMP_DELIVERY_MONO);
	return 1;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * TC ingress: the client's segments. na_ingress parses, asks the cache and lets the splice
 * decide; na_emit carries out what that takes beyond letting the segment pass.
 */
#include "bpf/doze.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/store.bpf.h"
#include "bpf/tc.bpf.h"
#include "nfsaccel/call_info.h"

#define NA_JUMP_EMIT	0

int na_emit(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int());
} na_jumps SEC(".maps") = {
	.values = { [NA_JUMP_EMIT] = (void *)&na_emit },
};

/* Follow the next record mark of the segment in w, or a byte of it; false if none is left. */
static __always_inline bool na_scan_one(struct __sk_buff *skb, struct na_work *w)
{
	struct na_records *r = &w->s.rec_to;
	__u32 off, bytes, word;
	__u8 byte;

	if (!na_records_want(r, w->s.seq, w->s.seq + w->s.len, &off, &bytes))
		return false;
	off += w->p.payload;
	if (bytes == NA_RPC_MARK_BYTES && bpf_skb_load_bytes(skb, off, &word, 4) == 0) {
		na_records_feed(r, bpf_ntohl(word), NA_RPC_MARK_BYTES);
	} else if (bytes == 1 && bpf_skb_load_bytes(skb, off, &byte, 1) == 0) {
		na_records_feed(r, byte, 1);
	} else {
		r->sync = 0;
		return false;
	}
	return true;
}

struct na_scan_ctx {
	struct __sk_buff *skb;
	struct na_work *w;
};

static long na_scan_step(__u32 i, struct na_scan_ctx *c)
{
	return na_scan_one(c->skb, c->w) ? 0 : 1;
}

/* Its frame is not beneath those of the calls that na_consider() makes. */
static __noinline void na_scan_rest(struct __sk_buff *skb, struct na_work *w)
{
	struct na_scan_ctx c = { .skb = skb, .w = w };
	__u32 off, bytes;

	bpf_loop(NA_SCAN_MARKS, na_scan_step, &c, 0);
	if (na_records_want(&w->s.rec_to, w->s.seq, w->s.seq + w->s.len, &off, &bytes))
		w->s.rec_to.sync = 0;
}

/* Set rec_from and rec_to of the segment in w from the parser's state r. */
static __always_inline void na_scan(struct __sk_buff *skb, struct na_work *w,
				    const struct na_records *r)
{
	__u32 off, bytes;
	bool more;

	w->s.rec_from = *r;
	w->s.rec_to = *r;
	w->s.facts |= NA_SEG_SCANNED;
	/* most often it is one record, and na_ask() wants it as well */
	if (na_records_at_boundary(r, w->s.seq) && w->s.len >= NA_RPC_MARK_BYTES) {
		w->at = w->p.payload;
		more = w->loaded == w->at || na_load_record(skb, w);
		if (more)
			na_records_feed(&w->s.rec_to, na_xdr_get32(w->call), NA_RPC_MARK_BYTES);
		else
			w->s.rec_to.sync = 0;
	} else {
		more = na_scan_one(skb, w);
	}
	if (more && na_records_want(&w->s.rec_to, w->s.seq, w->s.seq + w->s.len, &off, &bytes))
		na_scan_rest(skb, w);
}

/* The offer's calls from number `from` on go to nfsd. False if they could not be written down. */
static __always_inline bool na_offer_pass(struct __sk_buff *skb, struct na_work *w, __u32 from)
{
	bool noted;

	if (from >= w->o.n)
		return true;
	noted = na_note_passed(skb, from) == 0;
	na_offer_drop(skb, from, 2);
	return noted;
}

/* The flow of the segment in w, followed from now on if it was not. */
static __always_inline struct na_flow *na_flow_for(struct __sk_buff *skb, struct na_work *w,
						   struct na_ctl *ctl)
{
	struct na_flow *f = bpf_map_lookup_elem(&na_flows, &w->key);

	if (f || !w->s.len || ctl->mode == NA_MODE_OFF || ctl->mode == NA_MODE_DYING)
		return f;
	return na_meet(skb) < 0 ? NULL : bpf_map_lookup_elem(&na_flows, &w->key);
}

/* Are there no calls in the segment but such that no rule of the policy is for? */
static __always_inline bool na_exempt(struct __sk_buff *skb, struct na_work *w,
				      struct na_flow *f)
{
	const struct na_records *r = &f->c_rec;
	__u32 off = r->next - w->s.seq;

	if (!w->s.len)
		return true;
	if (!r->sync || r->have || r->inside)
		return false;
	if (off >= w->s.len)
		return (__s32)off >= 0; /* else something is missing before it */
	w->at = w->p.payload + off;
	return na_limit_exempt(skb, &f->exempt);
}

/* What the limits say of the segment, an enum na_limit_act; costs nothing without rules. */
static __always_inline int na_limit_ask(struct __sk_buff *skb, struct na_work *w,
					struct na_ctl *ctl, struct na_flow *f)
{
	__u32 gen = *(volatile __u32 *)&ctl->limit_gen;
	int act;

	w->l.limited = 0;
	if (!gen || (f && f->free_gen == gen))
		return NA_LIMIT_PASS;
	if (f && f->exempt.gen == gen && na_exempt(skb, w, f))
		return NA_LIMIT_PASS;
	act = na_limit_in(skb);
	if (f) {
		f->exempt.gen = 0;
		if (act == NA_LIMIT_FREE) {
			f->free_gen = gen;
		} else if (act == NA_LIMIT_EXEMPT) {
			na_exempt_set(&f->exempt, w->call, &w->l.fh);
			f->exempt.gen = gen;
		}
	}
	skb->tc_index = NA_SEEN; /* not once more on a device above */
	return act;
}

/*
 * Where the first record begins in the segment, if all before it belongs to a call that
 * was seen before: then w->at is set. Marks the segment as seen if none begins in it.
 */
static __always_inline bool na_first_record(struct na_work *w, const struct na_records *rec)
{
	__u32 off = rec->next - w->s.seq;

	if (rec->have || rec->inside)
		return false;
	if (off >= w->s.len) {
		w->s.facts |= NA_SEG_NOTED;
		return false;
	}
	w->at = w->p.payload + off;
	return true;
}

/* Enter the segment's calls into na_flow.bored. */
static __always_inline void na_balance(const struct na_work *w, struct na_flow *f)
{
	if (!w->dark) /* else nothing could be learnt */
		f->bored += w->vain;
	if (w->paid)
		na_less_bored(f, w->paid);
}

/*
 * Scan the payload and ask the cache. Leaves an offer in w->o. A function of its own, so that
 * the verifier forgets which way it took: it would follow each through the splice.
 */
static __noinline void na_consider(struct __sk_buff *skb, struct na_work *w, struct na_flow *f,
				   struct na_ctl *ctl)
{
	bool next = w->s.seq == f->c_next;
	struct na_records rec;
	enum na_verdict why;
	__u32 from = 0;

	if (ctl->mode == NA_MODE_OFF) {
		na_count(NA_V_PASS_UNSYNC, 1);
		return;
	}
	w->dark = na_dark(f);
	if (next && (!f->c_rec.sync || !f->s_rec.sync || w->dark)) {
		na_resync(skb);
		w->dark = na_dark(f);
	}
	next = next && f->c_rec.sync;
	na_records_for(f, w->s.seq, &rec);
	if (rec.sync)
		na_scan(skb, w, &rec);
	if (!next || !rec.sync) {
		na_count(NA_V_PASS_UNSYNC, 1);
		return;
	}
	if (!na_first_record(w, &rec))
		return;
	w->rep_max = na_reply_max(f);
	w->mss = f->mss;
	na_ask(skb);
	na_balance(w, f);
	if (!w->o.n)
		return;
	if (ctl->mode != NA_MODE_ANSWER) {
		why = NA_V_MISS_MODE;
	} else if (!f->way.ifindex) {
		why = NA_V_PASS_UNSYNC;
	} else if (w->p.odd) {
		why = NA_V_PASS_FLAGS;
	} else if (f->bored && !na_eager && !na_spliced(f)) {
		why = NA_V_PASS_UNPAID;
	} else if (w->l.limited && w->l.slow) {
		/* what is answered is not acknowledged before: the client would send it again */
		why = NA_V_PASS_LIMIT;
	} else if (w->s.now - f->last_alive > na_alive_ns) {
		why = NA_V_MISS_ALIVE;
		from = w->o.n - 1; /* one is enough */
	} else {
		return;
	}
	na_count(why, w->o.n - from);
	if (na_tally_sets)
		na_tally_passed(skb, why, w->o.n - from);
	if (!na_offer_pass(skb, w, from))
		w->s.facts &= ~NA_SEG_NOTED;
}

/*
 * What is kept back goes before a segment that carries on there: of the skb, w->p.payload is then
 * the place of the first byte of all, which is not there. What came of the record that begins with
 * them is in w->call.
 */
static __noinline void na_join(struct __sk_buff *skb, struct na_work *w, struct na_flow *f)
{
	__u32 kept = *(volatile __u32 *)&f->kept, n = w->s.len;

	if (!na_joins(f, &w->s, kept) || w->p.odd)
		return;
	bpf_spin_lock(&f->lock);
	na_memcpy(w->kept, f->keep, NA_KEEP_MAX);
	bpf_spin_unlock(&f->lock);
	na_memcpy(w->call, w->kept, NA_KEEP_MAX);
	if (n > NA_KEEP_MAX)
		n = NA_KEEP_MAX;
	if (!na_within(kept, 1, NA_KEEP_MAX) || !na_within(n, 1, NA_KEEP_MAX) ||
	    bpf_skb_load_bytes(skb, w->p.payload, w->call + kept, n) < 0)
		return;
	w->s.kept = kept;
	w->s.seq -= kept;
	w->s.len += kept;
	w->p.payload -= kept;
	w->loaded = w->p.payload;
}

/* In memory: the verifier would follow each answer to these questions through the splice. */
static __always_inline void na_glimpse(const struct na_flow *f, struct na_glimpse *g)
{
	g->flags = f->flags;
	g->dout = f->dout;
	g->sync = f->c_rec.sync | f->gap.behind.sync;
}

SEC("tc")
int na_ingress(struct __sk_buff *skb)
{
	struct na_work *w;
	struct na_ctl *ctl;
	struct na_flow *f = NULL;
	enum na_doze_how doze;
	__u32 at;
	bool mine, noted;

	if (skb->pkt_type != 0 /* PACKET_HOST */ || skb->tc_index == NA_SEEN)
		return TC_ACT_UNSPEC;
	ctl = na_ctl_get();
	if (!ctl)
		return TC_ACT_UNSPEC;
	at = na_dozing(skb, true, *(volatile __u32 *)&ctl->limit_gen);
	doze = at & NA_DOZE_MASK;
	if (doze == NA_DOZE_ALONE ||
	    (doze == NA_DOZE_CALLS && na_limit_asleep(skb, at >> NA_DOZE_BITS)))
		return TC_ACT_UNSPEC;
	w = na_work(NA_IN);
	if (!w)
		return TC_ACT_UNSPEC;
	if (!na_parse(skb, NA_IN))
		return w->p.stray ? na_stray(skb) : TC_ACT_UNSPEC;
	w->loaded = 0;
	if (doze != NA_DOZE_PAYS)
		f = na_flow_for(skb, w, ctl);
	if (na_limit_ask(skb, w, ctl, f) == NA_LIMIT_DROP)
		return TC_ACT_SHOT;
	if (!f) {
		if (w->s.len && doze != NA_DOZE_PAYS)
			na_count(NA_V_PASS_NOFLOW, 1);
		return TC_ACT_UNSPEC;
	}
	skb->tc_index = NA_SEEN;
	if (ctl->mode == NA_MODE_DYING)
		w->s.facts |= NA_SEG_DYING;
	if (na_csum_good(skb))
		w->s.facts |= NA_SEG_CSUM;
	w->o.n = 0;
	w->o.tail = 0;
	w->mark = skb->mark;
	if (w->s.len) {
		if (*(volatile __u32 *)&f->kept)
			na_join(skb, w, f);
		na_consider(skb, w, f, ctl);
		w->p.payload += w->s.kept;
	}

	bpf_spin_lock(&f->lock);
	mine = na_flow_key_equal(&f->key, &w->key);
	na_glimpse(f, &w->was);
	w->way = f->way;
	if (mine)
		na_splice_in(f, &w->s, &w->o, &w->a);
	if (mine && (w->a.todo & NA_DO_KEEP))
		na_memcpy(f->keep, w->call, NA_KEEP_MAX);
	na_glimpse(f, &w->is);
	bpf_spin_unlock(&f->lock);
	if (!mine) { /* deleted under us, and another's by now */
		na_offer_drop(skb, 0, 2);
		return TC_ACT_UNSPEC;
	}

	if (w->was.sync && !w->is.sync)
		na_count(NA_V_LOST_IN, 1);
	if (w->was.dout && (~w->was.flags & w->is.flags & NA_FLOW_CLOSING) &&
	    (w->s.flags & NA_TCP_RST))
		na_tell_client(w, NA_V_RESET_CLIENT, 0, 0);
	noted = true;
	if (w->a.taken < w->o.n) {
		na_count(w->a.why, w->o.n - w->a.taken);
		if (na_tally_sets)
			na_tally_passed(skb, w->a.why, w->o.n - w->a.taken);
		noted = na_offer_pass(skb, w, w->a.taken);
	}
	if (w->o.tail && !(w->a.todo & NA_DO_KEEP))
		noted = na_note_tail(skb) == 0 && noted;
	if (!noted) {
		bpf_spin_lock(&f->lock);
		f->flags |= NA_FLOW_DARK;
		bpf_spin_unlock(&f->lock);
	}
	if (w->a.nunpin == 1) /* by far the most, and a loop is dear */
		na_unpin_number(w->a.unpin[0]);
	else
		na_unpin_all(w->a.unpin, w->a.nunpin);
	if (w->a.todo == NA_DO_PASS)
		return TC_ACT_UNSPEC;
	if (!w->was.dout && (w->a.todo & NA_DO_REPLY))
		na_count(NA_V_FLOW_SPLICED, 1);
	bpf_tail_call(skb, &na_jumps, NA_JUMP_EMIT);
	/* not reached; as if the network had lost it */
	na_count(NA_V_EMIT_FAIL, 1);
	na_offer_drop(skb, 0, 1);
	return TC_ACT_SHOT;
}

SEC("tc")
int na_emit(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	int act = TC_ACT_SHOT, partial, err;
	__u32 todo, facts = NA_SKB_LOCAL;
	bool on, itself;

	if (!w)
		return TC_ACT_SHOT;
	todo = w->a.todo;
	/* what is sent and cut has no place for a jumbo option */
	if (w->p.jumbo && (todo & ~(NA_DO_PASS | NA_DO_REWRITE)))
		return TC_ACT_SHOT;
	on = todo & (NA_DO_PASS | NA_DO_BARE);
	if (w->s.kept)
		na_count(NA_V_JOINED, 1);
	if (todo & (NA_DO_REPLY | NA_DO_RESEND | NA_DO_ACK | NA_DO_BARE | NA_DO_TRIM | NA_DO_SPLIT))
		facts = na_skb_facts(skb, NA_IN);
	partial = facts & NA_SKB_PARTIAL;
	if ((todo & NA_DO_RESEND) && w->l.limited && w->l.slow)
		todo &= ~NA_DO_RESEND; /* it was not lost, but waits in the qdisc */
	/* the replies are made of the same skb */
	if ((todo & NA_DO_SPLIT) && na_keep_rest(skb) < 0)
		on = false;
	if (todo & (NA_DO_REPLY | NA_DO_RESEND | NA_DO_ACK)) {
		/*
		 * May the skb itself go back? Not one of a sender on this machine: while it is
		 * about and its own, that sends nothing again (skb_fclone_busy()), so if it waited
		 * behind a hole, nobody would ask for what is missing there; nor does its truesize
		 * grow. And of what is sent again the last packet may not be needed.
		 */
		itself = !on && !((todo & NA_DO_RESEND) && w->s.nsack) && !(facts & NA_SKB_LOCAL);
		err = na_send_all(skb, partial, itself);
		if (!err && itself)
			act = TC_ACT_REDIRECT;
	}
	if (!on) {
		if (todo & NA_DO_DROP)
			na_count(w->s.len ? NA_V_DROPPED : NA_V_SWALLOWED, 1);
		return act;
	}
	skb->mark = w->mark;
	na_count(NA_V_TRANSLATED_IN, 1);
	if (todo & NA_DO_BARE) {
		na_count(NA_V_BARE_ACK, 1);
		err = na_rewrite_cut(skb, NA_IN, 0, partial);
	} else if (todo & (NA_DO_TRIM | NA_DO_SPLIT | NA_DO_RESEND | NA_DO_ACK)) {
		na_count(NA_V_TRIMMED, !!(todo & NA_DO_TRIM));
		err = na_rewrite_cut(skb, NA_IN, w->a.keep, partial);
	} else {
		err = na_rewrite(skb, NA_IN);
	}
	return err < 0 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

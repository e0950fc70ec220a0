// SPDX-License-Identifier: GPL-2.0-only
/* TC egress: the server's segments. They are followed, learnt from and translated. */
#include "bpf/doze.bpf.h"
#include "bpf/store.bpf.h"
#include "bpf/tc.bpf.h"

/*
 * Is the segment from the middle of a reply, and nothing is to be learnt of it? Then its records
 * are told here, without na_walk().
 */
static __always_inline bool na_walked(struct na_work *w, const struct na_flow *f)
{
	struct na_records *r = &w->s.rec_from;
	__u32 off, bytes;

	*r = f->s_rec;
	if (!r->sync || w->s.seq != f->s_high || f->split.have || f->fill.entry ||
	    na_records_want(r, w->s.seq, w->s.seq + w->s.len, &off, &bytes))
		return false;
	w->s.rec_to = *r;
	w->s.facts |= NA_SEG_SCANNED;
	return true;
}

/*
 * Let the splice decide about the segment in w: fills w->a. A function of its own, since its
 * frame and that of what is learnt from the segment do not fit one stack. Negative if the
 * connection is another's by now.
 */
static __noinline int na_decide_out(struct __sk_buff *skb, struct na_work *w, struct na_flow *f)
{
	bool lost, mine, dead, reset, bored = false;
	__u32 label = w->p.ip6 ? na_xdr_get32(w->p.l3) & NA_IP6_LABEL : 0;

	w->free_gen = f->exempt.gen == w->limit_gen ? w->limit_gen : f->free_gen;
	bpf_spin_lock(&f->lock);
	mine = na_flow_key_equal(&f->key, &w->key);
	lost = f->s_rec.sync;
	dead = f->flags & NA_FLOW_DEAD;
	reset = f->dout && !(f->flags & NA_FLOW_CLOSING) && (w->s.flags & NA_TCP_RST);
	if (mine) {
		na_splice_out(f, &w->s, &w->a);
		f->way.ifindex = skb->ifindex;
		na_memcpy(f->way.mac, w->p.l2, sizeof(f->way.mac));
		f->way.label = label;
	}
	if (mine && f->bored >= NA_DOZE_AFTER && !na_spliced(f) && !(f->flags & NA_FLOW_DEAD)) {
		na_abandon(f, &w->a);
		bored = true;
	}
	lost = lost && !f->s_rec.sync;
	dead = !dead && (f->flags & NA_FLOW_DEAD);
	bpf_spin_unlock(&f->lock);
	if (!mine)
		return -1;
	if (lost)
		na_count(NA_V_LOST_OUT, 1);
	if (bored) {
		na_doze_off(&w->key, f, w->limit_gen);
		na_count(NA_V_FLOW_DOZED, 1);
	} else if (w->a.todo & NA_DO_FORGET) {
		na_count(NA_V_FLOW_REPLACED, 1);
	}
	if (dead && (w->s.facts & NA_SEG_DYING))
		na_tell_client(w, NA_V_FLOW_RESET, 0, 0);
	else if (reset)
		na_tell_client(w, NA_V_RESET_SERVER, 0, 0);
	return 0;
}

/* A packet that ingress sends on this CPU just now, if it lacks its payload. */
static __always_inline int na_finish_ours(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);

	skb->mark = 0;
	skb->tc_index = NA_SEEN;
	if (!w || !w->send.armed)
		return TC_ACT_UNSPEC;
	w->send.armed = 0;
	return na_fill_packet(skb) < 0 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("tc")
int na_egress(struct __sk_buff *skb)
{
	struct na_ctl *ctl;
	struct na_flow *f;
	struct na_work *w;
	enum na_doze_how doze;
	int err, partial;
	__u32 todo, gen;

	if (skb->mark == NA_MARK_OURS)
		return na_finish_ours(skb);
	ctl = na_ctl_get();
	if (!ctl || skb->tc_index == NA_SEEN)
		return TC_ACT_UNSPEC;
	gen = *(volatile __u32 *)&ctl->limit_gen;
	doze = na_dozing(skb, false, gen) & NA_DOZE_MASK;
	if (doze == NA_DOZE_ALONE || doze == NA_DOZE_CALLS)
		return TC_ACT_UNSPEC;
	w = na_work(NA_OUT);
	if (!w || !na_parse(skb, NA_OUT))
		return TC_ACT_UNSPEC;
	if (ctl->mode == NA_MODE_DYING)
		w->s.facts |= NA_SEG_DYING;
	w->s.facts |= NA_SEG_CSUM; /* our own kernel's */
	w->free_gen = 0;
	w->limit_gen = gen;
	f = doze == NA_DOZE_PAYS ? NULL : bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f || (w->s.len && !na_walked(w, f) && na_walk(skb) < 0) || na_decide_out(skb, w, f) < 0) {
		if (gen && na_limit_out(skb) > 0)
			skb->tc_index = NA_SEEN;
		return TC_ACT_UNSPEC;
	}
	skb->tc_index = NA_SEEN;
	na_unpin_all(w->a.unpin, w->a.nunpin);
	todo = w->a.todo;
	if (todo & NA_DO_FORGET) {
		na_forget(skb);
		todo = NA_DO_PASS;
	}
	if (todo & NA_DO_DROP) {
		na_count(NA_V_DROPPED, 1);
		return TC_ACT_SHOT;
	}
	if (gen && w->free_gen != gen)
		na_limit_out(skb);
	if (!(todo & NA_DO_REWRITE))
		return TC_ACT_UNSPEC;
	na_count(NA_V_TRANSLATED_OUT, 1);
	if (todo & NA_DO_TRIM) {
		na_count(NA_V_TRIMMED, 1);
		partial = na_skb_facts(skb, NA_OUT) & NA_SKB_PARTIAL;
		err = na_rewrite_cut(skb, NA_OUT, w->a.keep, partial);
	} else {
		err = na_rewrite(skb, NA_OUT);
	}
	return err < 0 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

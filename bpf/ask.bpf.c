// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ingress: the requests of one segment are parsed and looked up. Those that can be answered
 * become an offer, entries pinned; each that cannot is noted, so that nfsd's reply may be
 * learnt (coherence.md "Fill", step 1).
 */
#include "bpf/doze.bpf.h"
#include "bpf/inode.bpf.h"
#include "bpf/store.bpf.h"
#include "bpf/tc.bpf.h"

static __always_inline __u32 na_privileged(const struct na_work *w)
{
	return bpf_ntohs(w->key.client_port) < 1024;
}

static __always_inline void na_cred_key_of(struct na_work *w)
{
	struct na_cred_key *k = &w->cred;

	na_memcpy(k->client, w->key.client, 16);
	k->flavor = w->rpc.flavor;
	k->privileged = na_privileged(w);
	k->uid = w->rpc.uid;
	k->gid = w->rpc.gid;
	k->ngids = w->rpc.ngids;
	na_memcpy(k->gids, w->rpc.gids, sizeof(k->gids));
}

static __always_inline bool na_cred_known(const struct na_work *w)
{
	const __u64 *a = (const void *)&w->cred, *b = (const void *)&w->known.cred;
	__u64 differ = w->cred.gids[NA_AUTH_GIDS - 1] ^ w->known.cred.gids[NA_AUTH_GIDS - 1];
	__u32 i;

	_Static_assert(sizeof(w->cred) % 8 == 4, "the last word is compared by itself");
	NA_UNROLL
	for (i = 0; i < sizeof(w->cred) / 8; i++)
		differ |= a[i] ^ b[i];
	return !differ && w->known.number;
}

/* Has the call of len bytes in w->call the last one's credential, to the byte, and its client? */
static __always_inline bool na_call_alike(const struct na_work *w, __u32 len)
{
	const __u64 *a = (const void *)w->key.client, *b = (const void *)w->known.cred.client;

	return w->known.number && !((a[0] ^ b[0]) | (a[1] ^ b[1])) &&
	       w->known.cred.privileged == na_privileged(w) &&
	       na_read_alike(&w->known.alike, w->call, len);
}

/*
 * The number of the credential in w->cred, 0 if it has none. Numbers are never given twice, so
 * one that was forgotten meanwhile (the map is an LRU) can at worst be of no use: a miss then asks
 * the map.
 */
static __noinline __u64 na_cred_find(struct na_work *w, struct na_ctl *ctl, bool make)
{
	__u64 *number, fresh;

	if (!na_cred_known(w)) {
		number = bpf_map_lookup_elem(&na_creds, &w->cred);
		if (!number && make) {
			fresh = __sync_fetch_and_add(&ctl->next_id, 1) + 1;
			bpf_map_update_elem(&na_creds, &w->cred, &fresh, BPF_NOEXIST);
			number = bpf_map_lookup_elem(&na_creds, &w->cred);
		}
		if (!number)
			return 0;
		na_memcpy(&w->known.cred, &w->cred, sizeof(w->cred));
		w->known.number = *number;
	}
	na_read_alike_set(&w->known.alike, w->call, w->args_at);
	return w->known.number;
}

static __always_inline __u64 na_cred_number(struct na_work *w, struct na_ctl *ctl, bool make)
{
	return w->alike ? w->known.number : na_cred_find(w, ctl, make);
}

static __always_inline struct na_slot *na_slot_at(__u32 slot)
{
	return bpf_map_lookup_elem(&na_slots, &slot);
}

/* The rule of cache_rule.h, fed from the maps and the kernel. e is pinned. */
static __always_inline __u32 na_judge(struct na_work *w, struct na_ctl *ctl, struct na_entry *e)
{
	struct na_auth_key *ak = &w->auth; /* the stack is short */
	struct na_rule_in in = {};
	struct na_live_inode live = {};
	struct na_slot *slot;
	__u32 why;

	ak->cred = na_cred_number(w, ctl, false);
	ak->fid = e->fid;
	ak->op = NA_NFS3_READ;
	ak->pad = 0;
	slot = na_slot_at(e->slot);
	if (!slot)
		return NA_V_MISS_VERSION;
	in.entry = e;
	in.cred_known = ak->cred != 0;
	in.auth = ak->cred ? bpf_map_lookup_elem(&na_auths, ak) : NULL;
	in.guards = na_guards;
	in.offset = w->args.offset;
	in.count = w->args.count;
	in.max_payload = ctl->max_payload;
	in.now = w->s.now;
	in.version = *(volatile __u64 *)&slot->version;
	in.epoch = *(volatile __u64 *)&ctl->epoch;
	in.flush = *(volatile __u64 *)&ctl->flush;
	why = na_may_answer_held(&in);
	if (why != NA_V_HIT || !(na_guards & NA_GUARD_INODE))
		return why;
	if (na_inode_snap_probe(e->snap.inode, &w->room, &w->live, &live.writecount, &live.freeing) == 0)
		live.snap = &w->live;
	return na_guard_inode(e, &live);
}

/* Is this hit to be nfsd's, for comparison? e is pinned, and what it was judged by still holds. */
static __always_inline bool na_shadow_choose(struct na_work *w, struct na_ctl *ctl,
					     struct na_entry *e, __u32 entry)
{
	struct na_shadow *h = &w->shadow;
	struct na_slot *slot;

	if (!w->args.count) /* such calls are not noted */
		return false;
	if (ctl->mode != NA_MODE_OBSERVE &&
	    (ctl->mode != NA_MODE_ANSWER || !ctl->shadow || bpf_get_prandom_u32() % ctl->shadow))
		return false;
	na_count(NA_V_SHADOW_ASKED, 1);
	slot = na_slot_at(e->slot);
	if (!slot)
		return true;
	h->count = w->args.count;
	h->fid = e->fid;
	h->offset = w->args.offset;
	h->asked = w->s.now;
	h->version = *(volatile __u64 *)&slot->version;
	h->epoch = *(volatile __u64 *)&ctl->epoch;
	h->flush = *(volatile __u64 *)&ctl->flush;
	h->entry = entry;
	return true;
}

/*
 * Look the request in w->rpc and w->args up, which begins at payload offset `from`; on a hit
 * it is added to the offer.
 */
static __always_inline __u32 na_look_up(struct na_work *w, struct na_ctl *ctl, __u32 from,
					__u32 req_len)
{
	__u32 *number, n = 0, eof, why, entry, at, len = 0;
	struct na_question *q;
	struct na_entry *e;

	w->shadow.entry = 0;
	number = bpf_map_lookup_elem(&na_index, &w->args.fh);
	if (!number)
		return NA_V_MISS_NOENTRY;
	entry = *number;
	e = na_entry_at(entry);
	if (!e)
		return NA_V_MISS_NOENTRY;
	if (!na_pin(e))
		return NA_V_PASS_TORN;
	if (!na_fh_equal(&e->fh, &w->args.fh))
		why = NA_V_PASS_TORN;
	else
		why = na_judge(w, ctl, e);
	if (why == NA_V_HIT) {
		na_nfs3_read_span(e->size, w->args.offset, w->args.count, &n, &eof);
		len = na_nfs3_reply_len(n);
		at = w->o.n;
		if (at >= NA_OFFER_MAX)
			why = NA_V_PASS_MANY;
		else if (n > NA_FILE_MAX || len > w->rep_max)
			why = NA_V_MISS_BIG;
		else if (na_shadow_choose(w, ctl, e, entry))
			why = NA_V_MISS_SHADOW;
	}
	if (why == NA_V_HIT || why == NA_V_MISS_SHADOW) {
		w->paid += na_hit_pays(w->mss, len);
		w->vain -= na_call_bores();
	}
	if (why != NA_V_HIT) {
		w->changed = e->snap.ino;
		w->export = e->export;
		na_unpin(e);
		return why;
	}
	/* a pin for the FIFO and one for the sending: the client may acknowledge too soon */
	__sync_fetch_and_add(&e->ref, 1);
	if (!e->used)
		e->used = 1;
	e->hits++;
	at = w->o.n & (NA_OFFER_MAX - 1);
	q = &w->o.q[at];
	q->at = from;
	q->req_len = req_len;
	q->rep_len = len;
	q->entry = entry;
	q->xid = w->rpc.xid;
	q->count = w->args.count;
	q->fid = (__u32)e->fid;
	q->offset = w->args.offset;
	w->o.n++;
	return NA_V_HIT;
}

/* Another call is out with this xid, or one whose arguments cannot be seen. */
static __always_inline bool na_poison(struct na_pending *p)
{
	__u32 i, was, to;

	for (i = 0; i < NA_CAS_TRIES; i++) {
		was = *(volatile __u32 *)&p->state;
		to = was >= NA_PENDING_POISON ? was + 1 : NA_PENDING_REFUSED + 1;
		if (was == NA_PENDING_GONE || was == NA_PENDING_POISON_MAX)
			return false;
		if (__sync_val_compare_and_swap(&p->state, was, to) == was)
			return true;
	}
	return false;
}

/*
 * Written down as ASKED; but if nfsd ran a READ that was not seen since we looked, the fill
 * hook may not have found this note either.
 */
static __always_inline void na_note_asked(struct na_work *w)
{
	struct na_flow *f = bpf_map_lookup_elem(&na_flows, &w->key);
	struct na_pending *p;

	na_count(NA_V_FILL_ASKED, 1);
	if (bpf_jiffies64() - na_asked_at > NA_ASKED_JIFFIES / 4)
		na_asked_at = bpf_jiffies64();
	if (f && !__sync_fetch_and_add(&f->strangers, 0))
		return;
	p = bpf_map_lookup_elem(&na_pending, &w->pending_key);
	if (p)
		__sync_val_compare_and_swap(&p->state, NA_PENDING_ASKED, NA_PENDING_REFUSED);
}

/*
 * Note a READ that goes to nfsd, as NA_PENDING_ASKED; or, as NA_PENDING_REFUSED, a call
 * of which only the xid is known, and perhaps that it is a READ. A second call with its xid
 * spoils both. False if it could not be written down.
 */
static __always_inline bool na_note(struct na_work *w, struct na_ctl *ctl, __u32 xid, __u32 state,
				    bool read)
{
	struct na_pending *old, *p = &w->pending;

	na_memcpy(&w->pending_key.flow, &w->key, sizeof(w->key));
	w->pending_key.xid = xid;
	old = bpf_map_lookup_elem(&na_pending, &w->pending_key);
	if (old) {
		na_count(NA_V_REFUSE_DUPXID, 1);
		return na_poison(old);
	}
	na_memset(p, 0, sizeof(*p));
	p->state = state;
	p->read = read;
	if (state == NA_PENDING_ASKED) {
		p->count = w->args.count;
		p->offset = w->args.offset;
		p->asked = w->s.now;
		p->coarse = bpf_ktime_get_coarse_ns();
		p->epoch = *(volatile __u64 *)&ctl->epoch;
		p->flush = *(volatile __u64 *)&ctl->flush;
		p->cred = na_cred_number(w, ctl, true);
		p->fh = w->args.fh;
		p->most = (w->rep_max + NA_MOST_BYTES - 1) / NA_MOST_BYTES;
		if (!p->cred || w->dark || !w->args.count)
			p->state = NA_PENDING_REFUSED;
		/* before the note that sends the reply looking for it */
		if (p->state == NA_PENDING_ASKED && w->shadow.entry)
			p->shadow = bpf_map_update_elem(&na_shadows, &w->pending_key, &w->shadow,
							BPF_ANY) == 0;
	}
	if (bpf_map_update_elem(&na_pending, &w->pending_key, p, BPF_NOEXIST) < 0)
		return false;
	if (p->state == NA_PENDING_ASKED)
		na_note_asked(w);
	return true;
}

#define NA_CALL_PROC_END (NA_RPC_MARK_BYTES + 24) /* so many bytes tell a call's procedure */

/* Do the NA_CALL_PROC_END bytes in w->call begin a READ? */
static __always_inline bool na_begins_read(const struct na_work *w)
{
	const __u8 *call = w->call + NA_RPC_MARK_BYTES;

	return na_xdr_get32(call + 12) == NA_NFS_PROGRAM &&
	       na_xdr_get32(call + 16) == NA_NFS3_VERSION &&
	       na_xdr_get32(call + 20) == NA_NFS3_READ;
}

/*
 * A record longer than any READ call we can parse, of which `left` bytes are here: nfsd
 * ignores what follows a call, so it may be a READ all the same. Only a note is taken.
 */
static __always_inline bool na_ask_long(struct na_work *w, struct na_ctl *ctl, __u32 left)
{
	bool whole = left >= NA_CALL_PROC_END;

	if (left < 2 * NA_RPC_MARK_BYTES)
		return false;
	if (whole && !na_begins_read(w))
		return true;
	return na_note(w, ctl, na_xdr_get32(w->call + NA_RPC_MARK_BYTES), NA_PENDING_REFUSED,
		       whole);
}

/*
 * May the `left` bytes in w->call, of a record of len with its mark, be kept back if what is
 * offered is answered? Only of a READ, as far as can be seen.
 */
static __always_inline bool na_may_keep(const struct na_work *w, __u32 len, __u32 left)
{
	return w->o.n && len <= NA_KEEP_MAX && left >= NA_CALL_PROC_END && na_begins_read(w);
}

/* The call in x, which w->call holds, into w->rpc.xid, w->args and what tells its credential. */
static __always_inline __u32 na_read_call(struct na_work *w, struct na_xdr *x)
{
	enum na_verdict why;

	w->alike = na_call_alike(w, x->len + NA_RPC_MARK_BYTES);
	if (w->alike) {
		w->rpc.xid = na_xdr_get32(w->call + NA_RPC_MARK_BYTES);
		x->pos = w->known.alike.len + NA_ALIKE_AT - NA_RPC_MARK_BYTES;
	} else {
		why = na_nfs3_read_head(x, &w->rpc);
		if (why != NA_V_HIT)
			return why;
		na_cred_key_of(w);
		w->args_at = x->pos + NA_RPC_MARK_BYTES;
	}
	return na_nfs3_read_args(x, &w->args) ? NA_V_HIT : NA_V_MISS_COUNT;
}

/*
 * One record. Counts why it is not offered an answer; returns whether what follows can be
 * made sense of.
 */
__attribute__((noinline)) int na_ask_record(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_ctl *ctl = na_ctl_get();
	__u32 left, mark, len, why, from;
	struct na_xdr x;

	if (!w || !ctl)
		return 0;
	from = w->at - w->p.payload;
	left = w->p.end - w->at;
	if (w->loaded != w->at && !na_load_record(skb, w))
		return 0;
	w->loaded = 0;
	mark = na_get_be32(w->call);
	len = mark & ~NA_RPC_LAST;
	if (!(mark & NA_RPC_LAST))
		return 0;
	w->at += len + NA_RPC_MARK_BYTES;
	w->vain += na_call_bores();
	if (len > NA_XDR_CAP) {
		na_count(NA_V_PASS_NOTREAD, 1);
		return na_ask_long(w, ctl, left);
	}
	if (len + NA_RPC_MARK_BYTES > left) {
		if (na_may_keep(w, len + NA_RPC_MARK_BYTES, left)) {
			w->o.tail = left;
			return 1;
		}
		na_count(NA_V_PASS_SPLIT, 1);
		/* the rest is in another segment */
		return left >= 2 * NA_RPC_MARK_BYTES &&
		       na_note(w, ctl, na_get_be32(w->call + NA_RPC_MARK_BYTES), NA_PENDING_REFUSED,
			       false);
	}
	na_xdr_init(&x, w->call + NA_RPC_MARK_BYTES, len);
	why = na_read_call(w, &x);
	if (why == NA_V_HIT) {
		why = na_look_up(w, ctl, from, len + NA_RPC_MARK_BYTES);
		if (why == NA_V_HIT)
			w->s.facts |= NA_SEG_WARM;
		else if (why != NA_V_MISS_SHADOW)
			w->vain += NA_DOZE_READ - na_call_bores();
		if (why != NA_V_HIT && !na_note(w, ctl, w->rpc.xid, NA_PENDING_ASKED, true))
			return 0;
	} else if (why == NA_V_MISS_CRED || why == NA_V_MISS_COUNT) {
		/* a READ all the same */
		if (!na_note(w, ctl, w->rpc.xid, NA_PENDING_REFUSED, true))
			return 0;
	}
	if (why == NA_V_MISS_VERSION || why == NA_V_MISS_INODE)
		na_tell_client(w, why, w->export, w->changed);
	else if (why != NA_V_HIT)
		na_count(why, 1);
	if (na_tally_sets && why != NA_V_HIT && why != NA_V_PASS_NOTREAD)
		na_tally_missed(skb, why);
	return 1;
}

struct na_ask_ctx {
	struct __sk_buff *skb;
	struct na_work *w;
	bool clear;
};

static long na_ask_step(__u32 i, struct na_ask_ctx *c)
{
	if (c->w->at >= c->w->p.end)
		return 1;
	c->clear = na_ask_record(c->skb);
	return c->clear ? 0 : 1;
}

int na_ask(struct __sk_buff *skb)
{
	struct na_ask_ctx c = { .skb = skb, .w = na_work(NA_IN) };

	if (!c.w)
		return -1;
	c.w->vain = 0;
	c.w->paid = 0;
	c.clear = na_ask_record(skb);
	if (c.clear && c.w->at < c.w->p.end)
		bpf_loop(NA_ASK_MAX - 1, na_ask_step, &c, 0);
	if (c.clear && c.w->at >= c.w->p.end)
		c.w->s.facts |= NA_SEG_NOTED;
	return 0;
}

struct na_note_ctx {
	struct na_work *w;
	struct na_ctl *ctl;
	__u32 from;
	bool noted;
};

static long na_note_step(__u32 i, struct na_note_ctx *c)
{
	i += c->from;
	if (i >= NA_OFFER_MAX || i >= c->w->o.n)
		return 1;
	c->noted = na_note(c->w, c->ctl, c->w->o.q[i].xid, NA_PENDING_REFUSED, true);
	return c->noted ? 0 : 1;
}

int na_note_passed(struct __sk_buff *skb, __u32 from)
{
	struct na_note_ctx c = { .w = na_work(NA_IN), .ctl = na_ctl_get(), .from = from, .noted = true };

	asm volatile("" : : "r"(skb)); /* or clang passes rubbish for an unused argument */
	if (!c.w || !c.ctl)
		return -1;
	bpf_loop(NA_OFFER_MAX, na_note_step, &c, 0);
	return c.noted ? 0 : -1;
}

int na_note_tail(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_IN);
	struct na_ctl *ctl = na_ctl_get();

	asm volatile("" : : "r"(skb));
	if (!w || !ctl)
		return -1;
	na_count(NA_V_PASS_SPLIT, 1);
	if (!na_note(w, ctl, na_get_be32(w->call + NA_RPC_MARK_BYTES), NA_PENDING_REFUSED, true))
		return -1;
	return 0;
}

struct na_drop_ctx {
	struct na_work *w;
	__u32 from;
	__u32 pins;
};

static long na_drop_step(__u32 i, struct na_drop_ctx *c)
{
	struct na_entry *e;

	i += c->from;
	if (i >= NA_OFFER_MAX || i >= c->w->o.n)
		return 1;
	e = na_entry_at(c->w->o.q[i].entry);
	if (e)
		na_ref_add(e, -c->pins);
	return 0;
}

int na_offer_drop(struct __sk_buff *skb, __u32 from, __u32 pins)
{
	struct na_drop_ctx c = { .w = na_work(NA_IN), .from = from, .pins = pins };

	asm volatile("" : : "r"(skb));
	if (!c.w)
		return -1;
	if (from < c.w->o.n) {
		bpf_loop(NA_OFFER_MAX, na_drop_step, &c, 0);
		c.w->o.n = from;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Egress: nfsd's READ replies become cache entries (coherence.md "Fill", step 3). Only
 * first transmissions come here, in order, by way of the record scan. The bytes of one
 * reply may leave in several skbs: na_flow.fill remembers how far it got.
 */
#include "bpf/store.bpf.h"
#include "bpf/tally.bpf.h"
#include "bpf/tc.bpf.h"

#define NA_REPLY_XID 12u /* bytes of a reply up to its xid and direction */

struct na_learn_ctx {
	struct __sk_buff *skb;
	struct na_ctl *ctl;
	struct na_flow *f;
	struct na_entry *e;
	__u32 off; /* in the skb */
	__u32 avail; /* data bytes in the skb from there */
};

/* Forget a block that was claimed but never completed. */
static __always_inline void na_claim_drop(struct na_flow *f, struct na_entry *e)
{
	__u32 block = f->fill.block, index = f->fill.offset >> NA_BLOCK_SHIFT;

	f->fill.block = NA_NO_BLOCK;
	if (block == NA_NO_BLOCK || index >= NA_FILE_BLOCKS || e->block[index] != block)
		return;
	e->block[index] = NA_NO_BLOCK;
	bpf_map_push_elem(&na_free_blocks, &block, 0);
}

static __always_inline void na_fill_stop(struct na_flow *f)
{
	struct na_entry *e = na_entry_at(f->fill.entry);

	if (e) {
		na_claim_drop(f, e);
		na_unpin(e);
	}
	f->fill.entry = 0;
	f->fill.left = 0;
	f->fill.shadow = 0;
}

/* Claim block `index` of the entry; NA_NO_BLOCK if it is had already or none is free. */
static __always_inline __u32 na_claim(struct na_ctl *ctl, struct na_entry *e, __u32 index)
{
	__u32 block;

	if (index >= NA_FILE_BLOCKS || e->block[index] != NA_NO_BLOCK)
		return NA_NO_BLOCK;
	block = na_block_take(ctl);
	if (block == NA_NO_BLOCK) {
		na_count(NA_V_REFUSE_SPACE, 1);
		return NA_NO_BLOCK;
	}
	if (__sync_val_compare_and_swap(&e->block[index], NA_NO_BLOCK, block) == NA_NO_BLOCK)
		return block;
	bpf_map_push_elem(&na_free_blocks, &block, 0);
	return NA_NO_BLOCK;
}

/* The part of one block that this skb holds. */
static long na_learn_step(__u32 i, struct na_learn_ctx *c)
{
	struct na_flow *f = c->f;
	struct na_entry *e = c->e;
	__u32 off = f->fill.offset, in = off & (NA_BLOCK_BYTES - 1);
	__u32 index = off >> NA_BLOCK_SHIFT, n, at;
	struct na_slab *slab;

	if (!c->avail || !f->fill.left || index >= NA_FILE_BLOCKS)
		return 1;
	n = NA_BLOCK_BYTES - in;
	if (n > c->avail)
		n = c->avail;
	if (n > f->fill.left)
		n = f->fill.left;
	/* only from a block's beginning: a reply that starts within one does not fill it */
	if (!in)
		f->fill.block = na_claim(c->ctl, e, index);
	if (f->fill.block != NA_NO_BLOCK) {
		slab = na_slab_of(f->fill.block, &at);
		at += in;
		if (!slab || !na_within(at, 0, NA_SLAB_BLOCKS * NA_BLOCK_BYTES) ||
		    !na_within(n, 1, NA_BLOCK_BYTES) ||
		    bpf_skb_load_bytes(c->skb, c->off, slab->data + at, n) < 0) {
			na_claim_drop(f, e);
		} else if (in + n == NA_BLOCK_BYTES || off + n == e->size) {
			/* of the fetching form: the bytes before the bit */
			__u32 old = __sync_fetch_and_or(&e->valid, 1u << (index & (NA_FILE_BLOCKS - 1)));

			asm volatile("" ::"r"(old));
			f->fill.block = NA_NO_BLOCK;
		}
	}
	if (f->fill.block != NA_NO_BLOCK && f->fill.left == n)
		na_claim_drop(f, e); /* the reply ends inside the block */
	f->fill.offset = off + n;
	f->fill.left -= n;
	f->fill.next_s += n;
	c->off += n;
	c->avail -= n;
	return 0;
}

/* Take what the skb holds, from offset off on, of the reply being learnt. */
__attribute__((noinline)) int na_learn_data(struct __sk_buff *skb, __u32 off, __u32 avail)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_learn_ctx c = { .skb = skb, .ctl = na_ctl_get(), .off = off, .avail = avail };

	if (!w || !c.ctl)
		return -1;
	c.f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!c.f)
		return -1;
	c.e = na_entry_at(c.f->fill.entry);
	if (!c.e)
		return -1;
	if (c.f->fill.left)
		bpf_loop(NA_FILE_BLOCKS + 1, na_learn_step, &c, 0);
	if (!c.f->fill.left) {
		na_fill_stop(c.f);
		na_count(NA_V_FILL_DONE, 1);
	}
	return 0;
}

/*
 * The entry this reply belongs to, pinned: the one indexed if it is of the same version
 * and has the same attributes, else a new one. 0 where there is no room.
 */
static __always_inline __u32 na_entry_for(struct na_work *w, struct na_ctl *ctl)
{
	struct na_pending *p = &w->pending;
	__u32 *indexed = bpf_map_lookup_elem(&na_index, &w->fh), number = 0, old = 0;
	struct na_entry *e = NULL;
	__u32 hits = 0, keep = 0;
	__u64 fid = 0;

	if (indexed) {
		old = *indexed;
		e = na_entry_at(old);
	}
	if (e && na_pin(e)) {
		bool mine = na_fh_equal(&e->fh, &w->fh);
		bool same = mine && e->version == p->version &&
			    e->slot == p->slot && e->flush == p->flush &&
			    e->fsid == w->res.fattr.fsid && na_snap_equal(&e->snap, &p->snap);

		if (same && w->s.now < e->expires)
			return old;
		if (same)
			fid = e->fid;
		if (mine) {
			hits = e->hits;
			keep = e->keep;
		}
		na_unpin(e);
	}
	number = na_entry_take(ctl);
	e = na_entry_at(number);
	if (!e) {
		na_count(NA_V_REFUSE_SPACE, 1);
		return 0;
	}
	e->used = 1;
	e->hits = hits;
	e->keep = keep;
	e->valid = 0;
	e->slot = p->slot;
	e->fid = fid ? fid : __sync_fetch_and_add(&ctl->next_id, 1) + 1;
	e->version = p->version;
	e->flush = p->flush;
	e->expires = w->s.now + p->ttl;
	e->fsid = w->res.fattr.fsid;
	e->export = na_tally_export(w->fh.data, w->fh.len, &w->export_key);
	e->size = (__u32)p->snap.size;
	na_memcpy(&e->fh, &w->fh, sizeof(e->fh));
	na_memcpy(e->attr, w->res.attr, sizeof(e->attr));
	na_memcpy(&e->snap, &p->snap, sizeof(e->snap));
	if (bpf_map_update_elem(&na_index, &w->fh, &number, BPF_ANY) < 0) {
		na_unpin(e);
		na_entry_kill(e, number);
		return 0;
	}
	if (old && old != number) {
		struct na_entry *gone = na_entry_at(old);

		if (gone && na_fh_equal(&gone->fh, &w->fh))
			na_entry_kill(gone, old); /* or the clock hand, once it is unpinned */
	}
	return number;
}

static __always_inline void na_learn_auth(struct na_work *w, struct na_entry *e, __u64 expires)
{
	struct na_pending *p = &w->pending;
	struct na_auth_key key = {};
	struct na_auth auth = {};

	key.cred = p->cred;
	key.fid = e->fid;
	key.op = NA_NFS3_READ;
	auth.version = p->version;
	auth.epoch = p->epoch;
	auth.flush = p->flush;
	auth.expires = expires;
	auth.fsid = w->res.fattr.fsid;
	bpf_map_update_elem(&na_auths, &key, &auth, BPF_ANY);
	na_count(NA_V_FILL_AUTH, 1);
}

/* How a reply looks to which a READ call may belong. */
enum na_look {
	NA_LOOK_READ, /* a READ's, and a good one */
	NA_LOOK_CUT, /* long enough for that, but its head goes on in the next segment */
	NA_LOOK_OTHER,
};

/*
 * nfsd ran a READ under this xid, but the reply is not that READ's: then its own is still
 * to come, and the call that it was begun for was never seen.
 */
static __always_inline void na_reply_missing(struct na_work *w)
{
	struct na_flow *f = bpf_map_lookup_elem(&na_flows, &w->key);
	__u32 old;

	if (!f)
		return;
	old = __sync_fetch_and_add(&f->strangers, 1);
	asm volatile("" ::"r"(old));
}

static __always_inline struct na_pending *na_pending_of(struct na_work *w, __u32 xid)
{
	na_memcpy(&w->pending_key.flow, &w->key, sizeof(w->key));
	w->pending_key.xid = xid;
	return bpf_map_lookup_elem(&na_pending, &w->pending_key);
}

/* What the call would have been answered with, to w->shadow. */
static __always_inline void na_shadow_take(struct na_work *w, __u32 state)
{
	struct na_shadow *h = bpf_map_lookup_elem(&na_shadows, &w->pending_key);

	if (!h)
		return;
	w->shadow = *h;
	w->hooked = state == NA_PENDING_HOOKED;
	if (state >= NA_PENDING_POISON) { /* the reply may be another's */
		w->shadow.entry = 0;
		na_count(NA_V_SHADOW_MOVED, 1);
	}
	bpf_map_delete_elem(&na_shadows, &w->pending_key);
}

/*
 * The pending call this reply answers, copied to w->pending: true if it alone has that xid
 * and the hook found it fit.
 */
static __always_inline bool na_take_pending(struct na_work *w, struct na_pending *p,
					    enum na_look look)
{
	__u32 i, was, to, ran;

	w->shadow.entry = 0;
	for (i = 0; i < NA_CAS_TRIES; i++) {
		was = *(volatile __u32 *)&p->state;
		to = was > NA_PENDING_REFUSED ? was - 1 : NA_PENDING_GONE;
		if (was == NA_PENDING_GONE)
			return false;
		if (__sync_val_compare_and_swap(&p->state, was, to) == was)
			break;
	}
	if (i == NA_CAS_TRIES)
		return false;
	ran = __sync_fetch_and_add(&p->ran, 0);
	if (ran && !(look == NA_LOOK_READ ||
		     (look == NA_LOOK_CUT && p->read && to == NA_PENDING_GONE)))
		na_reply_missing(w);
	if (to != NA_PENDING_GONE) {
		if (ran && look == NA_LOOK_READ)
			__sync_fetch_and_sub(&p->ran, 1);
		return false;
	}
	w->pending = *p;
	w->pending.state = was;
	if (p->shadow)
		na_shadow_take(w, was);
	bpf_map_delete_elem(&na_pending, &w->pending_key);
	return was == NA_PENDING_HOOKED;
}

/*
 * A record of len bytes (without mark) begins at skb offset off, of which avail bytes are
 * in the skb; seq is its place in the server's stream. 1 if it is not to be learnt but
 * compared with w->shadow.
 */
__attribute__((noinline)) int na_learn_reply(struct __sk_buff *skb, __u32 off, __u32 avail,
					     __u32 len, __u32 seq)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_ctl *ctl = na_ctl_get();
	enum na_look look = NA_LOOK_OTHER;
	struct na_fill_in in = {};
	struct na_rpc_reply reply;
	struct na_pending *p;
	struct na_slot *slot;
	struct na_entry *e;
	struct na_flow *f;
	struct na_xdr x;
	bool taken;
	__u32 slot_at, number, why, n = avail < NA_READ3_HEAD ? avail : NA_READ3_HEAD;

	if (!w || !ctl || !na_within(n, NA_REPLY_XID, NA_READ3_HEAD) ||
	    bpf_skb_load_bytes(skb, off, w->call, n) < 0)
		return 0;
	na_xdr_init(&x, w->call + NA_RPC_MARK_BYTES, n - NA_RPC_MARK_BYTES);
	if (!na_rpc_reply_head(&x, &reply))
		return 0;
	p = na_pending_of(w, reply.xid);
	if (!p)
		return 0;
	if (n < NA_READ3_HEAD)
		look = len >= NA_READ3_HEAD - NA_RPC_MARK_BYTES ? NA_LOOK_CUT : NA_LOOK_OTHER;
	else if (reply.plain && na_nfs3_read_res(&x, len, &w->res) && w->res.status == NA_NFS3_OK)
		look = NA_LOOK_READ;
	taken = na_take_pending(w, p, look);
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f)
		return 0;
	if ((taken || w->shadow.entry) && f->fill.entry)
		na_fill_stop(f);
	if (w->shadow.entry)
		return 1; /* not called here, where the stack is too full */
	if (!taken)
		return 0;
	if (look != NA_LOOK_READ) {
		na_count(NA_V_REFUSE_REPLY, 1);
		return 0;
	}
	slot_at = w->pending.slot;
	slot = bpf_map_lookup_elem(&na_slots, &slot_at);
	if (!slot)
		return 0;
	in.pending = &w->pending;
	in.res = &w->res;
	in.bumped = *(volatile __u64 *)&slot->bumped;
	in.version = *(volatile __u64 *)&slot->version;
	in.epoch = *(volatile __u64 *)&ctl->epoch;
	in.flush = *(volatile __u64 *)&ctl->flush;
	why = na_may_fill(&in);
	if (why != NA_V_FILL_DONE) {
		na_count(why, 1);
		return 0;
	}
	if (na_dark(f))
		return 0;
	if (na_nfs3_reply_len(w->res.count) > na_reply_max(f)) { /* it would be copied in vain */
		na_count(NA_V_REFUSE_LONG, 1);
		return 0;
	}
	na_memcpy(&w->fh, &w->pending.fh, sizeof(w->fh));
	number = na_entry_for(w, ctl);
	e = na_entry_at(number);
	if (!e)
		return 0;
	if (na_may_authorize(&in) == NA_V_FILL_AUTH)
		na_learn_auth(w, e, w->pending.expires);
	if (ctl->mode != NA_MODE_OBSERVE) /* which touches no packet */
		w->s.facts |= NA_SEG_WARM;
	na_less_bored(f, NA_DOZE_READ + na_hit_pays(f->mss, na_nfs3_reply_len(w->res.count)));
	f->fill.entry = number;
	f->fill.shadow = 0;
	f->fill.block = NA_NO_BLOCK;
	f->fill.offset = (__u32)w->pending.offset;
	f->fill.left = w->res.count;
	f->fill.next_s = seq + NA_READ3_HEAD;
	return na_learn_data(skb, off + NA_READ3_HEAD, avail - NA_READ3_HEAD);
}

/* Walking the records of one new segment. */
struct na_walk_ctx {
	struct __sk_buff *skb;
	struct na_flow *f;
	struct na_records r;
	__u32 payload;
	__u32 seq;
	__u32 end;
};

/* The first bytes of a record, too few for its xid, are remembered. */
static __always_inline void na_split_begin(struct na_walk_ctx *c, __u32 off)
{
	__u32 n = c->end - c->r.next;

	if (!na_within(n, 1, NA_REPLY_XID - 1) ||
	    bpf_skb_load_bytes(c->skb, c->payload + off, c->f->split.head, n) < 0)
		return;
	c->f->split.have = n;
	c->f->split.next_s = c->end;
}

/*
 * The segment goes on with a record of which so little was in the one before. It is not
 * learnt, but whose reply it is must be known: each call waits for one.
 */
__attribute__((noinline)) int na_split_go_on(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_pending *p;
	struct na_flow *f;
	__u32 have, n, len;

	if (!w)
		return -1;
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f)
		return -1;
	have = f->split.have;
	f->split.have = 0;
	if (f->split.next_s != w->s.seq || !na_within(have, 1, NA_REPLY_XID - 1))
		return 0;
	n = NA_REPLY_XID - have;
	if (n > w->s.len)
		n = w->s.len;
	if (!na_within(n, 1, NA_REPLY_XID - 1) ||
	    bpf_skb_load_bytes(skb, w->p.payload, f->split.head + have, n) < 0)
		return 0;
	if (have + n < NA_REPLY_XID) {
		f->split.have = have + n;
		f->split.next_s = w->s.seq + n;
		return 0;
	}
	if (na_get_be32(f->split.head + 8) != NA_RPC_REPLY)
		return 0;
	p = na_pending_of(w, na_get_be32(f->split.head + NA_RPC_MARK_BYTES));
	if (!p)
		return 0;
	len = na_get_be32(f->split.head) & ~NA_RPC_LAST;
	if (na_take_pending(w, p, len >= NA_READ3_HEAD - NA_RPC_MARK_BYTES ? NA_LOOK_CUT : NA_LOOK_OTHER))
		na_count(NA_V_REFUSE_REPLY, 1);
	if (w->shadow.entry)
		na_count(NA_V_SHADOW_MOVED, 1);
	return 0;
}

static long na_walk_step(__u32 i, struct na_walk_ctx *c)
{
	__u32 off, bytes, v, start = c->r.next;
	__u8 raw[4] = {};

	if (!na_records_want(&c->r, c->seq, c->end, &off, &bytes))
		return 1;
	if (!c->r.have && !c->r.inside && c->end - start < NA_REPLY_XID)
		na_split_begin(c, off);
	if (bytes == NA_RPC_MARK_BYTES) {
		if (bpf_skb_load_bytes(c->skb, c->payload + off, raw, 4) < 0)
			goto lost;
		v = na_get_be32(raw);
		if (!c->r.inside && (v & NA_RPC_LAST) &&
		    na_learn_reply(c->skb, c->payload + off, c->end - start, v & ~NA_RPC_LAST,
				   start) > 0 &&
		    na_shadow_reply(c->skb, c->payload + off, c->end - start, v & ~NA_RPC_LAST,
				    start) > 0)
			na_shadow_data(c->skb, c->payload + off + NA_READ3_HEAD,
				       c->end - start - NA_READ3_HEAD);
	} else {
		if (bpf_skb_load_bytes(c->skb, c->payload + off, raw, 1) < 0)
			goto lost;
		v = raw[0];
	}
	na_records_feed(&c->r, v, bytes);
	return 0;
lost:
	c->r.sync = 0;
	return 1;
}

int na_walk(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_walk_ctx c = { .skb = skb };
	struct na_flow *f;
	__u32 off, bytes;

	if (!w)
		return -1;
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f)
		return -1;
	c.f = f;
	c.r = f->s_rec;
	c.payload = w->p.payload;
	c.seq = w->s.seq;
	c.end = w->s.seq + w->s.len;
	if (!c.r.sync || w->s.seq != f->s_high) {
		if (f->fill.entry)
			na_fill_stop(f);
		f->split.have = 0;
		return 0;
	}
	if (f->split.have)
		na_split_go_on(skb);
	if (f->fill.entry) {
		if (f->fill.next_s != w->s.seq)
			na_fill_stop(f);
		else if (f->fill.shadow)
			na_shadow_data(skb, w->p.payload, w->s.len);
		else
			na_learn_data(skb, w->p.payload, w->s.len);
	}
	w->s.rec_from = c.r;
	bpf_loop(NA_SCAN_MARKS, na_walk_step, &c, 0);
	if (na_records_want(&c.r, c.seq, c.end, &off, &bytes))
		c.r.sync = 0;
	w->s.rec_to = c.r;
	w->s.facts |= NA_SEG_SCANNED;
	return 0;
}

int na_forget(struct __sk_buff *skb)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_flow *f;

	if (!w)
		return -1;
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!f)
		return -1;
	if (f->fill.entry)
		na_fill_stop(f);
	bpf_map_delete_elem(&na_flows, &w->key);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Egress: nfsd's reply to a READ that the cache could have answered is compared with what
 * that answer would have been (nfsaccel/shadow.h). A difference ends answering at once,
 * without the daemon.
 */
#include "bpf/store.bpf.h"
#include "bpf/tc.bpf.h"
#include "nfsaccel/shadow.h"

#define NA_CHUNK      512u /* bytes compared in one step; na_work.call holds them */
#define NA_CHUNKS_MAX (NA_FILE_MAX / NA_CHUNK + NA_FILE_BLOCKS + 2)

/*
 * Has nothing moved since the call was judged, and is the inode still the entry's? Asked
 * after a difference was seen: whoever changes a file bumps before.
 */
static __always_inline bool na_shadow_settled(struct na_work *w, struct na_ctl *ctl,
					      struct na_entry *e, const struct na_shadow *h)
{
	struct na_live_inode live = {};
	struct na_slot *slot;
	__u32 at = e->slot;

	slot = bpf_map_lookup_elem(&na_slots, &at);
	if (!slot || __sync_fetch_and_add(&slot->version, 0) != h->version ||
	    *(volatile __u64 *)&ctl->epoch != h->epoch || *(volatile __u64 *)&ctl->flush != h->flush)
		return false;
	if (!(na_guards & NA_GUARD_INODE))
		return true;
	if (na_inode_snap_probe(e->snap.inode, &w->room, &w->live, &live.writecount, &live.freeing) == 0)
		live.snap = &w->live;
	return na_guard_inode(e, &live) == NA_V_HIT;
}

/* Tell who came first; answering ends, and what was cached is gone. */
static __always_inline void na_shadow_trip(struct __sk_buff *skb, struct na_work *w,
					   struct na_ctl *ctl, const struct na_entry *e,
					   const struct na_shadow *h, __u32 fault, __u64 at)
{
	struct na_shadow_report *r;
	__u32 zero = 0;

	na_count(NA_V_SHADOW_DIFF, 1);
	if (na_tally_sets)
		na_tally_compared(skb, 0, false, e->export);
	r = bpf_map_lookup_elem(&na_shadow_found, &zero);
	if (r && __sync_val_compare_and_swap(&r->fault, NA_SHADOW_NONE, fault) == NA_SHADOW_NONE) {
		r->status = w->res.status;
		r->when = w->s.now;
		r->offset = h->offset;
		r->at = at;
		r->count = h->count;
		r->xid = w->pending_key.xid;
		na_memcpy(&r->flow, &w->key, sizeof(r->flow));
		na_memcpy(&r->fh, &e->fh, sizeof(r->fh));
		__sync_val_compare_and_swap(&ctl->tripped, NA_SHADOW_NONE, fault);
	}
	__sync_val_compare_and_swap(&ctl->mode, NA_MODE_ANSWER, NA_MODE_OFF);
	na_count(NA_V_FLUSH, 1);
	at = __sync_fetch_and_add(&ctl->flush, 1);
	asm volatile("" ::"r"(at));
}

static __always_inline void na_shadow_stop(struct na_flow *f, struct na_entry *e)
{
	f->fill.entry = 0;
	f->fill.left = 0;
	f->fill.shadow = 0;
	na_unpin(e);
}

static __always_inline void na_shadow_done(struct __sk_buff *skb, const struct na_entry *e,
					   const struct na_shadow *h, __u64 now)
{
	na_count(NA_V_SHADOW_SAME, 1);
	na_count(NA_V_SHADOW_NS, now - h->asked);
	if (na_tally_sets)
		na_tally_compared(skb, now - h->asked, true, e->export);
}

struct na_compare_ctx {
	struct __sk_buff *skb;
	struct na_work *w;
	struct na_flow *f;
	struct na_entry *e;
	__u32 off; /* in the skb */
	__u32 avail; /* data bytes in the skb from there */
	__u32 gone; /* the entry no longer holds that block */
	__u32 diff; /* the byte at na_flow.fill.offset differs */
};

static __always_inline __u32 na_same_bytes(const __u8 *a, const __u8 *b, __u32 n)
{
	__u32 i;

	for (i = 0; i < NA_CHUNK; i++)
		if (i >= n || a[i] != b[i])
			break;
	return i;
}

static long na_compare_step(__u32 i, struct na_compare_ctx *c)
{
	struct na_flow *f = c->f;
	__u32 off = f->fill.offset, in = off & (NA_BLOCK_BYTES - 1);
	__u32 index = off >> NA_BLOCK_SHIFT, n = NA_BLOCK_BYTES - in, at, block, same;
	struct na_slab *slab;

	if (!c->avail || !f->fill.left)
		return 1;
	c->gone = 1;
	if (index >= NA_FILE_BLOCKS)
		return 1;
	if (n > c->avail)
		n = c->avail;
	if (n > f->fill.left)
		n = f->fill.left;
	if (n > NA_CHUNK)
		n = NA_CHUNK;
	block = c->e->block[index];
	if (block == NA_NO_BLOCK || !(c->e->valid & (1u << (index & (NA_FILE_BLOCKS - 1)))))
		return 1;
	slab = na_slab_of(block, &at);
	at += in;
	if (!slab || !na_within(at, 0, NA_SLAB_BLOCKS * NA_BLOCK_BYTES) ||
	    !na_within(n, 1, NA_CHUNK) || bpf_skb_load_bytes(c->skb, c->off, c->w->call, n) < 0)
		return 1;
	c->gone = 0;
	same = na_same_bytes(slab->data + at, c->w->call, n);
	f->fill.offset = off + same;
	if (same < n) {
		c->diff = 1;
		return 1;
	}
	f->fill.left -= n;
	f->fill.next_s += n;
	c->off += n;
	c->avail -= n;
	return 0;
}

int na_shadow_data(struct __sk_buff *skb, __u32 off, __u32 avail)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_ctl *ctl = na_ctl_get();
	struct na_compare_ctx c = { .skb = skb, .w = w, .off = off, .avail = avail };
	struct na_shadow *h;

	if (!w || !ctl)
		return -1;
	c.f = bpf_map_lookup_elem(&na_flows, &w->key);
	if (!c.f)
		return -1;
	c.e = na_entry_at(c.f->fill.entry);
	if (!c.e)
		return -1;
	na_memcpy(&w->pending_key.flow, &w->key, sizeof(w->key));
	w->pending_key.xid = c.f->fill.xid;
	h = bpf_map_lookup_elem(&na_shadows, &w->pending_key);
	if (h && c.f->fill.left)
		bpf_loop(NA_CHUNKS_MAX, na_compare_step, &c, 0);
	if (h && !c.gone && !c.diff && c.f->fill.left)
		return 0; /* the next segment goes on */
	if (!h || c.gone || (c.diff && !na_shadow_settled(w, ctl, c.e, h)))
		na_count(NA_V_SHADOW_MOVED, 1);
	else if (c.diff)
		na_shadow_trip(skb, w, ctl, c.e, h, NA_SHADOW_DATA, c.f->fill.offset);
	else
		na_shadow_done(skb, c.e, h, w->s.now);
	na_shadow_stop(c.f, c.e);
	bpf_map_delete_elem(&na_shadows, &w->pending_key);
	return 0;
}

/*
 * Reads the reply in w->call, of which n bytes are there. False if nothing can be told from
 * it: its head is cut, it says "try later", or may be that of another call with this xid.
 */
static __always_inline bool na_shadow_read_head(struct na_work *w, struct na_entry *e, __u32 n,
						__u32 len, __u32 *fault)
{
	struct na_shadow *h = &w->shadow;
	__u32 bytes, eof;
	struct na_rpc_reply reply;
	struct na_xdr x;

	*fault = NA_SHADOW_STATUS;
	w->res.status = NA_NFS3_OK;
	if (n < NA_READ3_HEAD && n < len + NA_RPC_MARK_BYTES)
		return false;
	na_xdr_init(&x, w->call + NA_RPC_MARK_BYTES, n - NA_RPC_MARK_BYTES);
	if (!na_rpc_reply_head(&x, &reply))
		return false;
	if (!reply.plain)
		return true;
	if (!na_nfs3_read_res(&x, len, &w->res))
		return false;
	if (w->res.status != NA_NFS3_OK)
		return w->res.status != NA_NFS3ERR_JUKEBOX;
	na_nfs3_read_span(e->size, h->offset, h->count, &bytes, &eof);
	*fault = na_shadow_head(&w->res, e->attr, bytes, eof);
	return w->hooked;
}

__attribute__((noinline)) int na_shadow_reply(struct __sk_buff *skb, __u32 off, __u32 avail,
					      __u32 len, __u32 seq)
{
	struct na_work *w = na_work(NA_OUT);
	struct na_ctl *ctl = na_ctl_get();
	__u32 n = avail < NA_READ3_HEAD ? avail : NA_READ3_HEAD, fault = 0;
	struct na_shadow *h;
	struct na_entry *e;
	struct na_flow *f;
	bool told;

	if (!w || !ctl)
		return -1;
	h = &w->shadow;
	f = bpf_map_lookup_elem(&na_flows, &w->key);
	e = na_entry_at(h->entry);
	if (!f || !e)
		return -1;
	if (!na_pin(e)) {
		na_count(NA_V_SHADOW_MOVED, 1);
		return 0;
	}
	told = e->fid == h->fid && na_shadow_read_head(w, e, n, len, &fault) &&
	       !(fault && !na_shadow_settled(w, ctl, e, h));
	if (told && !fault && w->res.count) {
		f->fill.entry = h->entry;
		f->fill.shadow = 1;
		f->fill.xid = w->pending_key.xid;
		f->fill.block = NA_NO_BLOCK;
		f->fill.offset = (__u32)h->offset;
		f->fill.left = w->res.count;
		f->fill.next_s = seq + NA_READ3_HEAD;
		bpf_map_update_elem(&na_shadows, &w->pending_key, h, BPF_ANY);
		return 1;
	}
	if (!told)
		na_count(NA_V_SHADOW_MOVED, 1);
	else if (fault)
		na_shadow_trip(skb, w, ctl, e, h, fault, 0);
	else
		na_shadow_done(skb, e, h, w->s.now);
	na_unpin(e);
	return 0;
}

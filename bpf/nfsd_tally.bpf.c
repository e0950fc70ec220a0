// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nfsd does for whom: each call, when its reply has been made. This runs for every call
 * of every version, so what can be is read through the request itself, without a helper.
 */
#include "bpf/bounds.bpf.h"
#include "bpf/drift.bpf.h"
#include "bpf/nfsd.bpf.h"
#include "bpf/tally.bpf.h"
#include <bpf/bpf_tracing.h>

#define NA_NFS_V4	4
#define NA_COMPOUND_OPS 16u /* looked at of one compound */

/* What one call came to. */
struct na_call_sum {
	__u64 ns;
	__u64 read;
	__u64 written;
	__u32 kind; /* enum na_op that its time is kept by */
	__u32 export;
	__u8 n[NA_OP_MAX]; /* operations by kind */
};

static __always_inline bool na_client_of(struct svc_rqst *rqstp, __u64 addr[2])
{
	/* with NA_OFF: a load is not to be relocated as one of the whole member */
	const char *sa = (const char *)rqstp + NA_OFF(struct svc_rqst, rq_addr);
	__u16 family = *(const __u16 *)sa;

	if (family == NA_AF_INET) {
		addr[0] = 0;
		addr[1] = (__u64) * (const __u32 *)(sa + 4) << 32 | bpf_htonl(0xffff);
		return true;
	}
	addr[0] = *(const __u64 *)(sa + 8);
	addr[1] = *(const __u64 *)(sa + 16);
	return family == NA_AF_INET6;
}

/*
 * That of our network namespace, by address, once seen: each has one of its own. A new one
 * of another namespace at the very place would be counted, which harms nobody.
 */
static const void *na_server_ours;

static __always_inline bool na_server_is_ours(struct svc_rqst *rqstp)
{
	const void *server = rqstp->rq_server;

	if (server == na_server_ours)
		return true;
	if (BPF_CORE_READ(rqstp, rq_xprt, xpt_net, ns.inum) != na_netns)
		return false;
	na_server_ours = server;
	return true;
}

/*
 * The operations of a compound that were done; a function of its own, which the verifier
 * checks apart.
 */
__attribute__((noinline)) int na_sum_compound(__u64 argp, __u64 resp, struct na_call_sum *c)
{
	struct nfsd4_compoundargs *args = (void *)argp;
	struct nfsd4_compoundres *res = (void *)resp;
	struct nfsd4_op *op = BPF_CORE_READ(args, ops);
	__u32 n = BPF_CORE_READ(res, opcnt), i, number, kind;

	if (!c)
		return -1;
	c->kind = NA_OP_NONE;
	for (i = 0; i < NA_COMPOUND_OPS && i < n; i++) {
		kind = NA_OP_OTHER;
		number = BPF_CORE_READ(op, opnum);
		if (na_within(number, 0, NA_NFS4_OPS - 1))
			kind = na_op_v4[number];
		if (na_within(kind, 0, NA_OP_MAX - 1)) {
			c->n[kind]++;
			if (c->kind == NA_OP_NONE)
				c->kind = kind;
		}
		if (kind == NA_OP_READ && !BPF_CORE_READ(op, status))
			c->read += BPF_CORE_READ(op, u.read.rd_length);
		if (kind == NA_OP_WRITE && !BPF_CORE_READ(op, status))
			c->written += BPF_CORE_READ(op, u.write.wr_bytes_written);
		op = (void *)op + bpf_core_type_size(struct nfsd4_op);
	}
	if (c->kind == NA_OP_NONE) {
		c->kind = NA_OP_SESSION;
		c->n[NA_OP_SESSION]++;
	}
	return 0;
}

/* Apart for the same reason. */
__attribute__((noinline)) int na_export_number(const struct na_fh_head *head)
{
	struct na_export_key key;

	return head ? na_tally_export(head->data, head->len, &key) : 0;
}

/* Which export the call's handle is of: as the client's last one, or looked up. */
static __always_inline __u32 na_call_export(struct svc_rqst *rqstp, struct na_work_place *p, bool v4)
{
	struct nfsd4_compoundres *res = rqstp->rq_resp;
	const struct svc_fh *fh = v4 ? &res->cstate.current_fh : rqstp->rq_argp;
	struct na_fh_head head;

	/* both in one go */
	if (bpf_core_field_offset(struct knfsd_fh, fh_raw) !=
		    bpf_core_field_offset(struct knfsd_fh, fh_size) + sizeof(head.len) ||
	    bpf_probe_read_kernel(&head, sizeof(head), &fh->fh_handle.fh_size))
		return 0;
	if (p->export && na_fh_same_export(head.data, head.len, &p->fh, p->fsid))
		return p->export;
	p->fh = head;
	p->fsid = na_fsid_len(head.data[2]);
	p->export = na_export_number(&head);
	return p->export;
}

static __always_inline void na_add_call(struct na_work_tally *t, const struct na_call_sum *c,
					__u32 bucket, __u32 kind, bool compound)
{
	__u32 i;

	t->calls++;
	t->ns += c->ns;
	t->read_bytes += c->read;
	t->written_bytes += c->written;
	/* here, since what is known of a number does not survive for the verifier */
	if (na_within(bucket, 0, NA_TIMES - 1))
		t->times[bucket]++;
	if (!compound) {
		if (na_within(kind, 0, NA_OP_MAX - 1))
			t->ops[kind]++;
		return;
	}
	for (i = 0; i < NA_OP_MAX; i++)
		t->ops[i] += c->n[i];
}

/* A call that is no compound. */
static __always_inline void na_sum_call(struct svc_rqst *rqstp, struct na_call_sum *c, __u32 vers,
					__u32 proc)
{
	struct nfsd3_writeres *wrote = rqstp->rq_resp;

	c->kind = NA_OP_OTHER;
	if (vers == NA_NFS3_VERSION && na_within(proc, 0, NA_NFS3_PROCS - 1))
		c->kind = na_op_v3[proc];
	if (c->kind == NA_OP_READ)
		c->read = rqstp->rq_res.page_len;
	else if (c->kind == NA_OP_WRITE && !BPF_CORE_READ(wrote, status))
		c->written = BPF_CORE_READ(wrote, count);
}

SEC("fexit/nfsd_dispatch")
int BPF_PROG(na_x_dispatch, struct svc_rqst *rqstp)
{
	struct na_call_sum c = {};
	struct na_export_tally *e;
	struct na_work_place *p;
	struct na_op_tally *o;
	__u32 bucket, vers, proc, kind;
	__u64 addr[2], now;
	bool compound;

	if (!na_tally_sets || !na_server_is_ours(rqstp) || !na_client_of(rqstp, addr))
		return 0;
	now = bpf_ktime_get_ns();
	p = na_tally_place(&na_client_work, sizeof(*p), addr, now);
	if (!p)
		return 0;
	c.ns = now - rqstp->rq_stime;
	proc = rqstp->rq_proc;
	vers = rqstp->rq_prog == NA_NFS_PROGRAM ? rqstp->rq_vers : 0;
	compound = vers == NA_NFS_V4 && proc;
	if (compound) /* 7.2 takes what is loaded directly for memory, not for a number */
		na_sum_compound((__u64)BPF_CORE_READ(rqstp, rq_argp),
				(__u64)BPF_CORE_READ(rqstp, rq_resp), &c);
	else
		na_sum_call(rqstp, &c, vers, proc);
	kind = c.kind;
	bucket = na_time_bucket(c.ns);
	na_add_call(&p->t, &c, bucket, kind, compound);
	o = bpf_map_lookup_elem(&na_op_tally, &kind);
	if (o) {
		o->ns += c.ns;
		if (na_within(bucket, 0, NA_TIMES - 1))
			o->times[bucket]++;
	}
	if (!proc)
		return 0;
	c.export = na_call_export(rqstp, p, compound);
	e = c.export ? bpf_map_lookup_elem(&na_export_tally, &c.export) : NULL;
	if (e)
		na_add_call(&e->work, &c, bucket, kind, compound);
	return 0;
}

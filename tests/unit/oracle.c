// SPDX-License-Identifier: GPL-2.0-only
#include <rpc/rpc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/oracle.h"

static void none_verf(struct opaque_auth *auth)
{
	memset(auth, 0, sizeof(*auth));
	auth->oa_flavor = AUTH_NONE;
}

/* xdr_void() with the type that ar_results wants: the results are read afterwards. */
static bool_t no_results(XDR *x, ...)
{
	(void)x;
	return TRUE;
}

static bool_t xdr_read_args(XDR *x, struct na_read3args *a)
{
	char *p = (char *)a->fh.data;
	u_int n = a->fh.len;

	if (!xdr_bytes(x, &p, &n, NA_NFS_FHSIZE))
		return FALSE;
	a->fh.len = n;
	return xdr_uint64_t(x, (uint64_t *)&a->offset) && xdr_uint32_t(x, &a->count);
}

static bool decode_args(XDR *x, __u32 len, struct na_read3args *a)
{
	memset(a, 0, sizeof(*a));
	return xdr_read_args(x, a) && a->fh.len > 0 && xdr_getpos(x) == len;
}

bool oracle_read_args(const void *msg, __u32 len, struct na_read3args *a)
{
	struct na_read3args got;
	XDR x;

	xdrmem_create(&x, (char *)msg, len, XDR_DECODE);
	if (!decode_args(&x, len, &got))
		return false;
	*a = got;
	return true;
}

/* The body must be an authsys_parms and nothing else. */
static bool decode_sys(const struct opaque_auth *cred, struct na_rpc_call *c)
{
	struct authunix_parms p;
	bool good;
	__u32 i;
	XDR x;

	memset(&p, 0, sizeof(p));
	xdrmem_create(&x, cred->oa_base, cred->oa_length, XDR_DECODE);
	good = xdr_authunix_parms(&x, &p) && xdr_getpos(&x) == cred->oa_length;
	if (good) {
		c->uid = p.aup_uid;
		c->gid = p.aup_gid;
		c->ngids = p.aup_len;
		for (i = 0; i < p.aup_len; i++)
			c->gids[i] = p.aup_gids[i];
	}
	free(p.aup_machname);
	free(p.aup_gids);
	return good;
}

bool oracle_read_call(const void *msg, __u32 len, struct na_rpc_call *c, struct na_read3args *a)
{
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES];
	struct na_read3args args;
	struct na_rpc_call call;
	struct rpc_msg m;
	XDR x;

	memset(&m, 0, sizeof(m));
	memset(&call, 0, sizeof(call));
	m.rm_call.cb_cred.oa_base = cred;
	m.rm_call.cb_verf.oa_base = verf;
	xdrmem_create(&x, (char *)msg, len, XDR_DECODE);
	if (!xdr_callmsg(&x, &m) || m.rm_call.cb_prog != NA_NFS_PROGRAM ||
	    m.rm_call.cb_vers != NA_NFS3_VERSION || m.rm_call.cb_proc != NA_NFS3_READ)
		return false;
	if (m.rm_call.cb_verf.oa_flavor != AUTH_NONE || m.rm_call.cb_verf.oa_length != 0)
		return false;
	if (m.rm_call.cb_cred.oa_flavor == AUTH_SYS) {
		if (!decode_sys(&m.rm_call.cb_cred, &call))
			return false;
	} else if (m.rm_call.cb_cred.oa_flavor != AUTH_NONE || m.rm_call.cb_cred.oa_length != 0) {
		return false;
	}
	call.xid = m.rm_xid;
	call.prog = m.rm_call.cb_prog;
	call.vers = m.rm_call.cb_vers;
	call.proc = m.rm_call.cb_proc;
	call.flavor = m.rm_call.cb_cred.oa_flavor;
	if (!decode_args(&x, len, &args))
		return false;
	*c = call;
	*a = args;
	return true;
}

bool oracle_reply(const void *msg, __u32 len, struct na_rpc_reply *r, __u32 *results)
{
	char verf[MAX_AUTH_BYTES];
	struct rpc_msg m;
	XDR x;

	memset(&m, 0, sizeof(m));
	m.acpted_rply.ar_verf.oa_base = verf;
	m.acpted_rply.ar_results.proc = no_results;
	xdrmem_create(&x, (char *)msg, len, XDR_DECODE);
	if (!xdr_replymsg(&x, &m))
		return false;
	r->xid = m.rm_xid;
	r->plain = m.rm_reply.rp_stat == MSG_ACCEPTED &&
		   m.acpted_rply.ar_verf.oa_flavor == AUTH_NONE &&
		   m.acpted_rply.ar_verf.oa_length == 0 && m.acpted_rply.ar_stat == SUCCESS;
	*results = xdr_getpos(&x);
	return true;
}

static bool_t xdr_time(XDR *x, struct na_nfstime3 *t)
{
	return xdr_uint32_t(x, &t->sec) && xdr_uint32_t(x, &t->nsec);
}

static bool_t xdr_fattr(XDR *x, struct na_fattr3 *f)
{
	uint32_t major = 0, minor = 0;

	return xdr_uint32_t(x, &f->type) && xdr_uint32_t(x, &f->mode) &&
	       xdr_uint32_t(x, &f->nlink) && xdr_uint32_t(x, &f->uid) && xdr_uint32_t(x, &f->gid) &&
	       xdr_uint64_t(x, (uint64_t *)&f->size) && xdr_uint64_t(x, (uint64_t *)&f->used) &&
	       xdr_uint32_t(x, &major) && xdr_uint32_t(x, &minor) &&
	       xdr_uint64_t(x, (uint64_t *)&f->fsid) && xdr_uint64_t(x, (uint64_t *)&f->fileid) &&
	       xdr_time(x, &f->atime) && xdr_time(x, &f->mtime) && xdr_time(x, &f->ctime);
}

bool oracle_read_res(const void *msg, __u32 len, struct na_read3res *r)
{
	char *data = NULL;
	u_int n = 0;
	bool good;
	XDR x;

	memset(r, 0, sizeof(*r));
	xdrmem_create(&x, (char *)msg, len, XDR_DECODE);
	if (!xdr_uint32_t(&x, &r->status))
		return false;
	if (r->status != NA_NFS3_OK)
		return true;
	/* xdr_bool() takes every number for true, so the number itself is looked at. */
	if (!xdr_uint32_t(&x, &r->has_attr) || r->has_attr > 1 ||
	    (r->has_attr && !xdr_fattr(&x, &r->fattr)))
		return false;
	if (!xdr_uint32_t(&x, &r->count) || !xdr_uint32_t(&x, &r->eof) || r->eof > 1)
		return false;
	r->data_pos = xdr_getpos(&x) + 4;
	good = xdr_bytes(&x, &data, &n, len) && xdr_getpos(&x) == len;
	r->data_len = n;
	free(data);
	return good;
}

__u32 oracle_write_call(const struct oracle_call *c, void *msg, __u32 cap)
{
	char name[NA_RPC_NAME_BYTES + 1], body[MAX_AUTH_BYTES];
	struct na_read3args args = c->args;
	struct authunix_parms p = {
		.aup_time = c->stamp,
		.aup_machname = name,
		.aup_uid = c->uid,
		.aup_gid = c->gid,
		.aup_len = c->ngids,
		.aup_gids = (gid_t *)c->gids,
	};
	struct rpc_msg m;
	XDR b, x;

	memset(name, 'n', sizeof(name));
	name[c->name] = '\0';
	memset(&m, 0, sizeof(m));
	m.rm_xid = c->xid;
	m.rm_direction = CALL;
	m.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	m.rm_call.cb_prog = NA_NFS_PROGRAM;
	m.rm_call.cb_vers = NA_NFS3_VERSION;
	m.rm_call.cb_proc = NA_NFS3_READ;
	none_verf(&m.rm_call.cb_cred);
	none_verf(&m.rm_call.cb_verf);
	if (c->sys) {
		xdrmem_create(&b, body, sizeof(body), XDR_ENCODE);
		if (!xdr_authunix_parms(&b, &p))
			return 0;
		m.rm_call.cb_cred.oa_flavor = AUTH_SYS;
		m.rm_call.cb_cred.oa_base = body;
		m.rm_call.cb_cred.oa_length = xdr_getpos(&b);
	}
	xdrmem_create(&x, msg, cap, XDR_ENCODE);
	if (!xdr_callmsg(&x, &m) || !xdr_read_args(&x, &args))
		return 0;
	return xdr_getpos(&x);
}

__u32 oracle_write_reply(__u32 xid, const struct na_read3res *r, const void *data, void *msg,
			 __u32 cap)
{
	struct na_read3res res = *r;
	char *p = (char *)data;
	u_int n = r->data_len;
	struct rpc_msg m;
	XDR x;

	memset(&m, 0, sizeof(m));
	m.rm_xid = xid;
	m.rm_direction = REPLY;
	m.rm_reply.rp_stat = MSG_ACCEPTED;
	none_verf(&m.acpted_rply.ar_verf);
	m.acpted_rply.ar_stat = SUCCESS;
	m.acpted_rply.ar_results.proc = no_results;
	xdrmem_create(&x, msg, cap, XDR_ENCODE);
	if (!xdr_replymsg(&x, &m) || !xdr_uint32_t(&x, &res.status))
		return 0;
	if (res.status == NA_NFS3_OK &&
	    (!xdr_uint32_t(&x, &res.has_attr) || (res.has_attr && !xdr_fattr(&x, &res.fattr)) ||
	     !xdr_uint32_t(&x, &res.count) || !xdr_uint32_t(&x, &res.eof) ||
	     !xdr_bytes(&x, &p, &n, n)))
		return 0;
	return xdr_getpos(&x);
}

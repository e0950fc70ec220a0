// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that differs between libnfs 4 and 5 (Debian 12, 13) and libnfs 6, which
 * renamed the raw calls, reads into the caller's buffer and turned the
 * arguments of pread and pwrite around. libnfs 6 says so by LIBNFS_API_V2.
 */
#ifndef TESTS_CLIENTS_LIBNFS_API_H
#define TESTS_CLIENTS_LIBNFS_API_H

#include <stdint.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>

#ifdef LIBNFS_API_V2

/* Exported, but not in the headers of every 6.0. */
void rpc_set_timeout(struct rpc_context *rpc, int timeout);

static inline struct rpc_context *api_rpc_init(void)
{
	struct rpc_context *rpc = rpc_init_context();

	/* A bare context has no retransmissions, for which libnfs 6 takes every call as overdue. */
	if (rpc)
		rpc_set_timeout(rpc, 0);
	return rpc;
}

static inline int api_mnt(struct rpc_context *rpc, rpc_cb cb, char *path, void *arg)
{
	return rpc_mount3_mnt_task(rpc, cb, path, arg) ? 0 : -1;
}

static inline int api_lookup(struct rpc_context *rpc, rpc_cb cb, LOOKUP3args *args, void *arg)
{
	return rpc_nfs3_lookup_task(rpc, cb, args, arg) ? 0 : -1;
}

static inline int api_getattr(struct rpc_context *rpc, rpc_cb cb, GETATTR3args *args, void *arg)
{
	return rpc_nfs3_getattr_task(rpc, cb, args, arg) ? 0 : -1;
}

static inline int api_access(struct rpc_context *rpc, rpc_cb cb, ACCESS3args *args, void *arg)
{
	return rpc_nfs3_access_task(rpc, cb, args, arg) ? 0 : -1;
}

static inline int api_read(struct rpc_context *rpc, rpc_cb cb, void *buf, READ3args *args,
			   void *arg)
{
	return rpc_nfs3_read_task(rpc, cb, buf, args->count, args, arg) ? 0 : -1;
}

static inline const char *api_read_data(const READ3resok *ok, const void *buf)
{
	(void)ok;
	return buf;
}

/* libnfs 6 keeps the length of the data to itself. */
static inline uint32_t api_read_len(const READ3resok *ok)
{
	return ok->count;
}

static inline int api_pread(struct nfs_context *nfs, struct nfsfh *fh, void *buf, uint64_t offset,
			    uint32_t count, nfs_cb cb, void *arg)
{
	return nfs_pread_async(nfs, fh, buf, count, offset, cb, arg);
}

static inline const char *api_pread_data(const void *data, const void *buf)
{
	(void)data;
	return buf;
}

static inline int api_pwrite(struct nfs_context *nfs, struct nfsfh *fh, const void *buf,
			     uint64_t offset, uint32_t count)
{
	return nfs_pwrite(nfs, fh, buf, count, offset);
}

#else

static inline struct rpc_context *api_rpc_init(void)
{
	return rpc_init_context();
}

static inline int api_mnt(struct rpc_context *rpc, rpc_cb cb, char *path, void *arg)
{
	return rpc_mount3_mnt_async(rpc, cb, path, arg);
}

static inline int api_lookup(struct rpc_context *rpc, rpc_cb cb, LOOKUP3args *args, void *arg)
{
	return rpc_nfs3_lookup_async(rpc, cb, args, arg);
}

static inline int api_getattr(struct rpc_context *rpc, rpc_cb cb, GETATTR3args *args, void *arg)
{
	return rpc_nfs3_getattr_async(rpc, cb, args, arg);
}

static inline int api_access(struct rpc_context *rpc, rpc_cb cb, ACCESS3args *args, void *arg)
{
	return rpc_nfs3_access_async(rpc, cb, args, arg);
}

static inline int api_read(struct rpc_context *rpc, rpc_cb cb, void *buf, READ3args *args,
			   void *arg)
{
	(void)buf;
	return rpc_nfs3_read_async(rpc, cb, args, arg);
}

static inline const char *api_read_data(const READ3resok *ok, const void *buf)
{
	(void)buf;
	return ok->data.data_val;
}

static inline uint32_t api_read_len(const READ3resok *ok)
{
	return ok->data.data_len;
}

static inline int api_pread(struct nfs_context *nfs, struct nfsfh *fh, void *buf, uint64_t offset,
			    uint32_t count, nfs_cb cb, void *arg)
{
	(void)buf;
	return nfs_pread_async(nfs, fh, offset, count, cb, arg);
}

static inline const char *api_pread_data(const void *data, const void *buf)
{
	(void)buf;
	return data;
}

static inline int api_pwrite(struct nfs_context *nfs, struct nfsfh *fh, const void *buf,
			     uint64_t offset, uint32_t count)
{
	return nfs_pwrite(nfs, fh, offset, count, buf);
}

#endif

#endif

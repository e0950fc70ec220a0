/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which export a file handle belongs to, and what the policy says of it.
 *
 * 1. Identity is what nfsd itself goes by: type and bytes of the handle's fsid part
 *    (fs/nfsd/nfsfh.h; the same bytes as in /proc/net/rpc/nfsd.fh/content).
 * 2. One export may have several keys (a handle that an older mount holds); all lead to one
 *    number. Numbers are given by the daemon from 1 up, stay while the state is pinned, and
 *    NA_EXPORT_ANY is none of them.
 * 3. A key that is not in the map belongs to an export the daemon has not looked at yet.
 */
#ifndef NFSACCEL_EXPORT_H
#define NFSACCEL_EXPORT_H

#include "nfsaccel/abi.h"
#include "nfsaccel/xdr.h"

#define NA_EXPORT_ANY	 0u /* as a rule's export: any; as a flow's: not known */
#define NA_EXPORTS_MAX	 4096u /* keys, and so exports */
#define NA_FSID_BYTES	 24u
#define NA_FH_HEAD_BYTES 4u /* version, authentication, fsid type, fileid type */

struct na_export_key {
	__u32 type; /* FSID_* of fs/nfsd/nfsfh.h */
	__u8 fsid[NA_FSID_BYTES]; /* zeros behind the type's length */
};
_Static_assert(sizeof(struct na_export_key) == 28, "na_export_key");

struct na_export {
	__u32 id;
	__u32 pad;
};
_Static_assert(sizeof(struct na_export) == 8, "na_export");

/* Longest prefix wins: the export's number in full, then the client's address. */
struct na_cache_key {
	__u32 prefixlen; /* 32 + bits of the address, of which IPv4's first 96 are ::ffff:0:0/96 */
	__u32 export;
	__u8 client[16];
};
_Static_assert(sizeof(struct na_cache_key) == 24, "na_cache_key");

#define NA_CACHE_RULES_MAX 65536u

/* What may be cached of an export for a client: as narrow as nfsaccel.conf, or narrower. */
struct na_cache_policy {
	__u32 max_file; /* bytes */
	__u32 allowed;	/* 0: nothing */
	__u64 ttl;	/* ns */
};
_Static_assert(sizeof(struct na_cache_policy) == 16, "na_cache_policy");

/* Bytes of an fsid, by type; 0 for what we do not know. */
na_inline __u32 na_fsid_len(__u32 type)
{
	switch (type) {
	case 1: /* NUM */
		return 4;
	case 0: /* DEV */
	case 3: /* ENCODE_DEV */
	case 4: /* UUID4_INUM */
	case 5: /* UUID8 */
		return 8;
	case 2: /* MAJOR_MINOR */
		return 12;
	case 6: /* UUID16 */
		return 16;
	case 7: /* UUID16_INUM */
		return 24;
	}
	return 0;
}

/* False for a handle that no nfsd of today makes; k is then not to be used. */
na_inline bool na_export_key_of(const struct na_fh *fh, struct na_export_key *k)
{
	__u32 i, len = na_fsid_len(fh->data[2]);

	if (fh->data[0] != 1 || !len || fh->len < NA_FH_HEAD_BYTES + len)
		return false;
	k->type = fh->data[2];
	NA_UNROLL
	for (i = 0; i < NA_FSID_BYTES; i++)
		k->fsid[i] = i < len ? fh->data[NA_FH_HEAD_BYTES + i] : 0;
	return true;
}

#endif

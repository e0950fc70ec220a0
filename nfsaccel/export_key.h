/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which export a file handle belongs to: the fsid part of a handle that knfsd made
 * (linux/fs/nfsd/nfsfh.h, struct knfsd_fh and key_len()). All handles below one export
 * share it; two exports of one file system differ in it.
 */
#ifndef NFSACCEL_EXPORT_KEY_H
#define NFSACCEL_EXPORT_KEY_H

#include "nfsaccel/xdr.h"

#define NA_FSID_TYPES 8u /* FSID_DEV to FSID_UUID16_INUM */
#define NA_FSID_BYTES 24u /* the longest, FSID_UUID16_INUM */
#define NA_FH_FSID    4u /* where it begins in the handle */
#define NA_FH_HEAD    (NA_FH_FSID + NA_FSID_BYTES)

struct na_export_key {
	__u8 type; /* fh_fsid_type */
	__u8 pad[3];
	__u8 fsid[NA_FSID_BYTES]; /* zeros behind its end */
};
_Static_assert(sizeof(struct na_export_key) == 28, "na_export_key");

na_inline __u32 na_fsid_len(__u32 type)
{
	switch (type) {
	case 1: /* FSID_NUM */
		return 4;
	case 0: /* FSID_DEV */
	case 3: /* FSID_ENCODE_DEV */
	case 4: /* FSID_UUID4_INUM */
	case 5: /* FSID_UUID8 */
		return 8;
	case 2: /* FSID_MAJOR_MINOR */
		return 12;
	case 6: /* FSID_UUID16 */
		return 16;
	case 7: /* FSID_UUID16_INUM */
		return 24;
	}
	return 0;
}

/*
 * fh: the handle's first NA_FH_HEAD bytes (what is not there may be anything); len: how
 * long the handle is. False if knfsd did not make it.
 */
na_inline bool na_export_key_of(const __u8 fh[NA_FH_HEAD], __u32 len, struct na_export_key *k)
{
	__u32 n, i;

	if (len < NA_FH_FSID || fh[0] != 1 || fh[1] != 0)
		return false;
	n = na_fsid_len(fh[2]);
	if (!n || len < NA_FH_FSID + n)
		return false;
	na_memset(k, 0, sizeof(*k));
	k->type = fh[2];
	for (i = 0; i < NA_FSID_BYTES; i++)
		k->fsid[i] = i < n ? fh[NA_FH_FSID + i] : 0;
	return true;
}

/* As much of a handle as tells its export. */
struct na_fh_head {
	__u32 len; /* of the whole handle */
	__u8 data[NA_FH_HEAD];
};
_Static_assert(sizeof(struct na_fh_head) == 32, "na_fh_head");

/*
 * Is the handle of len bytes at p, aligned to 4, of the same export as `was`, for which
 * na_export_key_of() held and whose fsid has n bytes? By words, since this is asked for every
 * call; NA_FH_HEAD bytes may be read.
 */
na_inline bool na_fh_same_export(const __u8 *p, __u32 len, const struct na_fh_head *was, __u32 n)
{
	__u32 i, differ;

	/* what follows the fsid is any file's, and so is its type, the last byte here */
	differ = (na_xdr_raw(p) ^ na_xdr_raw(was->data)) & na_xdr_swap(0xffffff00u);
	NA_UNROLL
	for (i = NA_FH_FSID; i < NA_FH_HEAD; i += 4)
		if (i < NA_FH_FSID + n)
			differ |= na_xdr_raw(p + i) ^ na_xdr_raw(was->data + i);
	return !differ && len >= NA_FH_FSID + n;
}

#endif

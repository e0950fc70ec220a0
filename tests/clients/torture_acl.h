// SPDX-License-Identifier: GPL-2.0-only
/* A POSIX ACL as the kernel takes it from setxattr(2): one user more, who may nothing. */
#ifndef TESTS_CLIENTS_TORTURE_ACL_H
#define TESTS_CLIENTS_TORTURE_ACL_H

#include <endian.h>
#include <stdint.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#define TORTURE_ACL "system.posix_acl_access"

struct torture_acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[5];
};

static inline struct posix_acl_xattr_entry torture_acl_entry(int tag, uint32_t perm, uint32_t id)
{
	return (struct posix_acl_xattr_entry){htole16((uint16_t)tag), htole16((uint16_t)perm),
					      htole32(id)};
}

static inline const void *torture_acl(struct torture_acl *acl, uint32_t mode, uint32_t uid)
{
	acl->header.a_version = htole32(POSIX_ACL_XATTR_VERSION);
	acl->entries[0] = torture_acl_entry(ACL_USER_OBJ, mode >> 6 & 7, ACL_UNDEFINED_ID);
	acl->entries[1] = torture_acl_entry(ACL_USER, 0, uid);
	acl->entries[2] = torture_acl_entry(ACL_GROUP_OBJ, mode >> 3 & 7, ACL_UNDEFINED_ID);
	acl->entries[3] = torture_acl_entry(ACL_MASK, mode >> 3 & 7, ACL_UNDEFINED_ID);
	acl->entries[4] = torture_acl_entry(ACL_OTHER, mode & 7, ACL_UNDEFINED_ID);
	return acl;
}

#endif

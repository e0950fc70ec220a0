/* SPDX-License-Identifier: GPL-2.0-only */
/* The status page, made of the files in admin/page by admin/page/make. */
#ifndef NFSACCEL_ADMIN_PAGE_H
#define NFSACCEL_ADMIN_PAGE_H

#include <stddef.h>

extern const char na_page[];
extern const size_t na_page_len;

/* Its Content-Security-Policy: names its style and its script by their hashes. */
extern const char na_page_policy[];

#endif

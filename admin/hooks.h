/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks of bpf/hooks.def.h: which of them this kernel has, and what became of each.
 */
#ifndef NFSACCEL_ADMIN_HOOKS_H
#define NFSACCEL_ADMIN_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/why.h"
#include "nfsaccel/types.h"

enum na_hook_kind {
	NA_HOOK_LSM,
	NA_HOOK_FENTRY,
	NA_HOOK_FEXIT,
};

enum na_hook_need {
	NA_HOOK_MANDATORY,     /* without it nothing is answered */
	NA_HOOK_ALTERNATIVE,   /* one of its group is mandatory */
	NA_HOOK_WHERE_PRESENT, /* mandatory if the kernel has the function */
	NA_HOOK_FILE_SYSTEM,   /* without it files of one file system are not cached */
	NA_HOOK_FILL,	       /* mandatory; skipped runs do no harm */
	NA_HOOK_FILL_PRESENT,  /* the same, if the kernel has the function */
	NA_HOOK_OPTIONAL,
	NA_HOOK_COUNT, /* guards nothing */
};

struct na_hook {
	const char *program;
	const char *function;
	enum na_hook_kind kind;
	const char *module; /* "vmlinux" or the module's name */
	enum na_hook_need need;
	const char *group;  /* of alternatives, else NULL */
	__u32 fs;	    /* the file system's bit in na_fs_mask, else 0 */
	const char *guards; /* what it watches, for people */
};

extern const struct na_hook na_hooks[];
extern const size_t na_hook_count;

enum na_hook_state {
	NA_HOOK_READY, /* the kernel has it, nothing tried yet */
	NA_HOOK_ATTACHED,
	NA_HOOK_NO_FUNCTION, /* not in this kernel's BTF */
	NA_HOOK_NO_MODULE,   /* its module is not loaded */
	NA_HOOK_NO_LSM,	     /* "bpf" is not among the active security modules */
	NA_HOOK_NO_LOAD,     /* the verifier refused the program */
	NA_HOOK_NO_ATTACH,   /* loaded, but attaching failed */
	NA_HOOK_UNWANTED,    /* switched off in nfsaccel.conf */
};

struct na_hook_status {
	enum na_hook_state state;
	int err; /* negative errno of what failed */
};

const char *na_hook_kind_name(enum na_hook_kind kind);
const char *na_hook_need_name(enum na_hook_need need);
const char *na_hook_state_name(enum na_hook_state state);

static inline bool na_hook_usable(const struct na_hook_status *s)
{
	return s->state == NA_HOOK_READY || s->state == NA_HOOK_ATTACHED;
}

/* na_fs_mask: the file systems all of whose hooks are usable. */
__u32 na_hooks_fs_mask(const struct na_hook_status *status);

/* Sets status[na_hook_count] to READY or to the reason why not. 0 or negative errno. */
int na_hooks_probe(struct na_hook_status *status);

/* Those that only count are not wanted. */
void na_hooks_uncounted(struct na_hook_status *status);

/* Does a skipped run of hook i mean that what is cached cannot be trusted? */
bool na_hook_guards(size_t i);

/* Is hook i wanting, and does that forbid answering? */
bool na_hook_missing(const struct na_hook_status *status, size_t i);

/*
 * Is enough of it usable that stale data cannot be answered? If not, why says which hook
 * is missing, why, and what to do. Only the first is explained; *missing counts all.
 */
bool na_hooks_suffice(const struct na_hook_status *status, struct na_why *why,
		      unsigned int *missing);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/hooks.h"

#include "admin/probe.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MANDATORY	   NA_HOOK_MANDATORY, NULL, 0
#define OPTIONAL	   NA_HOOK_OPTIONAL, NULL, 0
#define WHERE_PRESENT	   NA_HOOK_WHERE_PRESENT, NULL, 0
#define FILL		   NA_HOOK_FILL, NULL, 0
#define FILL_PRESENT	   NA_HOOK_FILL_PRESENT, NULL, 0
#define COUNT		   NA_HOOK_COUNT, NULL, 0
#define ALTERNATIVE(group) NA_HOOK_ALTERNATIVE, #group, 0
#define FILE_SYSTEM(bit)   NA_HOOK_FILE_SYSTEM, NULL, bit

#include "bpf/hooks.def.h"

const struct na_hook na_hooks[] = {
#define X(program, function, kind, module, need, guards)                                           \
	{#program, function, NA_HOOK_##kind, #module, need, guards},
	NA_HOOKS(X)
#undef X
};

const size_t na_hook_count = sizeof(na_hooks) / sizeof(na_hooks[0]);

const char *na_hook_kind_name(enum na_hook_kind kind)
{
	switch (kind) {
	case NA_HOOK_LSM:
		return "lsm";
	case NA_HOOK_FENTRY:
		return "fentry";
	case NA_HOOK_FEXIT:
		return "fexit";
	}
	return "?";
}

const char *na_hook_need_name(enum na_hook_need need)
{
	switch (need) {
	case NA_HOOK_MANDATORY:
	case NA_HOOK_FILL:
		return "mandatory";
	case NA_HOOK_ALTERNATIVE:
		return "alternative";
	case NA_HOOK_WHERE_PRESENT:
	case NA_HOOK_FILL_PRESENT:
		return "where present";
	case NA_HOOK_FILE_SYSTEM:
		return "for its file system";
	case NA_HOOK_OPTIONAL:
		return "optional";
	case NA_HOOK_COUNT:
		return "counts only";
	}
	return "?";
}

const char *na_hook_state_name(enum na_hook_state state)
{
	switch (state) {
	case NA_HOOK_READY:
		return "ready";
	case NA_HOOK_ATTACHED:
		return "attached";
	case NA_HOOK_NO_FUNCTION:
		return "no such function";
	case NA_HOOK_NO_MODULE:
		return "module not loaded";
	case NA_HOOK_NO_LSM:
		return "BPF LSM is off";
	case NA_HOOK_NO_LOAD:
		return "program refused";
	case NA_HOOK_NO_ATTACH:
		return "not attachable";
	case NA_HOOK_UNWANTED:
		return "not wanted";
	}
	return "?";
}

/* The BTF of one module, loaded once; a built-in "module" is in vmlinux. */
struct module_btf {
	const char *name;
	struct btf *btf;
};

static struct btf *module_btf(struct module_btf *cache, size_t n, struct btf *vmlinux,
			      const char *name)
{
	size_t i;

	for (i = 0; i < n && cache[i].name; i++)
		if (!strcmp(cache[i].name, name))
			return cache[i].btf;
	if (i == n)
		return NULL;
	cache[i].name = name;
	cache[i].btf = btf__load_module_btf(name, vmlinux);
	return cache[i].btf;
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

int na_hooks_probe(struct na_hook_status *status)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct module_btf modules[8] = {0};
	bool lsm = na_probe_bpf_lsm() == 1;
	size_t i;

	if (!vmlinux)
		return -errno;
	for (i = 0; i < na_hook_count; i++) {
		const struct na_hook *h = &na_hooks[i];
		char name[128];

		snprintf(name, sizeof(name), "%s%s", h->kind == NA_HOOK_LSM ? "bpf_lsm_" : "",
			 h->function);
		status[i] = (struct na_hook_status){.state = NA_HOOK_READY};
		if (has_function(vmlinux, name)) {
			if (h->kind == NA_HOOK_LSM && !lsm)
				status[i].state = NA_HOOK_NO_LSM;
			continue;
		}
		if (strcmp(h->module, "vmlinux")) {
			struct btf *btf = module_btf(modules, 8, vmlinux, h->module);

			if (!btf)
				status[i].state = NA_HOOK_NO_MODULE;
			else if (!has_function(btf, name))
				status[i].state = NA_HOOK_NO_FUNCTION;
			continue;
		}
		status[i].state =
			h->kind == NA_HOOK_LSM && !lsm ? NA_HOOK_NO_LSM : NA_HOOK_NO_FUNCTION;
	}
	for (i = 0; i < 8; i++)
		btf__free(modules[i].btf);
	btf__free(vmlinux);
	return 0;
}

void na_hooks_uncounted(struct na_hook_status *status)
{
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (na_hooks[i].need == NA_HOOK_COUNT)
			status[i].state = NA_HOOK_UNWANTED;
}

static void explain(const struct na_hook *h, const struct na_hook_status *s, struct na_why *why)
{
	switch (s->state) {
	case NA_HOOK_READY:
	case NA_HOOK_ATTACHED:
	case NA_HOOK_UNWANTED:
		return;
	case NA_HOOK_NO_FUNCTION:
		na_why(why, 0,
		       "this kernel has no %s to hook (%s): it is too old or built without it",
		       h->function, h->guards);
		return;
	case NA_HOOK_NO_MODULE:
		na_why(why, 0,
		       "the %s module is not loaded: start the NFS server (modprobe %s), "
		       "then restart nfsacceld",
		       h->module, h->module);
		return;
	case NA_HOOK_NO_LSM:
		na_why(why, 0,
		       "BPF LSM is off (%s needs it): add bpf to lsm= on the kernel command "
		       "line and reboot; /sys/kernel/security/lsm lists what is on",
		       h->function);
		return;
	case NA_HOOK_NO_LOAD:
		if (s->err == -EPERM)
			na_why(why, 0,
			       "the kernel does not let us trace its functions (%s): is it locked "
			       "down, or is CAP_PERFMON missing?",
			       strerror(-s->err));
		else
			na_why(why, 0,
			       "the kernel refused program %s (%s): %s; please report the "
			       "kernel's version",
			       h->program, h->guards, strerror(-s->err));
		return;
	case NA_HOOK_NO_ATTACH:
		na_why(why, 0, "%s cannot be hooked (%s): %s", h->function, h->guards,
		       strerror(-s->err));
		return;
	}
}

__u32 na_hooks_fs_mask(const struct na_hook_status *status)
{
	__u32 mask = ~0u;
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (!na_hook_usable(&status[i]))
			mask &= ~na_hooks[i].fs;
	return mask;
}

/* Is another hook of h's group usable? */
static bool alternative(const struct na_hook_status *status, const struct na_hook *h)
{
	size_t i;

	for (i = 0; i < na_hook_count; i++)
		if (h->group && na_hooks[i].group && !strcmp(na_hooks[i].group, h->group) &&
		    na_hook_usable(&status[i]))
			return true;
	return false;
}

bool na_hook_guards(size_t i)
{
	return na_hooks[i].need != NA_HOOK_FILL && na_hooks[i].need != NA_HOOK_FILL_PRESENT &&
	       na_hooks[i].need != NA_HOOK_COUNT;
}

bool na_hook_missing(const struct na_hook_status *status, size_t i)
{
	const struct na_hook *h = &na_hooks[i];
	enum na_hook_state state = status[i].state;

	if (na_hook_usable(&status[i]))
		return false;
	switch (h->need) {
	case NA_HOOK_MANDATORY:
	case NA_HOOK_FILL:
		return true;
	case NA_HOOK_ALTERNATIVE:
		return !alternative(status, h);
	case NA_HOOK_WHERE_PRESENT:
	case NA_HOOK_FILL_PRESENT:
		return state != NA_HOOK_NO_FUNCTION && state != NA_HOOK_NO_MODULE;
	case NA_HOOK_FILE_SYSTEM:
		/* The mask is read-only once the programs are loaded. */
		return state == NA_HOOK_NO_ATTACH;
	case NA_HOOK_OPTIONAL:
	case NA_HOOK_COUNT:
		return false;
	}
	return true;
}

bool na_hooks_suffice(const struct na_hook_status *status, struct na_why *why,
		      unsigned int *missing)
{
	size_t i;

	*missing = 0;
	for (i = 0; i < na_hook_count; i++)
		if (na_hook_missing(status, i) && !(*missing)++)
			explain(&na_hooks[i], &status[i], why);
	return !*missing;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "admin/check.h"

#include "admin/budget.h"
#include "admin/devices.h"
#include "admin/links.h"
#include "admin/parse.h"
#include "admin/plane.h"
#include "admin/probe.h"
#include "admin/ready.h"
#include "admin/sockdiag.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

enum row_state {
	ROW_OK,
	ROW_NOTE, /* does not stop it from answering */
	ROW_MISSING,
};

struct rows {
	bool json;
	bool brief;
	struct json_object *list;
	unsigned int missing;
};

static const char *const state_names[] = {
	[ROW_OK] = "ok",
	[ROW_NOTE] = "note",
	[ROW_MISSING] = "MISSING",
};

__attribute__((format(printf, 4, 5))) static void row(struct rows *r, enum row_state state,
						      const char *what, const char *fmt, ...)
{
	struct json_object *o;
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->missing += state == ROW_MISSING;
	if (r->brief && state == ROW_OK)
		return;
	if (!r->json) {
		printf("%-8s%-34s%s\n", state_names[state], what, text);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "what", json_object_new_string(what));
	json_object_object_add(o, "ok", json_object_new_boolean(state != ROW_MISSING));
	json_object_object_add(o, "text", json_object_new_string(text));
	json_object_array_add(r->list, o);
}

static void check_kernel(struct rows *r)
{
	struct na_why why = {.text = ""};
	struct utsname uts;
	int lsm = na_probe_bpf_lsm();

	uname(&uts);
	row(r, ROW_OK, "kernel", "%s", uts.release);
	if (na_ready_btf(&why))
		row(r, ROW_MISSING, "kernel BTF", "%s", why.text);
	else
		row(r, ROW_OK, "kernel BTF", "/sys/kernel/btf/vmlinux");
	if (lsm == 1)
		row(r, ROW_OK, "BPF LSM", "active");
	else
		row(r, ROW_MISSING, "BPF LSM", "%s",
		    lsm ? strerror(-lsm)
			: "off: add bpf to lsm= on the kernel command line and reboot");
	if (na_probe_load_module("nfsd"))
		row(r, ROW_MISSING, "nfsd module",
		    "cannot be loaded (modprobe nfsd): this kernel has "
		    "none, or its package is not installed");
	else
		row(r, ROW_OK, "nfsd module", "there");
}

static void check_network(struct rows *r, const struct na_config *c)
{
	struct mnl_socket *nl = na_sockdiag_open();
	struct na_why why = {.text = ""};
	int err = nl ? na_sockdiag_can_destroy(nl) : -errno;

	if (err)
		row(r, ROW_NOTE, "resetting connections",
		    "%s: kernel without INET_DIAG_DESTROY; a stop "
		    "leaves the programs until spliced connections have ended",
		    strerror(-err));
	else
		row(r, ROW_OK, "resetting connections", "sock_diag");
	na_cleanup_mnl(&nl);
	err = na_ready_port(c, &why);
	row(r,
	    !err	     ? ROW_OK
	    : err == -ENOENT ? ROW_NOTE
			     : ROW_MISSING,
	    "port", "%s", err ? why.text : "the kernel's NFS server listens");
}

static bool listed(const struct na_config *c, const struct na_link *l)
{
	unsigned int i;

	for (i = 0; i < c->ndevices; i++)
		if (!strcmp(c->devices[i], l->name))
			return true;
	return !c->ndevices && na_link_carries(l);
}

static void check_devices(struct rows *r, const struct na_config *c)
{
	struct na_links links;
	unsigned int i, n = 0;
	size_t j;
	int err = na_links_read(&links);

	if (err) {
		row(r, ROW_MISSING, "devices", "cannot be listed: %s", strerror(-err));
		return;
	}
	for (j = 0; j < links.n; j++) {
		if (!listed(c, &links.link[j]))
			continue;
		n++;
		row(r, ROW_OK, links.link[j].name, "device that would be attached to%s",
		    links.link[j].up ? "" : " (down now)");
	}
	for (i = 0; i < c->ndevices; i++) {
		for (j = 0; j < links.n; j++)
			if (!strcmp(links.link[j].name, c->devices[i]))
				break;
		if (j == links.n)
			row(r, ROW_NOTE, c->devices[i], "%s", na_device_advice(-ENODEV));
	}
	if (!n)
		row(r, ROW_MISSING, "devices", "none carries the port");
	free(links.link);
}

static void check_hooks(struct rows *r, const struct na_plane *p)
{
	struct na_why why = {.text = ""};
	unsigned int missing;
	size_t i;

	for (i = 0; i < na_hook_count; i++) {
		const struct na_hook *h = &na_hooks[i];
		const struct na_hook_status *s = &p->hooks[i];
		char what[96];

		snprintf(what, sizeof(what), "%s %s", na_hook_kind_name(h->kind), h->function);
		row(r,
		    na_hook_usable(s)		   ? ROW_OK
		    : na_hook_missing(p->hooks, i) ? ROW_MISSING
						   : ROW_NOTE,
		    what, "%s: %s%s%s (%s)", na_hook_need_name(h->need),
		    na_hook_state_name(s->state), s->err ? ": " : "",
		    s->err ? strerror(-s->err) : "", h->guards);
	}
	if (na_hooks_suffice(p->hooks, &why, &missing))
		row(r, ROW_OK, "hooks", "all that answering needs are there");
	else
		row(r, ROW_MISSING, "hooks", "nothing would be answered: %s", why.text);
}

/* The budget does not matter here; the smallest objects load fastest. */
static void check_programs(struct rows *r, const struct na_config *c)
{
	struct na_config small = *c;
	struct na_plane p;
	struct na_why why = {.text = ""};
	struct na_budget b;
	char memory[32];
	int err;

	small.connections = 16;
	small.credentials = 16;
	small.authorizations = 64;
	err = na_plane_open(&p, &small, true, &why) ?: na_plane_try(&p, &why);
	if (err)
		row(r, ROW_MISSING, "BPF programs", "%s", why.text);
	else
		row(r, ROW_OK, "BPF programs", "the kernel takes them");
	if (p.hooks)
		check_hooks(r, &p);
	na_plane_close(&p);
	na_budget_make(&b, c, false);
	row(r, ROW_OK, "cache", "%s: %u files, %u blocks of 4 KiB; %u connections",
	    na_format_size(c->memory, memory), b.entries - 1, b.blocks - 1, b.flows);
}

int na_check(const struct na_config *c, bool json, bool brief)
{
	struct rows r = {.json = json, .brief = brief, .list = json_object_new_array()};
	struct na_why why = {.text = ""};
	bool root = !na_ready_root(&why);
	struct json_object *o;

	if (!root)
		row(&r, ROW_MISSING, "root", "%s", why.text);
	check_kernel(&r);
	check_network(&r, c);
	check_devices(&r, c);
	if (root && na_probe_btf())
		check_programs(&r, c);
	if (json) {
		o = json_object_new_object();
		json_object_object_add(o, "ok", json_object_new_boolean(!r.missing));
		json_object_object_add(o, "rows", r.list);
		puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
		json_object_put(o);
	} else {
		json_object_put(r.list);
		printf("%s%s\n", brief ? "" : "\n",
		       r.missing ? "nfsacceld would run, but not answer."
				 : "nfsacceld would answer.");
	}
	return r.missing ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What the daemon tells about itself: status and stats. */
#include "admin/cleanup.h"
#include "admin/commands.h"
#include "admin/figures.h"
#include "admin/gc.h"
#include "admin/log.h"
#include "admin/mode.h"
#include "admin/tally.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <sys/utsname.h>

#define STATUS_EVENTS 16 /* newest messages in the status */

static void put(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void put_number(struct json_object *o, const char *key, __u64 n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static struct json_object *hooks(const struct na_plane *p)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < na_hook_count; i++) {
		struct json_object *o = json_object_new_object();

		put(o, "program", na_hooks[i].program);
		put(o, "function", na_hooks[i].function);
		put(o, "kind", na_hook_kind_name(na_hooks[i].kind));
		put(o, "module", na_hooks[i].module);
		put(o, "need", na_hook_need_name(na_hooks[i].need));
		put(o, "guards", na_hooks[i].guards);
		put(o, "state", na_hook_state_name(p->hooks[i].state));
		put(o, "error", p->hooks[i].err ? strerror(-p->hooks[i].err) : NULL);
		json_object_object_add(o, "missing",
				       json_object_new_boolean(na_hook_missing(p->hooks, i)));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *devices(const struct na_devices *d)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < d->n; i++) {
		struct json_object *o = json_object_new_object();

		put(o, "name", d->device[i].name);
		json_object_object_add(o, "attached", json_object_new_boolean(!d->device[i].err));
		put(o, "error", d->device[i].err ? na_device_advice(d->device[i].err) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *cache(const struct na_plane *p)
{
	struct json_object *o = json_object_new_object();
	struct na_cache_use use;

	na_cache_use(p, &use);
	put_number(o, "files", use.files);
	put_number(o, "file_bytes", use.file_bytes);
	put_number(o, "cached_bytes", use.cached_bytes);
	put_number(o, "files_max", p->shape.budget.entries - 1);
	put_number(o, "memory", p->config->memory);
	return o;
}

static struct json_object *events(void)
{
	struct json_object *list = json_object_new_array();
	const struct na_event *e;
	unsigned int i;

	for (i = 0; i < STATUS_EVENTS && (e = na_log_message(i)); i++) {
		struct json_object *o = json_object_new_object();

		put_number(o, "time", e->when);
		put(o, "text", e->text);
		json_object_array_add(list, o);
	}
	return list;
}

static int connections(const struct na_plane *p, struct json_object *status)
{
	struct json_object *o = json_object_new_object();
	struct na_flow_counts n;
	int err = na_flow_count(p, &n);

	json_object_object_add(status, "connections", o);
	put_number(o, "tracked", n.tracked);
	put_number(o, "spliced", n.spliced);
	put_number(o, "max", p->shape.budget.flows);
	return err;
}

int na_report_status(struct na_daemon *d, struct json_object *request, struct json_object *o,
		     struct na_why *why)
{
	const struct na_plane *p = &d->plane;
	__u64 started = d->started.tv_sec * 1000000000ull + d->started.tv_nsec;
	struct utsname uts;

	(void)request, (void)why;
	uname(&uts);
	put(o, "version", NFSACCEL_VERSION);
	put(o, "mode", na_mode_name(p->ctl->mode));
	put(o, "reason", d->silent.text[0] ? d->silent.text : NULL);
	put(o, "kernel", uts.release);
	put_number(o, "uptime", (na_now_ns() - started) / 1000000000ull);
	put_number(o, "port", p->config->port);
	put(o, "pin", p->config->pin);
	json_object_object_add(o, "taken_over", json_object_new_boolean(p->taken_over));
	json_object_object_add(o, "hooks", hooks(p));
	json_object_object_add(o, "devices", devices(&d->devices));
	json_object_object_add(o, "cache", cache(p));
	put_number(o, "maps_memory", na_maps_memory(p));
	json_object_object_add(o, "memory_short",
			       json_object_new_boolean(d->memory.short_of || p->small));
	json_object_object_add(o, "events", events());
	return connections(p, o);
}

int na_report_stats(struct na_daemon *d, struct json_object *request, struct json_object *o,
		    struct na_why *why)
{
	struct json_object *counters = json_object_new_object();
	struct json_object *help = json_object_new_object(), *ops = json_object_new_object();
	struct na_op_tally times[NA_OP_MAX];
	__u64 n[NA_V_MAX];
	int err = na_counters_read(&d->plane, n) ?: na_tally_ops(&d->plane, times);
	__u32 i;

	(void)request, (void)why;
	json_object_object_add(o, "counters", counters);
	json_object_object_add(o, "help", help);
	json_object_object_add(o, "nfsd", ops);
	for (i = 0; !err && i < NA_OP_MAX; i++) {
		struct json_object *op = json_object_new_object();

		json_object_object_add(ops, na_op_names[i], op);
		na_tally_put_times(op, times[i].ns, times[i].times);
	}
	for (i = 0; !err && i < NA_V_MAX; i++) {
		put_number(counters, na_verdict_names[i].name, n[i]);
		put(help, na_verdict_names[i].name, na_verdict_names[i].help);
	}
	return err;
}

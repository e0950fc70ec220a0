// SPDX-License-Identifier: GPL-2.0-only
#include "admin/doctor.h"

#include "admin/json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FEW 1000 /* READs from which shares mean something */

struct visit {
	struct na_finding *out;
	size_t n;
	struct json_object *status, *counters;
};

static uint64_t counter(const struct visit *v, const char *name)
{
	return na_json_number(v->counters, name);
}

__attribute__((format(printf, 4, 5))) static void find(struct visit *v, bool bad,
						       const char *advice, const char *fmt, ...)
{
	struct na_finding *f;
	va_list args;

	if (v->n == NA_FINDINGS)
		return;
	f = &v->out[v->n++];
	f->bad = bad;
	f->advice = advice;
	va_start(args, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, args);
	va_end(args);
}

static void look_at_mode(struct visit *v)
{
	const char *mode = na_json_text(v->status, "mode"), *reason = na_json_text(v->status, "reason");

	if (!strcmp(mode, "answering"))
		find(v, false, "", "READs are answered");
	else if (!strcmp(mode, "observing"))
		find(v, false, "To answer: nfsaccelctl mode answer.",
		     "only observing: %ju READs could have been answered, over which nfsd took %.1f s; "
		     "%ju replies of nfsd were the same, %ju were not",
		     counter(v, "shadow_asked"), (double)counter(v, "shadow_nfsd_ns") / 1e9,
		     counter(v, "shadow_same"), counter(v, "shadow_different"));
	else if (!strcmp(reason, "mode = off"))
		find(v, false, "To answer: nfsaccelctl mode answer.",
		     "switched off by configuration or command; limits and statistics go on");
	else if (mode[0])
		find(v, true,
		     na_json_bool(v->status, "memory_short")
			     ? "Limits and statistics go on. With a smaller [cache] memory, or more "
			       "in the machine, it need not give way."
			     : "",
		     "nothing is answered (%s): %s", mode,
		     reason[0] ? reason : "ask again in some seconds");
	if (counter(v, "shadow_different"))
		find(v, true,
		     "This should never be. Leave it off, keep the journal's line that begins with "
		     "\"shadow check\", and report it.",
		     "%ju times nfsd's reply was another than the cache's",
		     counter(v, "shadow_different"));
}

static void look_at_hooks(struct visit *v)
{
	struct json_object *hooks = na_json_field(v->status, "hooks");
	size_t i;

	for (i = 0; i < na_json_items(hooks); i++) {
		struct json_object *h = json_object_array_get_idx(hooks, i);

		if (!na_json_bool(h, "missing"))
			continue;
		find(v, true,
		     "Without it a change could go unseen. nfsacceld --check says why it is "
		     "missing; "
		     "a kernel that nfsaccel is tested with has it.",
		     "hook %s %s is missing (%s)", na_json_text(h, "kind"), na_json_text(h, "function"),
		     na_json_text(h, "guards"));
		break; /* the reason counts the others */
	}
	if (counter(v, "recursion_misses"))
		find(v, false,
		     "With many of these boot with preempt=voluntary or preempt=none: the kernel "
		     "skips hooks of tasks that are preempted in them, and each time all is "
		     "flushed.",
		     "the kernel skipped %ju runs of hooks", counter(v, "recursion_misses"));
}

static void look_at_devices(struct visit *v)
{
	struct json_object *devices = na_json_field(v->status, "devices");
	size_t i;

	for (i = 0; i < na_json_items(devices); i++) {
		struct json_object *d = json_object_array_get_idx(devices, i);

		if (!na_json_bool(d, "attached"))
			find(v, true, "Name the devices that carry NFS in [network] devices.",
			     "device %s has no filter: %s", na_json_text(d, "name"), na_json_text(d, "error"));
	}
}

static void look_at_tables(struct visit *v)
{
	struct json_object *cache = na_json_field(v->status, "cache");

	if (counter(v, "evicted") && na_json_number(cache, "cached_bytes") > na_json_number(cache, "memory") / 2)
		find(v, false, "Raise [cache] memory if READs miss because of it.",
		     "the cache is full: %ju files gave way", counter(v, "evicted"));
	if (counter(v, "flow_full"))
		find(v, true, "Raise [network] connections.",
		     "%ju times a connection found no place in the table and was passed on",
		     counter(v, "flow_full"));
	if (counter(v, "limit_crowded"))
		find(v, false, "More clients are over their limits than there are buckets.",
		     "%ju clients had to share a bucket", counter(v, "limit_crowded"));
	if (counter(v, "emit_fail"))
		find(v, false, "Look at the device's queue: tc -s qdisc.",
		     "%ju packets of replies could not be sent and were sent again",
		     counter(v, "emit_fail"));
}

/* The commonest reason why a READ was not answered, or its reply not cached. */
static const struct reason {
	const char *counter;
	const char *advice;
} reasons[] = {
	{"refuse_writer", "Files that are open for writing are never cached."},
	{"refuse_size", "They are larger than [cache] max_file."},
	{"refuse_fs_type", "Only ext4, XFS, btrfs and tmpfs can be cached."},
	{"refuse_export", "The export lacks no_subtree_check, or has pNFS or a re-export."},
	{"refuse_policy", "nfsaccel.exports says nocache, or the export is not known yet."},
	{"refuse_racy", "They had just been changed; that ends by itself."},
	{"refuse_lease", "Somebody holds leases on them."},
	{"refuse_fanotify", "A virus scanner or the like wants to be asked about each access."},
	{"miss_no_entry", "Not read before, or evicted, or older than [cache] lifetime."},
	{"miss_no_auth", "The first READ of each user and file goes to nfsd."},
	{"miss_no_block", "READs that do not cover whole blocks of 4 KiB teach little."},
	{"miss_cred", "Kerberos, or a credential too long: nfsd answers."},
	{"miss_expired", "They are read less often than once in [cache] lifetime."},
	{"miss_version", "The files change."},
	{"miss_inode", "The files change."},
	{"miss_epoch", "Exports or groups change often."},
	{"miss_big", "The replies take more packets than [cache] max_packets."},
	{"pass_not_read", "They are other calls than READ."},
	{"pass_window", "The clients' receive windows are small."},
	{"pass_egress_busy", "nfsd was in the middle of a reply on the same connection."},
	{"pass_unpaid", "The connections carry too few such READs for that to pay ([cache] eager)."},
	{"pass_trouble", "Packets are lost or late, and such connections nfsd serves better alone."},
	{"pass_limit", "The clients are over their limits."},
	{"pass_unsync", "Connections begin, or packets are lost and reordered."},
};

static void look_at_hits(struct visit *v)
{
	bool observing = !strcmp(na_json_text(v->status, "mode"), "observing");
	uint64_t hits = counter(v, "hits"), left = 0;
	const struct reason *top = NULL;
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		uint64_t n = counter(v, reasons[i].counter);

		if (!strncmp(reasons[i].counter, "miss_", 5))
			left += n;
		if (n && (!top || n > counter(v, top->counter)))
			top = &reasons[i];
	}
	if (observing)
		hits += counter(v, "shadow_asked");
	if (hits + left < FEW) {
		find(v, false, "", "too few READs so far to say more (%ju)", hits + left);
		return;
	}
	find(v, false, hits * 2 > hits + left || !top ? "" : top->advice,
	     "%ju %% of READs %s answered from the cache; most others: %s",
	     hits * 100 / (hits + left), observing ? "could have been" : "were",
	     top ? top->counter : "none");
}

/* In order, but what is bad first. */
static void sort(struct na_finding *f, size_t n)
{
	struct na_finding sorted[NA_FINDINGS] = {0};
	size_t i, to = 0, pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < n; i++)
			if (f[i].bad == !pass)
				sorted[to++] = f[i];
	memcpy(f, sorted, n * sizeof(*f));
}

size_t na_doctor(struct json_object *status, struct json_object *stats,
		 struct na_finding out[static NA_FINDINGS])
{
	struct visit v = {.out = out, .status = status, .counters = na_json_field(stats, "counters")};

	look_at_mode(&v);
	look_at_devices(&v);
	look_at_hooks(&v);
	look_at_tables(&v);
	look_at_hits(&v);
	sort(out, v.n);
	return v.n;
}

struct json_object *na_doctor_json(const struct na_finding *f, size_t n)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "bad", json_object_new_boolean(f[i].bad));
		json_object_object_add(o, "text", json_object_new_string(f[i].text));
		json_object_object_add(o, "advice", json_object_new_string(f[i].advice));
		json_object_array_add(list, o);
	}
	return list;
}

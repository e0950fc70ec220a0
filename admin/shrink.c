// SPDX-License-Identifier: GPL-2.0-only
#include "admin/shrink.h"

#include "admin/log.h"
#include "admin/mode.h"
#include "admin/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

/* The kernel verifies the programs meanwhile, and the event loop stands still. */
#define PATIENCE_US UINT64_C(300000000)

static bool look(const struct na_daemon *d, struct na_memory_reading *r)
{
	return d->config->spare && !na_memory_read(d->config->proc, r);
}

bool na_shrink_start(struct na_daemon *d)
{
	struct na_memory_reading r;

	d->memory.short_of = look(d, &r) && na_memory_scarce(&r, d->config->spare);
	return d->memory.short_of;
}

bool na_shrink_wanted(const struct na_daemon *d, struct na_why *why)
{
	char spare[32];

	if (!d->memory.short_of && !d->plane.small)
		return false;
	na_why(why, 0,
	       "stepped down: memory is short ([cache] spare = %s); the cache gives way and comes "
	       "back by itself",
	       na_format_size(d->config->spare, spare));
	return true;
}

void na_shrink_refused(struct na_daemon *d)
{
	char memory[32];

	na_memory_again(&d->memory);
	na_warn("the kernel has no memory for a cache of %s; going on without one",
		na_format_size(d->config->memory, memory));
}

static void stretch_watchdog(bool more)
{
	uint64_t usual;

	if (sd_watchdog_enabled(0, &usual) > 0)
		sd_notifyf(0, "WATCHDOG_USEC=%" PRIu64 "\nWATCHDOG=1", more ? PATIENCE_US : usual);
}

/* The new plane is there before the old one goes, or the old one stays. */
static void replace(struct na_daemon *d, bool small)
{
	struct na_plane fresh, old = d->plane;
	struct na_why why;
	int err;

	stretch_watchdog(true);
	err = na_plane_open(&fresh, d->config, small, &why) ?: na_plane_load(&fresh, &why);
	if (err) {
		na_plane_close(&fresh);
		if (small)
			na_warn("cannot make the cache small, trying again: %s", why.text);
		else
			na_shrink_refused(d);
		goto out;
	}
	d->plane = fresh;
	err = na_daemon_attach(d, &why);
	na_plane_close(&old);
	if (err) {
		na_error("%s", why.text);
		sd_event_exit(d->event, EXIT_FAILURE);
		goto out;
	}
	na_info("the cache has %s its memory", small ? "given back" : "got back");
	na_mode_decide(d);
out:
	stretch_watchdog(false);
}

void na_shrink_tick(struct na_daemon *d)
{
	bool *small = &d->plane.small;
	struct na_memory_reading r;

	if (look(d, &r) && na_memory_judge(&d->memory, &r, d->config->spare,
					   *small ? d->config->memory : 0)) {
		if (d->memory.short_of)
			na_warn("memory is short: %" PRIu64 " MiB available, stalled for %.1f %%",
				r.available >> 20, r.stalled);
		else
			na_info("memory is not short any more: %" PRIu64 " MiB available",
				r.available >> 20);
		na_mode_decide(d);
		if (d->memory.short_of)
			na_plane_flush(&d->plane);
	}
	if (*small == d->memory.short_of)
		return;
	/* Until replies under way are settled: they may have to be sent again. */
	if (d->plane.ctl->mode == NA_MODE_OFF && na_plane_quiet(na_plane_map_fd(&d->plane, "na_flows")))
		replace(d, d->memory.short_of);
}

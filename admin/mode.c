// SPDX-License-Identifier: GPL-2.0-only
#include "admin/mode.h"

#include "admin/log.h"

#include <errno.h>
#include <string.h>

#define GRACE_TICKS 2 /* at least one whole second */

const char *na_mode_name(enum na_mode mode)
{
	switch (mode) {
	case NA_MODE_OFF:
		return "off";
	case NA_MODE_FILL:
		return "warming up";
	case NA_MODE_ANSWER:
		return "answering";
	case NA_MODE_DYING:
		return "stopping";
	}
	return "?";
}

static void set_mode(struct na_daemon *d, enum na_mode mode)
{
	__atomic_store_n(&d->plane.ctl->mode, mode, __ATOMIC_SEQ_CST);
}

/*
 * A reply that leaves by a device without our filter would go out untranslated, so one
 * that carries traffic and could not be attached stops everything.
 */
static bool devices_suffice(const struct na_devices *devices, struct na_why *why)
{
	size_t i, good = 0;

	for (i = 0; i < devices->n; i++) {
		const struct na_device *dev = &devices->device[i];

		good += !dev->err;
		if (dev->err && dev->err != -ENODEV) {
			na_why(why, 0, "%s: %s", dev->name, na_device_advice(dev->err));
			return false;
		}
	}
	if (!good)
		na_why(why, 0, "no network device carries the port");
	return good;
}

static bool may_answer(const struct na_daemon *d, struct na_why *why)
{
	unsigned int missing;

	if (!na_hooks_suffice(d->plane.hooks, why, &missing)) {
		if (missing > 1)
			snprintf(why->text + strlen(why->text),
				 sizeof(why->text) - strlen(why->text),
				 " (and %u more hooks are missing; see nfsacceld --check)",
				 missing - 1);
		return false;
	}
	return devices_suffice(&d->devices, why);
}

void na_mode_decide(struct na_daemon *d)
{
	struct na_why why = {.text = ""};

	if (!may_answer(d, &why)) {
		set_mode(d, NA_MODE_OFF);
		d->grace = 0;
		if (strcmp(why.text, d->silent.text))
			na_warn("not answering: %s", why.text);
		d->silent = why;
		return;
	}
	d->silent.text[0] = '\0';
	if (d->plane.ctl->mode == NA_MODE_ANSWER || d->grace)
		return;
	set_mode(d, NA_MODE_FILL);
	d->grace = GRACE_TICKS;
}

void na_mode_tick(struct na_daemon *d)
{
	if (!d->grace || --d->grace)
		return;
	na_plane_flush(&d->plane);
	set_mode(d, NA_MODE_ANSWER);
	na_info("answering");
}

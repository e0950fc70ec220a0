// SPDX-License-Identifier: GPL-2.0-only
#include "admin/mode.h"

#include "admin/log.h"
#include "admin/shadow.h"
#include "admin/shrink.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

#define GRACE_US 1000000ull

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
	case NA_MODE_OBSERVE:
		return "observing";
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

	if (d->wanted == NA_MODE_OFF) {
		na_why(why, 0, "mode = off");
		return false;
	}
	if (d->wanted == NA_MODE_ANSWER && na_shadow_tripped(d, why))
		return false;
	if (na_shrink_wanted(d, why))
		return false;
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

static void enter(struct na_daemon *d)
{
	set_mode(d, d->wanted);
	na_info("%s", na_mode_name(d->wanted));
	na_daemon_settled(d);
}

static int on_grace(sd_event_source *s, uint64_t usec, void *data)
{
	struct na_daemon *d = data;

	(void)s, (void)usec;
	d->grace = sd_event_source_disable_unref(d->grace);
	na_plane_flush(&d->plane);
	enter(d);
	return 0;
}

static void switch_off(struct na_daemon *d, const struct na_why *why)
{
	set_mode(d, NA_MODE_OFF);
	d->grace = sd_event_source_disable_unref(d->grace);
	if (strcmp(why->text, d->silent.text))
		na_warn("not answering: %s", why->text);
	d->silent = *why;
	na_daemon_settled(d);
}

void na_mode_decide(struct na_daemon *d)
{
	struct na_why why = {.text = ""};
	enum na_mode mode = d->plane.ctl->mode;
	bool filled = mode == NA_MODE_ANSWER || mode == NA_MODE_OBSERVE;

	if (!may_answer(d, &why) ||
	    (!filled && !d->grace &&
	     sd_event_add_time_relative(d->event, &d->grace, CLOCK_MONOTONIC, GRACE_US, 0, on_grace,
					d) < 0)) {
		switch_off(d, &why);
		return;
	}
	d->silent.text[0] = '\0';
	if (mode == d->wanted)
		na_daemon_settled(d);
	else if (filled)
		enter(d);
	else
		set_mode(d, NA_MODE_FILL);
}

int na_mode_want(struct na_daemon *d, const char *name)
{
	static const struct {
		const char *name;
		enum na_mode mode;
	} modes[] = {
		{"answer", NA_MODE_ANSWER},
		{"observe", NA_MODE_OBSERVE},
		{"off", NA_MODE_OFF},
	};
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(name, modes[i].name))
			continue;
		if (modes[i].mode == NA_MODE_ANSWER)
			na_shadow_forget(d);
		d->wanted = modes[i].mode;
		na_mode_decide(d);
		return 0;
	}
	return -EINVAL;
}

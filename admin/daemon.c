// SPDX-License-Identifier: GPL-2.0-only
#include "admin/daemon.h"

#include "admin/cleanup.h"
#include "admin/control.h"
#include "admin/gc.h"
#include "admin/http.h"
#include "admin/links.h"
#include "admin/lock.h"
#include "admin/log.h"
#include "admin/mode.h"
#include "admin/ready.h"
#include "admin/restart.h"
#include "admin/shaping.h"
#include "admin/shadow.h"
#include "admin/shrink.h"

#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <systemd/sd-event.h>

#define SECOND_US  1000000ull
#define RESCAN_US  100000ull /* netlink messages come in bunches */
#define GC_EVERY   10	     /* seconds */
#define SCAN_EVERY 10

static void log_devices(struct na_daemon *d)
{
	size_t i;

	for (i = 0; i < d->devices.n; i++) {
		struct na_device *dev = &d->devices.device[i];

		if (dev->lost)
			na_log_happened("attach lost", "%s: somebody removed our filters", dev->name);
		dev->lost = false;
		if (dev->reported)
			continue;
		dev->reported = true;
		if (dev->err)
			na_warn("%s: cannot attach: %s", dev->name, na_device_advice(dev->err));
		else
			na_info("%s: attached", dev->name);
	}
}

static void log_shaping(struct na_device *dev)
{
	if (dev->told || (!dev->unshaped && !dev->holds))
		return;
	dev->told = true;
	if (dev->unshaped == -EEXIST)
		na_warn("%s: the administrator's qdisc %s cannot hold packets and stays: limits "
			"are policed there, by dropping (put fq on the device to have replies "
			"delayed)",
			dev->name, dev->qdisc);
	else if (dev->unshaped)
		na_warn("%s: cannot put fq on it (%s): limits are policed there, by dropping",
			dev->name, strerror(-dev->unshaped));
	else
		na_info("%s: replies to limited clients are held by fq", dev->name);
}

static void shape_devices(struct na_daemon *d)
{
	size_t i;
	int err = na_shaping_refresh(&d->devices, &d->plane);

	d->shaped = d->plane.ctl->limit_gen;
	if (err)
		na_warn("cannot tell the programs which devices hold packets: %s", strerror(-err));
	for (i = 0; d->plane.ctl->limit_gen && i < d->devices.n; i++)
		if (!d->devices.device[i].err)
			log_shaping(&d->devices.device[i]);
}

static void refresh_devices(struct na_daemon *d)
{
	unsigned int again;
	int err = na_devices_refresh(&d->devices, &d->plane, &again);

	if (err)
		na_warn("cannot list network devices: %s", strerror(-err));
	if (again)
		na_warn("somebody removed our filters from %u device(s); attached again", again);
	log_devices(d);
	shape_devices(d);
	na_mode_decide(d);
}

static int on_rescan(sd_event_source *s, uint64_t usec, void *data)
{
	struct na_daemon *d = data;

	(void)s, (void)usec;
	d->rescan = sd_event_source_unref(d->rescan);
	refresh_devices(d);
	return 0;
}

static int rescan_soon(struct na_daemon *d)
{
	if (d->rescan)
		return 0;
	return sd_event_add_time_relative(d->event, &d->rescan, CLOCK_MONOTONIC, RESCAN_US, 0,
					  on_rescan, d);
}

static int on_links(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct na_daemon *d = data;

	(void)s, (void)fd, (void)revents;
	na_links_drain(d->watch);
	return rescan_soon(d);
}

void na_daemon_shape(struct na_daemon *d)
{
	shape_devices(d);
	/* by then those who read all the time have shown on which devices they are */
	rescan_soon(d);
}

/* A skipped run may have been the one that mattered (coherence.md). */
static void watch_skips(struct na_daemon *d)
{
	struct na_plane *p = &d->plane;
	__u64 now = na_plane_skips(p);

	if (now == p->ctl->hook_skips)
		return;
	na_warn("the kernel skipped %llu hook run(s); the cache was flushed",
		(unsigned long long)(now - p->ctl->hook_skips));
	na_plane_count(p, NA_V_RECURSION, now - p->ctl->hook_skips);
	p->ctl->hook_skips = now;
	na_plane_flush(p);
}

static void collect_garbage(struct na_daemon *d)
{
	struct na_flow_counts counts;
	int err = na_gc(&d->plane, &counts);

	if (err)
		na_warn("cannot look through the connections: %s", strerror(-err));
	else
		sd_notifyf(0, "STATUS=%s; %u connections, %u spliced",
			   d->silent.text[0] ? "not answering"
					     : na_mode_name(d->plane.ctl->mode),
			   counts.tracked, counts.spliced);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *data)
{
	struct na_daemon *d = data;

	(void)usec;
	watch_skips(d);
	na_policy_tick(d);
	na_shadow_watch(d);
	/* Devices the limits of a daemon before us, or anybody's, were not yet told to. */
	if (d->shaped != d->plane.ctl->limit_gen || na_shaping_due(&d->devices, &d->plane))
		shape_devices(d);
	na_events_tick(d);
	if (d->kept.n)
		na_kept_mark(&d->kept, &d->plane);
	d->ticks++;
	if (d->ticks % GC_EVERY == 0)
		collect_garbage(d);
	/* Netlink tells nothing when another program's filter takes our place. */
	if (d->ticks % SCAN_EVERY == SCAN_EVERY / 2)
		refresh_devices(d);
	na_shrink_tick(d);
	/* Timers fire once only. */
	sd_event_source_set_time_relative(s, SECOND_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_reload(sd_event_source *s, const struct signalfd_siginfo *si, void *data)
{
	struct na_policy_error err;
	struct timespec now;

	(void)s, (void)si;
	/* Type=notify-reload of systemd 253 wants the time; older ones ignore it. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	na_daemon_reload(data, &err);
	sd_notify(0, "READY=1");
	return 0;
}

int na_daemon_reload(struct na_daemon *d, struct na_policy_error *err)
{
	int ret = na_policy_reload(d, err);

	if (ret)
		na_error("%s; the policy stays as it was", err->text);
	else
		na_info("policy read: %zu rule(s) in %s and its .d", d->policy.file.n,
			d->config->policy);
	return ret;
}

static int add_sources(struct na_daemon *d, struct na_why *why)
{
	uint64_t now;
	int err;

	d->watch = na_links_watch();
	if (!d->watch)
		return na_why(why, -errno, "cannot watch network devices: %m");
	err = sd_event_default(&d->event);
	if (err >= 0)
		err = sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	if (err >= 0)
		err = sd_event_add_signal(d->event, NULL, SIGTERM, NULL, NULL);
	if (err >= 0)
		err = sd_event_add_signal(d->event, NULL, SIGINT, NULL, NULL);
	if (err >= 0)
		err = sd_event_add_signal(d->event, NULL, SIGHUP, on_reload, d);
	if (err >= 0)
		err = sd_event_add_io(d->event, NULL, mnl_socket_get_fd(d->watch), EPOLLIN,
				      on_links, d);
	if (err >= 0)
		err = sd_event_add_time(d->event, NULL, CLOCK_MONOTONIC, now + SECOND_US, 0,
					on_tick, d);
	return err < 0 ? na_why(why, err, "event loop: %s", strerror(-err)) : 0;
}

void na_daemon_settled(struct na_daemon *d)
{
	if (d->ready)
		return;
	d->ready = true;
	na_control_open(d->control);
	sd_notify(0, "READY=1");
}

int na_daemon_attach(struct na_daemon *d, struct na_why *why)
{
	unsigned int again;
	int err;

	err = na_events_open(d);
	if (err < 0)
		return na_why(why, err, "cannot listen to the programs: %s", strerror(-err));
	err = na_plane_attach_hooks(&d->plane);
	if (err)
		return na_why(why, err, "cannot pin hooks in %s/links: %s", d->config->pin,
			      strerror(-err));
	/* Whoever is inside a hooked function now entered it unseen: let CPUs pass by once. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	err = na_devices_refresh(&d->devices, &d->plane, &again);
	if (err)
		return na_why(why, err, "cannot list network devices: %s", strerror(-err));
	log_devices(d);
	shape_devices(d);
	err = na_plane_pin_jumps(&d->plane);
	if (err)
		return na_why(why, err, "cannot pin in %s/maps: %s", d->config->pin,
			      strerror(-err));
	return 0;
}

static int load_plane(struct na_daemon *d, bool small, struct na_why *why)
{
	return na_plane_open(&d->plane, d->config, small, why) ?: na_plane_load(&d->plane, why);
}

static int start_plane(struct na_daemon *d, struct na_why *why)
{
	bool small = na_shrink_start(d);
	int err = load_plane(d, small, why);

	if (err == -ENOMEM && !small) {
		na_shrink_refused(d);
		na_plane_close(&d->plane);
		err = load_plane(d, true, why);
	}
	return err ?: na_policy_start(d, why) ?: na_daemon_attach(d, why);
}

/* Whether it went as it should. */
static bool stop_plane(struct na_daemon *d)
{
	unsigned int reset = 0;
	struct na_why why;
	int err;

	if (d->config->on_stop == NA_STOP_KEEP) {
		na_info("stopped; programs and state stay in %s (on_stop = keep)", d->config->pin);
		return true;
	}
	if (na_restart_pending()) {
		na_info("stopped to be started again; programs and state stay in %s",
			d->config->pin);
		return true;
	}
	err = na_plane_undo(d->config->pin, d->plane.shape.netns, &reset, &why);
	if (err) {
		na_error("%s", why.text);
		return false;
	}
	na_info("stopped; %u spliced connection(s) reset, nothing left behind", reset);
	return true;
}

static int fail(const char *text)
{
	na_error("%s", text);
	sd_notifyf(0, "STATUS=%s", text);
	return EXIT_FAILURE;
}

static void block_signals(void)
{
	sigset_t set;

	/* From before the first change until the event loop asks for them. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void close_daemon(struct na_daemon *d)
{
	na_policy_stop(d);
	na_events_close(&d->events);
	na_kept_free(&d->kept);
	na_plane_close(&d->plane);
	free(d->devices.device);
	na_cleanup_mnl(&d->watch);
	d->rescan = sd_event_source_unref(d->rescan);
	d->grace = sd_event_source_unref(d->grace);
	d->event = sd_event_unref(d->event);
}

int na_daemon_run(const struct na_config *c)
{
	_cleanup_(close) int lock = -1;
	struct na_daemon d = {.config = c, .plane.meta_fd = -1, .wanted = c->mode};
	struct na_why why;
	int err, status = EXIT_SUCCESS;

	block_signals();
	clock_gettime(CLOCK_MONOTONIC, &d.started);
	lock = na_lock_take(c->run, &why);
	if (lock < 0)
		return fail(why.text);
	err = na_ready(c, &why) ?: add_sources(&d, &why) ?: start_plane(&d, &why) ?:
	      na_control_start(&d.control, &d, &why) ?: na_http_start(&d.http, &d, &why);
	if (err) {
		status = fail(why.text);
		goto out;
	}
	if (c->named && !c->clients)
		na_warn("[metrics] clients names nobody, as clients are not counted: [stats] clients = 0");
	na_info("%s", d.plane.taken_over ? "took over pinned state" : "started");
	na_mode_decide(&d);
	/* Not before: its first sign of life starts the clock, and the kernel's verifier is slow. */
	err = sd_event_set_watchdog(d.event, true);
	if (err >= 0)
		err = sd_event_loop(d.event);
	sd_notify(0, "STOPPING=1");
	if (err < 0)
		na_error("event loop: %s", strerror(-err));
	if (!stop_plane(&d) || err)
		status = EXIT_FAILURE;
out:
	na_http_stop(d.http);
	na_control_stop(d.control);
	close_daemon(&d);
	return status;
}

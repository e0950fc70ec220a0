// SPDX-License-Identifier: GPL-2.0-only
#include "admin/restart.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "admin/cleanup.h"

/* Root may talk to it without the message bus, which may be gone when a machine stops. */
#define MANAGER_SOCKET "unix:path=/run/systemd/private"
#define MANAGER	       "org.freedesktop.systemd1"
#define PATIENCE_US    2000000ull

static void na_cleanup_bus(sd_bus **bus)
{
	sd_bus_close_unref(*bus);
}

static void na_cleanup_message(sd_bus_message **m)
{
	sd_bus_message_unref(*m);
}

static sd_bus *open_manager(void)
{
	sd_bus *bus = NULL;

	if (sd_bus_new(&bus) < 0)
		return NULL;
	if (sd_bus_set_address(bus, MANAGER_SOCKET) < 0 ||
	    sd_bus_set_method_call_timeout(bus, PATIENCE_US) < 0 || sd_bus_start(bus) < 0) {
		sd_bus_unref(bus);
		return NULL;
	}
	return bus;
}

/* The job that waits for our unit, as an object path; none has number 0. */
static bool find_job(sd_bus *bus, char *path, size_t size)
{
	_cleanup_(message) sd_bus_message *unit = NULL;
	_cleanup_(message) sd_bus_message *job = NULL;
	const char *at;
	uint32_t id;

	if (sd_bus_call_method(bus, MANAGER, "/org/freedesktop/systemd1", MANAGER ".Manager",
			       "GetUnitByPID", NULL, &unit, "u", (uint32_t)getpid()) < 0 ||
	    sd_bus_message_read(unit, "o", &at) < 0 ||
	    sd_bus_get_property(bus, MANAGER, at, MANAGER ".Unit", "Job", NULL, &job, "(uo)") < 0 ||
	    sd_bus_message_read(job, "(uo)", &id, &at) < 0 || !id || strlen(at) >= size)
		return false;
	strcpy(path, at);
	return true;
}

bool na_restart_pending(void)
{
	_cleanup_(bus) sd_bus *bus = NULL;
	_cleanup_(free) char *type = NULL;
	char job[256];

	/* Only a service has this; who runs us by hand stops us for good. */
	if (!getenv("NOTIFY_SOCKET"))
		return false;
	bus = open_manager();
	return bus && find_job(bus, job, sizeof(job)) &&
	       sd_bus_get_property_string(bus, MANAGER, job, MANAGER ".Job", "JobType", NULL,
					  &type) >= 0 &&
	       !strcmp(type, "restart");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's messages: to stderr with the priority prefixes of sd-daemon(3), and the
 * newest of them kept for `nfsaccelctl status`. Only main-level code logs.
 */
#ifndef NFSACCEL_ADMIN_LOG_H
#define NFSACCEL_ADMIN_LOG_H

#include <systemd/sd-daemon.h>
#include <time.h>

#define NA_EVENTS     1024
#define NA_MESSAGES   64
#define NA_EVENT_TEXT 256

struct na_event {
	time_t when; /* 0: unused */
	unsigned int serial; /* from 1 up */
	const char *kind; /* NULL: a message */
	char text[NA_EVENT_TEXT];
};

#define na_error(...) na_log(SD_ERR, __VA_ARGS__)
#define na_warn(...)  na_log(SD_WARNING, __VA_ARGS__)
#define na_info(...)  na_log(SD_INFO, __VA_ARGS__)

void na_log(const char *prefix, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Something that happened to clients: kept beside the messages, but not printed. kind is static. */
void na_log_happened(const char *kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The i-th newest, messages and others; NULL when there are not so many. */
const struct na_event *na_log_event(unsigned int i);

/* The same of messages alone: no storm of events displaces them. */
const struct na_event *na_log_message(unsigned int i);

#endif

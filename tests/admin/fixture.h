/* SPDX-License-Identifier: GPL-2.0-only */
/* A network namespace, a directory and an nfsacceld in it. */
#ifndef NFSACCEL_TESTS_ADMIN_FIXTURE_H
#define NFSACCEL_TESTS_ADMIN_FIXTURE_H

#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define PORT 2049

extern char fixture_run[PATH_MAX / 4]; /* the daemon's run directory */
extern char fixture_pin[PATH_MAX / 4];
extern char fixture_log[PATH_MAX / 2]; /* what the daemon last started said */

/* False when this machine cannot; the reason is printed. */
bool fixture_make(void);
/* Ends what daemon runs and undoes what it left. */
void fixture_clear(void);
void fixture_remove(void);

/* Runs a shell command; its status. */
int run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Starts nfsacceld with these further arguments (NULL-terminated); its pid. */
pid_t daemon_start(const char *const *args);
/* As above, and waits until it serves requests. */
pid_t daemon_up(const char *const *args);
/* Signals and waits; the exit status, or 128 + signal. */
int daemon_end(pid_t pid, int sig);
/* Did it say this? */
bool daemon_said(const char *text);

/* Sends a line to the control socket and parses the reply; NULL when there is none. */
struct json_object *ask(const char *line);
/* A number at "a.b" of the reply to {"command": command}; -1 when it is not there. */
long long ask_number(const char *command, const char *path);

/* Polls cond(data) for up to seconds. */
bool eventually(double seconds, bool (*cond)(void *data), void *data);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* nfsaccelctl's commands: what they take, ask for and print. */
#ifndef NFSACCEL_ADMIN_CTL_H
#define NFSACCEL_ADMIN_CTL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NA_CTL_USAGE 2 /* exit status */

/* The command line but for the command's own name. */
struct na_ctl_line {
	const char *socket;
	bool json, follow, observed;
	const char *count, *interval, *export, *file, *sort;
	char **words; /* NULL at the end */
};

/* Exit statuses. What went wrong has been printed. */
int na_ctl_stats(const struct na_ctl_line *l);
int na_ctl_top(const struct na_ctl_line *l);
int na_ctl_limit_set(const struct na_ctl_line *l);
int na_ctl_limit_del(const struct na_ctl_line *l);
int na_ctl_cache_top(const struct na_ctl_line *l);
int na_ctl_cache_pin(const struct na_ctl_line *l);
int na_ctl_cache_unpin(const struct na_ctl_line *l);
int na_ctl_cache_flush(const struct na_ctl_line *l);
int na_ctl_clients(const struct na_ctl_line *l);
int na_ctl_doctor(const struct na_ctl_line *l);
int na_ctl_exports(const struct na_ctl_line *l);
int na_ctl_events(const struct na_ctl_line *l);
int na_ctl_policy_check(const struct na_ctl_line *l);
int na_ctl_policy_save(const struct na_ctl_line *l);

/* {"command": name} */
struct json_object *na_ctl_request(const char *name);

/* Ask, and print the reply as it is, or by show. Takes the request. */
int na_ctl_tell(const struct na_ctl_line *l, struct json_object *request,
		void (*show)(struct json_object *o));

/* Of an item of the reply to "cache top": its path if it can be had, else its inode number. */
void na_ctl_file_name(struct json_object *f, char *name, size_t size);

/* CLOCK_MONOTONIC, nanoseconds. */
uint64_t na_ctl_now(void);

#define NA_CTL_INTERVAL_MIN 100000000ull
#define NA_CTL_INTERVAL_MAX (86400 * 1000000000ull)

/* --interval's argument; what is wrong with it is printed. */
bool na_ctl_interval(const char *text, uint64_t *ns);

/* A time in a few characters; returns buf. */
const char *na_ctl_time(uint64_t ns, char buf[static 32]);

/* A number of things a second, in a few characters; returns buf. */
const char *na_ctl_rate(double rate, char buf[static 32]);

void na_ctl_show_status(struct json_object *o);
void na_ctl_show_stats(struct json_object *o);
void na_ctl_show_policy(struct json_object *o);
void na_ctl_show_reload(struct json_object *o);
void na_ctl_show_limits(struct json_object *o);

#endif

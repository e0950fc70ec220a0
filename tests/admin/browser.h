/* SPDX-License-Identifier: GPL-2.0-only */
/* A headless Chromium with one tab, by its DevTools protocol over two pipes. */
#ifndef NFSACCEL_TESTS_ADMIN_BROWSER_H
#define NFSACCEL_TESTS_ADMIN_BROWSER_H

#include <json-c/json.h>
#include <stdbool.h>

/* Starts it, with its files in dir; a failure is the test's. */
void browser_start(const char *dir);
void browser_end(void);

/* A method of the tab's; params is taken. The result is to be put. */
struct json_object *browser_call(const char *method, struct json_object *params);

/* What the expression is, as text, valid until the next call. */
const char *browser_eval(const char *expression);
/* Is it? */
bool browser_is(const char *expression);

/* From the start on: errors on the console, and requests whose address does not begin so. */
unsigned int browser_errors(void);
unsigned int browser_strays(const char *begin);
/* Requests so far. */
unsigned int browser_requests(void);

/* The window as a PNG file. */
void browser_picture(const char *path);

#endif

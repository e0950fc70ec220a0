// SPDX-License-Identifier: GPL-2.0-only
#include "admin/kernel_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAIL 2000

static bool loud;
static char program[64];
static char tail[TAIL + 1];

static void note(const char *text)
{
	size_t n = strlen(text);

	/* Same words in every libbpf from 0.x to 1.5. */
	if (strstr(text, "BPF program load failed"))
		sscanf(text, "libbpf: prog '%63[^']'", program);
	if (strstr(text, "BEGIN PROG LOAD LOG"))
		snprintf(tail, sizeof(tail), "%s", n > TAIL ? text + n - TAIL : text);
}

static int on_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text = NULL;
	int n;

	if (level == LIBBPF_DEBUG && !loud)
		return 0;
	n = vasprintf(&text, fmt, args);
	if (n < 0)
		return 0;
	if (level == LIBBPF_WARN)
		note(text);
	if (loud)
		fputs(text, stderr);
	free(text);
	return n;
}

void na_kernel_log_start(bool verbose)
{
	loud = verbose;
	libbpf_set_print(on_print);
}

void na_kernel_log_clear(void)
{
	program[0] = '\0';
	tail[0] = '\0';
}

const char *na_kernel_log_program(void)
{
	return program;
}

const char *na_kernel_log_text(void)
{
	return tail;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libbpf has to say, kept instead of printed: the daemon explains failures itself,
 * and needs to know which program the kernel refused.
 */
#ifndef NFSACCEL_ADMIN_KERNEL_LOG_H
#define NFSACCEL_ADMIN_KERNEL_LOG_H

#include <stdbool.h>

/* Once, before any other use of libbpf. verbose: everything also goes to stderr. */
void na_kernel_log_start(bool verbose);

void na_kernel_log_clear(void);

/* Name of the program that could not be loaded since the last clear, or "". */
const char *na_kernel_log_program(void);

/* The last lines of the verifier's complaint, or "". */
const char *na_kernel_log_text(void);

#endif

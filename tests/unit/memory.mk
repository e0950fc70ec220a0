# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_memory_test = admin/memory.c
UNIT_FLAGS_memory_test = -D_GNU_SOURCE

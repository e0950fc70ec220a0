# SPDX-License-Identifier: GPL-2.0-only
FUZZ_SRCS_policy = $(addprefix exports/,scan.c client.c options.c parse.c files.c format.c)
FUZZ_FLAGS_policy = -D_GNU_SOURCE
FUZZ_DEPS_policy = $(wildcard exports/*.h)

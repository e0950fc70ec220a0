# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_policy_test = $(addprefix exports/,scan.c client.c options.c parse.c files.c format.c)
UNIT_FLAGS_policy_test = -D_GNU_SOURCE

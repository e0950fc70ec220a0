# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_clients_test = $(addprefix tests/clients/,check.c histogram.c mix.c pattern.c plan.c source.c target.c zipf.c)
UNIT_FLAGS_clients_test = -D_GNU_SOURCE
UNIT_LIBS_clients_test = -lm

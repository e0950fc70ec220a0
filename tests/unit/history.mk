# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_history_test = admin/history.c admin/latency.c admin/rates.c
UNIT_FLAGS_history_test = -D_GNU_SOURCE $(shell pkg-config --cflags json-c)
UNIT_LIBS_history_test = $(shell pkg-config --libs json-c)

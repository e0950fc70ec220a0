# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_top_test = admin/latency.c admin/rates.c admin/top_table.c admin/top_views.c admin/ctl_cache.c \
	admin/ctl_line.c admin/ctl_ask.c admin/json.c admin/parse.c admin/why.c
UNIT_FLAGS_top_test = -D_GNU_SOURCE $(shell pkg-config --cflags json-c)
UNIT_LIBS_top_test = $(shell pkg-config --libs json-c)

# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_config_test = $(addprefix admin/,address.c config.c parse.c why.c)
UNIT_FLAGS_config_test = -D_GNU_SOURCE -DNFSACCEL_EXPORTS='"/etc/nfsaccel.exports"'
UNIT_LIBS_config_test = $(shell pkg-config --libs inih)

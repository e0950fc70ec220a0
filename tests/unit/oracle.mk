# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_oracle_test = tests/unit/oracle.c
UNIT_FLAGS_oracle_test = $(TIRPC_CFLAGS)
UNIT_LIBS_oracle_test = $(TIRPC_LIBS)

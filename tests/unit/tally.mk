# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_tally_test = admin/latency.c

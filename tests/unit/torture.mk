# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_torture_test = $(addprefix tests/clients/,torture_check.c torture_lives.c torture_words.c)

# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_labels_test = admin/labels.c
UNIT_FLAGS_labels_test = -D_GNU_SOURCE

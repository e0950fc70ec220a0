# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_doctor_test = admin/doctor.c admin/json.c
UNIT_FLAGS_doctor_test = -D_GNU_SOURCE $(shell pkg-config --cflags json-c)
UNIT_LIBS_doctor_test = $(shell pkg-config --libs json-c)

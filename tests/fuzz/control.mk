# SPDX-License-Identifier: GPL-2.0-only
FUZZ_SRCS_control = admin/commands.c $(addprefix exports/,scan.c client.c options.c parse.c format.c)
FUZZ_FLAGS_control = -D_GNU_SOURCE -DNFSACCEL_VERSION='""' \
	$(shell pkg-config --cflags libbpf json-c libmnl libsystemd)
FUZZ_LIBS_control = $(shell pkg-config --libs json-c)
FUZZ_DEPS_control = $(wildcard exports/*.h admin/*.h)

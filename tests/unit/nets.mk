# SPDX-License-Identifier: GPL-2.0-only
UNIT_SRCS_nets_test = admin/address.c admin/nets.c $(addprefix exports/,scan.c client.c options.c parse.c format.c)
UNIT_FLAGS_nets_test = -D_GNU_SOURCE

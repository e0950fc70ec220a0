# SPDX-License-Identifier: GPL-2.0-only
$(foreach n,rpc_call rpc_reply read_args read_res,\
	$(eval FUZZ_SRCS_$(n) = tests/unit/oracle.c)\
	$(eval FUZZ_FLAGS_$(n) = $$(TIRPC_CFLAGS))\
	$(eval FUZZ_LIBS_$(n) = $$(TIRPC_LIBS)))

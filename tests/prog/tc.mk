# SPDX-License-Identifier: GPL-2.0-only
# Tests of the TC programs, run here and now with BPF_PROG_TEST_RUN (root, no nfsd), or in
# a guest: tests/lab/run --plain --with build/tests/prog/tc tests/prog/tc.sh
# Every tests/prog/tc_NAME_test.c becomes build/tests/prog/tc/tc_NAME_test. Defines
# PROG_TESTS, all the binaries; each exits with the number of failed tests. Further:
#	build/tests/prog/verify	verifier and budget.txt: the verifier's instruction counts, also
#				for the lab: --with build/tests/prog/verify tests/prog/verifier.sh
#	build/tests/prog/cost	ns per hit and per pass, as JSON

PROG_TC_COMMON := tc frame scene limit_scene
PROG_TESTS := $(patsubst tests/prog/%.c,$(PROG_DIR)/tc/%,$(sort $(wildcard tests/prog/tc_*_test.c)))
PROG_TC_OBJS := $(PROG_TC_COMMON:%=$(PROG_DIR)/%.o) $(PROG_DIR)/oracle.o
PROG_TC_SRCS := $(PROG_TC_COMMON) cost verifier $(notdir $(PROG_TESTS))
PROG_VERIFY := $(PROG_DIR)/verify/verifier $(PROG_DIR)/verify/budget.txt
PROG_COST := $(PROG_DIR)/cost

.PHONY: prog-tests
prog-tests: $(PROG_TESTS) $(PROG_VERIFY) $(PROG_COST)

$(PROG_TC_SRCS:%=$(PROG_DIR)/%.o): | $(BPF_SKEL)

$(PROG_DIR)/oracle.o: tests/unit/oracle.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(TIRPC_CFLAGS) -MMD -MP -c -o $@ $<

$(PROG_TESTS): $(PROG_DIR)/tc/%: $(PROG_DIR)/%.o $(PROG_TC_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf -lcmocka $(TIRPC_LIBS)

$(PROG_DIR)/cost: $(PROG_DIR)/cost.o $(PROG_TC_OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf -lcmocka $(TIRPC_LIBS)

$(PROG_DIR)/verify/verifier: $(PROG_DIR)/verifier.o $(PROG_ADMIN:%=$(PROG_DIR)/admin-%.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf

$(PROG_DIR)/verify/budget.txt: tests/prog/budget.txt
	@mkdir -p $(@D)
	cp $< $@

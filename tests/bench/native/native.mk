# SPDX-License-Identifier: GPL-2.0-only
# What tests/bench/native/run needs: bench-native-progs.

NATIVE_DIR := $(BENCH_DIR)/native
NATIVE_PROGS := $(addprefix $(NATIVE_DIR)/,accel client epoll floor pieces)
NATIVE_SKEL := $(addprefix $(NATIVE_DIR)/,inode.skel.h floor.skel.h)
# The programs once more, with the stages' own beside them
NATIVE_PIECES := $(NATIVE_DIR)/stages/bpf/nfsaccel.skel.h
NATIVE_SET := $(NATIVE_DIR)/set.o $(BUILD)/tests/prog/rpc.o

.PHONY: bench-native bench-native-progs
bench-native-progs: $(NATIVE_PROGS) $(BUILD)/tests/clients/nfsaccel-bench

bench-native: ## this kernel, no nfsd: the cache against ganesha, into the same report
	tests/bench/native/run
	tests/bench/report $(CURDIR)/build/bench tests/bench/native/run 6.1 6.12 7.2

$(NATIVE_DIR)/%.o: tests/bench/native/%.c tests/bench/native/native.mk | $(BPF_SKEL) $(NATIVE_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -I$(BUILD) -D_GNU_SOURCE -MMD -MP -c -o $@ $<

$(NATIVE_DIR)/%.bpf.o: tests/bench/native/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(NATIVE_SKEL): %.skel.h: %.bpf.o
	@mkdir -p $(BUILD)/tests/bench/native
	$(BPFTOOL) gen skeleton $< name $(*F)_bpf > $@

$(NATIVE_DIR)/pieces.bpf.o: $(BPF_OBJS) $(NATIVE_DIR)/stages.bpf.o
	$(BPFTOOL) gen object $@ $^

$(NATIVE_PIECES): $(NATIVE_DIR)/pieces.bpf.o
	@mkdir -p $(@D)
	$(BPFTOOL) gen skeleton $< name nfsaccel_bpf > $@

$(NATIVE_DIR)/stages/%.o: tests/bench/native/%.c tests/bench/native/native.mk | $(NATIVE_PIECES)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -I$(NATIVE_DIR)/stages -D_GNU_SOURCE -MMD -MP -c -o $@ $<

$(NATIVE_DIR)/accel: $(NATIVE_DIR)/accel.o $(NATIVE_DIR)/plane.o $(NATIVE_DIR)/snap.o $(NATIVE_SET)
$(NATIVE_DIR)/pieces: $(NATIVE_DIR)/stages/pieces.o $(NATIVE_DIR)/stages/plane.o \
		$(NATIVE_DIR)/snap.o $(NATIVE_SET) $(BUILD)/tests/prog/frame.o
$(NATIVE_DIR)/epoll: $(NATIVE_DIR)/epoll.o $(NATIVE_SET)
$(NATIVE_DIR)/client: $(NATIVE_DIR)/client.o $(NATIVE_DIR)/usage.o $(NATIVE_SET) \
		$(BUILD)/tests/clients/histogram.o
$(NATIVE_DIR)/floor: $(NATIVE_DIR)/floor.o $(NATIVE_SET)

$(NATIVE_PROGS):
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf

-include $(wildcard $(NATIVE_DIR)/*.d $(NATIVE_DIR)/stages/*.d)

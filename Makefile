# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets.

VERSION := 0.1.0

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/nfsaccel
DATADIR ?= $(PREFIX)/share/nfsaccel
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
SYSCONFDIR ?= /etc
UNITDIR ?= /usr/lib/systemd/system

CC := gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
INSTALL ?= install

# What everything in C needs comes after what the caller asks for.
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror -Wdate-time -Wdouble-promotion -Wduplicated-branches \
	-Wduplicated-cond -Wformat=2 -Wlogical-op -Wmissing-prototypes -Wnested-externs \
	-Wold-style-definition -Wpointer-arith -Wshadow -Wstrict-prototypes -Wundef -Wvla
override CFLAGS += -std=gnu11 -I. $(WARNINGS) -fstack-protector-strong \
	-fstack-clash-protection -fPIE
override CPPFLAGS += -D_FORTIFY_SOURCE=2
override LDFLAGS += -pie -Wl,-z,relro -Wl,-z,now
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -Wall -Werror -I. -I/usr/include/$(MULTIARCH)
MULTIARCH = $(shell $(CC) -print-multiarch)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all bpf install uninstall clean help deps demo check bench dist deb rpm

all: bpf

# ---- the BPF object and its skeleton

# The definitions come first: libbpf 1.1's linker mislays extern maps seen before them.
BPF_SRCS := bpf/maps.bpf.c $(filter-out bpf/maps.bpf.c,$(sort $(wildcard bpf/*.bpf.c)))
BPF_OBJS := $(BPF_SRCS:bpf/%.bpf.c=$(BUILD)/bpf/parts/%.bpf.o)
BPF_OBJ := $(BUILD)/bpf/nfsaccel.bpf.o
BPF_SKEL := $(BUILD)/bpf/nfsaccel.skel.h

bpf: $(BPF_SKEL) ## the BPF programs, linked, and their skeleton

$(BUILD)/bpf/parts/%.bpf.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(BPF_OBJ): $(BPF_OBJS)
	$(BPFTOOL) gen object $@ $(BPF_OBJS)

$(BPF_SKEL): $(BPF_OBJ)
	$(BPFTOOL) gen skeleton $< name nfsaccel_bpf > $@

# ---- the policy file, nfsacceld and nfsaccelctl

include exports/Makefile.inc

ADMIN_DIR := $(BUILD)/admin
include admin/Makefile.inc

# ---- clients and tests bring their own rules

-include $(sort $(wildcard tests/*/Makefile.inc))

.PHONY: unit-tests fuzzers prog-tests admin-tests
unit-tests: $(UNIT_TESTS)
fuzzers: $(FUZZERS)
prog-tests: $(PROG_GUEST)
admin-tests: $(ADMIN_TESTS)

PROGS := $(ADMIN_PROGS) $(CLIENTS_PROGS)
SBIN_PROGS := $(ADMIN_PROGS)
BIN_PROGS := $(CLIENTS_PROGS)
UNITS := nfsaccel.service nfsaccel-cleanup.service
MAN_PAGES = $(wildcard $(ADMIN_MAN) $(EXPORTS_MAN) $(CLIENTS_MAN))

all: $(PROGS) $(COMPLETIONS) ## everything (the default)

# ---- installing

install: all ## programs, man pages, unit, sample configuration (DESTDIR, PREFIX)
	$(INSTALL) -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(DOCDIR) \
		$(DESTDIR)$(SYSCONFDIR) $(DESTDIR)$(UNITDIR)
	$(if $(SBIN_PROGS),$(INSTALL) -m 755 $(SBIN_PROGS) $(DESTDIR)$(SBINDIR))
	$(if $(BIN_PROGS),$(INSTALL) -m 755 $(BIN_PROGS) $(DESTDIR)$(BINDIR))
	$(foreach m,$(MAN_PAGES),$(INSTALL) -D -m 644 $(m) $(DESTDIR)$(call man_path,$(m)) &&) :
	$(foreach u,$(UNITS),sed 's|@SBINDIR@|$(SBINDIR)|' packaging/$(u) > $(DESTDIR)$(UNITDIR)/$(u) && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$(u) &&) :
	$(INSTALL) -D -m 644 $(ADMIN_DIR)/nfsaccelctl.bash $(DESTDIR)$(BASHDIR)/nfsaccelctl
	$(INSTALL) -D -m 644 $(ADMIN_DIR)/_nfsaccelctl $(DESTDIR)$(ZSHDIR)/_nfsaccelctl
	$(INSTALL) -d $(DESTDIR)$(DATADIR)
	$(INSTALL) -m 644 packaging/prometheus/nfsaccel.rules.yml packaging/grafana/nfsaccel.json \
		$(DESTDIR)$(DATADIR)
	$(INSTALL) -m 644 packaging/nfsaccel.conf $(DESTDIR)$(DOCDIR)
	@# The administrator's own configuration stays.
	test -e $(DESTDIR)$(SYSCONFDIR)/nfsaccel.conf || \
		$(INSTALL) -m 644 packaging/nfsaccel.conf $(DESTDIR)$(SYSCONFDIR)

uninstall: ## removes what install put there; a changed configuration stays
	rm -f $(foreach p,$(SBIN_PROGS),$(DESTDIR)$(SBINDIR)/$(notdir $(p)))
	rm -f $(foreach p,$(BIN_PROGS),$(DESTDIR)$(BINDIR)/$(notdir $(p)))
	rm -f $(foreach m,$(MAN_PAGES),$(DESTDIR)$(call man_path,$(m)))
	rm -f $(DESTDIR)$(BASHDIR)/nfsaccelctl $(DESTDIR)$(ZSHDIR)/_nfsaccelctl
	rm -f $(UNITS:%=$(DESTDIR)$(UNITDIR)/%)
	if cmp -s packaging/nfsaccel.conf $(DESTDIR)$(SYSCONFDIR)/nfsaccel.conf; then \
		rm -f $(DESTDIR)$(SYSCONFDIR)/nfsaccel.conf; fi
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)

# admin/nfsacceld.8 -> .../man8/nfsacceld.8
man_path = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))

# ---- packages

DIST := $(BUILD)/nfsaccel-$(VERSION).tar.gz

dist: ## the source archive, of what git knows or would take
	@mkdir -p $(BUILD)
	git ls-files -co --exclude-standard -z | tar -c -z -f $(DIST) --null --ignore-failed-read \
		--owner=0 --group=0 --transform='s,^,nfsaccel-$(VERSION)/,S' -T -

deb: dist ## Debian packages, into build/deb
	packaging/deb/build $(DIST) $(BUILD)/deb

rpm: dist ## RPM packages, into build/rpm
	packaging/rpm/build $(DIST) $(BUILD)/rpm

clean: ## removes build output; the lab's cache in .lab stays
	rm -rf $(BUILD)

# ---- the rest

DEPS ?= build check lab
deps: ## installs the Debian packages in packaging/deps/*.txt that are missing (DEPS="build check lab")
	packaging/deps/install $(DEPS:%=packaging/deps/%.txt)

demo: ## plain nfsd against nfsd with nfsaccel, in the lab, as one table
	tests/demo

check: ## all tests; ends in N passed, N failed, N skipped
	tests/check

bench: ## all that is measured, into build/bench/report.{md,json} (BENCH_PARTS="lab herd scale native")
	tests/bench/run

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(filter %Makefile %.inc,$(MAKEFILE_LIST)) | sort -u | expand -t 16
	@echo
	@echo 'Variables: BUILD=$(BUILD) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) CFLAGS LDFLAGS'

-include $(BPF_OBJS:.o=.d)

# SPDX-License-Identifier: GPL-3.0-or-later
# otarig. 'make help' lists the targets.
.DEFAULT_GOAL := all
-include config.mak

# as many jobs as processors, when not told otherwise
ifeq ($(MAKELEVEL),0)
ifeq ($(findstring -j,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
endif

VERSION := $(shell cat VERSION)
ifeq ($(origin CC),default)
CC := gcc
endif
MODE ?= release
BUILD := build/$(MODE)
PKGS := libcyaml yaml-0.1 jansson sqlite3 gsl libcrypto zlib libgpiod libserialport libusb-1.0

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wmissing-declarations -Wold-style-definition -Wwrite-strings -Wcast-qual -Wpointer-arith \
	-Wundef -Wvla -Wformat=2 -Wformat-truncation=2 -Wformat-overflow=2 -Wformat-signedness \
	-Wswitch-enum -Wimplicit-fallthrough=5 -Wnull-dereference -Wdouble-promotion \
	-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init -Walloca \
	-Wuse-after-free=3 -Wconversion -Wsign-conversion -Wstack-usage=16384
OPT_release := -O2 -g -D_FORTIFY_SOURCE=3
OPT_asan := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDOPT_asan := -fsanitize=address,undefined
OPT_tsan := -O1 -g1 -fsanitize=thread -fno-omit-frame-pointer
LDOPT_tsan := -fsanitize=thread
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDOPT_fuzz := -fsanitize=fuzzer,address,undefined
ifeq ($(MODE),fuzz)
CC := clang
WARN := -Wall -Wextra
endif
ifeq ($(DEVELOPER),1)
WARN += -Werror
endif

# asked once, and only when something is compiled or linked
once = $(eval $(1) := $$(shell $(2)))$($(1))
PKG_CFLAGS = $(call once,PKG_CFLAGS,pkg-config --cflags $(PKGS))
PKG_LIBS = $(GPIOD_AT_LIBS) $(call once,PKG_LIBS,pkg-config --libs $(PKGS))
CHECK_LIBS = $(call once,CHECK_LIBS,pkg-config --libs check)
# Unicorn calls functions of its own by names that ours have too: ours are not shown to it.
UNICORN_PKG = $(call once,UNICORN_PKG,pkg-config --libs unicorn)
UNICORN_LIBS = $(UNICORN_PKG) -Wl,--exclude-libs,ALL

CFLAGS_ALL = -std=gnu17 $(OPT_$(MODE)) $(WARN) -fno-common -fstack-protector-strong \
	-D_GNU_SOURCE -DOTARIG_VERSION='"$(VERSION)"' -Irig -I. -Ifirmware-under-test -Itests \
	$(GPIOD_AT_CFLAGS) $(PKG_CFLAGS) $(CFLAGS)
LDLIBS_ALL = $(PKG_LIBS) -lm -pthread $(LDLIBS)

# libgpiod 1.6 and 2.x have nothing in common: one file for each, behind one header
GPIOD_MAJOR := $(shell pkg-config --modversion libgpiod 2>/dev/null | cut -d. -f1)
# One that PKG_CONFIG_PATH finds unpacked in a folder names the root's folders: look in its own first.
GPIOD_PC := $(shell pkg-config --variable=pcfiledir libgpiod 2>/dev/null)
GPIOD_AT := $(patsubst %/,%,$(dir $(firstword $(subst /lib/,/ ,$(GPIOD_PC)/))))
ifneq ($(GPIOD_AT),$(shell pkg-config --variable=prefix libgpiod 2>/dev/null))
GPIOD_AT_CFLAGS := -isystem $(GPIOD_AT)/include
GPIOD_AT_LIBS := -L$(patsubst %/pkgconfig,%,$(GPIOD_PC))
endif
NOT_GPIOD := $(if $(filter 1,$(GPIOD_MAJOR)),rig/bench/linux/gpio_v2.c,rig/bench/linux/gpio_v1.c)

VBOARD_SRC := $(wildcard firmware-under-test/vboard/*.c)
RIG_SRC := $(filter-out rig/cli/main.c $(NOT_GPIOD),$(wildcard rig/*/*.c rig/bench/*/*.c))
RESULTS_SRC := $(wildcard results/*.c)
TESTLIB_SRC := $(wildcard tests/lib/*.c) $(filter-out tests/contract/test_%,$(wildcard tests/contract/*.c))
TEST_SRC := $(wildcard tests/unit/test_*.c tests/contract/test_*.c tests/flow/test_*.c tests/fault/test_*.c)
KERNEL_SRC := $(wildcard tests/kernel/*.c)
KERNEL_PROGRAM := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/kernel/programs/*.c))
DEEP_SRC := $(wildcard tests/deep/test_*.c)
DEEPLIB_SRC := $(filter-out $(DEEP_SRC),$(wildcard tests/deep/*.c))
# there are many of them to link: by the faster linker, where it is there
TEST_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
# without libunicorn, 'make bench' says that this one is left out
HAVE_UNICORN := $(shell pkg-config --exists unicorn 2>/dev/null && echo yes)
BENCH_SRC := $(filter-out $(if $(HAVE_UNICORN),,%/bench_unicorn.c),$(wildcard tests/bench/bench_*.c))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBS := $(BUILD)/libresults.a $(BUILD)/librig.a $(BUILD)/libresults.a $(BUILD)/librig.a $(BUILD)/libvboard.a
TEST_BIN := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
DEEP_BIN := $(patsubst %.c,$(BUILD)/%,$(DEEP_SRC))
BENCH_BIN := $(patsubst %.c,$(BUILD)/%,$(BENCH_SRC))
FUZZ_BIN := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRC))
FUZZ_SECONDS ?= 60
LINTS := lint-includes lint-headers lint-format lint-shell lint-text
prefix ?= /usr/local

# 'make V=1' shows whole commands
say = $(if $(V),,@echo '  $(1)' $@;)

all: bin/otarig ## build the program
	@:

bin/otarig: $(BUILD)/otarig
	@mkdir -p bin
	@cp $< $@

$(BUILD)/otarig: $(call obj,rig/cli/main.c) $(LIBS)
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(LIBS) $(LDLIBS_ALL)

$(BUILD)/librig.a: $(call obj,$(RIG_SRC))
$(BUILD)/libresults.a: $(call obj,$(RESULTS_SRC))
$(BUILD)/libvboard.a: $(call obj,$(VBOARD_SRC))
$(BUILD)/libtesting.a: $(call obj,$(TESTLIB_SRC))
$(BUILD)/libdeep.a: $(call obj,$(DEEPLIB_SRC))
%.a:
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The virtual board is where tests spend their time. As GCC's manual advises for computed gotos:
VBOARD_CPU := $(BUILD)/firmware-under-test/vboard/cpu.o
$(VBOARD_CPU): OPT_release += -fno-gcse -fno-crossjumping -fno-tree-slp-vectorize
$(call obj,$(VBOARD_SRC)): OPT_asan := $(subst -O1,-O2,$(OPT_asan))

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBS) $(BUILD)/libtesting.a
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) $(TEST_LD) -o $@ $< $(BUILD)/libtesting.a $(LIBS) $(LDLIBS_ALL) $(CHECK_LIBS)

# what targets and tests share, without Check
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/lib/wild.o $(LIBS)
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/tests/lib/wild.o $(LIBS) $(LDLIBS_ALL)

$(BUILD)/tests/deep/%: $(BUILD)/tests/deep/%.o $(LIBS) $(BUILD)/libdeep.a $(BUILD)/libtesting.a
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/libdeep.a $(BUILD)/libtesting.a $(LIBS) \
		$(LDLIBS_ALL) $(CHECK_LIBS) $(UNICORN_LIBS)

# run in the lab's machine
$(KERNEL_PROGRAM): $(BUILD)/tests/kernel/programs/%: $(BUILD)/tests/kernel/programs/%.o \
		$(BUILD)/tests/kernel/usbip.o $(LIBS) $(BUILD)/libtesting.a
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/tests/kernel/usbip.o $(BUILD)/libtesting.a $(LIBS) \
		$(LDLIBS_ALL) $(CHECK_LIBS)

# the virtual board and the C library alone
$(BUILD)/tests/kernel/boards: $(call obj,$(KERNEL_SRC)) $(BUILD)/libvboard.a
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $^ -lpthread -lm $(LDLIBS)

# the program with libgpiod 2 unpacked in folder GPIOD2, whatever the machine's own is
GPIOD2_LIB = $(GPIOD2)/usr/lib/$(shell uname -m)-linux-gnu
$(BUILD)/gpio_v2_alone.o: rig/bench/linux/gpio_v2.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CFLAGS_ALL) -isystem $(GPIOD2)/usr/include -c -o $@ $<

$(BUILD)/otarig-gpiod2: $(call obj,rig/cli/main.c) $(BUILD)/gpio_v2_alone.o $(LIBS)
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/gpio_v2_alone.o $(LIBS) -L$(GPIOD2_LIB) \
		$(LDLIBS_ALL)

$(BUILD)/tests/kernel/programs/contract-gpiod2: $(BUILD)/tests/kernel/programs/contract.o \
		$(BUILD)/gpio_v2_alone.o $(LIBS) $(BUILD)/libtesting.a
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/gpio_v2_alone.o $(BUILD)/libtesting.a \
		$(LIBS) -L$(GPIOD2_LIB) $(LDLIBS_ALL) $(CHECK_LIBS)

$(BUILD)/tests/bench/bench_unicorn: $(BUILD)/tests/bench/bench_unicorn.o $(LIBS) \
		$(BUILD)/libdeep.a $(BUILD)/libtesting.a
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/libdeep.a $(BUILD)/libtesting.a $(LIBS) \
		$(LDLIBS_ALL) $(CHECK_LIBS) $(UNICORN_LIBS)

# Targets that first see to what they need call make again, so that what was just installed counts.
check: ## lints, all tests, and all tests again under sanitizers
	@tools/deps check
	@$(MAKE) --no-print-directory check-ready
	@tools/run-tests build/release --small build/asan

# all at once, so that no processor waits for a linker or a lint
check-ready: lint tests bench-bins check-ready-asan

check-ready-asan:
	@$(MAKE) --no-print-directory MODE=asan tests

DEMO_RELEASES = $(shell sed -n 's/^from: *//p; s/^to: *//p' scenarios/smoke/p1-power-loss.yaml)

demo: ## an update of released firmware, power cut, on the virtual board
	@tools/deps build
	@$(MAKE) --no-print-directory all
	@-$(MAKE) --no-print-directory firmware RELEASES="$(DEMO_RELEASES)"
	@tools/run-demo

firmware: ## fetch released firmware: all, or those named in RELEASES
	@tools/fetch-particle-firmware --check $(RELEASES) >/dev/null 2>&1 || \
		{ tools/deps demo; tools/fetch-particle-firmware $(RELEASES); }
	@test -n "$(RELEASES)" || { export OTARIG_RELEASES=tests/images; \
		tools/fetch-particle-firmware --check >/dev/null 2>&1 || tools/fetch-particle-firmware; }

tests: $(TEST_BIN) $(BUILD)/otarig $(BUILD)/tools/seal-module ## build all tests without running them
	@:

check-bins: tests ## run the tests of MODE (release or asan) alone
	@tools/run-tests $(BUILD)

bare-images: ## rebuild the bare-metal test programs (needs arm-none-eabi-gcc)
	@tools/build-bare

check-deep: ## the core against Unicorn, a million encodings and a whole update; minutes
	@tools/deps check deep
	@$(MAKE) --no-print-directory deep-bins
	@KINDS=deep E2E=none SHOW=yes TEST_TIMEOUT=3600 tools/run-tests $(BUILD)

deep-bins: $(DEEP_BIN)

check-kernel: ## the program on a real Linux kernel's GPIO, tty and USB, in a small VM; minutes
	@tools/deps kernel || echo "check-kernel: what is missing is named below" >&2
	@$(MAKE) --no-print-directory all kernel-bins
	@lab=$$(tests/kernel/setup 2>/dev/null) && $(MAKE) --no-print-directory \
		GPIOD2=$$lab/gpiod2 gpiod2-bins || true
	@tests/kernel/run $(BUILD) $(LANES)

check-kernel-long: ## the same with its long campaigns of power cuts; much longer
	@LONG=yes $(MAKE) --no-print-directory check-kernel

kernel-bins: $(BUILD)/tests/kernel/boards $(KERNEL_PROGRAM)

gpiod2-bins: $(BUILD)/otarig-gpiod2 $(BUILD)/tests/kernel/programs/contract-gpiod2

deps: ## install what building and checking need
	@tools/deps check

fuzz: ## run the fuzz targets, FUZZ_SECONDS each (default 60)
	@tools/deps fuzz
	@$(MAKE) --no-print-directory MODE=fuzz fuzz-bins
	@tools/run-fuzz $(FUZZ_SECONDS) $(patsubst %.c,build/fuzz/%,$(FUZZ_SRC))

fuzz-bins: $(FUZZ_BIN)

bench-bins: $(BENCH_BIN)

bench: $(BENCH_BIN) ## measure; results/runs/bench.csv
	$(if $(HAVE_UNICORN),,@echo "# apply_vs_unicorn_ratio skipped: libunicorn is not there" >&2)
	@tools/run-bench results/runs/bench.csv $(BENCH_BIN)

lint: $(LINTS) ## includes, headers, format, shell, text

$(LINTS):
	@tools/$@

format: ## format the C files
	@tools/lint-format --fix

analyze: ## static analysis, when cppcheck is there
	@command -v cppcheck >/dev/null || { echo "analyze: needs cppcheck" >&2; exit 1; }
	cppcheck -q -j$$(nproc) --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 -D_GNU_SOURCE -Irig -I. \
		-Ifirmware-under-test -Itests rig results $(wildcard firmware-under-test/vboard)

include firmware-under-test/reference/reference.mk

install: all ## install the program below DESTDIR and prefix
	install -D -m 755 bin/otarig $(DESTDIR)$(prefix)/bin/otarig

clean: ## remove what was built (results/runs stays)
	rm -rf build bin

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: all bench-bins check check-ready check-ready-asan check-bins check-deep check-kernel check-kernel-long deep-bins kernel-bins gpiod2-bins bare-images demo deps firmware tests fuzz fuzz-bins bench lint $(LINTS) format analyze install \
	clean help
.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)

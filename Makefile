# SPDX-License-Identifier: GPL-3.0-or-later
# otarig. 'make help' lists the targets.
.DEFAULT_GOAL := all
-include config.mak

VERSION := $(shell cat VERSION)
CC ?= gcc
MODE ?= release
BUILD := build/$(MODE)
PKGS := libcyaml yaml-0.1 jansson sqlite3 gsl libcrypto zlib

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wmissing-declarations -Wold-style-definition -Wwrite-strings -Wcast-qual -Wpointer-arith \
	-Wundef -Wvla -Wformat=2 -Wformat-truncation=2 -Wformat-overflow=2 -Wformat-signedness \
	-Wswitch-enum -Wimplicit-fallthrough=5 -Wnull-dereference -Wdouble-promotion \
	-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init -Walloca \
	-Wuse-after-free=3 -Wconversion -Wsign-conversion -Wstack-usage=16384
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDOPT_asan := -fsanitize=address,undefined
ifeq ($(DEVELOPER),1)
WARN += -Werror
endif

CFLAGS_ALL = -std=gnu17 $(OPT_$(MODE)) $(WARN) -fno-common -fstack-protector-strong \
	-D_GNU_SOURCE -DOTARIG_VERSION='"$(VERSION)"' -Irig -I. -Ifirmware-under-test -Itests \
	$(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
LDLIBS_ALL = $(shell pkg-config --libs $(PKGS)) -lm $(LDLIBS)

VBOARD_SRC := $(wildcard firmware-under-test/vboard/*.c)
RIG_SRC := $(filter-out rig/cli/main.c,$(wildcard rig/*/*.c rig/bench/*/*.c))
RESULTS_SRC := $(wildcard results/*.c)
TESTLIB_SRC := $(wildcard tests/lib/*.c)
TEST_SRC := $(wildcard tests/unit/test_*.c tests/contract/test_*.c tests/flow/test_*.c tests/fault/test_*.c)
BENCH_SRC := $(wildcard tests/bench/bench_*.c)

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBS := $(BUILD)/libresults.a $(BUILD)/librig.a $(BUILD)/libresults.a $(BUILD)/librig.a $(BUILD)/libvboard.a
TEST_BIN := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
BENCH_BIN := $(patsubst %.c,$(BUILD)/%,$(BENCH_SRC))

all: bin/otarig ## build the program

bin/otarig: $(BUILD)/otarig
	@mkdir -p bin
	@cp $< $@

$(BUILD)/otarig: $(call obj,rig/cli/main.c) $(LIBS)
	$(CC) $(LDOPT_$(MODE)) -o $@ $< $(LIBS) $(LDLIBS_ALL)

$(BUILD)/librig.a: $(call obj,$(RIG_SRC))
$(BUILD)/libresults.a: $(call obj,$(RESULTS_SRC))
$(BUILD)/libvboard.a: $(call obj,$(VBOARD_SRC))
$(BUILD)/libtesting.a: $(call obj,$(TESTLIB_SRC))
%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBS) $(BUILD)/libtesting.a
	$(CC) $(LDOPT_$(MODE)) -o $@ $< $(BUILD)/libtesting.a $(LIBS) $(LDLIBS_ALL) $(shell pkg-config --libs check)

tests: $(TEST_BIN) $(BUILD)/otarig ## build all tests without running them

check-bins: $(TEST_BIN) bin/otarig
	tools/run-tests $(BUILD)

clean: ## remove what was built (results/runs stays)
	rm -rf build bin

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: all tests check-bins clean help
.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)

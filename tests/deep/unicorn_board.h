/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole board whose instructions Unicorn runs. Registers of peripherals, exceptions, time and
 * flash are those of a virtual board, which stands still meanwhile: so only the core is compared.
 * Time is driven by the number of instructions that Unicorn has run.
 */
#ifndef TESTS_DEEP_UNICORN_BOARD_H
#define TESTS_DEEP_UNICORN_BOARD_H

#include "vboard/vboard_test.h"

struct unicorn_board;

enum unicorn_count {
	UNICORN_BY_INSN = 1,  /* a hook on each instruction: exact */
	UNICORN_BY_BLOCK = 2, /* a hook on each block: the time inside one is that of its end */
};

/* What is told at the first instruction at or after a cycle, outside of IT blocks. */
struct unicorn_watch {
	void *ctx;
	uint64_t next; /* cycle; UINT64_MAX for never */
	/* Registers have been put into the board's state. Returns the next cycle to be told at. */
	uint64_t (*told)(void *ctx, struct vboard *vb);
};

/*
 * 'vb' lends its state and must outlive the result; it must not be run by others meanwhile. Its
 * listener is replaced, and taken away at the end; loops that wait are no longer skipped.
 */
struct unicorn_board *unicorn_board_new(struct vboard *vb, enum unicorn_count how);
void unicorn_board_free(struct unicorn_board *ub);

/* Runs until the instruction at 'pc' is next; false when something went wrong, which is printed. */
bool unicorn_board_run(struct unicorn_board *ub, uint32_t pc, uint64_t cycle_max,
		       struct unicorn_watch *watch);

/* Instructions that the board's own core ran in between: at events, one or an IT block each. */
uint64_t unicorn_board_own_insns(const struct unicorn_board *ub);

#endif

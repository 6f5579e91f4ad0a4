/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One case of the differential test: a few encodings, what the core holds before, and what it holds
 * after. An engine runs it; the board's own is here, the other one in tests/deep.
 *
 * Memory around a case is the same for all: flash is filled with branches that differ (so that a
 * literal shows from where it was read, and a jump ends at once), RAM with a hash of the address.
 */
#ifndef TESTS_LIB_THUMB_CASE_H
#define TESTS_LIB_THUMB_CASE_H

#include "vboard/vboard_test.h"

#include <stdio.h>

/* Words of a core's state: r0 to r15, then these. */
enum thumb_word {
	THUMB_SP = 13,
	THUMB_LR = 14,
	THUMB_PC = 15,
	THUMB_APSR = 16, /* N, Z, C, V, Q where the register has them */
	THUMB_PRIMASK = 17,
	THUMB_BASEPRI = 18,
	THUMB_FAULTMASK = 19,
	THUMB_CONTROL = 20,
	THUMB_PSP = 21,
	THUMB_WORDS = 22,
};

enum thumb_sizes {
	THUMB_CODE_MAX = 10,   /* IT and four 32-bit instructions, and one to spare */
	THUMB_STORES_MAX = 64, /* words */
};

/* How a case ended. */
enum thumb_end {
	THUMB_END_UNKNOWN = 0,
	THUMB_END_RAN,	     /* all of it, or a jump out of it */
	THUMB_END_UNDEFINED, /* UsageFault UNDEFINSTR */
	THUMB_END_NOCP,
	THUMB_END_STATE, /* UsageFault INVSTATE: a jump to an even address was taken */
	THUMB_END_ALIGN,
	THUMB_END_DIVIDE,
	THUMB_END_BUS,	/* no memory there */
	THUMB_END_TRAP, /* SVC, BKPT */
	THUMB_END_ASLEEP,
	THUMB_END_RETURN, /* UsageFault INVPC */
	THUMB_END_COUNT,
};

struct thumb_case {
	uint32_t address; /* in flash */
	uint16_t code[THUMB_CODE_MAX];
	uint32_t code_count; /* halfwords */
	uint32_t insn_count;
	uint32_t in[THUMB_WORDS]; /* PC is not used; faults find FAULTMASK set and change nothing */
};

struct thumb_store {
	uint32_t address, value; /* a word of RAM that changed */
};

struct thumb_result {
	enum thumb_end end;
	uint32_t out[THUMB_WORDS]; /* PC: next instruction, or the one that faulted */
	struct thumb_store stores[THUMB_STORES_MAX];
	uint32_t store_count; /* may exceed the array */
};

/* What lies in flash and RAM around a case, as halfwords and words by their address. */
uint16_t thumb_flash_half(uint32_t address);
uint32_t thumb_ram_word(uint32_t address);

/* A board on which cases can be run. */
struct vboard *thumb_board_new(void);

/* Runs a case on a board from thumb_board_new(), which is as it was afterwards. */
void thumb_board_run(struct vboard *vb, const struct thumb_case *c, struct thumb_result *ret);

/* Collects what differs between 'ram' and the fill, and puts the fill back. */
void thumb_take_stores(uint8_t *ram, struct thumb_result *ret);

/* Whether two results are the same in all that is compared. */
bool thumb_result_equal(const struct thumb_result *a, const struct thumb_result *b);

/* Code of 'c' from halfword 'at' on; number of halfwords of that instruction. */
uint32_t thumb_insn_len(const struct thumb_case *c, uint32_t at);

const char *thumb_end_name(enum thumb_end end);

/* One line of a corpus: encodings, words before that are not 0, '>', how it ended, what changed. */
void thumb_case_write(FILE *file, const struct thumb_case *c, const struct thumb_result *result);
/* Reads such a line; false when it is none. */
bool thumb_case_read(const char *line, struct thumb_case *ret, struct thumb_result *ret_result);

#endif

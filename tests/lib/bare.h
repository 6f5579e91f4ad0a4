/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual board with nothing on it, for tests of its parts: a few halfwords of code are put in
 * RAM or flash and run instruction by instruction. A test holds encodings, so no assembler is
 * needed to run it.
 */
#ifndef TESTS_LIB_BARE_H
#define TESTS_LIB_BARE_H

#include "vboard/vboard_test.h"

enum bare_places {
	BARE_VECTORS = 0x20000000,
	BARE_CODE = 0x20000400,
	BARE_HANDLER = 0x20001000, /* where every vector points: "b ." */
	BARE_DATA = 0x20004000,
	BARE_PSP = 0x20006000,
	BARE_SP = 0x20008000,
};

/* Flags of a row: what MRS APSR gives, shifted down. */
enum bare_flags { FQ = 1, FV = 2, FC = 4, FZ = 8, FN = 16 };

enum bare_row_sizes { BARE_ROW_CODE = 12, BARE_ROW_CYCLES = 12 };

/* A few instructions: what they find in r0 to r3 and the flags, and what they leave. */
struct bare_row {
	const char *text;
	uint16_t code[BARE_ROW_CODE];
	uint32_t code_count;
	uint32_t in[4];
	uint32_t flags; /* enum bare_flags */
	uint32_t out[4];
	uint32_t out_flags;
	uint32_t at; /* a word of memory afterwards; 0 for none */
	uint32_t word;
};

/* A powered board that will run from BARE_CODE; every byte of BARE_DATA holds 0x80 + its number. */
struct vboard *bare_new(void);

/* Puts 'count' halfwords at 'address', in RAM or flash. */
void bare_code(struct vboard *vb, uint32_t address, const uint16_t *code, size_t count);

/* The vector of exception 'number' is 'handler' from now on. */
void bare_vector(struct vboard *vb, uint32_t number, uint32_t handler);

/* Runs for 'cycles': as many instructions, if nothing else takes time. */
void bare_run(struct vboard *vb, uint64_t cycles);

uint32_t bare_word(struct vboard *vb, uint32_t address);
void bare_set_word(struct vboard *vb, uint32_t address, uint32_t value);

/* Runs the row on a board of its own and asserts what it must leave. */
void bare_check_row(const struct bare_row *row);

#endif

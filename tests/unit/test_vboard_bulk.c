/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loops that are done at once must leave what running them leaves, at every moment; and loops that
 * are nearly such must not be taken for them.
 */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/bulk.h"

#include <string.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	BULK_CODE = 12,
	BULK_STOPS = 200,
	BULK_FLASH = 0x08010100, /* not at a page's beginning */
	BULK_FLASH_WORDS = 5000,
	BULK_RAM_WORDS = 1000,
	BULK_BYTES = 9000,
	CRC_BASE = 0x40023000,
};

struct bulk_row {
	const char *name;
	bool is_bulk; /* from its head on; else never */
	enum bulk_kind kind;
	uint16_t code[BULK_CODE];
	uint32_t code_count;
	uint32_t r[8];
};

/* What follows a loop: count it in r7, and stand still. */
#define AFTER 0x3701, /* adds r7, #1 */ 0xe7fe /* b . */

static const struct bulk_row rows[] = {
	{ "as in the released bootloaders",
	  true,
	  BULK_FEED,
	  { 0x4298,	    /* cmp r0, r3 */
	    0xd005,	    /* beq out */
	    0xf850, 0x4b04, /* ldr r4, [r0], #4 */
	    0xfa94, 0xf4a4, /* rbit r4, r4 */
	    0x602c,	    /* str r4, [r5] */
	    0xe7f7,	    /* b head */
	    AFTER },
	  10,
	  { BULK_FLASH, 0, 0, BULK_FLASH + 4 * BULK_FLASH_WORDS, 0, CRC_BASE } },
	{ "words as they are, from RAM",
	  true,
	  BULK_FEED,
	  { 0x6804, /* ldr r4, [r0] */
	    0x3004, /* adds r0, #4 */
	    0x602c, /* str r4, [r5] */
	    0x4298, /* cmp r0, r3 */
	    0xd3fa, /* bcc head */
	    AFTER },
	  7,
	  { BARE_DATA, 0, 0, BARE_DATA + 4 * BULK_RAM_WORDS, 0, CRC_BASE } },
	{ "counting down",
	  true,
	  BULK_FEED,
	  { 0xf850, 0x4b04, /* ldr r4, [r0], #4 */
	    0xfa94, 0xf4a4, /* rbit r4, r4 */
	    0x602c,	    /* str r4, [r5] */
	    0x3901,	    /* subs r1, #1 */
	    0xd1f8,	    /* bne head */
	    AFTER },
	  9,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "past the end of flash",
	  true,
	  BULK_FEED,
	  { 0xf850, 0x4b04, 0x602c, 0x3901, 0xd1fa, AFTER },
	  7,
	  { 0x080ffc00, 100000, 0, 0, 0, CRC_BASE } },
	{ "the word is used again in the next turn",
	  false,
	  BULK_FEED,
	  { 0x602c, /* str r4, [r5]: what the turn before loaded */
	    0xf850, 0x4b04, 0x3901, 0xd1fa, AFTER },
	  7,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "half words",
	  false,
	  BULK_FEED,
	  { 0x8804, 0x3002, 0x602c, 0x3901, 0xd1fa, AFTER },
	  7,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "into the register beside",
	  false,
	  BULK_FEED,
	  { 0xf850, 0x4b04, 0x606c, 0x3901, 0xd1fa, AFTER },
	  7,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "every second word",
	  false,
	  BULK_FEED,
	  { 0x6804, 0x3008, 0x602c, 0x3901, 0xd1fa, AFTER },
	  7,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "the sum is looked at on the way",
	  false,
	  BULK_FEED,
	  { 0xf850, 0x4b04, 0x602c, 0x682e /* ldr r6, [r5] */, 0x3901, 0xd1f9, AFTER },
	  8,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "an end that moves too",
	  true,
	  BULK_FEED,
	  { 0xf850, 0x4b04, /* ldr r4, [r0], #4 */
	    0x602c,	    /* str r4, [r5] */
	    0x3b04,	    /* subs r3, #4 */
	    0x4298,	    /* cmp r0, r3 */
	    0xd1f9,	    /* bne head */
	    AFTER },
	  8,
	  { BULK_FLASH, 0, 0, BULK_FLASH + 8 * BULK_FLASH_WORDS, 0, CRC_BASE } },
	{ "the register that is fed moves",
	  false,
	  BULK_FEED,
	  { 0xf850, 0x4b04, 0x602c, 0x3504 /* adds r5, #4 */, 0x3901, 0xd1f9, AFTER },
	  8,
	  { BULK_FLASH, BULK_FLASH_WORDS, 0, 0, 0, CRC_BASE } },
	{ "bytes copied as in released firmware",
	  true,
	  BULK_COPY,
	  { 0x4291,	    /* cmp r1, r2 */
	    0xd004,	    /* beq out */
	    0xf811, 0x4b01, /* ldrb r4, [r1], #1 */
	    0xf803, 0x4f01, /* strb r4, [r3, #1]! */
	    0xe7f8,	    /* b head */
	    AFTER },
	  9,
	  { 0, BULK_FLASH, BULK_FLASH + BULK_BYTES, BARE_DATA - 1 } },
	{ "bytes copied to what is read later",
	  true,
	  BULK_COPY,
	  { 0x4291, 0xd004, 0xf811, 0x4b01, 0xf803, 0x4f01, 0xe7f8, AFTER },
	  9,
	  { 0, BARE_DATA, BARE_DATA + BULK_BYTES, BARE_DATA + 6 } },
	{ "bytes copied to what was read before",
	  true,
	  BULK_COPY,
	  { 0x4291, 0xd004, 0xf811, 0x4b01, 0xf803, 0x4f01, 0xe7f8, AFTER },
	  9,
	  { 0, BARE_DATA + 9, BARE_DATA + BULK_BYTES, BARE_DATA - 1 } },
	{ "words copied by an index",
	  true,
	  BULK_COPY,
	  { 0x5884, /* ldr r4, [r0, r2] */
	    0x508c, /* str r4, [r1, r2] */
	    0x3204, /* adds r2, #4 */
	    0x429a, /* cmp r2, r3 */
	    0xd3fa, /* bcc head */
	    AFTER },
	  7,
	  { BULK_FLASH, BARE_DATA, 0, 4 * BULK_RAM_WORDS } },
	{ "half words copied, counting down",
	  true,
	  BULK_COPY,
	  { 0x8804, 0x800c, 0x3002, 0x3102, 0x3a01, 0xd1f9, AFTER },
	  8,
	  { BULK_FLASH, BARE_DATA, BULK_RAM_WORDS } },
	{ "words copied past the end of flash",
	  true,
	  BULK_COPY,
	  { 0x5884, 0x508c, 0x3204, 0x429a, 0xd3fa, AFTER },
	  7,
	  { 0x080ff800, BARE_DATA, 0, 100000 } },
	{ "words copied to flash",
	  false,
	  BULK_COPY,
	  { 0x5884, 0x508c, 0x3204, 0x429a, 0xd3fa, AFTER },
	  7,
	  { BARE_DATA, BULK_FLASH, 0, 4 * BULK_RAM_WORDS } },
	{ "bytes copied to where flash shows at 0",
	  false,
	  BULK_COPY,
	  { 0x4291, 0xd004, 0xf811, 0x4b01, 0xf803, 0x4f01, 0xe7f8, AFTER },
	  9,
	  { 0, 0x080f0000, 0x10006d6a, 7 } },
	{ "bytes read, words written",
	  false,
	  BULK_COPY,
	  { 0x5c84 /* ldrb r4, [r0, r2] */, 0x508c, 0x3204, 0x429a, 0xd3fa, AFTER },
	  7,
	  { BULK_FLASH, BARE_DATA, 0, 4 * BULK_RAM_WORDS } },
	{ "bytes filled as in released firmware",
	  true,
	  BULK_FILL,
	  { 0x4293,	    /* cmp r3, r2 */
	    0xd002,	    /* beq out */
	    0xf803, 0x1b01, /* strb r1, [r3], #1 */
	    0xe7fa,	    /* b head */
	    AFTER },
	  7,
	  { 0, 0x1a5, BARE_DATA + BULK_BYTES, BARE_DATA } },
	{ "filled over what has been run",
	  true,
	  BULK_FILL,
	  { 0x4293, 0xd002, 0xf803, 0x1b01, 0xe7fa, AFTER },
	  7,
	  { 0, 0, BARE_CODE + 0x200, BARE_CODE - 0x200 } },
	{ "filled from its own first instruction on",
	  false,
	  BULK_FILL,
	  { 0x4293, 0xd002, 0xf803, 0x1b01, 0xe7fa, AFTER },
	  7,
	  { 0, 0, BARE_CODE + 0x200, BARE_CODE } },
	{ "words filled past the end of RAM",
	  true,
	  BULK_FILL,
	  { 0x600c /* str r4, [r1] */, 0x3104, 0x3a01, 0xd1fb, AFTER },
	  6,
	  { 0, 0x2001f000, 1000000, 0, 0x12345678 } },
	{ "another value each time",
	  false,
	  BULK_FILL,
	  { 0x600a /* str r2, [r1] */, 0x3104, 0x3201, 0x4299, 0xd3fa, AFTER },
	  7,
	  { 0, BARE_DATA, 0, BARE_DATA + BULK_BYTES } },
	{ "every second byte",
	  false,
	  BULK_FILL,
	  { 0x700c /* strb r4, [r1] */, 0x3102, 0x3a01, 0xd1fb, AFTER },
	  6,
	  { 0, BARE_DATA, BULK_BYTES, 0, 7 } },
	{ "bytes added up",
	  false,
	  BULK_COPY,
	  { 0x7804, 0x3001, 0x192d /* adds r5, r5, r4 */, 0x3a01, 0xd1fa, AFTER },
	  7,
	  { BULK_FLASH, 0, BULK_BYTES } },
	{ "a pause as in released firmware",
	  true,
	  BULK_COUNT,
	  { 0x3301 /* adds r3, #1 */, 0x4298 /* cmp r0, r3 */, 0xd2fc /* bcs head */, AFTER },
	  5,
	  { 50001 } },
	{ "down below zero",
	  true,
	  BULK_COUNT,
	  { 0x3803 /* subs r0, #3 */, 0x2800 /* cmp r0, #0 */, 0xdcfc /* bgt head */, AFTER },
	  5,
	  { 100000 } },
	{ "up past the largest number",
	  true,
	  BULK_COUNT,
	  { 0x3301, 0x4283 /* cmp r3, r0 */, 0xd8fc /* bhi head */, AFTER },
	  5,
	  { 5, 0, 0, 0xffff8000 } },
	{ "until a subtraction borrows",
	  true,
	  BULK_COUNT,
	  { 0x3801, 0xd2fd /* bcs head */, AFTER },
	  4,
	  { 60000 } },
	{ "steps that never meet the end",
	  true,
	  BULK_COUNT,
	  { 0x3302 /* adds r3, #2 */, 0x4298, 0xd1fc /* bne head */, AFTER },
	  5,
	  { 50001 } },
	{ "by the sign of a result",
	  false,
	  BULK_COUNT,
	  { 0x3801, 0xd5fd /* bpl head */, AFTER },
	  4,
	  { 60000 } },
};

static struct vboard *board(const struct bulk_row *row, bool works_out)
{
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);

	for (uint32_t i = 0; i < sizeof(state->flash); i += 4) {
		uint32_t word = (i + 1) * 2654435761u;

		memcpy(&state->flash[i], &word, 4);
	}
	bare_code(vb, BARE_CODE, row->code, row->code_count);
	memcpy(state->chip.cpu.r, row->r, sizeof(row->r));
	state->chip.scs.systick_load =
		19997; /* an interrupt now and then, to a handler that stays */
	vb->spin_off = !works_out;
	return vb;
}

START_TEST(working_out_is_not_seen)
{
	const struct bulk_row *row = &rows[_i];
	struct vboard *works_out = board(row, true);
	struct vboard *runs = board(row, false);

	for (int i = 0; i < BULK_STOPS; i++) {
		uint64_t stop = vboard_cycle(runs) + 1 + (uint64_t)(i * 7919) % 1201;

		works_out->bulk_due = true; /* look now, wherever in its turn the loop is */
		vboard_run(works_out, stop);
		vboard_run(runs, stop);
		ck_assert_msg(memcmp(&works_out->s, &runs->s, sizeof(runs->s)) == 0,
			      "'%s' differs at cycle %llu: pc %08x and %08x", row->name,
			      (unsigned long long)runs->s.cycles, works_out->s.chip.cpu.r[15],
			      runs->s.chip.cpu.r[15]);
	}
	ck_assert_uint_eq(vboard_test_hash(works_out), vboard_test_hash(runs));
	vboard_free(works_out);
	vboard_free(runs);
}
END_TEST

START_TEST(only_such_loops_are_found)
{
	const struct bulk_row *row = &rows[_i];
	struct vboard *vb = board(row, true);
	struct bulk_loop loop = { .turns = 0 };

	ck_assert_int_eq(bulk_find(vb, UINT64_MAX / 2, &loop), row->is_bulk);
	if (row->is_bulk) {
		ck_assert_int_eq(loop.kind, row->kind);
		if (row->kind == BULK_FEED)
			ck_assert_uint_eq(loop.source, row->r[0]);
		ck_assert_uint_ge(loop.turns, 100);
		ck_assert(!bulk_find(vb, vboard_cycle(vb) + 16, &loop)); /* an event is near */
	}
	vboard_free(vb);
}
END_TEST

/* Flash that is locked says so at the first store; from then on stores into it do nothing. */
START_TEST(stores_that_flash_refuses)
{
	static const uint32_t targets[] = { 0x00000007, BULK_FLASH - 1, 0x080ffff8, 0x000ffff8 };
	static const bool all_in_flash[] = { true, true, false, false };

	for (int i = 0; i < COUNT(targets); i++) {
		struct bulk_row row = { .code = { 0x4291, 0xd004, 0xf811, 0x4b01, 0xf803, 0x4f01,
						  0xe7f8, AFTER },
					.code_count = 9,
					.r = { 0, BARE_DATA, BARE_DATA + BULK_BYTES, targets[i] } };
		struct vboard *vb = board(&row, true);
		struct bulk_loop loop;

		ck_assert(!bulk_find(vb, UINT64_MAX / 2, &loop));
		vb->spin_off = true;
		vboard_run(vb, vboard_cycle(vb) + 5);
		ck_assert_uint_eq(vb->s.chip.cpu.r[15], BARE_CODE);
		ck_assert_int_eq(bulk_find(vb, UINT64_MAX / 2, &loop), all_in_flash[i]);
		if (all_in_flash[i])
			ck_assert_int_eq(loop.kind, BULK_IGNORED);
		vboard_free(vb);
	}
}
END_TEST

/* Nothing tells of a copy: its branch is noticed after a few turns. */
START_TEST(a_loop_is_noticed)
{
	const struct bulk_row *row = &rows[_i];
	bool noticed = false;

	if (!row->is_bulk || row->kind == BULK_FEED)
		return;
	for (uint64_t cycles = 1; cycles <= 100 && !noticed; cycles++) {
		struct vboard *vb = board(row, true);

		vb->spin_cycle = UINT64_MAX;
		vboard_run(vb, vboard_cycle(vb) + cycles);
		noticed = vb->bulk_due;
		if (noticed)
			ck_assert_uint_lt(vb->bulk_branch - BARE_CODE, 2 * row->code_count);
		vboard_free(vb);
	}
	ck_assert_msg(noticed, "'%s'", row->name);
}
END_TEST

/* Page sums that are kept must follow every change of flash. */
START_TEST(kept_sums_follow_the_flash)
{
	const struct bulk_row *row = &rows[0];
	uint32_t sums[3];

	for (int i = 0; i < 3; i++) {
		struct vboard *works_out = board(row, true);
		struct vboard *runs = board(row, false);

		for (int k = 0; k < 2; k++) {
			struct vboard *vb = k ? runs : works_out;
			const uint32_t word = 0;

			vboard_run(vb, vboard_cycle(vb) + 100000);
			if (i > 0)
				vboard_flash_load(vb, BULK_FLASH + 4096u * (uint32_t)i, &word, 4);
			memcpy(vb->s.chip.cpu.r, row->r, sizeof(row->r));
			vb->s.chip.cpu.r[15] = BARE_CODE;
			vb->s.chip.crc = UINT32_MAX;
			vb->attention = true;
			vboard_run(vb, vboard_cycle(vb) + 100000);
		}
		ck_assert_uint_eq(works_out->s.chip.crc, runs->s.chip.crc);
		sums[i] = runs->s.chip.crc;
		vboard_free(works_out);
		vboard_free(runs);
	}
	ck_assert_uint_ne(sums[0], sums[1]);
	ck_assert_uint_ne(sums[1], sums[2]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_bulk");
	TCase *tcase = tcase_create("loops");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, working_out_is_not_seen, 0, COUNT(rows));
	tcase_add_loop_test(tcase, only_such_loops_are_found, 0, COUNT(rows));
	tcase_add_test(tcase, stores_that_flash_refuses);
	tcase_add_loop_test(tcase, a_loop_is_noticed, 0, COUNT(rows));
	tcase_add_test(tcase, kept_sums_follow_the_flash);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

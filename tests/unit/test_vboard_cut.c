/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power that fails: by time, instruction and flash operation; what is left, what is lost. */
#include "lib/bare.h"
#include "lib/testing.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	SPOT = FLASH_BASE + 0x4000, /* sector 1, 16 KiB: 250 ms to erase */
	SECTOR_BYTES = 0x4000,
	WORDS = 512,
	ERASE_CYCLES = 250000 * VBOARD_CYCLES_PER_US,
	PROGRAM_CYCLES = 16 * VBOARD_CYCLES_PER_US,
};

static uint32_t count_zero_bits(struct vboard *vb, uint32_t address, uint32_t bytes)
{
	uint32_t ones = 0;

	for (uint32_t i = 0; i < bytes; i += 4)
		ones += (uint32_t)__builtin_popcount(bare_word(vb, address + i));
	return 8 * bytes - ones;
}

/*
 * Programs WORDS words, each torn at 'permille', and counts the bits that cleared of those that had
 * to. The others must be as they were.
 */
static uint32_t torn_programs(struct vboard *vb, uint32_t permille)
{
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = permille };
	uint32_t cleared = 0;

	for (uint32_t i = 0; i < WORDS; i++) {
		vboard_power_on(vb);
		vboard_arm_cut(vb, &cut);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT + 4 * i, 0xffff0000),
				 VBOARD_STOP_CUT);
		ck_assert(!vboard_is_powered(vb));
		ck_assert_uint_eq(bare_word(vb, SPOT + 4 * i) >> 16, 0xffff);
		cleared += 32 - (uint32_t)__builtin_popcount(bare_word(vb, SPOT + 4 * i));
	}
	return cleared;
}

START_TEST(torn_program)
{
	static const uint32_t permilles[] = { 100, 500, 900 };

	for (int i = 0; i < COUNT(permilles); i++) {
		struct vboard *boards[3] = { bare_new(), bare_new(), bare_new() };
		uint32_t expected = WORDS * 16 * permilles[i] / 1000;
		uint32_t cleared;

		for (int j = 0; j < 3; j++) {
			vboard_seed(boards[j], j == 2 ? 8 : 7);
			cleared = torn_programs(boards[j], permilles[i]);
			/* 8192 bits: 250 is more than five standard deviations */
			ck_assert_uint_gt(cleared + 250, expected);
			ck_assert_uint_lt(cleared, expected + 250);
		}
		ck_assert(memcmp(boards[0]->s.flash, boards[1]->s.flash, VBOARD_FLASH_BYTES) == 0);
		ck_assert(memcmp(boards[0]->s.flash, boards[2]->s.flash, VBOARD_FLASH_BYTES) != 0);
		for (int j = 0; j < 3; j++)
			vboard_free(boards[j]);
	}
}
END_TEST

struct erase_row {
	uint32_t permille;
	uint32_t zeros; /* expected permille of zero bits; 0x55 bytes were there: 500 */
};

/* First bytes go to 0, then bits rise to 1. */
static const struct erase_row erase_rows[] = {
	{ 100, 650 },
	{ 300, 950 },
	{ 500, 750 },
	{ 900, 150 },
};

START_TEST(torn_erase)
{
	const struct erase_row *row = &erase_rows[_i];
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = row->permille };
	struct vboard *boards[2] = { bare_new(), bare_new() };

	for (int i = 0; i < 2; i++) {
		struct vboard *vb = boards[i];
		uint32_t zeros;

		memset(vb->s.flash, 0x55, sizeof(vb->s.flash));
		vboard_arm_cut(vb, &cut);
		ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_CUT);
		ck_assert_uint_eq(vboard_cycle(vb), ERASE_CYCLES / 1000 * row->permille);
		zeros = count_zero_bits(vb, SPOT, SECTOR_BYTES) / (SECTOR_BYTES * 8 / 1000);
		ck_assert_msg(zeros + 25 > row->zeros && zeros < row->zeros + 25,
			      "at %u permille %u permille of the bits are 0", row->permille, zeros);
		if (row->permille < 333)
			for (uint32_t at = 0; at < SECTOR_BYTES; at++)
				ck_assert(vb->s.flash[SPOT - FLASH_BASE + at] == 0x55 ||
					  vb->s.flash[SPOT - FLASH_BASE + at] == 0);
		ck_assert_uint_eq(bare_word(vb, SPOT - 4), 0x55555555);
		ck_assert_uint_eq(bare_word(vb, SPOT + SECTOR_BYTES), 0x55555555);
	}
	ck_assert_uint_eq(vboard_test_hash(boards[0]), vboard_test_hash(boards[1]));
	vboard_free(boards[0]);
	vboard_free(boards[1]);
}
END_TEST

/* The third operation is cut: before it or after it, and the first two happened whole. */
START_TEST(whole_operations)
{
	static const enum vboard_cut_form forms[] = { VBOARD_CUT_BEFORE, VBOARD_CUT_AFTER };
	const struct vboard_cut none = { .by = VBOARD_CUT_NONE };

	for (int i = 0; i < 2; i++) {
		const struct vboard_cut cut = { .by = VBOARD_CUT_OP, .at = 2, .form = forms[i] };
		struct vboard *vb = bare_new();

		vboard_arm_cut(vb, &cut);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT, 1), VBOARD_STOP_DEADLINE);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT + 4, 2), VBOARD_STOP_DEADLINE);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT + 8, 3), VBOARD_STOP_CUT);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT + 12, 4), VBOARD_STOP_CUT);
		ck_assert_uint_eq(bare_word(vb, SPOT), 1);
		ck_assert_uint_eq(bare_word(vb, SPOT + 4), 2);
		ck_assert_uint_eq(bare_word(vb, SPOT + 8), i ? 3 : UINT32_MAX);
		ck_assert_uint_eq(bare_word(vb, SPOT + 12), UINT32_MAX);
		ck_assert_uint_eq(vboard_cycle(vb), (i ? 3 : 2) * PROGRAM_CYCLES);
		ck_assert_uint_eq(vboard_flash_ops(vb), 3);
		vboard_power_on(vb);
		vboard_arm_cut(vb, &none);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT + 12, 4), VBOARD_STOP_DEADLINE);
		vboard_free(vb);
	}
}
END_TEST

START_TEST(by_time)
{
	static const uint16_t code[] = { 0xe7fe }; /* b . */
	const struct vboard_cut outside = { .by = VBOARD_CUT_CYCLE, .at = 777 };
	const struct vboard_cut inside = { .by = VBOARD_CUT_CYCLE, .at = ERASE_CYCLES / 2 };
	struct vboard *vb = bare_new();

	bare_code(vb, BARE_CODE, code, 1);
	vboard_arm_cut(vb, &outside);
	ck_assert_int_eq(vboard_run(vb, 100000), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_cycle(vb), 777);
	ck_assert_int_eq(vboard_run(vb, 100000), VBOARD_STOP_DEADLINE);
	ck_assert_uint_eq(vboard_cycle(vb), 100000); /* time passes without power too */
	ck_assert_uint_eq(vboard_insns(vb), 777);

	vboard_power_on(vb);
	vboard_arm_cut(vb, &inside);
	ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_cycle(vb), 100000 + ERASE_CYCLES / 2);
	ck_assert_uint_gt(count_zero_bits(vb, SPOT, SECTOR_BYTES), SECTOR_BYTES);
	vboard_free(vb);
}
END_TEST

START_TEST(by_instruction)
{
	static const uint16_t code[] = { 0x3001, 0xe7fd }; /* adds r0, #1; b . - 2 */

	for (uint64_t at = 1; at < 40; at++) {
		const struct vboard_cut cut = { .by = VBOARD_CUT_INSN, .at = at };
		struct vboard *vb = bare_new();

		bare_code(vb, BARE_CODE, code, 2);
		vboard_arm_cut(vb, &cut);
		ck_assert_int_eq(vboard_run(vb, 100000), VBOARD_STOP_CUT);
		ck_assert_uint_eq(vboard_insns(vb), at);
		ck_assert_uint_eq(vb->s.chip.cpu.r[0], (at + 1) / 2);
		vboard_free(vb);
	}
}
END_TEST

/* A store of the firmware that begins an operation, torn: power is gone with that instruction. */
START_TEST(by_operation_of_the_firmware)
{
	static const uint16_t code[] = { 0x6001, 0x2301,
					 0xe7fe }; /* str r1, [r0]; movs r3, #1; b . */
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = 500 };
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);

	bare_code(vb, BARE_CODE, code, 3);
	state->chip.flash.cr = 1 | 2 << 8; /* programming words */
	state->chip.cpu.r[0] = SPOT;
	state->chip.cpu.r[1] = 0;
	state->chip.cpu.r[3] = 0;
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_run(vb, 1000000), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_cycle(vb), 1 + PROGRAM_CYCLES / 2);
	ck_assert_uint_eq(vboard_insns(vb), 1);
	ck_assert_uint_eq(state->chip.cpu.r[3], 0);
	ck_assert_uint_ne(bare_word(vb, SPOT), 0);
	ck_assert_uint_ne(bare_word(vb, SPOT), UINT32_MAX);
	vboard_free(vb);
}
END_TEST

/* RAM is lost; the backup registers only without a cell. A reset keeps both. */
START_TEST(what_is_kept)
{
	for (int vbat = 0; vbat < 2; vbat++) {
		struct vboard *vb = bare_new();
		struct board_state *state = vboard_test_state(vb);

		vboard_set_vbat(vb, vbat != 0);
		state->backup.dr[19] = 0x1234;
		bare_set_word(vb, BARE_DATA, 0x1234);
		vboard_line(vb, VBOARD_RESET, true);
		vboard_line(vb, VBOARD_RESET, false);
		ck_assert_uint_eq(state->backup.dr[19], 0x1234);
		ck_assert_uint_eq(bare_word(vb, BARE_DATA), 0x1234);
		vboard_power_off(vb);
		vboard_power_on(vb);
		ck_assert_uint_eq(state->backup.dr[19], vbat ? 0x1234 : 0);
		ck_assert_uint_eq(bare_word(vb, BARE_DATA), 0x5a5a5a5a);
		vboard_power_off(vb);
		vboard_set_vbat(vb, false); /* the cell is taken out */
		vboard_power_on(vb);
		ck_assert_uint_eq(state->backup.dr[19], 0);
		vboard_free(vb);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_cut");
	TCase *tcase = tcase_create("cuts");

	tcase_add_test(tcase, torn_program);
	tcase_add_loop_test(tcase, torn_erase, 0, COUNT(erase_rows));
	tcase_add_test(tcase, whole_operations);
	tcase_add_test(tcase, by_time);
	tcase_add_test(tcase, by_instruction);
	tcase_add_test(tcase, by_operation_of_the_firmware);
	tcase_add_test(tcase, what_is_kept);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option bytes of the virtual board: lock, programming, protection, what a cut makes of them. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/bus.h"
#include "vboard/flash.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	OPTKEYR = 0x08,
	OPTCR = 0x14,
	OPTLOCK = 1,
	OPTSTRT = 2,
	FACTORY = 0x0fffaaec,
	WRP_SECTOR_1 = 1 << 17,
	OPTION_US = 250000,
	MASS_ERASE_US = 16000000,
};

static void write_register(struct vboard *vb, uint32_t offset, uint32_t value)
{
	flash_write(vb, offset, value, UINT32_MAX);
}

static void unlock(struct vboard *vb)
{
	write_register(vb, OPTKEYR, 0x08192a3b);
	write_register(vb, OPTKEYR, 0x4c5d6e7f);
}

START_TEST(lock)
{
	struct vboard *vb = bare_new();

	ck_assert_uint_eq(flash_read(vb, OPTCR), FACTORY | OPTLOCK);
	write_register(vb, OPTCR, OPTSTRT);
	ck_assert_uint_eq(flash_read(vb, OPTCR), FACTORY | OPTLOCK);
	ck_assert_uint_eq(vboard_flash_ops(vb), 0);
	unlock(vb);
	ck_assert_uint_eq(flash_read(vb, OPTCR), FACTORY);
	write_register(vb, OPTCR, FACTORY & ~WRP_SECTOR_1); /* written, not started */
	ck_assert_uint_eq(vboard_test_state(vb)->option_bytes, FACTORY);
	write_register(vb, OPTCR, (FACTORY & ~WRP_SECTOR_1) | OPTSTRT);
	ck_assert_uint_eq(flash_read(vb, OPTCR), FACTORY & ~WRP_SECTOR_1);
	ck_assert_uint_eq(vboard_test_state(vb)->option_bytes, FACTORY & ~WRP_SECTOR_1);
	ck_assert_uint_eq(vboard_cycle(vb), (uint64_t)OPTION_US * VBOARD_CYCLES_PER_US);
	ck_assert_uint_eq(vboard_flash_ops(vb), 1);
	write_register(vb, OPTCR, FACTORY | OPTLOCK);
	write_register(vb, OPTCR, FACTORY | OPTSTRT); /* locked again */
	ck_assert_uint_eq(vboard_test_state(vb)->option_bytes, FACTORY & ~WRP_SECTOR_1);
	write_register(vb, OPTKEYR, 1); /* a wrong key: closed until reset */
	unlock(vb);
	ck_assert(flash_read(vb, OPTCR) & OPTLOCK);
	vboard_free(vb);
}
END_TEST

/* They are memory too (PM0059 2.6.1). */
START_TEST(in_memory)
{
	struct vboard *vb = bare_new();
	uint32_t value = 0;

	vboard_test_state(vb)->option_bytes = FACTORY & ~WRP_SECTOR_1;
	ck_assert(bus_read16(vb, 0x1fffc000, &value));
	ck_assert_uint_eq(value, 0xaaef);
	ck_assert(bus_read16(vb, 0x1fffc008, &value));
	ck_assert_uint_eq(value, 0xfffd);
	vboard_free(vb);
}
END_TEST

struct protection_row {
	const char *name;
	uint32_t from, to; /* RDP */
	unsigned int level;
	bool erased;
};

/* PM0059 2.6.3: 0xaa is level 0, 0xcc level 2, all others are level 1. */
static const struct protection_row protection_rows[] = {
	{ "0 to 0", 0xaa, 0xaa, 0, false }, { "0 to 1", 0xaa, 0x55, 1, false },
	{ "0 to 2", 0xaa, 0xcc, 2, false }, { "1 to 1", 0xff, 0x00, 1, false },
	{ "1 to 2", 0x00, 0xcc, 2, false }, { "1 to 0", 0x55, 0xaa, 0, true },
	{ "2 to 1", 0xcc, 0x55, 2, false }, { "2 to 0", 0xcc, 0xaa, 2, false },
};

START_TEST(read_protection)
{
	const struct protection_row *row = &protection_rows[_i];
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);
	uint64_t us = row->from == 0xcc ? 0 : OPTION_US + (row->erased ? MASS_ERASE_US : 0);

	memset(state->flash, 0x12, sizeof(state->flash));
	state->backup.sram[7] = 77;
	state->option_bytes = (FACTORY & ~0xff00u) | row->from << 8;
	unlock(vb);
	write_register(vb, OPTCR, (FACTORY & ~0xff00u) | row->to << 8 | OPTSTRT);
	ck_assert_msg(vboard_read_protection(vb) == row->level, "%s", row->name);
	ck_assert_uint_eq(bare_word(vb, FLASH_BASE + 0x54320),
			  row->erased ? UINT32_MAX : 0x12121212);
	ck_assert_uint_eq(state->backup.sram[7], row->erased ? 0 : 77);
	ck_assert_uint_eq(vboard_cycle(vb), us * VBOARD_CYCLES_PER_US);
	vboard_free(vb);
}
END_TEST

/* The protection stays until all is erased. */
START_TEST(opening_that_is_cut)
{
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = 900 };
	struct vboard *vb = bare_new();

	vboard_test_state(vb)->option_bytes = FACTORY & ~0xff00u;
	unlock(vb);
	vboard_arm_cut(vb, &cut);
	write_register(vb, OPTCR, FACTORY | OPTSTRT);
	ck_assert(!vboard_is_powered(vb));
	ck_assert_uint_eq(vboard_read_protection(vb), 1);
	ck_assert_uint_eq(vboard_flash_wear(vb, FLASH_BASE), 1);
	vboard_free(vb);
}
END_TEST

/*
 * A cut in the erase half lets bits rise to 1, in the program half leaves bits at 1: RDP is no
 * longer 0xaa, which protects the chip, as was seen on an STM32F429 (facts section 4).
 */
START_TEST(torn)
{
	static const uint32_t permilles[] = { 400, 600 };

	for (int i = 0; i < COUNT(permilles); i++) {
		const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
						.form = VBOARD_CUT_TORN,
						.permille = permilles[i] };
		uint32_t protected = 0;
		uint32_t states[2] = { 0 };

		for (uint64_t seed = 0; seed < 20; seed++) {
			for (int again = 0; again < 2; again++) {
				struct vboard *vb = bare_new();

				vboard_seed(vb, seed);
				unlock(vb);
				vboard_arm_cut(vb, &cut);
				write_register(vb, OPTCR, (FACTORY & ~WRP_SECTOR_1) | OPTSTRT);
				ck_assert(!vboard_is_powered(vb));
				states[again] = vboard_test_state(vb)->option_bytes;
				vboard_free(vb);
			}
			ck_assert_uint_eq(states[0], states[1]);
			ck_assert_uint_eq(states[0] & ~(uint32_t)OPTIONS_MASK, 0);
			if (i == 0) /* risen only */
				ck_assert_uint_eq(states[0] & FACTORY, FACTORY);
			protected += (states[0] >> 8 & 0xff) != 0xaa;
		}
		ck_assert_uint_gt(protected, 15);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_options");
	TCase *tcase = tcase_create("options");

	tcase_add_test(tcase, lock);
	tcase_add_test(tcase, in_memory);
	tcase_add_loop_test(tcase, read_protection, 0, COUNT(protection_rows));
	tcase_add_test(tcase, opening_that_is_cut);
	tcase_add_test(tcase, torn);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

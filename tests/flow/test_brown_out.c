/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One firmware, two settings of the brown-out level, a supply that falls slowly. The firmware
 * programs one word after the other, x32, for ever, as an update does. With the level at 3 the chip
 * is reset at 2.83 V, above what x32 needs, and at most the last word is torn; with brown-out reset
 * off, as chips are delivered, it goes on far below and leaves words that it believes to be whole.
 */
#include "lib/bare.h"
#include "lib/testing.h"

enum {
	TARGET = FLASH_BASE + 0x20000,
	TARGET_BYTES = 0x20000,
	CODE = FLASH_BASE + 0x100,
	FALL_US = 20000,
	SEEDS = 8,
};

struct damage {
	uint32_t written; /* words up to the last that was touched */
	uint32_t wrong;	  /* of these, not as the firmware wrote them */
};

static const uint16_t code[] = {
	/* unlock, PG and x32 */
	0x480a, /* ldr r0, =FLASH_KEYR */
	0x490b, /* ldr r1, =KEY1 */
	0x6001, /* str r1, [r0] */
	0x490b, /* ldr r1, =KEY2 */
	0x6001, /* str r1, [r0] */
	0x490b, /* ldr r1, =PG | PSIZE x32 */
	0x60c1, /* str r1, [r0, #12] (CR) */
	0x480b, /* ldr r0, =TARGET */
	0x490b, /* ldr r1, =DATA */
	0x2200, /* movs r2, #0 */
	0x5081, /* str r1, [r0, r2] */
	0x3204, /* adds r2, #4 */
	0xe7fc, /* b . - 4 */
};

static const uint32_t literals[] = {
	0x40023c04, 0x45670123, 0xcdef89ab, 0x201, TARGET, 0x5a5a5a5a,
};

static struct vboard *writing_board(uint32_t bor, uint64_t seed)
{
	static const uint32_t vectors[] = { BARE_SP, CODE + 1 };
	const struct vboard_supply supply = { .fall_us = FALL_US };
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, seed);
	uint32_t *options;

	ck_assert_ptr_nonnull(vb);
	options = &vboard_test_state(vb)->option_bytes;
	*options = (*options & ~0xcu) | bor << 2;
	ck_assert(vboard_flash_load(vb, FLASH_BASE, vectors, sizeof(vectors)));
	ck_assert(vboard_flash_load(vb, CODE, code, sizeof(code)));
	ck_assert(vboard_flash_load(vb, CODE + 0x2c, literals, sizeof(literals)));
	vboard_set_supply(vb, &supply);
	vboard_power_on(vb);
	return vb;
}

static struct damage run(uint32_t bor, uint64_t seed)
{
	const struct vboard_cut cut = { .by = VBOARD_CUT_CYCLE, .at = 5000 * VBOARD_CYCLES_PER_US };
	struct vboard *vb = writing_board(bor, seed);
	struct damage damage = { 0 };

	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_run(vb, 1000000 * (uint64_t)VBOARD_CYCLES_PER_US), VBOARD_STOP_CUT);
	ck_assert_uint_lt(vboard_cycle(vb), (5000 + FALL_US) * VBOARD_CYCLES_PER_US);
	for (uint32_t i = 0; i < TARGET_BYTES / 4; i++)
		if (bare_word(vb, TARGET + 4 * i) != UINT32_MAX)
			damage.written = i + 1;
	for (uint32_t i = 0; i < damage.written; i++)
		damage.wrong += bare_word(vb, TARGET + 4 * i) != 0x5a5a5a5a;
	vboard_free(vb);
	return damage;
}

START_TEST(level_decides)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct damage with = run(0, seed);
		struct damage without = run(3, seed);

		ck_assert_uint_gt(with.written,
				  5000 / 17); /* until the cut, and some of the fall */
		ck_assert_uint_le(with.wrong, 1);
		ck_assert_uint_gt(without.written, with.written + 100);
		ck_assert_uint_gt(without.wrong, 100);
	}
}
END_TEST

START_TEST(repeatable)
{
	struct damage first = run(3, 5);
	struct damage second = run(3, 5);

	ck_assert_uint_eq(first.written, second.written);
	ck_assert_uint_eq(first.wrong, second.wrong);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("brown-out");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, level_decides);
	tcase_add_test(tcase, repeatable);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

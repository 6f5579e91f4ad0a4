/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware that a torn update left is any bytes at all. Boards full of seeded random bytes must
 * stay inside their memory (the sanitized build watches), come back in time, and do the same again.
 */
#include "lib/bare.h"
#include "lib/testing.h"

enum {
	WILD_BOARDS = 200,
	WILD_ROUNDS = 50,      /* noise soon locks up: reset, and begin elsewhere */
	WILD_CYCLES = 600,     /* a round */
	WILD_FILL = 64 * 1024, /* bytes of noise in each memory */
};

static uint64_t next_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill(uint8_t *bytes, size_t count, uint64_t *noise)
{
	for (size_t i = 0; i + 8 <= count; i += 8) {
		uint64_t number = next_number(noise);

		memcpy(bytes + i, &number, 8);
	}
}

/* Noise in flash and RAM; every second board also takes faults in handlers made of noise. */
static uint64_t run_wild(uint64_t seed, uint64_t *ret_insns)
{
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, seed);
	struct board_state *state;
	uint64_t noise = seed * 0x9e3779b97f4a7c15u + 1;
	uint64_t hash;

	ck_assert_ptr_nonnull(vb);
	state = vboard_test_state(vb);
	fill(state->flash, WILD_FILL, &noise);
	if (seed % 2)
		for (uint32_t i = 0; i < EXC_COUNT; i++)
			state->flash[4 * i + 3] = 0x08, state->flash[4 * i + 2] = 0,
					     state->flash[4 * i] |= 1;
	vboard_power_on(vb);
	fill(state->chip.ram, WILD_FILL, &noise);
	for (uint64_t round = 0; round < WILD_ROUNDS; round++) {
		vboard_line(vb, VBOARD_RESET, true);
		vboard_line(vb, VBOARD_RESET, false);
		for (int i = 0; i < 13; i++)
			state->chip.cpu.r[i] =
				RAM_BASE + (uint32_t)(next_number(&noise) % WILD_FILL);
		vboard_test_start(
			vb, (round % 3 ? FLASH_BASE : RAM_BASE) + (uint32_t)(noise % 4096) * 2,
			RAM_BASE + WILD_FILL / 2);
		state->chip.nvic.enabled[0] |= round % 5 ? 0 : 7u << EXC_MEMMANAGE;
		vboard_run(vb, vboard_cycle(vb) + WILD_CYCLES);
	}
	ck_assert_uint_ge(vboard_cycle(vb), WILD_ROUNDS * WILD_CYCLES);
	*ret_insns += vboard_insns(vb);
	hash = vboard_test_hash(vb);
	vboard_free(vb);
	return hash;
}

START_TEST(noise_stays_inside)
{
	uint64_t insns = 0;

	for (uint64_t seed = 1; seed <= WILD_BOARDS; seed++)
		run_wild(seed, &insns);
	ck_assert_uint_gt(insns, WILD_BOARDS * 100); /* they did run */
}
END_TEST

START_TEST(same_noise_same_end)
{
	uint64_t insns = 0;

	for (uint64_t seed = 1; seed <= 40; seed++)
		ck_assert_uint_eq(run_wild(seed, &insns), run_wild(seed, &insns));
	ck_assert_uint_ne(run_wild(1, &insns), run_wild(2, &insns));
}
END_TEST

/* Every 16-bit encoding, and 32-bit ones with noise behind: decoded and run once. */
START_TEST(every_encoding)
{
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);
	uint64_t noise = 7;

	for (uint32_t half = 0; half < 0x10000; half++) {
		uint16_t code[2] = { (uint16_t)half, (uint16_t)next_number(&noise) };

		state->chip.cpu = (struct cpu_state){ .exclusive = 1 };
		state->chip.nvic.active[0] = 0;
		state->chip.nvic.pending[0] = 0;
		for (int i = 0; i < 13; i++)
			state->chip.cpu.r[i] = (uint32_t)next_number(&noise);
		bare_code(vb, BARE_CODE, code, 2);
		vboard_test_start(vb, BARE_CODE, BARE_SP);
		bare_run(vb, 1);
	}
	ck_assert_uint_gt(state->fault_count, 0);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_wild");
	TCase *tcase = tcase_create("noise");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, noise_stays_inside);
	tcase_add_test(tcase, same_noise_same_end);
	tcase_add_test(tcase, every_encoding);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

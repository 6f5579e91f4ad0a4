/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware that a torn update left is any bytes at all. Boards full of seeded random bytes must
 * stay inside their memory (the sanitized build watches), come back in time, and do the same again.
 */
#include "lib/bare.h"
#include "lib/testing.h"
#include "lib/wild.h"
#include "vboard/bus.h"

#include <stdlib.h>

enum { PLAYS = 2000, PLAYS_SMALL = 200, AGAIN_EACH = 10, PLAY_BYTES = 4096 };

static uint64_t next_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Noise; every second time behind vectors that point into it, so that it runs for longer. */
static size_t make_play(uint64_t seed, uint8_t *bytes)
{
	uint64_t noise = seed * 0x9e3779b97f4a7c15u + 1;
	size_t size = 512 + next_number(&noise) % (PLAY_BYTES - 512);
	size_t image;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(next_number(&noise) >> 32);
	bytes[0] = (uint8_t)(bytes[0] & 0x87); /* a few events */
	image = 1 + (bytes[0] & 7) * 5u;
	if (seed % 2 == 0)
		return size;
	for (size_t i = 0; i < 16; i++) {
		uint32_t word =
			i ? FLASH_BASE + 0x41 + (uint32_t)(noise >> i) % 64 * 2 : RAM_BASE + 0x8000;

		memcpy(&bytes[image + 4 * i], &word, sizeof(word));
	}
	return size;
}

/* A few thousand boards full of noise: the same noise, the same end. */
START_TEST(noise_stays_inside)
{
	const char *scale = getenv("FLOW_SCALE");
	uint64_t count = scale && strcmp(scale, "small") == 0 ? PLAYS_SMALL : PLAYS;
	uint8_t bytes[PLAY_BYTES];
	uint64_t before = 0;
	uint64_t same = 0;

	for (uint64_t seed = 1; seed <= count; seed++) {
		size_t size = make_play(seed, bytes);
		uint64_t hash = wild_play(bytes, size);

		if (seed % AGAIN_EACH == 0)
			ck_assert_uint_eq(wild_play(bytes, size), hash);
		same += hash == before;
		before = hash;
	}
	ck_assert_uint_eq(same, 0);
}
END_TEST

/* Firmware that never ends is stopped by the deadline, whatever it does. */
static const struct endless {
	const char *what;
	uint16_t code[8];
	uint32_t r0, r1;
	uint32_t fault_cfsr; /* 0: it does not fault */
} endless[] = {
	{ "a loop", { 0x3001, 0xe7fd }, 0, 0, 0 },
	{ "sleep", { 0xb672, 0xbf30, 0xe7fd }, 0, 0, 0 },
	{ "calls itself until the stack ends", { 0xb5ff, 0xf7ff, 0xfffd }, 0, 0, CFSR_STKERR },
	{ "jumps into nowhere", { 0x4700 }, 0x10000001, 0, CFSR_IBUSERR },
	{ "jumps off the end of flash", { 0x4700 }, 0x080ffffd, 0, CFSR_IBUSERR },
	{ "runs a peripheral", { 0x4700 }, 0x40020001, 0, CFSR_IACCVIOL },
	{ "stores into locked flash for ever", { 0x6001, 0xe7fd }, 0x08010000, 5, 0 },
	{ "resets itself for ever", { 0x6001, 0xe7fd }, 0xe000ed0c, 0x05fa0004, 0 },
	{ "pends its NMI for ever", { 0x6001, 0xe7fd }, 0xe000ed04, 0x80000000, 0 },
};

START_TEST(firmware_that_never_ends)
{
	enum { LONG = 30000000 };
	const struct endless *row = &endless[_i];
	/* r0 and r1 from literals, the code, a handler that returns */
	const uint16_t begin[] = { 0x4801, 0x4902, 0xe004, 0xbf00 };
	const uint16_t handler = 0x4770;
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);
	struct board_state *state = vboard_test_state(vb);
	uint32_t vectors[16];
	uint32_t literals[2] = { row->r0, row->r1 };
	uint8_t *flash = malloc(VBOARD_FLASH_BYTES);
	uint8_t *after = malloc(VBOARD_FLASH_BYTES);
	bool returns = row->fault_cfsr == 0;

	for (int i = 0; i < 16; i++)
		vectors[i] = i == 0    ? RAM_BASE + 0x1000
			     : i == 1  ? FLASH_BASE + 0x101
			     : returns ? FLASH_BASE + 0x201
				       : 0x10000001; /* not even a handler */
	ck_assert(vboard_flash_load(vb, FLASH_BASE, vectors, sizeof(vectors)));
	ck_assert(vboard_flash_load(vb, FLASH_BASE + 0x100, begin, sizeof(begin)));
	ck_assert(vboard_flash_load(vb, FLASH_BASE + 0x108, literals, sizeof(literals)));
	ck_assert(vboard_flash_load(vb, FLASH_BASE + 0x110, row->code, sizeof(row->code)));
	ck_assert(vboard_flash_load(vb, FLASH_BASE + 0x200, &handler, sizeof(handler)));
	ck_assert(vboard_flash_read(vb, FLASH_BASE, flash, VBOARD_FLASH_BYTES));
	vboard_power_on(vb);
	ck_assert_int_eq(vboard_run(vb, LONG), VBOARD_STOP_DEADLINE);
	ck_assert_uint_ge(vboard_cycle(vb), LONG);
	ck_assert_uint_lt(vboard_cycle(vb), LONG + 100);
	ck_assert(vboard_flash_read(vb, FLASH_BASE, after, VBOARD_FLASH_BYTES));
	ck_assert_mem_eq(flash, after, VBOARD_FLASH_BYTES);
	ck_assert_msg((state->fault_count != 0) == (row->fault_cfsr != 0), "%s: %u faults, %08x",
		      row->what, state->fault_count, state->fault_cfsr);
	if (row->fault_cfsr)
		ck_assert_msg(state->chip.scs.cfsr & row->fault_cfsr, "%s: %08x", row->what,
			      state->chip.scs.cfsr);
	free(flash);
	free(after);
	vboard_free(vb);
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
	tcase_add_loop_test(tcase, firmware_that_never_ends, 0,
			    (int)(sizeof(endless) / sizeof(endless[0])));
	tcase_add_test(tcase, every_encoding);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weak cells of the virtual board: where they come from, how they read, when they end. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/bus.h"

#include <stdlib.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	SPOT = FLASH_BASE + 0x4000, /* sector 1, 16 KiB */
	SECTOR_BYTES = 0x4000,
	READS = 64,
};

static struct vboard *weak_board(uint64_t seed)
{
	struct vboard *vb = bare_new();

	vboard_set_cells(vb, VBOARD_CELLS_WEAK);
	vboard_seed(vb, seed);
	return vb;
}

static void tear(struct vboard *vb, bool erase, uint32_t permille)
{
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = permille };

	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(erase ? vboard_flash_erase(vb, SPOT) : vboard_flash_program(vb, SPOT, 0),
			 VBOARD_STOP_CUT);
	vboard_power_on(vb);
}

/* A board whose word at SPOT has weak cells: *ret_mask says which, by what reads as 1 and as 0. */
static struct vboard *torn_board(uint32_t *ret_mask)
{
	for (uint64_t seed = 0; seed < 32; seed++) {
		struct vboard *vb = weak_board(seed);

		tear(vb, false, 500);
		*ret_mask = vb->s.weak.word_count ? vb->s.weak.words[0].mask : 0;
		if (*ret_mask)
			return vb;
		vboard_free(vb);
	}
	ck_abort_msg("no torn word of 32 has a weak cell");
}

/* Bits of the word that were seen as 0, and as 1. */
static void look(struct vboard *vb, uint32_t address, uint32_t *ret_zeros, uint32_t *ret_ones)
{
	*ret_zeros = 0;
	*ret_ones = 0;
	for (int i = 0; i < READS; i++) {
		uint32_t word = 0;

		ck_assert(bus_read32(vb, address, &word));
		*ret_ones |= word;
		*ret_zeros |= ~word;
	}
}

START_TEST(torn_word)
{
	uint32_t mask;
	uint32_t zeros;
	uint32_t ones;
	struct vboard *vb = torn_board(&mask);

	look(vb, SPOT, &zeros, &ones);
	ck_assert_uint_eq(zeros & ones, mask); /* half the reads: 64 of them miss none */
	ck_assert_uint_eq(bare_word(vb, SPOT) & mask, mask);
	ck_assert_uint_eq(vboard_weak_cells(vb), (uint32_t)__builtin_popcount(mask));
	look(vb, SPOT - FLASH_BASE, &zeros, &ones); /* by the alias too */
	ck_assert_uint_eq(zeros & ones, mask);
	look(vb, SPOT + 4, &zeros, &ones); /* the next word is whole */
	ck_assert_uint_eq(ones, UINT32_MAX);
	ck_assert_uint_eq(zeros, 0);
	vboard_free(vb);
}
END_TEST

/* A reset and a power cycle change nothing; a 0 programmed into it does, and an erase. */
START_TEST(how_it_ends)
{
	uint32_t mask;
	uint32_t zeros;
	uint32_t ones;
	struct vboard *vb = torn_board(&mask);

	vboard_power_off(vb);
	vboard_power_on(vb);
	look(vb, SPOT, &zeros, &ones);
	ck_assert_uint_eq(zeros & ones, mask);
	ck_assert_int_eq(vboard_flash_program(vb, SPOT, ~(mask & -mask)), VBOARD_STOP_DEADLINE);
	look(vb, SPOT, &zeros, &ones);
	ck_assert_uint_eq(zeros & ones, mask & (mask - 1)); /* all but the one that was settled */
	ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_DEADLINE);
	look(vb, SPOT, &zeros, &ones);
	ck_assert_uint_eq(zeros, 0);
	ck_assert_uint_eq(vboard_weak_cells(vb), 0);
	ck_assert(flash_is_sure(vb));
	vboard_free(vb);
}
END_TEST

START_TEST(torn_erase)
{
	static const uint32_t permilles[] = { 150, 600 };

	for (int i = 0; i < COUNT(permilles); i++) {
		struct vboard *vb = weak_board(3);
		uint32_t weak;
		uint32_t varying = 0;
		uint32_t zeros;
		uint32_t ones;

		tear(vb, true, permilles[i]);
		weak = vboard_weak_cells(vb);
		/* some percent of 131072 cells */
		ck_assert_uint_gt(weak, SECTOR_BYTES * 8 / 50);
		ck_assert_uint_lt(weak, SECTOR_BYTES * 8 / 4);
		for (uint32_t at = 0; at < SECTOR_BYTES; at += 64) {
			look(vb, SPOT + at, &zeros, &ones);
			varying += zeros & ones ? 1 : 0;
		}
		ck_assert_uint_gt(varying, SECTOR_BYTES / 64 / 2);
		look(vb, SPOT + SECTOR_BYTES, &zeros, &ones);
		ck_assert_uint_eq(zeros, 0);
		ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_DEADLINE);
		ck_assert_uint_eq(vboard_weak_cells(vb), 0);
		vboard_free(vb);
	}
}
END_TEST

/* Firm is the default: what a torn operation leaves reads the same for ever. */
START_TEST(off_by_default)
{
	struct vboard *vb = bare_new();

	tear(vb, true, 600);
	tear(vb, false, 500);
	ck_assert_uint_eq(vboard_weak_cells(vb), 0);
	ck_assert(flash_is_sure(vb));
	vboard_free(vb);
}
END_TEST

/* The code at SPOT is what each fetch finds there, though it was decoded before. */
START_TEST(fetched_anew)
{
	uint32_t mask;
	struct vboard *vb = torn_board(&mask);
	struct cpu_state *cpu = &vboard_test_state(vb)->chip.cpu;
	uint32_t seen = 0;

	/* the low half of the word is movs r0, #imm whatever the low byte reads */
	vb->s.weak.words[0] = (struct weak_word){ SPOT - FLASH_BASE, 0x11, 128 };
	vb->s.flash[SPOT - FLASH_BASE + 0] = 0xff;
	vb->s.flash[SPOT - FLASH_BASE + 1] = 0x20; /* movs r0, #0xff */
	vb->s.flash[SPOT - FLASH_BASE + 2] = 0xfd;
	vb->s.flash[SPOT - FLASH_BASE + 3] = 0xe7; /* b . - 2 */
	code_flash_changed(vb, SPOT - FLASH_BASE, 4);
	vboard_test_start(vb, SPOT, BARE_SP);
	for (int i = 0; i < READS; i++) {
		bare_run(vb, 2);
		ck_assert_uint_eq(cpu->r[0] | 0x11, 0xff);
		seen |= 1u << (cpu->r[0] & 1) << 2 * (cpu->r[0] >> 4 & 1);
	}
	ck_assert_uint_eq(seen, 0xf); /* all four ways to read two cells */
	vboard_free(vb);
}
END_TEST

/* Same seed, same reads; and they are kept with the storage. */
START_TEST(repeatable_and_kept)
{
	void *storage = malloc(vboard_storage_bytes());
	uint32_t words[2][READS];
	uint64_t hashes[2];
	uint32_t weak = 0;

	ck_assert_ptr_nonnull(storage);
	for (int i = 0; i < 2; i++) {
		struct vboard *vb = weak_board(9);

		tear(vb, true, 500);
		for (uint32_t k = 0; k < READS; k++)
			ck_assert(bus_read32(vb, SPOT + 4 * k, &words[i][k]));
		hashes[i] = vboard_test_hash(vb);
		weak = vboard_weak_cells(vb);
		vboard_power_off(vb);
		vboard_storage_save(vb, storage);
		vboard_free(vb);
	}
	ck_assert(memcmp(words[0], words[1], sizeof(words[0])) == 0);
	ck_assert_uint_eq(hashes[0], hashes[1]);
	for (int i = 0; i < 2; i++) {
		struct vboard *vb = bare_new();

		vboard_storage_restore(vb, storage);
		ck_assert_uint_eq(vboard_weak_cells(vb), weak);
		ck_assert(!flash_is_sure(vb));
		ck_assert(vboard_flash_load(vb, SPOT + 8, "1234", 4)); /* erases before */
		ck_assert_uint_eq(vboard_weak_cells(vb), 0);
		vboard_free(vb);
	}
	free(storage);
}
END_TEST

/* The list of words is bounded: later torn words have firm cells. */
START_TEST(bounded)
{
	struct vboard *vb = weak_board(1);

	for (uint32_t i = 0; i < 4 * WEAK_WORDS_MAX; i++) {
		const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
						.form = VBOARD_CUT_TORN,
						.permille = 500 };

		vboard_arm_cut(vb, &cut);
		ck_assert_int_eq(vboard_flash_program(vb, SPOT + 4 * i, 0), VBOARD_STOP_CUT);
		vboard_power_on(vb);
	}
	ck_assert_uint_eq(vb->s.weak.word_count, WEAK_WORDS_MAX);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_cells");
	TCase *tcase = tcase_create("cells");

	tcase_add_test(tcase, torn_word);
	tcase_add_test(tcase, how_it_ends);
	tcase_add_test(tcase, torn_erase);
	tcase_add_test(tcase, off_by_default);
	tcase_add_test(tcase, fetched_anew);
	tcase_add_test(tcase, repeatable_and_kept);
	tcase_add_test(tcase, bounded);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

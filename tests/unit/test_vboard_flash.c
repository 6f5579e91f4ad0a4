/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash controller of the virtual board: locks, programming, erasing, errors, times. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/bus.h"
#include "vboard/cpu.h"
#include "vboard/flash.h"

#include <stdlib.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	KEYR = 0x04,

	SR = 0x0c,
	CR = 0x10,

	CR_PG = 1,
	CR_SER = 2,
	CR_STRT = 1 << 16,
	PSIZE_8 = 0,
	PSIZE_16 = 1 << 8,
	PSIZE_32 = 2 << 8,
	PSIZE_64 = 3 << 8,
	CR_MER = 4,
	CR_EOPIE = 1 << 24,
	CR_ERRIE = 1 << 25,
	SR_WRPERR = 1 << 4,
	SR_EOP = 1 << 0,
	SR_OPERR = 1 << 1,
	SR_PGPERR = 1 << 6,
	SR_PGSERR = 1 << 7,
	SPOT = FLASH_BASE + 0x20000, /* sector 5 */
	PROGRAM_CYCLES = 16 * VBOARD_CYCLES_PER_US,
};

#define CR_LOCKED 0x80000000u

static void write_register(struct vboard *vb, uint32_t offset, uint32_t value)
{
	flash_write(vb, offset, value, UINT32_MAX);
}

static struct vboard *open_board(uint32_t cr)
{
	struct vboard *vb = bare_new();

	write_register(vb, KEYR, 0x45670123);
	write_register(vb, KEYR, 0xcdef89ab);
	write_register(vb, CR, cr);
	return vb;
}

struct key_row {
	const char *name;
	uint32_t keys[4];
	uint32_t count;
	bool opens;
};

static const struct key_row key_rows[] = {
	{ "both", { 0x45670123, 0xcdef89ab }, 2, true },
	{ "one", { 0x45670123 }, 1, false },
	{ "wrong order", { 0xcdef89ab, 0x45670123 }, 2, false },
	{ "wrong second", { 0x45670123, 0x45670123 }, 2, false },
	{ "right after wrong: closed until reset", { 1, 0x45670123, 0xcdef89ab }, 3, false },
};

START_TEST(keys)
{
	const struct key_row *row = &key_rows[_i];
	struct vboard *vb = bare_new();

	for (uint32_t i = 0; i < row->count; i++)
		write_register(vb, KEYR, row->keys[i]);
	ck_assert_msg((flash_read(vb, CR) == CR_LOCKED) == !row->opens, "%s", row->name);
	write_register(vb, CR, CR_PG | PSIZE_32);
	ck_assert_msg((flash_read(vb, CR) == (CR_PG | PSIZE_32)) == row->opens, "%s", row->name);
	vboard_line(vb, VBOARD_RESET, true);
	vboard_line(vb, VBOARD_RESET, false);
	ck_assert_uint_eq(flash_read(vb, CR), CR_LOCKED);
	write_register(vb, KEYR, 0x45670123);
	write_register(vb, KEYR, 0xcdef89ab);
	ck_assert_uint_eq(flash_read(vb, CR), 0);
	write_register(vb, CR, CR_LOCKED);
	ck_assert_uint_eq(flash_read(vb, CR), CR_LOCKED);
	vboard_free(vb);
}
END_TEST

struct store_row {
	const char *name;
	uint32_t cr;
	uint32_t address;
	uint32_t size;
	uint32_t sr; /* error, 0: programmed */
	uint32_t word;
};

/* The word at SPOT holds 0xff00f0f0 before; 0x5a5a5a5a is stored. */
static const struct store_row store_rows[] = {
	{ "word", CR_PG | PSIZE_32, SPOT, 4, 0, 0x5a005050 },
	{ "halfword", CR_PG | PSIZE_16, SPOT + 2, 2, 0, 0x5a00f0f0 },
	{ "byte", CR_PG | PSIZE_8, SPOT + 3, 1, 0, 0x5a00f0f0 },
	{ "by the alias at 0", CR_PG | PSIZE_32, SPOT - FLASH_BASE, 4, 0, 0x5a005050 },
	{ "not in programming mode", 0, SPOT, 4, SR_PGSERR, 0xff00f0f0 },
	{ "in erase mode", CR_PG | CR_SER | PSIZE_32, SPOT, 4, SR_PGSERR, 0xff00f0f0 },
	{ "byte in word mode", CR_PG | PSIZE_32, SPOT, 1, SR_PGPERR, 0xff00f0f0 },
	{ "word in byte mode", CR_PG | PSIZE_8, SPOT, 4, SR_PGPERR, 0xff00f0f0 },
	/* the core makes two halfwords of it */
	{ "unaligned word", CR_PG | PSIZE_32, SPOT + 2, 4, SR_PGPERR, 0xff00f0f0 },
	{ "double words: no VPP", CR_PG | PSIZE_64, SPOT, 4, SR_PGPERR, 0xff00f0f0 },
	{ "with its interrupt", CR_PG | PSIZE_8 | CR_ERRIE, SPOT, 4, SR_PGPERR | SR_OPERR,
	  0xff00f0f0 },
	{ "protected sector", CR_PG | PSIZE_32, FLASH_BASE + 0x4000, 4, SR_WRPERR, 0xff00f0f0 },
};

START_TEST(stores)
{
	const struct store_row *row = &store_rows[_i];
	const uint32_t before = 0xff00f0f0;
	struct vboard *vb = bare_new();
	uint64_t cycle;
	uint32_t value = 0x5a5a5a5a;

	ck_assert(vboard_flash_load(vb, SPOT, &before, 4));
	vboard_test_state(vb)->option_bytes &= ~(1u << 17); /* sector 1 */
	write_register(vb, KEYR, 0x45670123);
	write_register(vb, KEYR, 0xcdef89ab);
	write_register(vb, CR, row->cr);
	cycle = vboard_cycle(vb);
	if (row->size == 4)
		ck_assert(bus_write32(vb, row->address, value));
	else if (row->size == 2)
		ck_assert(bus_write16(vb, row->address, value));
	else
		ck_assert(bus_write8(vb, row->address, value));
	ck_assert_msg(flash_read(vb, SR) == row->sr, "%s: SR %x", row->name, flash_read(vb, SR));
	ck_assert_msg(bare_word(vb, SPOT) == row->word, "%s: %08x", row->name, bare_word(vb, SPOT));
	ck_assert_uint_eq(vboard_cycle(vb) - cycle, row->sr ? 0 : PROGRAM_CYCLES);
	ck_assert_uint_eq(vboard_flash_ops(vb), row->sr ? 0 : 1);
	ck_assert_uint_eq(vboard_insns(vb), 0);
	write_register(vb, SR, row->sr); /* cleared by writing 1 */
	ck_assert_uint_eq(flash_read(vb, SR), 0);
	vboard_free(vb);
}
END_TEST

struct sector_row {
	uint32_t address, begin, bytes, milliseconds;
};

static const struct sector_row sector_rows[] = {
	{ 0x08000000, 0x08000000, 0x4000, 250 },   { 0x08007fff, 0x08004000, 0x4000, 250 },
	{ 0x0800fffc, 0x0800c000, 0x4000, 250 },   { 0x08010000, 0x08010000, 0x10000, 550 },
	{ 0x08020000, 0x08020000, 0x20000, 1000 }, { 0x080fffff, 0x080e0000, 0x20000, 1000 },
};

START_TEST(sector_erase)
{
	const struct sector_row *row = &sector_rows[_i];
	struct vboard *vb = bare_new();
	struct board_state *state = vboard_test_state(vb);
	uint32_t begin = 0;

	ck_assert_uint_eq(vboard_flash_sector(row->address, &begin), row->bytes);
	ck_assert_uint_eq(begin, row->begin);
	memset(state->flash, 0, sizeof(state->flash));
	ck_assert_int_eq(vboard_flash_erase(vb, row->address), VBOARD_STOP_DEADLINE);
	for (uint32_t i = 0; i < VBOARD_FLASH_BYTES; i++)
		if (state->flash[i] != (FLASH_BASE + i - begin < row->bytes ? 0xff : 0))
			ck_abort_msg("byte at %x is wrong", FLASH_BASE + i);
	ck_assert_uint_eq(vboard_cycle(vb), row->milliseconds * 120000ull);
	ck_assert_uint_eq(vboard_flash_ops(vb), 1);
	vboard_free(vb);
}
END_TEST

START_TEST(erase_command)
{
	struct vboard *vb = open_board(CR_SER | PSIZE_32 | 5 << 3 | CR_STRT);
	uint32_t word = 0;

	ck_assert_uint_eq(vboard_cycle(vb), 120000000);
	ck_assert_uint_eq(flash_read(vb, CR), CR_SER | PSIZE_32 | 5 << 3);
	ck_assert_uint_eq(vboard_flash_wear(vb, FLASH_BASE + 0x20000), 1);
	write_register(vb, CR, CR_SER | PSIZE_32 | 13 << 3 | CR_STRT); /* no such sector */
	ck_assert_uint_eq(flash_read(vb, SR), SR_PGSERR);
	ck_assert_uint_eq(vboard_flash_ops(vb), 1);
	ck_assert(vboard_flash_sector(FLASH_BASE + VBOARD_FLASH_BYTES, NULL) == 0);
	ck_assert(!vboard_flash_load(vb, FLASH_BASE + VBOARD_FLASH_BYTES - 2, &word, 4));
	vboard_free(vb);
}
END_TEST

struct erase_row {
	const char *name;
	uint32_t cr;
	uint32_t milliseconds; /* DS6329, Flash memory programming: typical, longest */
	uint32_t longest;
	uint32_t sr;
	uint32_t erased; /* sectors, a bit each */
};

/* Sector 1 is write protected in the rows that say so (by bit 31 of 'cr', which is not written). */
static const struct erase_row erase_rows[] = {
	{ "16 KB x8", CR_SER | 2 << 3 | PSIZE_8, 400, 800, 0, 1 << 2 },
	{ "16 KB x16", CR_SER | 2 << 3 | PSIZE_16, 300, 600, 0, 1 << 2 },
	{ "16 KB x32", CR_SER | 2 << 3 | PSIZE_32, 250, 500, 0, 1 << 2 },
	{ "64 KB x8", CR_SER | 4 << 3 | PSIZE_8, 1200, 2400, 0, 1 << 4 },
	{ "64 KB x16", CR_SER | 4 << 3 | PSIZE_16, 700, 1400, 0, 1 << 4 },
	{ "64 KB x32", CR_SER | 4 << 3 | PSIZE_32, 550, 1100, 0, 1 << 4 },
	{ "128 KB x8", CR_SER | 11 << 3 | PSIZE_8, 2000, 4000, 0, 1 << 11 },
	{ "128 KB x16", CR_SER | 11 << 3 | PSIZE_16, 1300, 2600, 0, 1 << 11 },
	{ "128 KB x32", CR_SER | 11 << 3 | PSIZE_32, 1000, 2000, 0, 1 << 11 },
	{ "all x8", CR_MER | PSIZE_8, 16000, 32000, 0, 0xfff },
	{ "all x16", CR_MER | PSIZE_16, 11000, 22000, 0, 0xfff },
	{ "all x32", CR_MER | PSIZE_32, 8000, 16000, 0, 0xfff },
	{ "with its interrupt", CR_SER | 2 << 3 | PSIZE_32 | CR_EOPIE, 250, 500, SR_EOP, 1 << 2 },
	{ "x64: no VPP", CR_SER | 2 << 3 | PSIZE_64, 0, 0, SR_PGPERR, 0 },
	{ "SER and MER", CR_SER | CR_MER | PSIZE_32, 0, 0, 0, 0 },
	{ "protected", CR_LOCKED | CR_SER | 1 << 3 | PSIZE_32, 0, 0, SR_WRPERR, 0 },
	{ "another is protected", CR_LOCKED | CR_SER | 2 << 3 | PSIZE_32, 250, 500, 0, 1 << 2 },
	{ "all, one protected", CR_LOCKED | CR_MER | PSIZE_32, 0, 0, SR_WRPERR, 0 },
};

START_TEST(erases)
{
	const struct erase_row *row = &erase_rows[_i];

	for (int longest = 0; longest < 2; longest++) {
		struct vboard *vb = open_board(0);
		struct board_state *state = vboard_test_state(vb);
		uint32_t ms = longest ? row->longest : row->milliseconds;

		if (longest)
			vboard_set_timing(vb, vboard_timing_of(VBOARD_TIMING_MAX));
		if (row->cr & CR_LOCKED)
			state->option_bytes &= ~(1u << 17);
		memset(state->flash, 0, sizeof(state->flash));
		write_register(vb, CR, (row->cr & ~CR_LOCKED) | CR_STRT);
		ck_assert_msg(vboard_cycle(vb) == ms * 120000ull, "%s: %llu cycles", row->name,
			      (unsigned long long)vboard_cycle(vb));
		ck_assert_msg(flash_read(vb, SR) == row->sr, "%s: SR %x", row->name,
			      flash_read(vb, SR));
		ck_assert_uint_eq(vboard_flash_ops(vb), row->erased ? 1 : 0);
		for (uint32_t sector = 0, at = FLASH_BASE; sector < FLASH_SECTORS; sector++) {
			uint32_t bytes = vboard_flash_sector(at, NULL);
			bool erased = (row->erased >> sector & 1) != 0;

			ck_assert_uint_eq(vboard_flash_wear(vb, at), erased);
			for (uint32_t i = 0; i < bytes; i++)
				if (state->flash[at - FLASH_BASE + i] != (erased ? 0xff : 0))
					ck_abort_msg("byte at %x is wrong", at + i);
			at += bytes;
		}
		vboard_free(vb);
	}
}
END_TEST

/* EOP and OPERR raise interrupt 4 while they stand (PM0059, FLASH_SR and FLASH_CR). */
START_TEST(interrupt)
{
	struct vboard *vb = open_board(CR_PG | PSIZE_32 | CR_EOPIE | CR_ERRIE);
	const uint32_t *level = vboard_test_state(vb)->chip.nvic.level;
	uint32_t bit = 1u << (EXC_IRQ0 + IRQ_FLASH);

	ck_assert(!(level[0] & bit));
	ck_assert(bus_write_slow(vb, SPOT, 4, 0));
	ck_assert_uint_eq(flash_read(vb, SR), SR_EOP);
	ck_assert(level[0] & bit);
	write_register(vb, SR, SR_EOP);
	ck_assert(!(level[0] & bit));
	ck_assert(bus_write_slow(vb, SPOT, 1, 0));
	ck_assert_uint_eq(flash_read(vb, SR), SR_PGPERR | SR_OPERR);
	ck_assert(level[0] & bit);
	write_register(vb, CR, CR_PG | PSIZE_32); /* not enabled: no interrupt, the flag stays */
	ck_assert(!(level[0] & bit));
	vboard_free(vb);
}
END_TEST

/*
 * Code in flash is changed, and runs as changed: where it is, at its alias, and, for RAM, by a
 * plain store. r0 tells which is run.
 */
START_TEST(changed_code_is_seen)
{
	static const uint16_t old[] = { 0x20ff, 0xe7fe }; /* movs r0, #255; b . */
	static const uint32_t bases[] = { FLASH_BASE + 0x20000, 0x20000, RAM_BASE + 0x10000 };

	for (int i = 0; i < COUNT(bases); i++) {
		struct vboard *vb = open_board(CR_PG | PSIZE_16);
		struct cpu_state *cpu = &vboard_test_state(vb)->chip.cpu;
		uint32_t base = bases[i];

		bare_code(vb, base < FLASH_BASE ? base + FLASH_BASE : base, old, 2);
		vboard_test_start(vb, base, BARE_SP);
		bare_run(vb, 3);
		ck_assert_uint_eq(cpu->r[0], 255);
		ck_assert(bus_write16(vb, base, 0x200f)); /* movs r0, #15 */
		vboard_test_start(vb, base, BARE_SP);
		bare_run(vb, 3);
		ck_assert_uint_eq(cpu->r[0], 15);
		if (base < RAM_BASE)
			ck_assert_int_eq(vboard_flash_erase(vb, FLASH_BASE + 0x20000),
					 VBOARD_STOP_DEADLINE);
		else
			bare_set_word(vb, base, UINT32_MAX);
		vboard_test_start(vb, base, BARE_SP);
		bare_run(vb, 1);
		ck_assert_uint_eq(vboard_test_state(vb)->fault_count, 1);
		vboard_free(vb);
	}
}
END_TEST

/* An instruction that changes the one after it, and the second half of a long one. */
START_TEST(code_changes_itself)
{
	static const uint16_t code[] = {
		0x8011,		/* strh r1, [r2] */
		0x2001,		/* movs r0, #1 */
		0x8023,		/* strh r3, [r4] */
		0xf240, 0x0500, /* movw r5, #0 */
		0xe7f9,		/* b . - 10 */
	};
	struct vboard *vb = bare_new();
	struct cpu_state *cpu = &vboard_test_state(vb)->chip.cpu;

	bare_code(vb, BARE_CODE, code, sizeof(code) / 2);
	cpu->r[1] = 0x2007; /* movs r0, #7 */
	cpu->r[2] = BARE_CODE + 2;
	cpu->r[3] = 0x0563; /* movw r5, #0x63 */
	cpu->r[4] = BARE_CODE + 8;
	bare_run(vb, 4);
	ck_assert_uint_eq(cpu->r[0], 7);
	ck_assert_uint_eq(cpu->r[5], 0x63);
	vboard_free(vb);
}
END_TEST

START_TEST(storage_comes_back)
{
	void *storage = malloc(vboard_storage_bytes());
	struct vboard *vb = bare_new();
	uint8_t byte = 0x42;

	ck_assert_ptr_nonnull(storage);
	vboard_test_state(vb)->backup.dr[3] = 33;
	ck_assert(vboard_flash_load(vb, SPOT, &byte, 1));
	vboard_storage_save(vb, storage);
	ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_DEADLINE);
	vboard_test_state(vb)->backup.dr[3] = 0;
	vboard_storage_restore(vb, storage);
	ck_assert_uint_eq(bare_word(vb, SPOT), 0xffffff42);
	ck_assert_uint_eq(vboard_test_state(vb)->backup.dr[3], 33);
	ck_assert_uint_eq(vboard_test_state(vb)->wear[5], 0);
	vboard_free(vb);
	free(storage);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_flash");
	TCase *tcase = tcase_create("flash");

	tcase_add_loop_test(tcase, keys, 0, COUNT(key_rows));
	tcase_add_loop_test(tcase, stores, 0, COUNT(store_rows));
	tcase_add_loop_test(tcase, sector_erase, 0, COUNT(sector_rows));
	tcase_add_test(tcase, erase_command);
	tcase_add_loop_test(tcase, erases, 0, COUNT(erase_rows));
	tcase_add_test(tcase, interrupt);
	tcase_add_test(tcase, changed_code_is_seen);
	tcase_add_test(tcase, code_changes_itself);
	tcase_add_test(tcase, storage_comes_back);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The supply of the virtual board: ramps, thresholds, reset causes, what holds, the watchdog. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/bus.h"
#include "vboard/peripherals.h"
#include "vboard/rail.h"
#include "vboard/time_fields.h"

#include <stdlib.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum {
	US = VBOARD_CYCLES_PER_US,
	SPOT = FLASH_BASE + 0x20000,
	PWR_CR = 0x40007000,
	PWR_CSR = 0x40007004,
	RCC_AHB1ENR = 0x40023830,
	RCC_BDCR = 0x40023870,
	RCC_CSR = 0x40023874,
	BACKUP_SRAM = 0x40024000,
	IWDG_KR = 0x40003000,
	IWDG_PR = 0x40003004,
	IWDG_RLR = 0x40003008,
	EXTI_IMR = 0x40013c00,
	EXTI_RTSR = 0x40013c08,
	EXTI_FTSR = 0x40013c0c,
	EXTI_PR = 0x40013c14,
	AIRCR_RESET = 0x05fa0004,
	FLAG_BOR = 1 << 25,
	FLAG_PIN = 1 << 26,
	FLAG_POR = 1 << 27,
	FLAG_SFT = 1 << 28,
	FLAG_IWDG = 1 << 29,
	RMVF = 1 << 24,
	OPTION_BOR_OFF = 3 << 2,
	OPTION_WDG_SW = 1 << 5,
	LOOP = 0xe7fe, /* b . */
};

#define FLAGS 0xfe000000u

static uint32_t get(struct vboard *vb, uint32_t address)
{
	uint32_t value = 0;

	ck_assert(bus_read32(vb, address, &value));
	return value;
}

static void put(struct vboard *vb, uint32_t address, uint32_t value)
{
	ck_assert(bus_write32(vb, address, value));
}

/* A board that loops, in flash so that it does so after a reset too. */
static struct vboard *looping(uint32_t fall_us, uint32_t rise_us)
{
	static const uint32_t vectors[] = { BARE_SP, FLASH_BASE + 0x101 };
	static const uint16_t loop = LOOP;
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);
	const struct vboard_supply supply = { .fall_us = fall_us, .rise_us = rise_us };

	ck_assert_ptr_nonnull(vb);
	ck_assert(vboard_flash_load(vb, FLASH_BASE, vectors, sizeof(vectors)));
	ck_assert(vboard_flash_load(vb, FLASH_BASE + 0x100, &loop, sizeof(loop)));
	vboard_set_supply(vb, &supply);
	return vb;
}

static void run_us(struct vboard *vb, uint64_t us)
{
	vboard_run(vb, vboard_cycle(vb) + us * US);
}

struct fall_row {
	uint32_t bor; /* BOR_LEV of the option bytes: 0 is level 3, 3 is off (RM0033 2.7.1) */
	uint32_t mv;  /* falls to here: DS6329, reset and power control block, typical */
	uint32_t mv_rise;
};

static const struct fall_row fall_rows[] = {
	{ 0, 2830, 2920 },
	{ 1, 2500, 2590 },
	{ 2, 2190, 2290 },
	{ 3, 1680, 1720 },
};

static void set_bor(struct vboard *vb, uint32_t level)
{
	uint32_t *options = &vboard_test_state(vb)->option_bytes;

	*options = (*options & ~(uint32_t)OPTION_BOR_OFF) | level << 2;
}

/* A fall of 33 ms: 100 mV a millisecond. The board runs until the threshold, then the cut is told.
 */
START_TEST(falls)
{
	const struct fall_row *row = &fall_rows[_i];
	static const uint16_t loop = LOOP; /* in RAM: flash may be misread on the way */
	const struct vboard_cut cut = { .by = VBOARD_CUT_CYCLE, .at = 1000 * US };
	struct vboard *vb = looping(33000, 0);
	uint64_t dies = (1000 + (3300 - row->mv) * 10) * (uint64_t)US;

	set_bor(vb, row->bor);
	vboard_power_on(vb);
	ck_assert_uint_eq(vboard_supply_mv(vb), VBOARD_SUPPLY_MV);
	bare_code(vb, BARE_CODE, &loop, 1);
	vboard_test_start(vb, BARE_CODE, BARE_SP);
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_run(vb, dies - 1), VBOARD_STOP_DEADLINE);
	ck_assert(vboard_is_powered(vb));
	ck_assert_uint_eq(vboard_insns(vb), dies - 1); /* not one less for it */
	ck_assert_int_eq(vboard_run(vb, 100000 * (uint64_t)US), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_cycle(vb), dies);
	ck_assert_uint_eq(vboard_supply_mv(vb), row->mv);
	ck_assert(!vboard_is_powered(vb));
	ck_assert_int_eq(vboard_run(vb, 100000 * (uint64_t)US), VBOARD_STOP_DEADLINE);
	ck_assert_uint_eq(vboard_supply_mv(vb), 0);
	vboard_free(vb);
}
END_TEST

/* A rise of 33 ms, from nothing: temporization counts from the power-on threshold. */
START_TEST(rises)
{
	const struct fall_row *row = &fall_rows[_i];
	struct vboard *vb = looping(0, 33000);
	uint64_t por = 17200 + 1500;
	uint64_t bor = row->mv_rise * 10;
	uint64_t starts = (por > bor ? por : bor) * US;

	set_bor(vb, row->bor);
	vboard_power_on(vb);
	ck_assert(!vboard_is_powered(vb));
	vboard_run(vb, starts - 1);
	ck_assert(!vboard_is_powered(vb));
	vboard_run(vb, starts);
	ck_assert(vboard_is_powered(vb));
	ck_assert_uint_eq(vboard_insns(vb), 0);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, FLAG_BOR | FLAG_PIN | FLAG_POR);
	vboard_run(vb, 40000 * (uint64_t)US);
	ck_assert_uint_eq(vboard_supply_mv(vb), VBOARD_SUPPLY_MV);
	ck_assert_uint_eq(vboard_insns(vb), 40000 * (uint64_t)US - starts);
	vboard_free(vb);
}
END_TEST

/* The supply may be whole before the chip is let go. */
START_TEST(rises_faster_than_the_chip)
{
	struct vboard *vb = looping(0, 330);
	uint64_t starts = (172 + 1500) * (uint64_t)US;

	vboard_power_on(vb);
	vboard_run(vb, starts - 1);
	ck_assert_uint_eq(vboard_supply_mv(vb), VBOARD_SUPPLY_MV);
	ck_assert(!vboard_is_powered(vb));
	vboard_run(vb, 2 * starts);
	ck_assert(vboard_is_powered(vb));
	ck_assert_uint_eq(vboard_insns(vb), starts);
	vboard_free(vb);
}
END_TEST

/* Switched off without a cut it is no event of the run. */
START_TEST(switched_off)
{
	struct vboard *vb = looping(1000, 0);

	vboard_power_on(vb);
	vboard_power_off(vb);
	ck_assert(vboard_is_powered(vb));
	ck_assert_int_eq(vboard_run(vb, 2000 * (uint64_t)US), VBOARD_STOP_DEADLINE);
	ck_assert(!vboard_is_powered(vb));
	ck_assert_uint_eq(vboard_insns(vb), (3300 - 1680) * 1000 * (uint64_t)US / 3300 + 1);
	vboard_free(vb);
}
END_TEST

struct dip_row {
	const char *name;
	uint32_t bor;
	uint32_t dip_us; /* of a fall of 33 ms */
	uint32_t resets;
	uint32_t flags;
	bool ram, backup;
};

/* Software has left SFTRSTF before; a power reset takes it away (RM0033 5.1.2, 5.3.20). */
static const struct dip_row dip_rows[] = {
	{ "short dip, BOR off", 3, 10000, 1, FLAG_BOR | FLAG_PIN | FLAG_POR | FLAG_SFT, true,
	  true },
	{ "short dip, BOR level 3", 0, 10000, 1, FLAG_BOR | FLAG_PIN, true, true },
	{ "below power-down, BOR off", 3, 20000, 1, FLAG_BOR | FLAG_PIN | FLAG_POR, false, false },
	{ "below power-down, BOR level 3", 0, 20000, 1, FLAG_BOR | FLAG_PIN | FLAG_POR, false,
	  false },
};

START_TEST(dips)
{
	const struct dip_row *row = &dip_rows[_i];
	struct vboard *vb = looping(33000, 0);
	struct board_state *state = vboard_test_state(vb);

	set_bor(vb, row->bor);
	vboard_power_on(vb);
	run_us(vb, 10);
	put(vb, 0xe000ed0c, AIRCR_RESET);
	run_us(vb, 10);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, FLAG_BOR | FLAG_PIN | FLAG_POR | FLAG_SFT);
	bare_set_word(vb, BARE_DATA, 0x1234);
	state->backup.dr[5] = 55;
	vboard_power_off(vb);
	run_us(vb, row->dip_us);
	vboard_power_on(vb);
	run_us(vb, 100);
	ck_assert(vboard_is_powered(vb));
	ck_assert_msg((get(vb, RCC_CSR) & FLAGS) == row->flags, "%s: %08x", row->name,
		      get(vb, RCC_CSR));
	ck_assert_msg((bare_word(vb, BARE_DATA) == 0x1234) == row->ram, "%s", row->name);
	ck_assert_msg((state->backup.dr[5] == 55) == row->backup, "%s", row->name);
	vboard_free(vb);
}
END_TEST

START_TEST(reset_causes)
{
	struct vboard *vb = looping(0, 0);

	vboard_power_on(vb);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, FLAG_BOR | FLAG_PIN | FLAG_POR);
	put(vb, RCC_CSR, RMVF);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, 0);
	put(vb, 0xe000ed0c, AIRCR_RESET);
	run_us(vb, 1);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, FLAG_SFT | FLAG_PIN);
	put(vb, IWDG_KR, 0x5555);
	put(vb, IWDG_RLR, 1);
	put(vb, IWDG_KR, 0xcccc);
	run_us(vb, 1000);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, FLAG_SFT | FLAG_PIN | FLAG_IWDG);
	put(vb, RCC_CSR, RMVF);
	vboard_line(vb, VBOARD_RESET, true);
	vboard_line(vb, VBOARD_RESET, false);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAGS, FLAG_PIN);
	vboard_free(vb);
}
END_TEST

struct watchdog_row {
	uint32_t lsi_hz, prescaler, reload;
	uint64_t us;
};

/* 4 << PR ticks of the LSI for each of RLR + 1 counts (RM0033 17.3). */
static const struct watchdog_row watchdog_rows[] = {
	{ 32000, 0, 0xfff, 512000 },
	{ 32000, 6, 99, 800000 },
	{ VBOARD_LSI_HZ_MIN, 0, 16, 4000 },
	{ VBOARD_LSI_HZ_MAX, 0, 46, 4000 },
};

/* It counts while the core sleeps, and keeps its clock ready. */
START_TEST(watchdog)
{
	static const uint16_t sleep[] = { 0xbf30, 0xe7fd }; /* wfi; b . - 2 */
	const struct watchdog_row *row = &watchdog_rows[_i];
	struct vboard_timing timing = *vboard_timing_of(VBOARD_TIMING_TYPICAL);
	struct vboard *vb = looping(0, 0);
	uint64_t begin;

	timing.lsi_hz = row->lsi_hz;
	vboard_set_timing(vb, &timing);
	vboard_power_on(vb);
	bare_code(vb, BARE_CODE, sleep, 2);
	vboard_test_start(vb, BARE_CODE, BARE_SP);
	put(vb, IWDG_KR, 0x5555);
	put(vb, IWDG_PR, row->prescaler);
	put(vb, IWDG_RLR, row->reload);
	ck_assert_uint_eq(get(vb, RCC_CSR) & 2, 0);
	put(vb, IWDG_KR, 0xcccc);
	ck_assert_uint_eq(get(vb, RCC_CSR) & 2, 2);
	begin = vboard_cycle(vb);
	vboard_run(vb, begin + row->us * US - 1);
	ck_assert_uint_eq(vboard_test_state(vb)->chip.cpu.asleep, 1);
	ck_assert_uint_eq(vboard_test_state(vb)->reset_count, 1);
	vboard_run(vb, begin + row->us * US + 1);
	ck_assert_uint_eq(vboard_test_state(vb)->reset_count, 2);
	vboard_free(vb);
}
END_TEST

/* By option byte it runs from reset on, 512 ms (RM0033 17.3.1). */
START_TEST(hardware_watchdog)
{
	struct vboard *vb = looping(0, 0);

	vboard_test_state(vb)->option_bytes &= ~(uint32_t)OPTION_WDG_SW;
	vboard_power_on(vb);
	vboard_run(vb, 3 * 512000 * (uint64_t)US + 1);
	ck_assert_uint_eq(vboard_test_state(vb)->reset_count, 4);
	vboard_free(vb);
}
END_TEST

/* The watchdog does not wait for the flash: an operation that a reset interrupts is torn. */
START_TEST(watchdog_inside_erase)
{
	struct vboard *vb = looping(0, 0);
	uint32_t zeros = 0;

	vboard_power_on(vb);
	memset(vboard_test_state(vb)->flash + 0x20000, 0x55, 0x20000);
	put(vb, IWDG_KR, 0xcccc);
	ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_DEADLINE); /* 1 s */
	ck_assert_uint_eq(vboard_cycle(vb), 512000 * (uint64_t)US);
	for (uint32_t at = 0; at < 0x20000; at += 4)
		zeros += (uint32_t)__builtin_popcount(~bare_word(vb, SPOT + at));
	ck_assert_uint_gt(zeros, 100000);
	run_us(vb, 1);
	ck_assert_uint_eq(get(vb, RCC_CSR) & FLAG_IWDG, FLAG_IWDG);
	vboard_free(vb);
}
END_TEST

struct low_row {
	uint32_t mv;
	uint32_t psize;
	bool whole;
};

/* PM0059, program/erase parallelism: x32 from 2.7 V, x16 from 2.1 V, x8 from 1.8 V. */
static const struct low_row low_rows[] = {
	{ 2700, 2, true }, { 2690, 2, false }, { 2100, 1, true },  { 2090, 1, false },
	{ 1800, 0, true }, { 1790, 0, false }, { 2000, 2, false }, { 2000, 0, true },
};

START_TEST(too_low_to_program)
{
	const struct low_row *row = &low_rows[_i];
	const struct vboard_supply supply = { .nominal_mv = row->mv };
	struct vboard *vb = bare_new();
	uint32_t ones = 0;
	uint32_t bits = 0;

	vboard_power_off(vb);
	vboard_set_supply(vb, &supply);
	vboard_power_on(vb);
	ck_assert_uint_eq(vboard_supply_mv(vb), row->mv);
	vboard_test_state(vb)->chip.flash.cr = 1 | row->psize << 8;
	for (uint32_t at = 0; at < 4096; at += 4) {
		if (row->psize == 2)
			ck_assert(bus_write32(vb, SPOT + at, 0));
		else if (row->psize == 1)
			ck_assert(bus_write16(vb, SPOT + at, 0));
		else
			ck_assert(bus_write8(vb, SPOT + at, 0));
		bits += 8u << row->psize;
		ones += (uint32_t)__builtin_popcount(bare_word(vb, SPOT + at) &
						     (UINT32_MAX >> (32 - (8u << row->psize))));
	}
	ck_assert_uint_eq(vboard_test_state(vb)->chip.flash.sr, 0); /* nobody tells */
	if (row->whole)
		ck_assert_uint_eq(ones, 0);
	else
		ck_assert_uint_gt(ones, 0);
	ck_assert_uint_lt(ones, bits / 3);
	vboard_free(vb);
}
END_TEST

/* A ramp that ends inside an operation tears it there. */
START_TEST(falls_inside_an_operation)
{
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP,
					.form = VBOARD_CUT_TORN,
					.permille = 100 };
	struct vboard *vb = looping(33000, 0);

	set_bor(vb, 0); /* dies after 4.7 ms */
	vboard_power_on(vb);
	memset(vboard_test_state(vb)->flash + 0x20000, 0, 0x20000);
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_flash_erase(vb, SPOT), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_cycle(vb), (100000 + 4700) * (uint64_t)US);
	ck_assert(!vboard_is_powered(vb));
	ck_assert_uint_eq(vboard_flash_wear(vb, SPOT), 1);
	vboard_free(vb);
}
END_TEST

/* Between 1.8 V and the power-down threshold a read is wrong now and then, and only there. */
START_TEST(unsure_while_it_falls)
{
	struct vboard *vb = looping(VBOARD_RAMP_US_MAX, 0);
	uint32_t wrong = 0;

	set_bor(vb, 3);
	vboard_power_on(vb);
	vboard_power_off(vb);
	run_us(vb, (uint64_t)(3300 - 1801) * VBOARD_RAMP_US_MAX / 3300);
	ck_assert(flash_is_sure(vb));
	for (int k = 0; k < 1000; k++)
		ck_assert_uint_eq(get(vb, SPOT), UINT32_MAX);
	run_us(vb, (uint64_t)(1801 - 1690) * VBOARD_RAMP_US_MAX / 3300);
	ck_assert(vboard_is_powered(vb));
	ck_assert(!flash_is_sure(vb));
	for (int k = 0; k < 100000; k++)
		wrong += get(vb, SPOT) != UINT32_MAX;
	/* 100000 / 4096 near the threshold: 24 */
	ck_assert_uint_gt(wrong, 5);
	ck_assert_uint_lt(wrong, 50);
	run_us(vb, VBOARD_RAMP_US_MAX);
	vboard_power_on(vb);
	ck_assert(flash_is_sure(vb));
	vboard_free(vb);
}
END_TEST

/* PVDO follows VDD, and its edges go to EXTI line 16 (RM0033 4.2.3): level 7 falls at 3.03 V. */
START_TEST(detector)
{
	struct vboard *vb = looping(33000, 33000);

	vboard_set_supply(vb, &(struct vboard_supply){ .fall_us = 33000 });
	vboard_power_on(vb);
	put(vb, PWR_CR, 7 << 5 | 1 << 4);
	put(vb, EXTI_IMR, 1 << 16);
	put(vb, EXTI_RTSR, 1 << 16);
	vboard_power_off(vb);
	run_us(vb, 2699);
	ck_assert_uint_eq(get(vb, PWR_CSR) & 4, 0);
	ck_assert_uint_eq(get(vb, EXTI_PR), 0);
	run_us(vb, 2);
	ck_assert_uint_eq(get(vb, PWR_CSR) & 4, 4);
	ck_assert_uint_eq(get(vb, EXTI_PR), 1 << 16);
	put(vb, EXTI_PR, 1 << 16);
	put(vb, EXTI_FTSR, 1 << 16);
	vboard_power_on(vb); /* at once */
	run_us(vb, 1);
	ck_assert_uint_eq(get(vb, PWR_CSR) & 4, 0);
	ck_assert_uint_eq(get(vb, EXTI_PR), 1 << 16);
	vboard_free(vb);
}
END_TEST

struct sram_row {
	bool vbat, regulator, kept;
};

/* RM0033 4.1.2: a cell keeps the SRAM with the backup regulator on. */
static const struct sram_row sram_rows[] = {
	{ false, false, false },
	{ false, true, false },
	{ true, false, false },
	{ true, true, true },
};

START_TEST(backup_sram)
{
	const struct sram_row *row = &sram_rows[_i];
	struct vboard *vb = looping(0, 0);

	vboard_set_vbat(vb, row->vbat);
	vboard_power_on(vb);
	put(vb, BACKUP_SRAM + 4092, 1); /* no clock, write protected */
	put(vb, RCC_AHB1ENR, 1 << 18);
	put(vb, BACKUP_SRAM + 4092, 2);
	ck_assert_uint_eq(get(vb, BACKUP_SRAM + 4092), 0);
	put(vb, PWR_CSR, 1 << 9);
	ck_assert_uint_eq(get(vb, PWR_CSR), 0);
	put(vb, PWR_CR, 1 << 8);
	put(vb, BACKUP_SRAM + 4092, 0x33221100);
	ck_assert(bus_write8(vb, BACKUP_SRAM + 4093, 0xaa));
	ck_assert_uint_eq(get(vb, BACKUP_SRAM + 4092), 0x3322aa00);
	put(vb, PWR_CSR, row->regulator ? 1 << 9 : 0);
	ck_assert_uint_eq(get(vb, PWR_CSR), row->regulator ? 1 << 9 | 1 << 3 : 0);
	put(vb, RCC_BDCR, 1 << 16); /* spares it (RM0033 5.1.3) */
	put(vb, RCC_BDCR, 0);
	vboard_line(vb, VBOARD_RESET, true);
	vboard_line(vb, VBOARD_RESET, false);
	put(vb, RCC_AHB1ENR, 1 << 18);
	ck_assert_uint_eq(get(vb, BACKUP_SRAM + 4092), 0x3322aa00);
	vboard_power_off(vb);
	vboard_power_on(vb);
	put(vb, RCC_AHB1ENR, 1 << 18);
	ck_assert_uint_eq(get(vb, BACKUP_SRAM + 4092), row->kept ? 0x3322aa00 : 0);
	vboard_free(vb);
}
END_TEST

/* Stopping on the way changes nothing, and a state that is moved in time falls on. */
START_TEST(repeatable)
{
	uint64_t hashes[2];

	for (int i = 0; i < 2; i++) {
		struct vboard *vb = looping(50000, 0);

		vboard_power_on(vb);
		vboard_power_off(vb);
		for (int k = 0; i && k < 100; k++)
			run_us(vb, 317);
		vboard_run(vb, 60000 * (uint64_t)US);
		hashes[i] = vboard_test_hash(vb);
		vboard_free(vb);
	}
	ck_assert_uint_eq(hashes[0], hashes[1]);
}
END_TEST

START_TEST(moved_in_time)
{
	struct vboard *vb = looping(33000, 0);

	vboard_power_on(vb);
	run_us(vb, 5);
	vboard_power_off(vb);
	run_us(vb, 10000);
	ck_assert_uint_eq(vboard_supply_mv(vb), 2300);
	vb->s.cycles += 12345;
	rail_shift_time(&vb->s.rail, 12345);
	ck_assert_uint_eq(vboard_supply_mv(vb), 2300);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_power");
	TCase *tcase = tcase_create("power");

	tcase_add_loop_test(tcase, falls, 0, COUNT(fall_rows));
	tcase_add_loop_test(tcase, rises, 0, COUNT(fall_rows));
	tcase_add_test(tcase, rises_faster_than_the_chip);
	tcase_add_test(tcase, switched_off);
	tcase_add_loop_test(tcase, dips, 0, COUNT(dip_rows));
	tcase_add_test(tcase, reset_causes);
	tcase_add_loop_test(tcase, watchdog, 0, COUNT(watchdog_rows));
	tcase_add_test(tcase, hardware_watchdog);
	tcase_add_test(tcase, watchdog_inside_erase);
	tcase_add_loop_test(tcase, too_low_to_program, 0, COUNT(low_rows));
	tcase_add_test(tcase, falls_inside_an_operation);
	tcase_add_test(tcase, unsure_while_it_falls);
	tcase_add_test(tcase, detector);
	tcase_add_loop_test(tcase, backup_sram, 0, COUNT(sram_rows));
	tcase_add_test(tcase, repeatable);
	tcase_add_test(tcase, moved_in_time);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}

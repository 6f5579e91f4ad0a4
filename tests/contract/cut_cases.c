/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts, the supply's fall, and the board's flash and core of a slot. */
#include "contract/slot_desk.h"

#include <errno.h>
#include <string.h>

/* The cut that was armed between 'begin_us' and 'armed_us' happened when it was to. */
static void check_report(const struct slot_desk *desk, int64_t begin_us, int64_t armed_us,
			 int64_t at_us)
{
	struct slot_cut_report report;

	ck_assert(slot_cut_report(&desk->at.slot, &report));
	ck_assert_int_ge(report.aimed_us, begin_us + at_us);
	ck_assert_int_le(report.aimed_us, armed_us + at_us);
	contract_is_at(&desk->at, report.commanded_us, report.aimed_us);
	contract_is_at(&desk->at, report.confirmed_us, report.commanded_us);
	contract_is_at(&desk->at, slot_now_us(&desk->at.slot), report.confirmed_us);
}

START_TEST(cut_by_time_happens_at_its_moment)
{
	static const int64_t at_us[] = { 0, 1, 499, 12345, 19999 };
	struct slot_desk *desk = slot_desk_new(_i);
	struct slot_cut_report report;

	ck_assert(!slot_cut_report(&desk->at.slot, &report));
	for (size_t i = 0; i < ARRAY_LEN(at_us); i++) {
		int64_t begin_us, armed_us;

		contract_power(&desk->at, SLOT_POWER_ON);
		begin_us = slot_now_us(&desk->at.slot);
		contract_arm(&desk->at, SLOT_CUT_BY_TIME, (uint64_t)at_us[i], SLOT_CUT_TORN);
		armed_us = slot_now_us(&desk->at.slot);
		ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_CUT);
		check_report(desk, begin_us, armed_us, at_us[i]);
		ck_assert(!slot_desk_rail_is_up(desk));
		/* it is spent */
		ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_DEADLINE);
		contract_power(&desk->at, SLOT_POWER_ON);
		ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_DEADLINE);
		ck_assert(slot_desk_rail_is_up(desk));
		contract_power(&desk->at, SLOT_POWER_OFF);
		contract_wait(&desk->at, 1);
	}
	slot_desk_free(desk);
}
END_TEST

START_TEST(cut_waits_until_it_comes_or_is_disarmed)
{
	struct slot_desk *desk = slot_desk_new(_i);
	uint64_t watch_us = (uint64_t)desk->at.opener->bounds.watch_us;
	uint64_t late = (uint64_t)slot_desk_late_us(desk);
	struct slot_cut_report report;

	contract_power(&desk->at, SLOT_POWER_ON);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, watch_us + late + 1, SLOT_CUT_TORN);
	ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_DEADLINE);
	ck_assert(!slot_cut_report(&desk->at.slot, &report));
	ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_CUT);
	ck_assert(slot_cut_report(&desk->at.slot, &report));

	contract_power(&desk->at, SLOT_POWER_ON);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10 + late, SLOT_CUT_TORN);
	slot_cut_disarm(&desk->at.slot);
	slot_cut_disarm(&desk->at.slot);
	ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_DEADLINE);

	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10 + late, SLOT_CUT_TORN);
	/* in its place */
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 2 * watch_us, SLOT_CUT_TORN);
	ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_DEADLINE);
	ck_assert(slot_desk_rail_is_up(desk));
	slot_desk_free(desk);
}
END_TEST

START_TEST(cut_by_operation_tears_that_operation)
{
	static const enum slot_cut_form forms[] = { SLOT_CUT_BEFORE, SLOT_CUT_TORN,
						    SLOT_CUT_AFTER };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct slot_desk *desk = slot_desk_new(_i);
		uint32_t word;

		contract_power(&desk->at, SLOT_POWER_ON);
		contract_arm(&desk->at, SLOT_CUT_BY_OPERATION, 3, forms[i]);
		ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_CUT);
		ck_assert(!slot_desk_rail_is_up(desk));
		ck_assert_uint_eq(slot_desk_word(desk, 2), 0);
		word = slot_desk_word(desk, 3);
		if (forms[i] == SLOT_CUT_BEFORE)
			ck_assert_uint_eq(word, UINT32_MAX);
		else if (forms[i] == SLOT_CUT_AFTER)
			ck_assert_uint_eq(word, 0);
		else
			ck_assert(word != 0 && word != UINT32_MAX);
		ck_assert_uint_eq(slot_desk_word(desk, 4), UINT32_MAX);
		slot_desk_free(desk);
	}
}
END_TEST

START_TEST(cut_by_instruction_lets_that_many_run)
{
	static const uint64_t at[] = { 0, 1, 2, 299, 1001 };

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct slot_desk *desk = slot_desk_new(_i);
		struct slot_counters before;
		struct slot_counters after;

		contract_power(&desk->at, SLOT_POWER_ON);
		slot_counters(&desk->at.slot, &before);
		contract_arm(&desk->at, SLOT_CUT_BY_INSTRUCTION, at[i], SLOT_CUT_BEFORE);
		ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_CUT);
		slot_counters(&desk->at.slot, &after);
		ck_assert_uint_eq(after.instructions - before.instructions, at[i]);
		slot_desk_free(desk);
	}
}
END_TEST

/* On for a while, so that the program writes words. */
static void run_for_a_while(const struct slot_desk *desk)
{
	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	contract_power(&desk->at, SLOT_POWER_OFF);
}

START_TEST(storage_comes_back_as_it_was_kept)
{
	struct slot_desk *desk = slot_desk_new(_i);
	const struct slot *slot = &desk->at.slot;
	struct err err = ERR_INIT;
	uint32_t words;

	ck_assert_int_eq(slot_storage_put_back(slot, 1, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_int_eq(slot_storage_keep(slot, 0, NULL), 0);
	run_for_a_while(desk);
	words = slot_desk_words(desk);
	ck_assert_uint_gt(words, 0);
	ck_assert_int_eq(slot_storage_keep(slot, 1, NULL), 0);
	run_for_a_while(desk);
	ck_assert_uint_gt(slot_desk_words(desk), words);
	ck_assert_int_eq(slot_storage_put_back(slot, 1, NULL), 0);
	ck_assert_uint_eq(slot_desk_words(desk), words);
	ck_assert_int_eq(slot_storage_put_back(slot, 0, NULL), 0);
	ck_assert_uint_eq(slot_desk_words(desk), 0);

	/* kept again under the same number, the newer one counts; and the board still runs */
	ck_assert_int_eq(slot_storage_keep(slot, 1, NULL), 0);
	run_for_a_while(desk);
	ck_assert_uint_gt(slot_desk_words(desk), 0);
	ck_assert_int_eq(slot_storage_put_back(slot, 1, NULL), 0);
	ck_assert_uint_eq(slot_desk_words(desk), 0);
	slot_desk_free(desk);
}
END_TEST

START_TEST(load_outside_of_flash_is_refused)
{
	static const uint8_t bytes[8] = { 0 };
	struct slot_desk *desk = slot_desk_new(_i);
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_storage_load(&desk->at.slot, 0x20000000, bytes, sizeof(bytes), &err),
			 -ERANGE);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "address 0x20000000 is not in flash");
	ck_assert_int_eq(slot_storage_load(&desk->at.slot, 0x080ffffc, bytes, sizeof(bytes), NULL),
			 -ERANGE);
	slot_desk_free(desk);
}
END_TEST

START_TEST(the_programmer_writes_whatever_runs)
{
	static const uint8_t first[8] = { 1, 0, 0, 0, 2, 0, 0, 0 }, second[4] = { 3, 0, 0, 0 };
	const struct slot_piece pieces[] = {
		{ SLOT_DESK_WORDS_ADDRESS, first, sizeof(first) },
		{ SLOT_DESK_WORDS_ADDRESS + 12, second, sizeof(second) },
	};
	const struct slot_piece outside = { 0x20000000, first, sizeof(first) };
	struct slot_desk *desk = slot_desk_new(_i);
	struct err err = ERR_INIT;

	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	ck_assert_int_eq(slot_program(&desk->at.slot, pieces, ARRAY_LEN(pieces), &err), 0);
	ck_assert(!slot_desk_rail_is_up(desk));
	ck_assert_uint_eq(slot_desk_word(desk, 0), 1);
	ck_assert_uint_eq(slot_desk_word(desk, 1), 2);
	ck_assert_uint_eq(slot_desk_word(desk, 3), 3);
	ck_assert_int_eq(slot_program(&desk->at.slot, &outside, 1, &err), -ERANGE);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "address 0x20000000 is not in flash");
	slot_desk_free(desk);
}
END_TEST

static uint32_t torn_word(struct slot_desk *desk, uint64_t seed)
{
	ck_assert_int_eq(slot_storage_put_back(&desk->at.slot, 0, NULL), 0);
	slot_seed(&desk->at.slot, seed);
	contract_power(&desk->at, SLOT_POWER_ON);
	contract_arm(&desk->at, SLOT_CUT_BY_OPERATION, 0, SLOT_CUT_TORN);
	ck_assert_int_eq(slot_desk_watch(desk), SLOT_WAIT_CUT);
	return slot_desk_word(desk, 0);
}

START_TEST(chance_comes_from_the_seed)
{
	struct slot_desk *desk = slot_desk_new(_i);
	uint32_t first;
	int others = 0;

	ck_assert_int_eq(slot_storage_keep(&desk->at.slot, 0, NULL), 0);
	first = torn_word(desk, 1);
	ck_assert_uint_eq(torn_word(desk, 1), first);
	for (uint64_t seed = 2; seed < 10; seed++)
		others += torn_word(desk, seed) != first;
	ck_assert_int_gt(others, 6);
	ck_assert_uint_eq(torn_word(desk, 1), first);
	slot_desk_free(desk);
}
END_TEST

START_TEST(flash_operations_are_told)
{
	struct slot_desk *desk = slot_desk_new(_i);
	uint32_t told = 0;

	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	for (size_t i = 0; i < desk->count; i++)
		if (desk->events[i].channel == SLOT_DESK_FLASH)
			ck_assert_uint_eq(desk->events[i].address,
					  SLOT_DESK_WORDS_ADDRESS + 4 * told++);
	ck_assert_uint_gt(told, 0);
	ck_assert_uint_eq(slot_desk_words(desk), told);
	slot_desk_free(desk);
}
END_TEST

START_TEST(fault_of_the_core_is_told)
{
	static const uint8_t nowhere[] = { 0, 0, 2, 0x20, 1, 0, 0, 0x60 }; /* stack, entry */
	struct slot_desk *desk = slot_desk_new(_i);
	char text[128] = "";

	run_for_a_while(desk);
	ck_assert(!slot_last_fault(&desk->at.slot, text, sizeof(text)));
	ck_assert_int_eq(slot_storage_load(&desk->at.slot, CONTRACT_PROGRAM_ADDRESS, nowhere,
					   sizeof(nowhere), NULL),
			 0);
	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	ck_assert(slot_last_fault(&desk->at.slot, text, sizeof(text)));
	ck_assert_uint_gt(strlen(text), 0);
	slot_desk_free(desk);
}
END_TEST

/* With a fall time the board lives on until its supply is too low. */
START_TEST(supply_falls_in_its_time)
{
	struct slot_desk *desk = slot_desk_new(_i);
	struct slot_supply slow = { .fall_us = 2 * desk->at.opener->bounds.watch_us };
	uint32_t words;
	int64_t begin_us;

	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	ck_assert_int_eq(slot_supply_set(&desk->at.slot, &slow, NULL), 0);
	words = slot_desk_words(desk);
	contract_power(&desk->at, SLOT_POWER_OFF);
	slot_desk_watch(desk);
	slot_desk_watch(desk);
	ck_assert_uint_gt(slot_desk_words(desk), words);
	ck_assert(!slot_desk_rail_is_up(desk));

	contract_power(&desk->at, SLOT_POWER_ON);
	begin_us = slot_now_us(&desk->at.slot);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10, SLOT_CUT_BEFORE);
	ck_assert_int_eq(contract_wait(&desk->at, slow.fall_us), SLOT_WAIT_CUT);
	ck_assert_int_gt(slot_now_us(&desk->at.slot), begin_us + 10 + slot_desk_late_us(desk));
	slot_desk_free(desk);
}
END_TEST

static bool nth(size_t n, struct contract_case *ret)
{
	enum { CUTS = SLOT_POWER | SLOT_RAIL | SLOT_CUT, EXACT = CUTS | SLOT_CUT_EXACT };
	enum { KEPT = SLOT_POWER | SLOT_STORAGE };
	const struct contract_case cases[] = {
		{ cut_by_time_happens_at_its_moment, CUTS, 0 },
		{ cut_waits_until_it_comes_or_is_disarmed, CUTS, 0 },
		{ cut_by_operation_tears_that_operation, EXACT, 0 },
		{ cut_by_instruction_lets_that_many_run, EXACT, 0 },
		{ supply_falls_in_its_time, CUTS | SLOT_SUPPLY, 0 },
		{ storage_comes_back_as_it_was_kept, KEPT, 0 },
		{ load_outside_of_flash_is_refused, SLOT_STORAGE, 0 },
		{ the_programmer_writes_whatever_runs, SLOT_POWER | SLOT_RAIL | SLOT_PROGRAMMER,
		  0 },
		{ chance_comes_from_the_seed, EXACT | SLOT_STORAGE, 0 },
		{ flash_operations_are_told, SLOT_POWER | SLOT_TRACE, 0 },
		{ fault_of_the_core_is_told, KEPT | SLOT_FAULTS, 0 },
	};

	if (n >= ARRAY_LEN(cases))
		return false;
	*ret = cases[n];
	return true;
}

const struct contract_suite contract_cut_suite = { "cut", nth };
